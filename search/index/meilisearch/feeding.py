"""Keeps the server's index at the catalogue's heels: its own cursor over `index_change`, kept in the index itself; rebuilds beside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog
from sqlalchemy import text

from library import clock
from library.db import Database
from search.index import news
from search.index.engine import EngineUnavailable, WriterBusy
from search.index.gather import Gathered, documents
from search.index.meanwhile import following
from search.index.meilisearch import declared, entries, filling
from search.index.meilisearch.connection import DocumentsRefused, NoIndex
from search.index.meilisearch.engine import MeilisearchEngine
from search.index.meilisearch.entries import About
from search.index.news import Cursor
from search.index.standing import Rebuilt, Standing, reason_of

log = structlog.get_logger(__name__)

PAUSE = 0.5  # seconds from one look at the news to the next: what comes meanwhile goes in one request
_LEAST_PAUSE = 0.05  # where the request took as long as that
RETRY = 5.0  # seconds before trying again after a failure, or for the writer's place
MOST = 2000  # changes in one step
PATIENCE = 10.0  # seconds that a command waits for the service to finish its step

_WAITS = "index_feeder_waits"
_WRITER = 0x6D65696C69  # of the advisory lock: one process feeds the server, whatever the host
_TAKE_PLACE = text("SELECT pg_try_advisory_xact_lock(:number)")

Tell = Callable[[int], None]


class Feeder:
    """Any number may run; one at a time does the work, and where it ends another goes on."""

    def __init__(self, database: Database, engine: MeilisearchEngine) -> None:
        self.database = database
        self.engine = engine
        self._is_clear = False

    async def run(self) -> None:
        """Feeds until cancelled; a server that is away is waited for."""
        while True:
            began = time.monotonic()
            try:
                await self.step()
                await asyncio.sleep(max(_LEAST_PAUSE, PAUSE - (time.monotonic() - began)))
            except WriterBusy:
                self._is_clear = False  # who writes now may be killed while it builds
                await asyncio.sleep(RETRY)
            except Exception as exc:
                log.warning(_WAITS, reason=reason_of(exc))
                await asyncio.sleep(RETRY)

    async def step(self) -> int:
        """Takes in the next changes, or builds the index when there is none to follow with. Returns how many records moved.

        Raises WriterBusy while another process feeds, EngineUnavailable while the server is away.
        """
        status = await asyncio.to_thread(self.engine.status)
        async with self._place(0.0):
            if not self._is_clear:
                await asyncio.to_thread(self.engine.clear_leftovers)
                self._is_clear = True
            if status.needs_rebuild or not await self._can_follow(status.cursor):
                return (await self._rebuild(None)).records
            return await self.follow()

    async def rebuild(self, *, tell: Tell | None = None) -> Rebuilt:
        """A new index beside the one that serves and is fed meanwhile; then they are swapped. Raises WriterBusy."""
        async with self._place(PATIENCE):
            return await self._rebuild(tell)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else feeds within. Raises WriterBusy."""
        async with self._place(PATIENCE):
            yield

    async def lag(self) -> tuple[int, float]:
        """How many changes the index has yet to take in, and the age of the oldest in seconds."""
        status = await asyncio.to_thread(self.engine.status)
        cursor = Cursor.parsed(status.cursor)
        if status.needs_rebuild or cursor is None:
            raise EngineUnavailable(status.reason or "there is no search index yet")
        async with self.database.reading() as session:
            return await news.waiting(session, cursor)

    @asynccontextmanager
    async def _place(self, seconds: float) -> AsyncIterator[None]:
        """The one place of those who write, for as long as a transaction that only holds it."""
        deadline = time.monotonic() + seconds
        async with self.database.reading() as session:
            while not await session.scalar(_TAKE_PLACE, {"number": _WRITER}):
                if time.monotonic() >= deadline:
                    raise WriterBusy("another process feeds the search index")
                await asyncio.sleep(0.1)
            yield

    async def _can_follow(self, written: str | None) -> bool:
        cursor = Cursor.parsed(written)
        if cursor is None:
            return False
        async with self.database.reading() as session:
            return not await news.cannot_follow(session, cursor)

    async def follow(self, index: str | None = None) -> int:
        """The next changes into the live or another index, for one who has the place; returns how many records moved."""
        about = await asyncio.to_thread(self.engine.about, index)
        cursor = Cursor.parsed(about.cursor)
        if cursor is None:
            return 0
        async with self.database.reading() as session:
            rows = (await session.execute(news.SINCE, cursor.parameters() | {"most": MOST})).all()
            ids = list(dict.fromkeys(row.record_id for row in rows))
            gathered = await documents(session, ids) if ids else Gathered([], [], {})
        if rows:
            lent_only = set(ids) - {row.record_id for row in rows if row.kind != "availability"}
            reached = str(Cursor(int(rows[-1].xid), rows[-1].id, cursor.ground))
            now = msgspec.structs.replace(about, cursor=reached)
            await asyncio.to_thread(self._take_in, index or self.engine.index, gathered, lent_only, now)
        return len(ids)

    def _take_in(self, index: str, gathered: Gathered, lent_only: set[int], about: About) -> None:
        aside = dict(about.standing.set_aside)
        for number in gathered.gone:
            aside.pop(number, None)
        ready, failed = entries.made(gathered.documents, lent_only - aside.keys())
        aside = {number: reason for number, reason in aside.items() if number not in ready} | gathered.unreadable | failed
        gone = [*gathered.gone, *gathered.unreadable, *failed]  # what is set aside is not found by what it was before
        try:
            self.engine.send(index, list(ready.values()), gone, _with_aside(about, aside))
        except DocumentsRefused as refused:
            aside |= self._one_by_one(index, list(ready.values()), refused)
            self.engine.keep_about(_with_aside(about, aside), index)
        for number in aside.keys() - about.standing.set_aside.keys():
            log.warning("record_not_indexed", record=number, reason=aside[number])

    def _one_by_one(self, index: str, changed: Sequence[dict[str, Any]], refused: DocumentsRefused) -> dict[int, str]:
        """The records that the server will not take, with its reason; the others are in."""
        if len(changed) == 1:
            return {int(changed[0][declared.ID]): refused.reason}
        aside: dict[int, str] = {}
        middle = len(changed) // 2
        for half in (changed[:middle], changed[middle:]):
            try:
                if half:
                    self.engine.writing.wait(self.engine.writing.put(index, half))
            except DocumentsRefused as again:
                aside |= self._one_by_one(index, half, again)
        return aside

    async def _rebuild(self, tell: Tell | None) -> Rebuilt:
        began = time.perf_counter()
        build = await asyncio.to_thread(self.engine.build_beside)
        try:
            async with self.database.reading() as session:
                start = await news.begun_now(session)
            async with following(self._feed_on, pause=PAUSE, waits=_WAITS):
                aside = await filling.fill(self.database, build, tell)
            rebuilt = Rebuilt(clock.now(), build.records, time.perf_counter() - began)
            about = About(declared.VERSIONS, str(start), Standing(rebuilt, aside))
            await asyncio.to_thread(build.finish, about)
            while await self.follow(build.name):  # what changed meanwhile, so that nothing falls back by the swap
                pass
            await asyncio.to_thread(self.engine.put_in_place, build)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(self.engine.abandon, build))
            raise
        log.info("index_rebuilt", backend="meilisearch", records=rebuilt.records, seconds=round(rebuilt.seconds, 1), set_aside=len(aside))
        return rebuilt

    async def _feed_on(self) -> bool:
        try:
            await self.follow()
        except NoIndex:
            return False
        return True


def _with_aside(about: About, aside: dict[int, str]) -> About:
    return msgspec.structs.replace(about, standing=Standing(about.standing.rebuilt, aside))
