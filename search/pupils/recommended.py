"""Books that staff and teachers recommend to a grade: the lists of the grade that are shown to this viewer today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from library.db import Reading
from library.identity.viewer import Viewer
from search.finding import Shown
from search.lists import shown, store
from search.lists.rules import Grade, Kind

MOST_LISTS = 2
MOST_BOOKS = 12


class Recommended(NamedTuple):
    """One list: its name in the languages it was written in, and its first books."""

    title: Mapping[str, str]
    books: tuple[Shown, ...]


async def to_grade(session: Reading, viewer: Viewer, grade: Grade, *, today: date) -> tuple[Recommended, ...]:
    """The own school's first; a list of which nothing can be seen is left out."""
    listed = await store.current(session, viewer, today=today)
    meant = [facts for facts in listed if facts.kind is Kind.GRADE and facts.grade is grade][:MOST_LISTS]
    opened = [await shown.opened(session, facts.id, viewer, today=today) for facts in meant]
    return tuple(Recommended(one.facts.title, tuple(line.shown for line in one.lines[:MOST_BOOKS])) for one in opened if one.lines)
