"""The guide on the web: what readers read, what staff write, what a program gets."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from library.db import Database
from search.procedures import editing, exchange, store
from search.procedures.content import Content, Text
from tests.world import Client, World

NEW = {
    "key": "holiday-reading",
    "organisation": "ward",
    "topic": "visiting",
    "title_ja": "夏の読書",
    "body_ja": "夏は{loans.limit}点まで。\n\n- [館](/places)",
    "says_ja": "夏の読書について\n夏休みの読書",
    "button_path_1": "/places",
    "button_ja_1": "館",
}


@pytest.fixture
async def guide(database: Database, world: World) -> None:
    async with database.transaction() as session:
        await exchange.bring(session, exchange.read(exchange.starting(), organisation="ward"), publish=True, by=None)


@pytest.mark.usefixtures("guide")
async def test_readers_find_what_they_want_to_know_in_their_language(client: Client) -> None:
    page = await client.get("/guide")
    assert page.status_code == 200
    assert page.text.count('href="/guide/') >= 25
    found = await client.get("/guide", params={"q": "カードを落としちゃった"})
    assert "「カードを落としちゃった」の案内" in found.text
    entry = await client.get("/guide/lost-card", params={"text": "ko"})
    assert "<h1>카드를 잃어버렸을 때</h1>" in entry.text
    assert 'lang="ko"' in entry.text
    nothing = await client.get("/guide", params={"q": "恐竜の図鑑"})
    assert "見つかりませんでした" in nothing.text
    assert (await client.get("/guide/nothing")).status_code == 404


@pytest.mark.usefixtures("guide")
async def test_programs_get_the_guide_with_its_facts_filled_in(client: Client) -> None:
    every = (await client.json("/api/v1/procedures")).json()["procedures"]
    assert len(every) >= 25
    one = (await client.json("/api/v1/procedures/how-many-how-long", params={"language": "en"})).json()
    assert "up to 30 items for 14 days" in one["text"]
    assert one["url"] == "/guide/how-many-how-long"
    asked = (await client.json("/api/v1/procedures", params={"q": "我的借书证丢了", "language": "zh"})).json()["procedures"]
    assert asked[0]["key"] == "lost-card"
    refused = await client.json("/api/v1/procedures", params={"language": "fr"})
    assert (refused.status_code, refused.json()["where"]) == (400, "language")


async def test_staff_write_preview_publish_compare_and_withdraw(client: Client, database: Database, world: World) -> None:
    await client.sign_in("ward_admin")
    preview = await client.post("/staff/procedures/new", NEW | {"do": "preview"})
    assert preview.status_code == 200
    assert "夏は30点まで。" in preview.text
    wrong = await client.post("/staff/procedures/new", NEW | {"body_ja": "{loans.most}点", "button_path_1": "http://x"})
    assert wrong.status_code == 422
    assert "「{loans.most}」という事実はありません。" in wrong.text
    assert "夏の読書について" in wrong.text  # what was typed stays
    made = await client.post("/staff/procedures/new", NEW | {"do": "save"})
    path = made.headers["location"].partition("?")[0]
    number = int(path.rpartition("/")[2])
    assert (await client.get("/guide/holiday-reading")).status_code == 404  # a draft
    taken = await client.post("/staff/procedures/new", NEW | {"do": "save"})
    assert taken.status_code == 409
    published = await client.post(
        path, NEW | {"do": "publish", "expected": "1", "body_ja": "冬も。", "title_en": "Summer", "body_en": "Summer."}
    )
    assert published.headers["location"].endswith("done=published")
    assert "冬も。" in (await client.get("/guide/holiday-reading")).text
    late = await client.post(path, NEW | {"do": "save", "expected": "1"})
    assert late.status_code == 409
    compared = (await client.get(f"{path}/versions")).text
    assert "<del>" in compared
    assert "冬も。" in compared
    tried = await client.get("/staff/procedures/try", params={"said": "夏休みの読書"})
    assert "「夏の読書」が答えになります" in tried.text
    assert '<li class="now"><a href="/staff/procedures" aria-current="true">' in tried.text
    for act in ("check", "withdraw"):
        assert (await client.post(f"{path}/{act}")).status_code == 303
    assert (await client.get("/guide/holiday-reading")).status_code == 404
    assert (await client.get("/staff/procedures?show=old")).status_code == 200
    async with database.reading() as session:
        kept = await store.one(session, number)
    assert (kept.checked_by, kept.published) == ("ward_admin", None)


async def test_what_names_a_branch_that_has_gone_is_not_published_and_says_so(client: Client, database: Database, world: World) -> None:
    async with database.transaction() as session:
        west = Content(texts={"ja": Text(title="西", body="{hours:nishi}")})
        number = await editing.make(session, organisation="ward", key="west", content=west, by=None)
        await session.execute(text("UPDATE branch SET valid_to = '2020-01-01' WHERE code = 'nishi'"))
    await client.sign_in("ward_admin")
    refused = await client.post(f"/staff/procedures/{number}/publish")
    assert refused.status_code == 422
    assert "「{hours:nishi}」という事実はありません。" in refused.text


async def test_a_schools_librarian_writes_for_the_school_only(client: Client, database: Database, world: World) -> None:
    async with database.transaction() as session:
        seats = Content(texts={"ja": Text(title="席", body="席です。")})
        wards = await editing.make(session, organisation="ward", key="seats", content=seats, by=None)
    await client.sign_in("school_librarian")
    assert (await client.post("/staff/procedures/new", NEW | {"do": "save"})).status_code == 403
    assert (await client.post(f"/staff/procedures/{wards}", NEW | {"do": "save", "expected": "1"})).status_code == 403
    assert (await client.post(f"/staff/procedures/{wards}/publish")).status_code == 403
    assert 'name="title_ja"' not in (await client.get(f"/staff/procedures/{wards}")).text
    made = await client.post("/staff/procedures/new", NEW | {"do": "save", "organisation": "school"})
    assert made.status_code == 303
    async with database.transaction() as session:
        others = await editing.make(session, organisation="other_school", key="seats", content=seats, by=None)
    assert (await client.get(f"/staff/procedures/{others}")).status_code == 404
    assert (await client.get(f"/staff/procedures/{others}/versions")).status_code == 404
    assert f"/staff/procedures/{others}" not in (await client.get("/staff/procedures")).text


ODD = ["'; DROP TABLE procedure; --", "a" * 10_000, "\x00\x01", "😀", "「" * 300, "%F0%28"]


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize("typed", ODD)
async def test_odd_questions_are_answered_or_refused_in_words(client: Client, typed: str) -> None:
    assert (await client.get("/guide", params={"q": typed, "text": typed})).status_code in {200, 400}
    assert (await client.json("/api/v1/procedures", params={"q": typed})).status_code in {200, 400}
