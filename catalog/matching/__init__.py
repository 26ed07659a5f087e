"""Recognising a book: normalised keys, volumes, and a score that explains itself. Pure."""
