"""Filling a new copy of the index with every record: in this process, or for a large catalogue in a process of its own.

A process of its own has the lowest claim on the processor, so that the one that serves goes on as before.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
import structlog
from sqlalchemy import text

from library.db import Database
from search.index import news
from search.index.document import Document
from search.index.embedded import Build
from search.index.engine import EngineError
from search.index.gather import Gathered, documents
from search.index.standing import reason_of

log = structlog.get_logger(__name__)

Tell = Callable[[int], None]

LARGE = 30_000  # records from which on starting a process costs less than sharing this one
PAGE = 1000  # records read at once
_CLAIM = 19  # as nice as can be

_ABOUT_HOW_MANY = text("SELECT count(*) FROM (SELECT FROM record LIMIT :most) beginning")


class Built(msgspec.Struct, frozen=True):
    """How many records are in, and which were set aside for what reason. In a process's lines: so far."""

    records: int
    aside: dict[int, str] = {}
    is_over: bool = False


class BuildingFailedError(Exception):
    """The process that built ended before its time; what it said last stands in its log."""


async def fill(database: Database, build: Build, tell: Tell | None = None) -> Built:
    """Every record into a build; neither committed nor swapped. Large catalogues are read in a process of their own."""
    async with database.reading() as session:
        is_large = int(await session.scalar(_ABOUT_HOW_MANY, {"most": LARGE}) or 0) >= LARGE
    return await (_elsewhere(database.url, build.folder, tell) if is_large else _here(database, build, tell))


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


async def _elsewhere(url: str, folder: Path, tell: Tell | None) -> Built:
    """Ends with this process, however either ends. Raises BuildingFailedError."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps({"url": url, "folder": str(folder)}).encode())
        child.stdin.close()
        said = Built(0)
        async for line in child.stdout:
            said = msgspec.json.decode(line, type=Built)
            if tell is not None:
                tell(said.records)
        if await child.wait() or not said.is_over:
            raise BuildingFailedError(f"the process that builds the index ended with {child.returncode} after {said.records} records")
        return said
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


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


async def _as_asked(given: dict[str, str], answers: IO[bytes], parent: int) -> None:
    def tell(built: Built) -> None:
        if os.getppid() != parent:
            sys.exit("nobody waits for this index any more")
        answers.write(msgspec.json.encode(built) + b"\n")
        answers.flush()

    database = Database(given["url"], pooled=False)
    build = Build(Path(given["folder"]))
    try:
        built = await _here(database, build, lambda records: tell(Built(records)))
        await asyncio.to_thread(build.finish)
        tell(built)
    finally:
        await database.close()


if __name__ == "__main__":
    os.nice(_CLAIM)
    begun_by = os.getppid()
    lines = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is logged goes with the errors
    asyncio.run(_as_asked(json.load(sys.stdin), lines, begun_by))
