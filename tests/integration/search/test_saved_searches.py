"""Searches that readers keep: theirs alone, told of what comes in, gone with one tap and after a year."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from library import clock
from library.db import Database
from library.identity.accounts import viewer_of
from library.wiring import Parts
from search.index.embedded import EmbeddedEngine
from search.saved import arriving, keeping
from search.saved.jobs import count_arrivals
from search.saved.models import SavedSearch
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import add_record
from tests.world import Client, World

API = "/api/v1/saved-searches"


async def comes_in(database: Database, parts: Parts, title: str) -> int:
    async with database.transaction() as session:
        number = await add_record(session, title, reading="ギンガ", author="宮沢, 賢治")
    while await parts.follower.step():
        pass
    return number


async def test_a_reader_keeps_a_search_and_is_told_of_what_comes_in(client: Client, books: Books, database: Database, parts: Parts) -> None:
    await client.sign_in("reader")
    assert 'value="q=%E9%8A%80%E6%B2%B3"' in (await client.get("/search?q=%E9%8A%80%E6%B2%B3")).text
    answer = await client.post("/saved", {"search": "q=%E9%8A%80%E6%B2%B3&page=2", "name": "銀河の本", "tells": "1"})
    assert answer.headers["location"] == "/saved?done=saved", answer.text[-1500:]
    again = await client.send("POST", API, json={"search": {"q": ["銀河"]}})
    assert (again.status_code, again.json()["code"]) == (409, "search_saved_already")
    [kept] = (await client.json(API)).json()["searches"]
    assert (kept["name"], kept["search"], kept["tells"], kept["arrived"]) == ("銀河の本", {"q": ["銀河"]}, True, 0)
    new = await comes_in(database, parts, "銀河の図鑑")
    await comes_in(database, parts, "海の図鑑")
    assert (await client.json(API)).json()["searches"][0]["arrived"] == 1
    assert await count_arrivals(database, parts.searched) == 1
    card = (await client.get("/card")).text
    assert "ほぞんした検索に新しい本が 1点" in card
    assert "銀河" not in card
    page = (await client.get(f"/saved/{kept['id']}")).text
    assert f'href="/records/{new}"' in page
    assert f'href="/records/{books["night"]}"' not in page
    await client.post(f"/saved/{kept['id']}", {"act": "seen", "up_to": str(new)})
    assert (await client.json(API)).json()["searches"][0]["arrived"] == 0
    assert "新しい本が" not in (await client.get("/card")).text
    await client.sign_in("ward_admin")
    assert (await client.get(f"/saved/{kept['id']}")).status_code == 404
    assert (await client.json(API)).json() == {"searches": []}
    await client.sign_in("reader")
    await client.post(f"/saved/{kept['id']}", {"act": "remove"})
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SavedSearch)) == 0


async def test_the_same_search_saved_again_stays_one_and_a_wish_to_be_told_is_kept(
    client: Client, books: Books, database: Database, parts: Parts
) -> None:
    await client.sign_in("reader")
    for words in ("海", "山"):
        await client.post("/saved", {"search": f"q={words}"})
    assert "知らせています" not in (await client.get("/saved")).text
    again = await client.post("/saved", {"search": "q=海&page=2", "tells": "1"})
    assert again.headers["location"] == "/saved?done=known"
    page = (await client.get("/saved?done=known")).text
    assert "もうほぞんしてあります" in page
    assert page.count("知らせています") == 1
    assert page.index(">山</a>") < page.index(">海</a>")
    await comes_in(database, parts, "海の図鑑")
    page = (await client.get("/saved")).text
    assert page.index(">海</a>") < page.index(">山</a>"), "those with news come first"


async def test_each_of_many_searches_is_told_its_own_arrivals_and_the_index_is_left_alone_where_nothing_came(
    client: Client, books: Books, database: Database, parts: Parts, world: World, tmp_path: Path
) -> None:
    await client.sign_in("reader")
    for words in ("図鑑", "海", "銀河", "山", "図鑑&branch=no-such-place", "海&available=1"):
        await client.post("/saved", {"search": f"q={words}"})
    async with database.reading() as session:
        account = await session.scalar(select(SavedSearch.account_id).limit(1))
        assert account is not None
        kept = await keeping.all_of(session, account)
        viewer = await viewer_of(session, account, today=clock.now().date())
        assert viewer is not None
        assert await arriving.questions(session, kept, viewer=viewer) == (None,) * len(kept)
    for title in ("銀河の図鑑", "海の図鑑"):
        await comes_in(database, parts, title)
    async with database.reading() as session:
        asked = await arriving.questions(session, kept, viewer=viewer)
    assert await arriving.answers(EmbeddedEngine(tmp_path / "none"), asked) == tuple(None if one else () for one in asked)
    new = await arriving.answers(parts.searched, asked)
    said = {(one.asked.text, bool(one.asked.filters)): len(ids or ()) for one, ids in zip(kept, new, strict=True)}
    wanted = {("図鑑", False): 2, ("海", False): 1, ("銀河", False): 1, ("山", False): 0, ("図鑑", True): 0, ("海", True): 0}
    assert said == wanted
    page = (await client.get("/saved")).text
    assert (page.count("新しい本 2点"), page.count("新しい本 1点")) == (1, 2)


async def test_programs_save_once_and_delete_and_fifty_are_enough(client: Client, books: Books, database: Database) -> None:
    await client.sign_in("reader")
    body, headers = {"search": {"q": ["賢治"], "material": ["book"]}}, {"Idempotency-Key": str(uuid.uuid4())}
    first, again = [await client.send("POST", API, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    assert (await client.send("POST", API, json={"search": {}})).json()["code"] == "search_empty"
    assert (await client.send("POST", API, json={"search": {"q": ["長" * 700]}})).json()["code"] == "search_long"
    for number in range(49):
        assert (await client.send("POST", API, json={"search": {"q": [f"ことば{number}"]}})).status_code == 201
    assert (await client.send("POST", API, json={"search": {"q": ["もう1つ"]}})).json()["code"] == "too_many_saved"
    assert (await client.send("DELETE", f"{API}/{first.json()['id']}")).status_code == 204
    assert (await client.send("DELETE", f"{API}/{first.json()['id']}")).status_code == 404


async def test_a_search_nobody_uses_for_a_year_goes_and_its_owner_is_told(
    client: Client, books: Books, database: Database, world: World
) -> None:
    await client.sign_in("reader")
    await client.post("/saved", {"search": "q=abc"})
    later = datetime.now(UTC) + timedelta(days=366)
    async with database.transaction() as session:
        assert await keeping.forget_unused(session, now=later) == 1
    async with database.reading() as session:
        row = (await session.scalars(select(SavedSearch))).one()
        assert (row.name, row.asked, row.tells) == ("", {}, False)
    assert "1年使われなかった検索を1件消しました" in (await client.get("/saved")).text
    await client.post("/saved/understood")
    assert "1年使われなかった検索を" not in (await client.get("/saved")).text
    await client.post("/saved", {"search": "q=abc"})
    async with database.transaction() as session:
        rule = "SELECT confdeltype FROM pg_constraint WHERE conname = 'fk_saved_search_account_id'"
        assert await session.scalar(text(rule)) in ("c", b"c")
    assert clock.now() < later
