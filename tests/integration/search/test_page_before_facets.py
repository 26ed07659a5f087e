"""A page is read while its facets are counted: what is shown is the answer's all the same, and nothing is asked in vain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from library.db import Database, Reading
from library.errors import Busy
from library.identity.viewer import STRANGER, Viewer
from library.wiring import Parts
from search import finding
from search.asking import asked
from search.asking.query import Query
from search.index.embedded import EmbeddedEngine
from search.index.engine import EngineUnavailable, First, Found, silent
from tests.integration.search.conftest import Books


@dataclass
class Listening:
    """The engine of this host, with what it was asked, and what may happen between a page and its answer."""

    engine: EmbeddedEngine
    heard_first: tuple[int, ...] | None = None
    fails_late: bool = False
    near: list[bool] = field(default_factory=list)

    def search(self, query: Query, *, first: First = silent, near: bool = True, **wanted: Any) -> Found:
        self.near.append(near)
        if self.heard_first is not None:
            first(self.heard_first)
        found = self.engine.search(query, first=silent if self.heard_first is not None else first, near=near, **wanted)
        if self.fails_late:
            raise EngineUnavailable("gone while it counted")
        return found


@pytest.fixture
def listening(books: Books, parts: Parts) -> Listening:
    return Listening(parts.engine)


async def answered(database: Database, engine: Listening, **typed: str) -> finding.Results:
    async with database.reading() as session:
        wanted = asked.read({name: [value] for name, value in typed.items()})
        return await finding.find(session, engine, wanted, viewer=STRANGER, grouped=True)  # type: ignore[arg-type]


@pytest.fixture
def read_for(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The pages that were read from the tables."""
    pages: list[tuple[int, ...]] = []
    shown = finding.shown

    async def told(session: Reading, record_ids: Sequence[int], *, viewer: Viewer) -> tuple[finding.Shown, ...]:
        pages.append(tuple(record_ids))
        return await shown(session, record_ids, viewer=viewer)

    monkeypatch.setattr(finding, "shown", told)
    return pages


async def test_the_page_is_read_once_though_it_is_known_before_its_facets(
    database: Database, listening: Listening, books: Books, read_for: list[tuple[int, ...]]
) -> None:
    results = await answered(database, listening, q="銀河鉄道の夜")
    assert [one.id for one in results.hits] == [books["night"], books["paperback"]]
    assert results.facets["year"] == {"2011": 1, "1989": 1}
    assert read_for == [(books["night"], books["paperback"])]


async def test_the_answer_counts_where_another_page_was_heard_before_it(database: Database, listening: Listening, books: Books) -> None:
    listening.heard_first = (books["cat"], books["insects"])
    results = await answered(database, listening, q="銀河鉄道の夜")
    assert [one.id for one in results.hits] == [books["night"], books["paperback"]]


async def test_an_engine_that_fails_after_its_page_gives_no_half_answer(database: Database, listening: Listening) -> None:
    listening.fails_late = True
    with pytest.raises(Busy):
        await answered(database, listening, q="銀河鉄道の夜")


async def test_of_works_only_the_page_is_read(
    database: Database, listening: Listening, books: Books, read_for: list[tuple[int, ...]]
) -> None:
    results = await answered(database, listening, q="銀河鉄道の夜", group="work")
    assert [one.id for one in results.hits] == [books["night"]]
    assert [page for page in read_for if page] == [(books["night"],)]


async def test_what_only_comes_near_is_looked_for_once(database: Database, listening: Listening) -> None:
    """Counting by nearness asks for what answers exactly and looks for nothing near."""
    results = await answered(database, listening, q="銀河鉄道の朝")
    assert results.relaxed
    assert results.groups == {}
    assert listening.near.count(True) == 1
