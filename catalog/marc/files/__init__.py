"""MARC files as bytes: ISO 2709, MARC-8 and MARCXML, read as a stream."""
