"""Lending rules as rows: set, grouped, explained."""
