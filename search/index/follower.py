"""Keeps a copy of the index at the catalogue's heels: follows `index_change` with its own cursor, rebuilds beside when it must."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from library import clock
from library.db import Database
from search.index import building, news, rebuilding, standing
from search.index.building import put_each, set_aside
from search.index.embedded import EmbeddedEngine
from search.index.engine import EngineUnavailable, WriterBusy
from search.index.gather import Gathered, documents
from search.index.meanwhile import following
from search.index.news import Cursor
from search.index.standing import Rebuilt, Standing, reason_of

log = structlog.get_logger(__name__)

PAUSE = 0.5  # seconds between looks at the news
RETRY = 5.0  # seconds before trying again after a failure, or for the writer's place
MOST = 2000  # changes in one step
LONGEST_REST = 600.0  # seconds between tries to build a copy that cannot be built: each costs as much as one that succeeds

_NEWS = news.SINCE
_WAITS = "index_follower_waits"


@dataclass
class Follower:
    """One for each host; the process that holds the folder's writer lock does the work, others wait for its place."""

    database: Database
    engine: EmbeddedEngine
    _is_clear: bool = False
    _rest: float = 0.0
    _rests_until: float = 0.0

    @property
    def standing(self) -> Standing:
        """The last rebuild and what was set aside, whichever process of this host wrote it."""
        return standing.read(self.engine.folder)

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
                    log.warning(_WAITS, reason=reason_of(exc))
                    await asyncio.sleep(RETRY)
        finally:
            self.engine.close()

    async def step(self) -> int:
        """Takes in the next changes, or builds the copy when there is none to follow with. Returns how many records moved."""
        if (token := await asyncio.to_thread(rebuilding.asked, self.engine.folder)) is not None:
            return await self._rebuild_as_asked(token)
        await self._clear_leftovers()
        followed = await self._follow()
        return await self._build_first() if followed is None else followed

    async def _build_first(self) -> int:
        """The copy that is not there yet, or no longer; after a failure with longer and longer rests."""
        if time.monotonic() < self._rests_until:
            return 0
        try:
            rebuilt = await self.rebuild()
        except WriterBusy:
            raise
        except Exception:
            self._rest = min(LONGEST_REST, max(RETRY, 2 * self._rest))
            self._rests_until = time.monotonic() + self._rest
            raise
        self._rest = 0.0
        return rebuilt.records

    async def _clear_leftovers(self) -> None:
        """Once for each process that writes: whoever wrote before may have been killed while it built."""
        if not self._is_clear:
            with suppress(WriterBusy):
                await asyncio.to_thread(self.engine.clear_leftovers)
                self._is_clear = True

    async def _follow(self) -> int | None:
        """How many records moved; None where there is no copy that could follow."""
        status = await asyncio.to_thread(self.engine.status)
        cursor = Cursor.parsed(status.cursor)
        if status.needs_rebuild or cursor is None:
            return None
        async with self.database.reading() as session:
            if await news.cannot_follow(session, cursor):
                return None
            followed = (await session.execute(_NEWS, cursor.parameters() | {"most": MOST})).all()
            ids = list(dict.fromkeys(row.record_id for row in followed))
            gathered = await documents(session, ids) if ids else Gathered([], [], {})
        if followed:
            await asyncio.to_thread(self._write, gathered, Cursor(int(followed[-1].xid), followed[-1].id, cursor.ground))
        return len(ids)

    def _write(self, gathered: Gathered, cursor: Cursor) -> None:
        before = self.standing
        aside = dict(before.set_aside)
        set_aside(gathered.unreadable, aside)
        put_each(self.engine.put, gathered.documents, aside)
        for number in gathered.gone:
            aside.pop(number, None)
        failed = [one.record_id for one in gathered.documents if one.record_id in aside]
        self.engine.remove([*gathered.gone, *gathered.unreadable, *failed])  # not found by what they were before
        if aside != before.set_aside:
            # Before the cursor moves: after a crash in between it is said again, never forgotten.
            standing.keep(self.engine.folder, Standing(before.rebuilt, aside))
        self.engine.commit(str(cursor))

    async def _rebuild_as_asked(self, token: str) -> int:
        """Somebody on this host asks the writer for a new index: tells how it goes, and what came of it."""
        folder = self.engine.folder
        try:
            rebuilt = await self.rebuild(tell=lambda records: rebuilding.tell(folder, token, records))
        except WriterBusy:
            raise  # not ours to answer
        except Exception as exc:
            rebuilding.answer(folder, rebuilding.Heard(token, error=reason_of(exc)))
            raise
        rebuilding.answer(folder, rebuilding.Heard(token, rebuilt.records, rebuilt.seconds))
        return rebuilt.records

    async def rebuild(self, *, tell: Callable[[int], None] | None = None, threads: int = 1) -> Rebuilt:
        """A new copy beside the one that serves, then swapped in. Changes made meanwhile reach the one that serves at once,
        and the new one after it.

        Raises WriterBusy when another process of this host is the writer.
        """
        began = time.perf_counter()
        build = await asyncio.to_thread(self.engine.build_beside, threads=threads)
        try:
            async with self.database.reading() as session:
                start = await news.begun_now(session)
            async with following(self._hear, pause=PAUSE, waits=_WAITS):
                built = await building.fill(self.database, build, tell)
            await asyncio.to_thread(build.commit, str(start))
            await asyncio.to_thread(self.engine.swap, build)
        except BaseException:
            await asyncio.to_thread(self.engine.abandon, build)
            raise
        rebuilt = Rebuilt(clock.now(), built.records, time.perf_counter() - began)
        await asyncio.to_thread(standing.keep, self.engine.folder, Standing(rebuilt, built.aside))
        log.info("index_rebuilt", records=built.records, seconds=round(rebuilt.seconds, 1), set_aside=len(built.aside))
        return rebuilt

    async def _hear(self) -> bool:
        return await self._follow() is not None

    async def lag(self) -> tuple[int, float]:
        """How many changes the copy has yet to take in, and the age of the oldest in seconds."""
        status = await asyncio.to_thread(self.engine.status)
        cursor = Cursor.parsed(status.cursor)
        if cursor is None:
            raise EngineUnavailable(status.reason or "there is no search index yet")
        async with self.database.reading() as session:
            return await news.waiting(session, cursor)


async def wait_until_seen(follower: Follower, *, seconds: float = 10.0) -> bool:
    """Waits until nothing is left to take in; False when that took longer. For commands and tests."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if (await follower.lag())[0] == 0:
                return True
        except EngineUnavailable:
            pass
        await asyncio.sleep(0.05)
    return False
