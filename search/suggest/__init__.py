"""Suggestions while somebody types: what a record can be asked for by, what was typed, and which phrases are offered."""
