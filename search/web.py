"""Every page and every answer of this room, for the application to serve."""

from __future__ import annotations

from search import api

handlers = [*api.handlers]
