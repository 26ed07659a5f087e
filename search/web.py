"""Every page and every answer of this room, for the application to serve."""

from __future__ import annotations

from search import api
from search.pages import results

handlers = [*api.handlers, results.results_page]
