"""Which planner understands: our own rules, or those of an endpoint named in the settings with our own beside them."""

from __future__ import annotations

from typing import Any

from litestar import Request

from library.db import Database
from library.settings import Settings
from search.chat.plan import Planner
from search.chat.rules import Rules
from search.index.engine import Engine


def planner_of(request: Request[Any, Any, Any], database: Database, engine: Engine, settings: Settings) -> Planner:
    return Rules()
