"""The commands of `library`, one module a room."""
