"""Both copies of the small union catalogue, each fed as in service, answer alike: nobody who searches can tell which one it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from library.settings import Settings
from library.wiring import Parts
from search.asking.query import parse
from search.index.engine import Filters, Found, Sort
from tests.integration.search.conftest import Books
from tests.standins.meilisearch.running import MASTER, StandIn

TYPED = (
    *(
        "",
        "銀河鉄道の夜",
        "ぎんがてつどう",
        "ｷﾞﾝｶﾞ",
        "銀河鐵道",
        "河鉄",
        "宮沢賢治",
        "賢治 銀河",
        "ginga tetsudo",
        "吾輩は猫である",
        "わがはいは",
    ),
    *(
        "夏目漱石 上",
        "猫",
        "虫",
        "昆虫",
        "山月記",
        "9784990000004",
        "架空堂",
        "森の虫だち",
        "ぎんかてつどう",
        "none such",
        "の",
        "本",
        "文集",
    ),
)
FILTERS = {
    "everyone": Filters(seen_by=frozenset({0})),
    "a pupil": Filters(seen_by=frozenset({0, 1})),
    "staff": Filters(seen_by=None),
    "a branch": Filters(seen_by=frozenset({0, 1}), branches=frozenset({1})),
    "on the shelf": Filters(seen_by=frozenset({0}), available=True),
    "on the shelf there": Filters(seen_by=frozenset({0}), available=True, branches=frozenset({1, 2})),
    "literature": Filters(seen_by=frozenset({0}), ndc=frozenset({"9"})),
    "years": Filters(seen_by=frozenset({0}), year_from=2000, year_to=2015),
    "audiobooks for children": Filters(seen_by=frozenset({0}), material=frozenset({"audiobook"}), audience=frozenset({"children"})),
}
_KEYS = text("SELECT id, popularity, coalesce(year, -1) AS year, title_sort, created_at::date AS added FROM record")


@pytest.fixture
def meili() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


@pytest.fixture
async def both(settings: Settings, books: Books, meili: StandIn) -> AsyncIterator[Parts]:
    chosen = {"meilisearch_url": meili.url, "meilisearch_search_key": MASTER, "meilisearch_index_key": MASTER}
    async with Parts.made(settings.model_copy(update=chosen), settings.database_url or "").open() as opened:
        assert opened.server
        while await opened.server.feeder.step():
            pass
        yield opened


async def test_the_first_five_the_total_and_every_count_are_the_same(both: Parts, books: Books) -> None:
    assert both.server
    async with both.database.reading() as session:
        rows = {row.id: row for row in await session.execute(_KEYS)}
    different: list[str] = []
    asked = list(product(TYPED, FILTERS, Sort))
    for typed, name, sort in asked:
        question: dict[str, Any] = {"filters": FILTERS[name], "page": 1, "per_page": 20, "sort": sort, "facets": True}
        there, here = (engine.search(parse(typed), **question) for engine in (both.server.engine, both.engine))
        if _told(there, sort, rows) != _told(here, sort, rows):
            different.append(f"{typed!r}, {name}, {sort}: {there.ids[:5]} and {here.ids[:5]}, {there.total} and {here.total}")
    assert different == []
    assert len(asked) > 1_000


def _told(found: Found, sort: Sort, rows: dict[int, Any]) -> object:
    """What a reader can see. Records that are equal in the order asked for may stand either way round."""
    keys = {
        Sort.NEWEST: lambda row: row.added,
        Sort.POPULAR: lambda row: row.popularity,
        Sort.TITLE: lambda row: row.title_sort,
        Sort.YEAR: lambda row: row.year,
        Sort.OLDEST: lambda row: row.year,
    }
    first: list[Any] = list(found.ids[:5])
    if sort is not Sort.RELEVANCE:
        first = [keys[sort](rows[number]) for number in first]
    if found.relaxed:
        return set(found.ids[:5])  # no counts are shown with near answers
    counts = {name: {value: count for value, count in values.items() if count} for name, values in found.facets.items()}
    return found.total, first, set(found.ids), {name: values for name, values in counts.items() if values}
