"""Facets counted against the tables, orders, headings, and editions as one."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from catalog.description import Audience, Material, Series
from library.db import Database
from library.wiring import Parts
from tests.integration.search.conftest import Books, _indexed
from tests.integration.search.shelves import add_item, add_record
from tests.integration.search.test_search_api import ask, ids
from tests.world import Client, World

COLUMNS = {
    "material": "r.material IN ('book', 'video')",
    "audience": "r.audience = 'children'",
    "ndc": "(r.ndc LIKE '9%' OR r.ndc LIKE '4%')",
    "year": "r.year BETWEEN 2000 AND 2019",
    "branch": "EXISTS (SELECT FROM item i JOIN branch b ON b.id = i.branch_id WHERE i.record_id = r.id AND b.code IN ('chuo', 'joint'))",
}
CHOSEN = {
    "material": "material=book,video",
    "audience": "audience=children",
    "ndc": "ndc=9&ndc=4",
    "year": "year=2000-2019",
    "branch": "branch=chuo,joint",
}
VALUES = {
    "material": "SELECT r.material AS value, count(*) AS records FROM record r WHERE {rest} GROUP BY 1",
    "audience": "SELECT r.audience AS value, count(*) AS records FROM record r WHERE {rest} AND r.audience <> '' GROUP BY 1",
    "ndc": "SELECT left(r.ndc, 1) AS value, count(*) AS records FROM record r WHERE {rest} AND r.ndc <> '' GROUP BY 1",
    "year": "SELECT r.year::text AS value, count(*) AS records FROM record r WHERE {rest} GROUP BY 1",
    "branch": "SELECT b.code AS value, count(DISTINCT r.id) AS records FROM record r JOIN item i ON i.record_id = r.id"
    " JOIN branch b ON b.id = i.branch_id WHERE {rest} GROUP BY 1",
}


@pytest.fixture
async def many(database: Database, world: World, parts: Parts) -> None:
    chance = random.Random(7)
    branches = list(world.branches)
    async with database.transaction() as session:
        for number in range(240):
            record = await add_record(
                session,
                f"銀河の本 {number}",
                ndc=chance.choice(["913.6", "486", "210", "726.6"]),
                year=chance.randint(1985, 2025),
                material=chance.choice([Material.BOOK, Material.VIDEO, Material.SOUND]),
                audience=chance.choice([Audience.CHILDREN, Audience.ADULT, None]),
            )
            for branch in chance.sample(branches, chance.randint(0, 3)):
                owner = world.organisations_of_branches[branch][0]
                await add_item(session, record, branch=world.branches[branch], owner=world.organisations[owner])
    await _indexed(parts)


async def test_facets_count_as_the_tables_do(client: Client, many: None, database: Database) -> None:
    """Several values of one facet widen; a facet's own counts leave its own choice out, so that one sees what another would add."""
    for together in ((), ("material",), ("material", "audience"), ("branch", "ndc", "year"), tuple(COLUMNS)):
        found = await ask(client, "&".join([f"q={quote('銀河')}", *(CHOSEN[name] for name in together)]))
        async with database.reading() as session:
            assert found["total"] == await session.scalar(text(f"SELECT count(*) FROM record r WHERE {_all(together)}"))
            for name, question in VALUES.items():
                rest = _all(tuple(one for one in together if one != name))
                rows = await session.execute(text(question.format(rest=rest)))
                counted = {one["value"]: one["records"] for one in found["facets"][name]}
                assert counted == {row.value: row.records for row in rows}, (together, name)


def _all(names: tuple[str, ...]) -> str:
    return " AND ".join(["true", *(COLUMNS[name] for name in names)])


async def test_editions_of_a_work_are_one_when_asked_for(client: Client, books: Books) -> None:
    apart = await ask(client, f"q={quote('銀河鉄道の夜')}")
    together = await ask(client, f"q={quote('銀河鉄道の夜')}&group=work")
    assert (apart["total"], together["total"], together["total_is_exact"]) == (2, 1, True)
    assert together["hits"][0]["other_editions"] == 1
    assert [hit["id"] for hit in together["hits"]] == [hit["id"] for hit in apart["hits"][:1]]
    everything = await ask(client, "group=work&sort=title")
    assert everything["total"] == 6
    assert (await ask(client, "group=work&page=2"))["hits"] == []
    assert (await client.json("/api/v1/search?group=colour")).status_code == 400
    html = (await client.get(f"/search?q={quote('銀河鉄道の夜')}&group=work")).text
    assert "1作品" in html
    assert "版をまとめる" in html


async def test_headings_narrow_to_exactly_what_stands_under_them(client: Client, database: Database, world: World, parts: Parts) -> None:
    made: dict[str, int] = {}
    async with database.transaction() as session:
        rows: list[tuple[str, dict[str, Any]]] = [
            ("old", {"author": "宮澤, 賢治", "year": 1934}),
            ("new", {"author": "宮沢賢治", "subject": "日本 -- 歴史", "year": 2020}),
            ("alice", {"author": "Carroll, Lewis", "series": (Series("岩波少年文庫", volume="12"),), "subject": "日本"}),
            ("other", {"author": "宮沢, 賢治郎"}),
        ]
        for name, more in rows:
            made[name] = await add_record(session, f"本 {name}", **more)
    await _indexed(parts)
    for asked, expected in (
        ("author=宮沢,賢治&sort=oldest", ["old", "new"]),
        ("author=宮沢賢治&sort=year", ["new", "old"]),
        ("author=Lewis Carroll", ["alice"]),
        ("author=Lewis Carroll&author=宮沢賢治&sort=oldest", ["old", "new", "alice"]),
        ("subject=日本&sort=oldest", ["new", "alice"]),
        ("subject=日本--歴史", ["new"]),
        ("subject=日本&author=宮沢賢治", ["new"]),
        ("series=岩波少年文庫", ["alice"]),
        ("series=nothing", []),
    ):
        found = await ask(client, quote(asked, safe="=&,-"))
        assert ids(found) == [made[name] for name in expected], asked
    html = (await client.get("/search?author=宮沢賢治")).text
    assert "著者「宮沢賢治」" in html


async def test_where_a_reader_had_a_book_sent_last_is_their_own_until_they_choose(
    client: Client, books: Books, world: World, database: Database
) -> None:
    await client.sign_in("reader")
    assert (await ask(client, "where=own"))["total"] == 0
    async with database.transaction() as session:
        held = (
            "INSERT INTO hold (patron_id, record_id, pickup_branch_id, requested_at)"
            " SELECT p.id, :record, :branch, now() - make_interval(days => :days) FROM patron p WHERE p.person_id = :person"
        )
        for branch, record, days in (("chuo", "night", 9), ("nishi", "cat", 2)):
            values = {"record": books[record], "branch": world.branches[branch], "days": days, "person": world.persons["reader"]}
            await session.execute(text(held), values)
    assert sorted(ids(await ask(client, "where=own"))) == sorted([books["night"], books["cat"]])
    html = (await client.get(f"/search?q={quote('銀河')}")).text
    assert "西図書館にあり" in html
