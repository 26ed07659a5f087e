"""Holds the index on the server against the database, range by range, and mends what differs."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from search.index.comparing import PAGE, Differences, Tell, pages
from search.index.meilisearch import declared, entries
from search.index.meilisearch.engine import MeilisearchEngine
from search.index.meilisearch.feeding import Feeder

_SUMS = (declared.ID, declared.WORDS_SUM, declared.PLACES_SUM)


async def compare(feeder: Feeder, *, mend: bool, tell: Tell | None = None) -> Differences:
    """Nothing is fed meanwhile, so that both stand still but for changes on their way. Raises WriterBusy, NoIndex, EngineUnavailable."""
    async with feeder.alone():
        while await feeder.follow():
            pass
        engine = feeder.engine
        settings = await asyncio.to_thread(engine.settings_that_differ)
        known: set[int] = set()
        found = await _compare_records(feeder, known, mend=mend, tell=tell)
        surplus = await asyncio.to_thread(_surplus, engine, known)
        if mend and surplus:
            await asyncio.to_thread(engine.remove, surplus)
        if mend and settings:
            await asyncio.to_thread(engine.set_up)
    return msgspec.structs.replace(found, surplus=tuple(surplus), settings=tuple(settings))


async def _compare_records(feeder: Feeder, known: set[int], *, mend: bool, tell: Tell | None) -> Differences:
    """`known` takes the numbers of all records."""
    engine = feeder.engine
    aside = (await asyncio.to_thread(engine.about)).standing.set_aside
    found = Differences()
    async for first, ids, gathered in pages(feeder.database):
        if not ids:
            break
        known.update(ids)
        ready, failed = await asyncio.to_thread(entries.made, gathered.documents)
        has = {int(one["id"]): _sums(one) for one in await asyncio.to_thread(engine.writing.these, engine.index, ids, fields=_SUMS)}
        should = {number: _sums(entry) for number, entry in ready.items()}
        before = found
        found = found.with_range(first, ids[-1], should, has, {*aside, *gathered.unreadable, *failed})
        differing = (*found.missing[len(before.missing) :], *found.otherwise[len(before.otherwise) :])
        if mend and differing:
            await asyncio.to_thread(_put_again, engine, [ready[number] for number in differing])
        if tell is not None:
            tell(found.compared)
    return found


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
