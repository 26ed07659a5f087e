"""Holding a copy of the index against the database, range by range of record numbers, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

import msgspec

from catalog.records.composing import tell_index
from library.db import Database
from search.index import news
from search.index.embedded import fields
from search.index.engine import EngineUnavailable, WriterBusy
from search.index.follower import Follower, wait_until_seen
from search.index.gather import Gathered, documents

PAGE = 1000  # records in a range
CATCHING_UP = 60.0  # seconds for which news on its way is waited for
_ROUNDS = 50  # steps of our own until as much has been followed as there was

Tell = Callable[[int], None]


class Range(msgspec.Struct, frozen=True):
    """Numbers from `first` to `last` whose count or checksum is another in the copy; None where nothing follows in the database."""

    first: int
    last: int | None
    records: int
    indexed: int


class Differences(msgspec.Struct, frozen=True):
    """`compared` records of the database; numbers of those that the copy lacks, has otherwise, or has and should not."""

    compared: int = 0
    missing: tuple[int, ...] = ()
    otherwise: tuple[int, ...] = ()
    surplus: tuple[int, ...] = ()
    settings: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()

    @property
    def are_none(self) -> bool:
        return not (self.missing or self.otherwise or self.surplus or self.settings)

    @property
    def records(self) -> tuple[int, ...]:
        return (*self.missing, *self.otherwise, *self.surplus)

    def and_also(self, other: Differences) -> Differences:
        """Of two parts of a copy."""
        return Differences(
            self.compared + other.compared,
            (*self.missing, *other.missing),
            (*self.otherwise, *other.otherwise),
            (*self.surplus, *other.surplus),
            (*self.settings, *other.settings),
            (*self.ranges, *other.ranges),
        )

    def with_range(
        self, first: int, last: int | None, should: Mapping[int, object], has: Mapping[int, object], excused: Iterable[int] = ()
    ) -> Differences:
        """One range more. `excused` records are set aside with a reason: whether they are in says nothing."""
        passed = set(excused)
        missing = [number for number in should if number not in has and number not in passed]
        otherwise = [number for number in should if number in has and has[number] != should[number] and number not in passed]
        surplus = [number for number in has if number not in should and number not in passed]
        differs = (Range(first, last, len(should), len(has)),) if missing or otherwise or surplus else ()
        return self.and_also(Differences(len(should), tuple(missing), tuple(otherwise), tuple(surplus), (), differs))


async def pages(database: Database, *, size: int = PAGE) -> AsyncIterator[tuple[int, list[int], Gathered]]:
    """Every record in ranges: from which number on, the numbers, the documents. Ends with an empty range behind the last."""
    first = 0
    while True:
        async with database.reading() as session:
            ids = await news.next_records(session, first - 1, size)
            gathered = await documents(session, ids) if ids else Gathered([], [], {})
        yield first, ids, gathered
        if not ids:
            return
        first = ids[-1] + 1


async def compare(follower: Follower, *, mend: bool, tell: Tell | None = None) -> tuple[Differences, Differences]:
    """This host's copy: how it differed, and how it does after mending. The one who writes it goes on meanwhile.

    Differences are mended by news of these records, which the one who writes takes in as any other.
    Raises EngineUnavailable where there is no copy to compare.
    """
    status = await asyncio.to_thread(follower.engine.status)
    if status.needs_rebuild:
        raise EngineUnavailable(status.reason)
    await _catch_up(follower)
    found = await _compared(follower, tell)
    if not found.are_none:
        await _catch_up(follower)  # what changed while it was compared is no difference
        found = await _again(follower, found)
    if found.are_none or not mend:
        return found, found
    async with follower.database.transaction() as session:
        await tell_index(session, found.records)
    await _catch_up(follower)
    return found, await _again(follower, found)


async def _catch_up(follower: Follower) -> None:
    """All that is news now is in the copy, by our own steps or by those of the process that writes it."""
    deadline = time.monotonic() + CATCHING_UP
    try:
        for _ in range(_ROUNDS):
            if not await follower.step() or time.monotonic() > deadline:
                break
    except WriterBusy:
        await wait_until_seen(follower, seconds=CATCHING_UP)
    follower.engine.refresh()


async def _compared(follower: Follower, tell: Tell | None) -> Differences:
    found = Differences()
    aside = follower.standing.set_aside
    async for first, ids, gathered in pages(follower.database):
        found = await _with_range(follower, found, (first, ids[-1] if ids else None), gathered, aside)
        if tell is not None:
            tell(found.compared)
    return found


async def _with_range(
    follower: Follower, found: Differences, numbers: tuple[int, int | None], gathered: Gathered, aside: Iterable[int]
) -> Differences:
    should = {one.record_id: fields.sum_of(one) for one in gathered.documents}
    has = await asyncio.to_thread(follower.engine.sums, *numbers)
    return found.with_range(*numbers, should, has, {*aside, *gathered.unreadable})


async def _again(follower: Follower, found: Differences) -> Differences:
    """Only the records that differed, as they are now."""
    numbers: Sequence[int] = sorted(found.records)
    now = Differences(found.compared)
    aside = follower.standing.set_aside
    for at in range(0, len(numbers), PAGE):
        chunk = numbers[at : at + PAGE]
        async with follower.database.reading() as session:
            gathered = await documents(session, chunk)
        should = {one.record_id: fields.sum_of(one) for one in gathered.documents}
        every = await asyncio.to_thread(follower.engine.sums, chunk[0], chunk[-1])
        has = {number: every[number] for number in chunk if number in every}
        now = now.with_range(chunk[0], chunk[-1], should, has, {*aside, *gathered.unreadable})
    still = set(now.records)
    ranges = tuple(one for one in found.ranges if any(one.first <= number <= (one.last or number) for number in still))
    return msgspec.structs.replace(now, compared=found.compared, ranges=ranges)
