"""Every page and every answer about book lists."""

from __future__ import annotations

from typing import Any

from search.lists import api, pages, staff_pages

handlers: list[Any] = [*pages.handlers, *staff_pages.handlers, *api.handlers]

MENU = staff_pages.MENU
