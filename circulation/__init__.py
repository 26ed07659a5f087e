"""Lending: what may be borrowed by whom, and where each item is."""
