"""Keeps a copy of the index at the catalogue's heels: follows `index_change` with its own cursor, rebuilds beside when it must."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import text

from library import clock
from library.db import Database, Reading
from search.document import Document
from search.embedded import Build, EmbeddedEngine
from search.engine import EngineError, EngineUnavailable, WriterBusy
from search.gather import documents

log = structlog.get_logger(__name__)

PAUSE = 0.5  # seconds between looks at the news
RETRY = 5.0  # seconds before trying again after a failure, or for the writer's place
MOST = 2000  # changes in one step
PAGE = 1000  # records read at once when building

_START = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
_NEWS = text(
    "SELECT id, xid::text AS xid, record_id FROM index_change"
    " WHERE (xid, id) > (CAST(:xid AS xid8), :id) AND xid < pg_snapshot_xmin(pg_current_snapshot())"
    " ORDER BY xid, id LIMIT :most"
)
_WAITING = text(
    "SELECT count(*) AS changes, coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0) AS seconds FROM ("
    "SELECT at FROM index_change WHERE (xid, id) > (CAST(:xid AS xid8), :id) ORDER BY xid, id LIMIT 10000) waiting"
)
_KEPT = text("SELECT min(xid)::text FROM index_change")


@dataclass(frozen=True)
class Cursor:
    """Everything up to and with this change is in the copy."""

    xid: int
    id: int

    @classmethod
    def parsed(cls, written: str | None) -> Cursor | None:
        left, _, right = (written or "").partition(":")
        return cls(int(left), int(right)) if left.isdigit() and right.isdigit() else None

    def __str__(self) -> str:
        return f"{self.xid}:{self.id}"

    def parameters(self) -> dict[str, object]:
        return {"xid": str(self.xid), "id": self.id}


@dataclass
class Rebuilt:
    """What a rebuild came to."""

    records: int
    seconds: float


@dataclass
class Follower:
    """One for each host; the process that holds the folder's writer lock does the work, others wait for its place."""

    database: Database
    engine: EmbeddedEngine
    poisoned: dict[int, str] = field(default_factory=dict)  # records that could not be indexed, and why

    async def run(self) -> None:
        """Follows until cancelled."""
        try:
            while True:
                try:
                    moved = await self.step()
                    await asyncio.sleep(0 if moved else PAUSE)
                except WriterBusy:
                    await asyncio.sleep(RETRY)
                except Exception as exc:
                    log.warning("index_follower_waits", reason=f"{type(exc).__name__}: {exc}")
                    await asyncio.sleep(RETRY)
        finally:
            self.engine.close()

    async def step(self) -> int:
        """Takes in the next changes, or builds the copy when there is none to follow with. Returns how many records moved."""
        status = await asyncio.to_thread(self.engine.status)
        cursor = Cursor.parsed(status.cursor)
        if status.needs_rebuild or cursor is None or await self._missed_news(cursor):
            return (await self.rebuild()).records
        async with self.database.reading() as session:
            news = (await session.execute(_NEWS, cursor.parameters() | {"most": MOST})).all()
            if not news:
                return 0
            ids = list(dict.fromkeys(row.record_id for row in news))
            found, gone = await documents(session, ids)
        await asyncio.to_thread(self._write, found, gone, Cursor(int(news[-1].xid), news[-1].id))
        return len(ids)

    def _write(self, found: list[Document], gone: list[int], cursor: Cursor) -> None:
        put_each(self.engine.put, found, self.poisoned)
        self.engine.remove(gone)
        self.engine.commit(str(cursor))

    async def _missed_news(self, cursor: Cursor) -> bool:
        """Old news is deleted after a month; a copy that slept longer has to begin again."""
        async with self.database.reading() as session:
            oldest = await session.scalar(text("SELECT value FROM index_horizon"))
        return oldest is not None and cursor.xid < int(oldest)

    async def rebuild(self, *, tell: Callable[[int], None] | None = None, threads: int = 1) -> Rebuilt:
        """A new copy beside the one that serves, then swapped in. Changes made meanwhile are followed afterwards.

        Raises WriterBusy when another process of this host is the writer.
        """
        began = time.perf_counter()
        build = await asyncio.to_thread(self.engine.build_beside, threads=threads)
        try:
            async with self.database.reading() as session:
                start = Cursor(int(await session.scalar(_START) or 0), 0)
            records = await self._fill(build, tell)
            await asyncio.to_thread(build.commit, str(start))
            await asyncio.to_thread(self.engine.swap, build)
        except BaseException:
            await asyncio.to_thread(self.engine.abandon, build)
            raise
        log.info("index_rebuilt", records=records, seconds=round(time.perf_counter() - began, 1))
        return Rebuilt(records, time.perf_counter() - began)

    async def _fill(self, build: Build, tell: Callable[[int], None] | None) -> int:
        last, done = 0, 0
        while True:
            async with self.database.reading() as session:
                ids = await _next_ids(session, last)
                if not ids:
                    return done
                found, _ = await documents(session, ids)
            await asyncio.to_thread(put_each, build.put, found, self.poisoned)
            last, done = ids[-1], done + len(ids)
            if tell is not None:
                tell(done)

    async def lag(self) -> tuple[int, float]:
        """How many changes the copy has yet to take in, and the age of the oldest in seconds."""
        status = await asyncio.to_thread(self.engine.status)
        cursor = Cursor.parsed(status.cursor)
        if cursor is None:
            raise EngineUnavailable(status.reason or "there is no search index yet")
        async with self.database.reading() as session:
            row = (await session.execute(_WAITING, cursor.parameters())).one()
        return int(row.changes), float(row.seconds)


def put_each(put: Callable[[list[Document]], int], found: list[Document], poisoned: dict[int, str]) -> None:
    """Puts all; where one cannot be put, it alone is set aside with its reason."""
    try:
        put(found)
        for one in found:
            poisoned.pop(one.record_id, None)
    except EngineError:
        raise
    except Exception as exc:
        if len(found) == 1:
            poisoned[found[0].record_id] = f"{type(exc).__name__}: {exc}"
            log.warning("record_not_indexed", record=found[0].record_id, reason=str(exc))
            return
        middle = len(found) // 2
        put_each(put, found[:middle], poisoned)
        put_each(put, found[middle:], poisoned)


async def _next_ids(session: Reading, last: int) -> list[int]:
    rows = await session.scalars(text("SELECT id FROM record WHERE id > :last ORDER BY id LIMIT :page"), {"last": last, "page": PAGE})
    return list(rows.all())


async def wait_until_seen(follower: Follower, *, seconds: float = 10.0) -> bool:
    """Waits until nothing is left to take in; False when that took longer. For commands and tests."""
    deadline = clock.now().timestamp() + seconds
    while clock.now().timestamp() < deadline:
        try:
            if (await follower.lag())[0] == 0:
                return True
        except EngineUnavailable:
            pass
        await asyncio.sleep(0.05)
    return False
