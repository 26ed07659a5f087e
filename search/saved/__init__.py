"""Searches that readers keep, and how many titles have come in for them."""
