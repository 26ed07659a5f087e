"""The page that says how the index stands, for those who run the service."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from catalog.records.composing import tell_index
from library.db import Database
from library.wiring import Parts
from search.index.engine import EngineUnavailable
from search.index.standing import Standing, keep, read, reason_of
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import add_record
from tests.world import Client

TAGS = re.compile(r"<[^>]+>")


async def shown(client: Client) -> str:
    return re.sub(r"\s+", " ", TAGS.sub(" ", (await client.get("/staff/index")).text))


async def spoil(database: Database, number: int, description: str) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE record SET description = CAST(:d AS jsonb) WHERE id = :id"), {"d": description, "id": number})
        await tell_index(session, [number])


async def test_it_says_what_is_in_when_it_was_built_and_what_waits(client: Client, books: Books, database: Database, parts: Parts) -> None:
    await client.sign_in("ward_admin")
    page = await shown(client)
    assert f"索引にある書誌 {len(books)}" in page
    assert "目録と同じです" in page
    assert "最後に作り直した時" in page
    assert "記録がありません" not in page
    async with database.transaction() as session:
        await add_record(session, "あとから来た本")
    assert "1件の変更を待っています" in await shown(client)
    assert 'href="/staff/index"' in (await client.get("/staff")).text


async def test_a_record_that_could_not_be_indexed_is_named_linked_and_goes_once_it_is_mended(
    client: Client, books: Books, database: Database, parts: Parts
) -> None:
    await client.sign_in("ward_admin")
    assert "ありません。すべての書誌が検索に出ます。" in await shown(client)
    await spoil(database, books["cat"], '{"title": {"main": ["ひみつ"]}}')
    while await parts.follower.step():
        pass
    page = (await client.get("/staff/index")).text
    assert f'<a href="/staff/records/{books["cat"]}">吾輩は猫である</a>' in page
    assert "ValidationError at $.title.main" in page
    await spoil(database, books["cat"], '{"title": {"main": "吾輩は猫である"}}')
    while await parts.follower.step():
        pass
    assert f"/staff/records/{books['cat']}" not in (await client.get("/staff/index")).text


async def test_a_record_that_cannot_be_read_spoils_no_search_for_the_others(
    client: Client, books: Books, database: Database, parts: Parts
) -> None:
    await spoil(database, books["cat"], '{"title": {"main": ["ひみつ"]}}')
    for expected in (1, 0):  # while the index has it as it was, and when it has heard
        answer = await client.json("/api/v1/search?q=吾輩は猫である")
        assert answer.status_code == 200
        said = answer.json()
        assert (said["hits"], 0 if said["relaxed"] else said["total"]) == ([], expected)
        assert (await client.get("/search?q=吾輩は猫である")).status_code == 200
        while await parts.follower.step():
            pass
    assert len((await client.json("/api/v1/search?q=森の虫たち")).json()["hits"]) == 1


async def test_what_was_set_aside_is_still_known_after_a_restart(books: Books, database: Database, parts: Parts) -> None:
    await spoil(database, books["cat"], "[]")
    while await parts.follower.step():
        pass
    assert set(read(parts.engine.folder).set_aside) == {books["cat"]}
    rebuilt = await parts.follower.rebuild()
    known = read(parts.engine.folder)
    assert known.rebuilt == rebuilt
    assert set(known.set_aside) == {books["cat"]}


def test_a_torn_or_foreign_file_tells_nothing(parts: Parts) -> None:
    parts.engine.folder.mkdir(parents=True, exist_ok=True)
    keep(parts.engine.folder, Standing(set_aside={7: "x"}))
    assert read(parts.engine.folder).set_aside == {7: "x"}
    (parts.engine.folder / "standing.json").write_text('{"set_aside"')
    assert read(parts.engine.folder) == Standing()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EngineUnavailable("the search index cannot write: \u68ee 03-1234-5678"), "EngineUnavailable: the search index cannot write"),
        (OSError(28, "No space left on device", "/var/lib/x"), "OSError: No space left on device"),
        (ValueError("\u68ee 03-1234-5678"), "ValueError"),
    ],
)
def test_a_reason_repeats_no_words_that_may_quote_a_record(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
