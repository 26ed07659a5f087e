"""Filling a new copy of the index of this host with every record: in this process, or for a large catalogue in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from library.db import Database
from search.index import elsewhere, news
from search.index.document import Document
from search.index.elsewhere import LARGE, BuildingFailedError, Built, Tell
from search.index.embedded import Build
from search.index.engine import EngineError
from search.index.gather import Gathered, documents
from search.index.standing import reason_of

__all__ = ["LARGE", "PAGE", "BuildingFailedError", "Built", "fill", "put_each", "set_aside"]

log = structlog.get_logger(__name__)

PAGE = 1000  # records read at once


async def fill(database: Database, build: Build, tell: Tell | None = None) -> Built:
    """Every record into a build; neither committed nor swapped. Large catalogues are read in a process of their own."""
    if not await elsewhere.is_large(database, LARGE):
        return await _here(database, build, tell)
    return await elsewhere.run(__name__, {"url": database.url, "folder": str(build.folder)}, tell)


async def _here(database: Database, build: Build, tell: Tell | None) -> Built:
    aside: dict[int, str] = {}
    done = 0
    ahead = asyncio.create_task(_page(database, 0))
    try:
        while True:
            ids, gathered = await ahead
            if not ids:
                return Built(done, aside, is_over=True)
            ahead = asyncio.create_task(_page(database, ids[-1]))  # the next is read while this one is written
            set_aside(gathered.unreadable, aside)
            await asyncio.to_thread(put_each, build.put, gathered.documents, aside)
            done += len(ids)
            if tell is not None:
                tell(done)
    finally:
        ahead.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await ahead


async def _page(database: Database, last: int) -> tuple[list[int], Gathered]:
    async with database.reading() as session:
        ids = await news.next_records(session, last, PAGE)
        return ids, await documents(session, ids) if ids else Gathered([], [], {})


def set_aside(reasons: dict[int, str], aside: dict[int, str]) -> None:
    for number, reason in reasons.items():
        log.warning("record_not_indexed", record=number, reason=reason)
    aside |= reasons


def put_each(put: Callable[[list[Document]], int], found: list[Document], aside: dict[int, str]) -> None:
    """Puts all; where one cannot be put, it alone is set aside with its reason."""
    try:
        put(found)
        for one in found:
            aside.pop(one.record_id, None)
    except EngineError:
        raise
    except Exception as exc:
        if len(found) == 1:
            set_aside({found[0].record_id: reason_of(exc)}, aside)
            return
        middle = len(found) // 2
        put_each(put, found[:middle], aside)
        put_each(put, found[middle:], aside)


async def _as_asked(given: dict[str, Any], tell: Tell) -> Built:
    database = Database(given["url"], pooled=False)
    build = Build(Path(given["folder"]))
    try:
        built = await _here(database, build, tell)
        await asyncio.to_thread(build.finish)
        return built
    finally:
        await database.close()


if __name__ == "__main__":
    elsewhere.work_off(_as_asked)
