"""The rules of lending, without a database."""
