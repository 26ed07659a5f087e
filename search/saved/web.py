"""Every page and every answer about saved searches."""

from __future__ import annotations

from typing import Any

from search.saved import api, pages

handlers: list[Any] = [*pages.handlers, *api.handlers]
