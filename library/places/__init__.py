"""Organisations, branches, school classes, opening hours and closed days."""
