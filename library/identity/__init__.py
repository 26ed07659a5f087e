"""Persons and their memberships, cards, accounts, staff and their roles, signing in, and what was looked at by whom."""
