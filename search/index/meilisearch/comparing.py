"""Holds the index on the server against the database, range by range, and mends what differs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from library.db import Database
from search.index import news
from search.index.gather import documents
from search.index.meilisearch import declared, entries
from search.index.meilisearch.engine import MeilisearchEngine
from search.index.meilisearch.feeding import Feeder

PAGE = 1000  # records compared at once
_SUMS = (declared.ID, declared.WORDS_SUM, declared.PLACES_SUM)


class Differences(msgspec.Struct, frozen=True):
    """`compared` records of the database; numbers of those that the index lacks, has otherwise, or has and should not."""

    compared: int
    missing: tuple[int, ...] = ()
    otherwise: tuple[int, ...] = ()
    surplus: tuple[int, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def are_none(self) -> bool:
        return not (self.missing or self.otherwise or self.surplus or self.settings)


async def compare(feeder: Feeder, *, mend: bool, tell: Callable[[int], None] | None = None) -> Differences:
    """Nothing is fed meanwhile, so that both stand still but for changes on their way. Raises WriterBusy, NoIndex, EngineUnavailable."""
    async with feeder.alone():
        while await feeder.follow():
            pass
        engine = feeder.engine
        settings = await asyncio.to_thread(engine.settings_that_differ)
        found = await _compare_records(feeder.database, engine, mend=mend, tell=tell)
        surplus = await asyncio.to_thread(_surplus, engine, await _known(feeder.database))
        if mend and surplus:
            await asyncio.to_thread(engine.remove, surplus)
        if mend and settings:
            await asyncio.to_thread(engine.set_up)
    return msgspec.structs.replace(found, surplus=tuple(surplus), settings=tuple(settings))


async def _compare_records(database: Database, engine: MeilisearchEngine, *, mend: bool, tell: Callable[[int], None] | None) -> Differences:
    aside = (await asyncio.to_thread(engine.about)).standing.set_aside
    last, compared = 0, 0
    missing: list[int] = []
    otherwise: list[int] = []
    while True:
        async with database.reading() as session:
            ids = await news.next_records(session, last, PAGE)
            gathered = await documents(session, ids) if ids else None
        if gathered is None:
            return Differences(compared, tuple(missing), tuple(otherwise))
        ready, _ = await asyncio.to_thread(entries.made, gathered.documents)
        has = {int(one["id"]): one for one in await asyncio.to_thread(engine.writing.these, engine.index, ids, fields=_SUMS)}
        lacks = [number for number in ready if number not in has and number not in aside]
        differs = [
            number for number, entry in ready.items() if number in has and any(entry[name] != has[number].get(name) for name in _SUMS)
        ]
        if mend and (lacks or differs):
            await asyncio.to_thread(_put_again, engine, [ready[number] for number in (*lacks, *differs)])
        missing, otherwise = missing + lacks, otherwise + differs
        last, compared = ids[-1], compared + len(ids)
        if tell is not None:
            tell(compared)


def _put_again(engine: MeilisearchEngine, changed: list[dict[str, object]]) -> None:
    engine.writing.wait(engine.writing.put(engine.index, changed))


async def _known(database: Database) -> set[int]:
    known: set[int] = set()
    last = 0
    while True:
        async with database.reading() as session:
            ids = await news.next_records(session, last, 50 * PAGE)
        if not ids:
            return known
        known.update(ids)
        last = ids[-1]


def _surplus(engine: MeilisearchEngine, known: set[int]) -> list[int]:
    found: list[int] = []
    offset = 0
    while ids := engine.writing.from_place(engine.index, offset, most=10 * PAGE):
        found += [number for number in ids if number not in known and number != entries.ABOUT_ID]
        offset += len(ids)
    return found
