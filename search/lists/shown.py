"""Book lists as readers get them: what is shown to whom today, and a list's books with where they are now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from library.db import Reading
from library.identity.viewer import Viewer
from search.finding import Shown, shown
from search.lists import store
from search.lists.models import BookListLine
from search.lists.rules import Standing
from search.lists.store import ListFacts, Overview

ON_THE_FIRST_PAGE = 4


@dataclass(frozen=True)
class Line:
    """A book of a list and why to read it."""

    shown: Shown
    note: Mapping[str, str]


@dataclass(frozen=True)
class Opened:
    """A list with the books its reader may see. `is_preview`: only those who edit it see it yet, or still."""

    facts: ListFacts
    lines: tuple[Line, ...]
    standing: Standing

    @property
    def is_preview(self) -> bool:
        return self.standing in (Standing.DRAFT, Standing.COMING)


async def overviews(session: Reading, viewer: Viewer, *, today: date) -> tuple[Overview, ...]:
    """What is shown today to this viewer, own school first; a list of which nothing is left to see is not."""
    found = await store.overviews(session, await store.current(session, viewer, today=today), viewer)
    return tuple(one for one in found if one.books)


async def on_the_first_page(session: Reading, viewer: Viewer, *, today: date) -> tuple[Overview, ...]:
    """The first few of them, each with the books of a shelf."""
    found = await store.current(session, viewer, today=today, most=ON_THE_FIRST_PAGE)
    return tuple(one for one in await store.overviews(session, found, viewer) if one.books)


async def opened(session: Reading, list_id: int, viewer: Viewer, *, today: date) -> Opened:
    """Raises NotFound for a list that is not out, or not for this viewer. One that has ended stays readable at its address."""
    facts = await store.one(session, list_id)
    standing = facts.standing(today)
    is_out = standing in (Standing.CURRENT, Standing.ENDED)
    if not ((is_out and facts.is_for(viewer)) or facts.is_edited_by(viewer)):
        raise store.no_such_list()
    rows = (
        await session.execute(
            select(BookListLine.record_id, BookListLine.note)
            .where(BookListLine.list_id == list_id)
            .order_by(BookListLine.position, BookListLine.record_id)
        )
    ).all()
    ids = [row.record_id for row in rows]
    gone = await store.withdrawn(session, ids)
    notes = {row.record_id: row.note for row in rows}
    books = await shown(session, [number for number in ids if number not in gone], viewer=viewer)
    return Opened(facts, tuple(Line(one, notes[one.id]) for one in books), standing)
