"""Patrons: found at a desk, and taken in from files."""
