"""Registering somebody at the desk: what they say of themselves, who may be here already, and the one screen for it."""
