"""The index: documents, the engines that hold them, and how each copy follows the catalogue."""
