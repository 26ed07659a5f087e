"""Assembles the rooms: all tables, all jobs, all routes, and the parts that processes share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from procrastinate import App, Blueprint
from sqlalchemy import MetaData

import library.idempotency
import library.identity.models
import library.places.models  # noqa: F401 - imported for their tables
from library.db import Base, Database
from library.http.health import Check, check_worker
from library.jobs import queue_app
from library.settings import Settings


def metadata() -> MetaData:
    """The tables of every room."""
    return Base.metadata


def blueprints() -> dict[str, Blueprint]:
    """Every room's jobs."""
    return {}


def routes(settings: Settings) -> list[Any]:
    """Every room's pages and API."""
    return []


def checks(parts: Parts) -> tuple[Check, ...]:
    """What `/readyz` asks beside the database."""
    return (check_worker,)


@dataclass
class Parts:
    """What a process works with; made once, closed at its end."""

    settings: Settings
    database: Database
    queue: App

    @classmethod
    def made(cls, settings: Settings, url: str) -> Parts:
        return cls(settings, Database(url, pool=settings.database_pool), queue_app(url, blueprints()))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Parts]:
        """While a process uses them."""
        async with self.queue.open_async():
            try:
                yield self
            finally:
                await self.database.close()
