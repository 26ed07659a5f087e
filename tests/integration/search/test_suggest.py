"""Suggestions over HTTP: within what the viewer may see, and right after every change."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from catalog.records.composing import tell_index
from catalog.records.merging import merge
from library.db import Database
from library.wiring import Parts
from search.index.document import Document, Phrase
from search.index.embedded import EmbeddedEngine
from search.suggest.phrases import title_key
from search.suggest.typed import read
from tests.integration.search.conftest import Books, _indexed
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.world import Client, World

PUBLIC = frozenset({0})


async def suggested(client: Client, typed: str) -> list[dict[str, Any]]:
    answer = await client.json(f"/api/v1/suggest?q={quote(typed)}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["suggestions"]
    return found


async def texts(client: Client, typed: str) -> list[str]:
    return [one["text"] for one in await suggested(client, typed)]


async def test_editions_of_one_work_are_one_suggestion_that_leads_to_all_of_them(client: Client, books: Books, database: Database) -> None:
    async with database.reading() as session:
        work = await session.scalar(text("SELECT work_id FROM record WHERE id = :id"), {"id": books["night"]})
    assert await suggested(client, "ぎんがt") == [
        {
            "kind": "title",
            "text": "銀河鉄道の夜",
            "reading": "ギンガ テツドウ ノ ヨル",
            "url": f"/works/{work}",
            "record": str(books["night"]),
            "count": 2,
        }
    ]
    author = (await suggested(client, "みやざわ"))[0]
    assert author == author | {"kind": "author", "text": "宮沢賢治", "record": None, "count": 2}
    assert author["url"] == f"/search?author={quote('宮沢, 賢治', safe='').replace('%20', '+')}"
    answer = await client.get(author["url"])
    assert "銀河鉄道の夜" in answer.text
    assert [(one["kind"], one["text"]) for one in await suggested(client, "konch") + await suggested(client, "昆")] == [("subject", "昆虫")]


@pytest.mark.parametrize(
    "typed", ["", "%20", "%00", "%ED%A0%80", "zzzz", "z" * 10_000, quote("ん" * 1_000), quote("'; DROP TABLE record; --"), quote("~^.*(")]
)
async def test_nothing_is_suggested_for_what_begins_nothing(client: Client, books: Books, typed: str) -> None:
    answer = await client.json(f"/api/v1/suggest?q={typed}")
    assert (answer.status_code, answer.json()["suggestions"]) == (200, [])


async def test_a_title_of_a_school_that_shows_it_to_its_own_is_suggested_to_nobody_else(
    client: Client, books: Books, parts: Parts, database: Database, world: World
) -> None:
    assert await texts(client, "みなみ") == ["みなみ小の文集"]
    async with database.transaction() as session:
        await let_be_seen_by(session, world.organisations["school"], "own")
    await _indexed(parts)
    assert await texts(client, "みなみ") == []
    assert (await suggested(client, "ぎんが"))[0]["count"] == 2, "the ward's copies are there for everyone"
    await client.sign_in("pupil")
    assert await texts(client, "みなみ") == ["みなみ小の文集"]


async def test_suggestions_follow_a_correction_a_withdrawal_and_a_merge(
    client: Client, books: Books, parts: Parts, database: Database, world: World
) -> None:
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE record SET description = jsonb_set(jsonb_set(description, '{title,main}', '\"吾輩は犬である\"'),"
                " '{title,reading}', '\"ワガハイ ワ イヌ デ アル\"') WHERE id = :id"
            ),
            {"id": books["cat"]},
        )
        added = await add_record(session, "銀河の本", reading="ギンガ ノ ホン", popularity=3)
        await add_item(session, added, branch=world.branches["chuo"], owner=world.organisations["ward"])
        await tell_index(session, [books["cat"]])
    await _indexed(parts)
    assert await texts(client, "わがはい") == ["吾輩は犬である"]
    assert await texts(client, "吾輩は猫") == []
    assert await texts(client, "ぎんが") == ["銀河鉄道の夜", "銀河の本"]
    async with database.transaction() as session:
        await merge(session, added, books["night"], account_id=world.accounts["cataloguer"])
    await _indexed(parts)
    assert await texts(client, "ぎんが") == ["銀河鉄道の夜"]


@pytest.mark.parametrize(("login", "kept"), [("", True), ("pupil", True), ("desk", False), ("kiosk", False)])
async def test_recent_searches_are_kept_on_devices_of_readers_only(client: Client, books: Books, login: str, kept: bool) -> None:
    if login:
        await client.sign_in(login)
    answer = await client.get("/search?q=夜")
    assert "data-suggest=" in answer.text
    assert (" data-recent" in answer.text) is kept


def shelf_of(*documents: Document, folder: Path) -> EmbeddedEngine:
    engine = EmbeddedEngine(folder / "index")
    build = engine.build_beside()
    build.put(documents)
    build.commit()
    engine.swap(build)
    return engine


def named(record: int, title: str, *, seen_by: tuple[int, ...] = (0,), popularity: int = 0, work: int | None = None) -> Document:
    phrase = Phrase("title", title_key(title), title)
    return Document(record_id=record, work_id=work, title=title, seen_by=seen_by, popularity=popularity, phrases=(phrase,))


def test_a_title_is_found_among_hundreds_that_begin_with_it_and_follows_what_is_read(tmp_path: Path) -> None:
    many = [named(number, f"花の本{number}", popularity=50) for number in range(2, 400)]
    engine = shelf_of(named(1, "花"), *many, folder=tmp_path)
    found = engine.suggest(read("花"), seen_by=PUBLIC)
    assert (found[0].record, len(found)) == (1, 8)
    assert engine.suggest(read("花の本399"), seen_by=PUBLIC)[0].record == 399
    engine.put([named(250, "花の本250", popularity=5_000), named(400, "花の本", work=7), named(401, "花の本", work=8)])
    engine.remove([1])
    engine.commit()
    found = engine.suggest(read("花"), seen_by=PUBLIC)
    assert found[0].record == 250
    several = engine.suggest(read("花の本"), seen_by=PUBLIC)[0]
    assert (several.records, several.record) == (2, None), "two works of one title have no page in common"
    engine.close()


def test_hundreds_of_hidden_titles_leave_the_visible_one_its_place(tmp_path: Path) -> None:
    hidden = [named(number, f"学校の{number}", seen_by=(107,), popularity=900) for number in range(2, 300)]
    engine = shelf_of(named(1, "学校の怪談"), *hidden, folder=tmp_path)
    assert [one.record for one in engine.suggest(read("学校"), seen_by=PUBLIC)] == [1]
    assert len(engine.suggest(read("学校"), seen_by=frozenset({0, 107}))) == 8
    engine.put([named(number, f"学校の{number}", seen_by=(0,)) for number in range(2, 4)])
    engine.commit()
    assert {one.record for one in engine.suggest(read("学校"), seen_by=PUBLIC)} == {1, 2, 3}
    engine.close()
