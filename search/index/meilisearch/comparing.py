"""Holds the index on the server against the database, range by range, and mends what differs."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from search.index.comparing import PAGE, Differences, Tell, pages
from search.index.gather import Gathered, documents
from search.index.meilisearch import declared, entries
from search.index.meilisearch.engine import MeilisearchEngine
from search.index.meilisearch.feeding import Feeder

_SUMS = (declared.ID, declared.WORDS_SUM, declared.PLACES_SUM)


async def compare(feeder: Feeder, *, mend: bool, tell: Tell | None = None) -> Differences:
    """Whoever compares feeds meanwhile, so that what changes is seen no later than else. Raises WriterBusy, NoIndex, EngineUnavailable."""
    async with feeder.alone():
        engine = feeder.engine
        settings = await asyncio.to_thread(engine.settings_that_differ)
        known: set[int] = set()
        found = await _compare_records(feeder, known, mend=mend, tell=tell)
        await _caught_up(feeder)
        surplus = await _still_surplus(feeder, await asyncio.to_thread(_surplus, engine, known))
        if mend and surplus:
            await asyncio.to_thread(engine.remove, surplus)
        if mend and settings:
            await asyncio.to_thread(engine.set_up)
    return msgspec.structs.replace(found, surplus=tuple(surplus), settings=tuple(settings))


async def _caught_up(feeder: Feeder) -> None:
    while await feeder.follow():
        pass


async def _compare_records(feeder: Feeder, known: set[int], *, mend: bool, tell: Tell | None) -> Differences:
    """`known` takes the numbers of all records."""
    found = Differences()
    await _caught_up(feeder)
    async for first, ids, gathered in pages(feeder.database):
        if not ids:
            break
        known.update(ids)
        now, ready = await _range(feeder, (first, ids[-1]), gathered)
        if not now.are_none:  # what changed since it was last fed is no difference
            await _caught_up(feeder)
            async with feeder.database.reading() as session:
                as_it_is = await documents(session, ids)
            now, ready = await _range(feeder, (first, ids[-1]), as_it_is)
        if mend and not now.are_none:
            await asyncio.to_thread(_put_again, feeder.engine, [ready[number] for number in now.records])
        found = found.and_also(now)
        await feeder.follow()
        if tell is not None:
            tell(found.compared)
    return found


async def _range(feeder: Feeder, numbers: tuple[int, int], gathered: Gathered) -> tuple[Differences, dict[int, dict[str, Any]]]:
    """One range, and its documents as they should be."""
    engine = feeder.engine
    aside = (await asyncio.to_thread(engine.about)).standing.set_aside
    ready, failed = await asyncio.to_thread(entries.made, gathered.documents)
    named = [*ready, *failed, *gathered.unreadable]
    has = {int(one["id"]): _sums(one) for one in await asyncio.to_thread(engine.writing.these, engine.index, named, fields=_SUMS)}
    should = {number: _sums(entry) for number, entry in ready.items()}
    return Differences().with_range(*numbers, should, has, {*aside, *gathered.unreadable, *failed}), ready


async def _still_surplus(feeder: Feeder, found: list[int]) -> list[int]:
    """Those that are no records now either: some may have come while the others were compared."""
    async with feeder.database.reading() as session:
        there = {one.record_id for one in (await documents(session, found)).documents} if found else set()
    return [number for number in found if number not in there]


def _sums(entry: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(entry.get(name) for name in _SUMS)


def _put_again(engine: MeilisearchEngine, changed: list[dict[str, object]]) -> None:
    engine.writing.wait(engine.writing.put(engine.index, changed))


def _surplus(engine: MeilisearchEngine, known: set[int]) -> list[int]:
    found: list[int] = []
    offset = 0
    while ids := engine.writing.from_place(engine.index, offset, most=10 * PAGE):
        found += [number for number in ids if number not in known and number != entries.ABOUT_ID]
        offset += len(ids)
    return found
