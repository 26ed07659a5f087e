"""The libraries for assistants: a Model Context Protocol server with read-only tools, answered as to a stranger."""
