"""The configured database, opened for the time of one command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from library.db import Database
    from library.settings import Settings


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Database, Settings]]:
    """Database and settings; a fresh embedded database gets its tables first."""
    from library import logs, postgres, settings
    from library.db import Database

    chosen = settings.load()
    logs.configure(chosen.model_copy(update={"log_level": "WARNING"}))
    database = Database(postgres.ready_url(chosen), pool=2)
    try:
        yield database, chosen
    finally:
        await database.close()
