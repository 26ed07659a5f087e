"""What nobody should be able to do with lists, the guide and the staff's questions, and what a second press must not do twice."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import text

from library import clock
from library.db import Database
from search.saved import keeping
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import let_be_seen_by
from tests.integration.search.test_lists import made, order, published, put_in
from tests.world import Client, World

GUIDE = {"key": "night-reading", "organisation": "ward", "topic": "visiting", "title_ja": "夜の読書", "body_ja": "夜も読めます。"}
LIST: dict[str, Any] = {"organisation": "ward", "branch": "chuo", "kind": "theme", "title": {"ja": "星をみる本"}}


async def test_no_list_tells_a_librarian_the_titles_that_another_school_hides(
    client: Client, books: Books, database: Database, world: World
) -> None:
    async with database.transaction() as session:
        await let_be_seen_by(session, world.organisations["school"], "own")
    schools = await made(client, "school_librarian")
    assert (await put_in(client, schools, books["school_only"], books["night"])).status_code == 303
    await published(client, schools)
    mine = await made(client, "desk")
    assert (await client.post(f"{mine}/lines/{books['school_only']}", {"act": "in"})).status_code == 404
    assert (await client.post(f"{mine}/lines/{books['night']}", {"act": "in"})).status_code == 303
    copied = (await client.post(f"{schools}/state", {"act": "copy", "place_of": "ward:chuo"})).headers["location"].partition("?")[0]
    for path in (mine, copied):
        assert await order(database, path) == [books["night"]]
        assert "みなみ小の文集" not in (await client.get(path)).text


async def test_a_list_may_be_empty(client: Client, books: Books, database: Database) -> None:
    path = await made(client, "desk")
    assert (await put_in(client, path, books["night"])).status_code == 303
    assert (await client.post(f"{path}/lines/{books['night']}", {"act": "out"})).status_code == 200
    assert await order(database, path) == []
    new = await client.send("POST", "/api/v1/lists", json=LIST)
    assert new.status_code == 201, new.text
    address = f"/api/v1/lists/{new.json()['id']}"
    said = {"kind": "theme", "title": {"ja": "星"}}
    for records in ([{"record": str(books["night"])}], []):
        changed = await client.send("PUT", address, json=said | {"records": records})
        assert (changed.status_code, changed.json()["books"]) == (200, len(records)), changed.text


async def test_a_question_sent_twice_is_one_question(client: Client, books: Books, database: Database) -> None:
    page = (await client.post("/chat", {"say": "職員に聞きたい"})).text
    nonce = page.split('name="key" value="')[1].split('"')[0]
    form = {"key": nonce, "said": "カードの名前がちがう", "language": "ja"}
    first, again, other = [(await client.post("/chat/staff", form | more)).text for more in ({}, {}, {"said": "ほかのこと"})]
    assert [("受付番号は1です" in one, "受付番号は2です" in one) for one in (first, again, other)] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"text": "電話をください", "hand_over": {"contact": "03-0000-0000"}}
    sent = [await client.send("POST", "/api/v1/chat", json=one, headers=key) for one in (body, body, body | {"text": "いいえ"})]
    assert [one.status_code for one in sent] == [200, 200, 422]
    assert sent[0].json()["text"] == sent[1].json()["text"]
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM question")) == 3
        assert set(await session.scalars(text("SELECT client FROM idempotency_key"))) == {"/chat/staff"}


async def test_whoever_sends_to_the_staff_without_end_waits_too(client: Client, books: Books) -> None:
    statuses = [(await client.post("/chat/staff", {"said": ""})).status_code for _ in range(41)]
    assert set(statuses) == {422, 429}


async def test_nobody_publishes_what_somebody_else_wrote_meanwhile(client: Client, database: Database, world: World) -> None:
    await client.sign_in("ward_admin")
    entry = (await client.post("/staff/procedures/new", GUIDE)).headers["location"].partition("?")[0]
    assert 'name="expected" value="1"' in (await client.get(entry)).text
    assert (await client.post(entry, GUIDE | {"expected": "1", "body_ja": "べつの人が書いた。"})).status_code == 303
    refused = await client.post(f"{entry}/publish", {"expected": "1"})
    assert (refused.status_code, "ほかの人が先に保存しました" in refused.text) == (409, True)
    assert (await client.get("/guide/night-reading")).status_code == 404
    assert (await client.post(f"{entry}/publish", {"expected": "2"})).status_code == 303
    assert "べつの人が書いた。" in (await client.get("/guide/night-reading")).text


async def test_a_schools_entry_stands_in_for_the_wards_only_while_it_holds(client: Client, database: Database, world: World) -> None:
    await client.sign_in("ward_admin")
    for organisation, days in (("ward", {}), ("school", {"valid_from": "2020-04-01", "valid_to": "2021-03-31"})):
        said = GUIDE | {"organisation": organisation, "title_ja": f"{organisation}の夜"} | days
        entry = (await client.post("/staff/procedures/new", said)).headers["location"].partition("?")[0]
        assert (await client.post(f"{entry}/publish")).status_code == 303
    await client.sign_in("pupil")
    page = await client.get("/guide/night-reading")
    assert (page.status_code, "wardの夜" in page.text) == (200, True)


async def test_a_list_that_is_not_out_yet_is_copied_by_nobody_else(client: Client, books: Books) -> None:
    path = await made(client, "school_librarian", shown_from="2027-04-01")
    assert (await put_in(client, path, books["night"])).status_code == 303
    await published(client, path)
    await client.sign_in("desk")
    copied = await client.post(f"{path}/state", {"act": "copy", "place_of": "ward:chuo"})
    assert (copied.status_code, "location" in copied.headers) == (404, False)


async def test_what_a_reader_has_looked_at_is_not_counted_as_new_again(client: Client, books: Books, database: Database) -> None:
    await client.sign_in("reader")
    assert (await client.post("/saved", {"search": "q=%E9%8A%80%E6%B2%B3", "tells": "1"})).status_code == 303
    async with database.transaction() as session:
        await session.execute(text("UPDATE saved_search SET seen_up_to = 0"))
    async with database.reading() as session:
        [(account, kept)] = await keeping.telling(session, after=0, most=10)
    async with database.transaction() as session:  # while the nightly job counts
        await keeping.seen(session, account, kept.id, up_to=10**9, now=clock.now())
    async with database.transaction() as session:
        await keeping.count(session, kept, 2)
        assert await session.scalar(text("SELECT arrived FROM saved_search")) == 0
