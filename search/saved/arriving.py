"""What came in for saved searches since their owners last looked: a few of one owner's searches are asked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import text

from library.db import Reading
from library.errors import LibraryError
from library.identity.viewer import Viewer
from search.asking.query import Query, parse
from search.directory import directory_for
from search.finding import filters_of
from search.index.engine import Engine, EngineError, Filters, Sort
from search.index.gather import EPOCH
from search.saved.keeping import Kept

MOST_NEW = 100  # that one look counts
AT_ONCE = 3  # the threads of a process serve everybody else too

_NEWEST = text("SELECT coalesce(max(id), 0) FROM record")


@dataclass(frozen=True)
class Question:
    """What the engine is asked for one saved search."""

    query: Query
    filters: Filters
    seen_up_to: int


async def questions(session: Reading, kept: Sequence[Kept], *, viewer: Viewer) -> tuple[Question | None, ...]:
    """One for each search, in their order; None where nothing can have come in, or a branch closed."""
    newest = await session.scalar(_NEWEST) or 0
    if all(one.seen_up_to >= newest for one in kept):
        return (None,) * len(kept)
    directory = await directory_for(session, viewer)
    found: list[Question | None] = []
    for one in kept:
        try:
            filters = filters_of(one.asked, directory, viewer)
        except LibraryError:  # a branch that closed
            found.append(None)
            continue
        # A day before: the index counts days of UTC, and a long import carries the day on which it began.
        since = max(0, (one.seen_on - EPOCH.date()).days - 1)
        filters = msgspec.structs.replace(filters, added_from=since)
        found.append(Question(parse(one.asked.text), filters, one.seen_up_to) if one.seen_up_to < newest else None)
    return tuple(found)


Answer = tuple[int, ...] | None


async def answers(engine: Engine, asked: Sequence[Question | None]) -> tuple[Answer, ...]:
    """For each question the records that came in, newest first, at most 100; None while there is no index.

    Asked off the event loop, and outside of any transaction.
    """
    put = [(at, one) for at, one in enumerate(asked) if one is not None]
    lanes = [lane for first in range(AT_ONCE) if (lane := put[first::AT_ONCE])]
    found: dict[int, Answer] = {}
    for answered in await asyncio.gather(*(asyncio.to_thread(_in_turn, engine, lane) for lane in lanes)):
        found |= answered
    return tuple(found.get(at, ()) for at in range(len(asked)))


def _in_turn(engine: Engine, lane: Sequence[tuple[int, Question]]) -> dict[int, Answer]:
    return {at: _new(engine, one) for at, one in lane}


def _new(engine: Engine, one: Question) -> Answer:
    try:
        found = engine.search(one.query, filters=one.filters, page=1, per_page=MOST_NEW, sort=Sort.NEWEST, facets=False)
    except EngineError:
        return None
    return () if found.relaxed else tuple(number for number in found.ids if number > one.seen_up_to)
