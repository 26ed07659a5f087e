"""Finding: text and tokens, index documents, the engines, and the pages where readers search."""
