"""Lending on PostgreSQL."""
