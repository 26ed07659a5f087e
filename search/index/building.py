"""Filling a new copy of the index of this host with every record: in this process, or for a large catalogue in several of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from sqlalchemy import text

from library.db import Database
from search.index import elsewhere
from search.index.document import Document
from search.index.elsewhere import LARGE, BuildingFailedError, Built, Tell
from search.index.embedded import Build, PartedBuild
from search.index.engine import EngineError
from search.index.gather import Gathered, documents
from search.index.standing import reason_of

__all__ = ["LARGE", "PAGE", "BuildingFailedError", "Built", "fill", "put_each", "set_aside"]

log = structlog.get_logger(__name__)

PAGE = 1000  # records read at once
_STRETCH = 1000  # neighbouring numbers that one process takes; they lie together on the disk
_MOST_PARTS = 4  # each holds some hundred MB
_CONTAINER = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor time in each period of so many


class _Share(NamedTuple):
    """Every `of`th stretch of record numbers, beginning with the `number`th."""

    number: int
    of: int


_ALL = _Share(0, 1)


_NEXT = text("SELECT id FROM record WHERE id > :last AND (id / :stretch) % :of = :number ORDER BY id LIMIT :most")


class _Step(StrEnum):
    """What a process is asked for."""

    WHOLE = "whole"
    RECORDS = "records"
    MERGE = "merge"
    PHRASES = "phrases"


async def fill(database: Database, build: Build, tell: Tell | None = None) -> Built:
    """Every record into a build; neither committed nor swapped. Large catalogues are read in processes of their own."""
    if not await elsewhere.is_large(database, LARGE):
        return await _here(database, build, tell)
    return await _in_parts(database.url, build.folder, tell)


async def _in_parts(url: str, folder: Path, tell: Tell | None) -> Built:
    """As many at once as there are processors. The first step ends when all have ended it: a phrase is counted over all records."""
    parts = min(_MOST_PARTS, processors())
    build = PartedBuild(folder, parts)
    if parts == 1 or not await asyncio.to_thread(build.begin):
        return await elsewhere.run(__name__, {"url": url, "folder": str(folder), "parts": 1, "step": _Step.WHOLE}, tell)
    given = {"url": url, "folder": str(folder), "parts": parts}
    shares = [{**given, "number": number} for number in range(parts)]
    built = await elsewhere.run_together(__name__, [{**share, "step": _Step.RECORDS} for share in shares], tell)
    await asyncio.to_thread(build.join_records)
    second = [{**given, "step": _Step.MERGE}, *({**share, "step": _Step.PHRASES} for share in shares)]
    await elsewhere.run_together(__name__, second, None)
    await asyncio.to_thread(build.join_phrases)
    return built


def processors() -> int:
    """That this process may use: by what it is bound to, and by its container's share, rounded up."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _CONTAINER.read_text(encoding="ascii").split()
        return max(1, min(bound, -(-int(quota) // int(period))))
    except (OSError, ValueError):  # no container, or one without a limit: "max"
        return bound


async def _here(database: Database, build: Build, tell: Tell | None, share: _Share = _ALL) -> Built:
    aside: dict[int, str] = {}
    done = 0
    ahead = asyncio.create_task(_page(database, 0, share))
    try:
        while True:
            ids, gathered = await ahead
            if not ids:
                return Built(done, aside, is_over=True)
            ahead = asyncio.create_task(_page(database, ids[-1], share))  # the next is read while this one is written
            set_aside(gathered.unreadable, aside)
            await asyncio.to_thread(put_each, build.put, gathered.documents, aside)
            done += len(ids)
            if tell is not None:
                tell(done)
    finally:
        ahead.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await ahead


async def _page(database: Database, last: int, share: _Share) -> tuple[list[int], Gathered]:
    async with database.reading() as session:
        found = await session.scalars(_NEXT, {"last": last, "most": PAGE, "stretch": _STRETCH, **share._asdict()})
        ids = list(found.all())
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
    build = PartedBuild(Path(given["folder"]), given["parts"])
    match _Step(given["step"]):
        case _Step.WHOLE:
            whole = Build(build.folder)
            return await _records(given["url"], whole, _ALL, whole.finish, tell)
        case _Step.RECORDS:
            part = build.part(given["number"])
            return await _records(given["url"], part, _Share(given["number"], given["parts"]), part.finish_records, tell)
        case _Step.MERGE:
            await asyncio.to_thread(build.merge_records)
        case _Step.PHRASES:
            await asyncio.to_thread(build.write_phrases, given["number"])
    return Built(0, is_over=True)


async def _records(url: str, build: Build, share: _Share, finish: Callable[[], None], tell: Tell) -> Built:
    database = Database(url, pool=2)
    try:
        built = await _here(database, build, tell, share)
        await asyncio.to_thread(finish)
        return built
    finally:
        await database.close()


if __name__ == "__main__":
    elsewhere.work_off(_as_asked)
