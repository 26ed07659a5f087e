"""Signing in and out: passwords, sessions, tokens, and what somebody sets for their own account."""
