"""Browsing: what came in, authors, subjects and series, the index of words."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from catalog.description import Series
from library import clock
from library.db import Database
from library.wiring import Parts
from tests.integration.search.conftest import Books, _indexed
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.integration.search.test_search_pages import hits, read, words
from tests.integration.search.test_sharing import entries
from tests.world import Client, World

_ZONE = ZoneInfo("Asia/Tokyo")


def shown(html: str) -> list[str]:
    return [words(hit).strip() for hit in hits(html)]


@pytest.fixture
async def arrivals(database: Database, world: World, books: Books) -> date:
    """The cat came in this week, the insects last week; everything else long ago. Today."""
    today = clock.today(_ZONE)
    async with database.transaction() as session:
        for name, day in (("cat", today), ("school_only", today), ("insects", today - timedelta(days=7))):
            await session.execute(text("UPDATE item SET acquired_on = :day WHERE record_id = :record"), {"day": day, "record": books[name]})
        await let_be_seen_by(session, world.organisations["school"], "own")
    return today


async def test_what_came_in_is_told_by_the_week_and_ones_own_first(
    client: Client, books: Books, arrivals: date, database: Database
) -> None:
    html = await read(client, "/browse/new")
    assert [one for one in shown(html) if "吾輩" in one]
    assert len(shown(html)) == 1
    week = f"{(arrivals - timedelta(days=7)).isocalendar().year}-W{(arrivals - timedelta(days=7)).isocalendar().week:02}"
    assert f'href="/browse/new?week={week}" rel="prev"' in html
    assert "森の虫たち" in shown(await read(client, f"/browse/new?week={week}"))[0]
    assert "森の虫たち" in shown(await read(client, f"/browse/new?week={week}&shelf=4&branch=joint"))[0]
    assert shown(await read(client, f"/browse/new?week={week}&shelf=9")) == []
    assert shown(await read(client, "/browse/new?branch=joint"))[0].startswith("森の虫たち")  # its newest week
    assert entries((await client.get("/browse/new.rss")).text)[:2] == [books["cat"], books["insects"]]
    assert entries((await client.get("/browse/new.rss?shelf=4")).text) == [books["insects"]]
    async with database.transaction() as session:
        await session.execute(text("UPDATE electronic_access SET valid_from = :day"), {"day": arrivals})
    assert sorted(one[:5] for one in shown(await read(client, "/browse/new"))) == ["吾輩は猫で", "耳で聞く山"]
    assert "山月記" not in await read(client, "/browse/new?branch=nishi")
    for wrong in ("week=soon", "shelf=X", "branch=nowhere", "page=0", "page=-1", "page=x"):
        await read(client, f"/browse/new?{wrong}", status=400)
    await read(client, "/browse/new?page=999999")
    await client.sign_in("pupil")
    assert ["文集" in one for one in shown(await read(client, "/browse/new"))] == [True, False, False]


async def test_an_authors_page_holds_all_works_however_the_name_is_written(client: Client, books: Books) -> None:
    html = await read(client, "/browse/authors/宮澤賢治")
    assert "ミヤザワ ケンジ" in html
    assert f'name="from" value="/browse/authors/{"宮澤賢治"}"' in html  # where the switch to the pupils' view starts from
    assert len(shown(html)) == 1  # two editions of one work
    assert "ほかの版 1" in words(html)
    assert f'<link rel="canonical" href="http://library.test/browse/authors/{quote("宮沢賢治")}">' in html
    listed = await read(client, "/browse/authors?kana=み")
    assert f'href="/browse/authors/{quote("宮沢賢治")}"' in listed
    assert "宮沢賢治" in await read(client, "/browse/authors?q=miyazawa")
    assert "宮沢賢治" not in await read(client, "/browse/authors?kana=な")
    record = await read(client, f"/records/{books['night']}")
    assert f'href="/browse/authors/{quote("宮沢, 賢治", safe=",")}"' in record
    await read(client, "/browse/authors/だれでもない", status=404)
    assert shown(await read(client, "/browse/authors/宮沢賢治?page=9")) == []


async def test_a_subjects_page_leads_to_what_divides_it_and_to_the_shelf(
    client: Client, books: Books, database: Database, world: World, parts: Parts
) -> None:
    async with database.transaction() as session:
        await add_record(session, "虫の図鑑", subject="昆虫 -- 図鑑", year=2024)
        hidden = await add_record(session, "ひみつの虫", subject="昆虫 -- ひみつ")
        await add_item(session, hidden, branch=world.branches["school"], owner=world.organisations["school"])
        await let_be_seen_by(session, world.organisations["school"], "own")
    await _indexed(parts)
    html = await read(client, "/browse/subjects/昆虫?sort=year")
    assert [one[:5] for one in shown(html)] == ["虫の図鑑 ", "森の虫たち"]
    assert "昆虫 -- 図鑑" in words(html)
    assert "ひみつ" not in html
    assert 'href="/browse/ndc/486"' in html
    assert "/search.rss?subject=" in html
    assert "昆虫" in await read(client, "/browse/subjects?q=昆")
    await read(client, "/browse/subjects/昆虫 -- ひみつ", status=404)
    await client.sign_in("pupil")
    assert "ひみつ" in await read(client, "/browse/subjects/昆虫 -- ひみつ")


async def test_a_series_stands_in_order_and_says_what_is_missing(client: Client, world: World, database: Database, parts: Parts) -> None:
    async with database.transaction() as session:
        for title, volume in (("不思議の国のアリス", "12"), ("星の王子さま", "2"), ("ふたりのロッテ", "4"), ("別の本", "")):
            await add_record(session, title, series=(Series("岩波少年文庫", "イワナミ ショウネン ブンコ", volume=volume),))
    await _indexed(parts)
    html = await read(client, "/browse/series/岩波少年文庫")
    assert [one.split(" ")[0] for one in shown(html)] == ["星の王子さま", "ふたりのロッテ", "不思議の国のアリス", "別の本"]
    assert "ここにない巻: 1、3、5–11" in words(html)
    assert "岩波少年文庫" in await read(client, "/browse/series?kana=い")
    assert shown(await read(client, "/browse/series/岩波少年文庫?page=2")) == []
    await read(client, "/browse/series/ない文庫", status=404)


async def test_the_index_of_words_leads_to_classes(client: Client, world: World) -> None:
    assert 'href="/browse/ndc/486"' in await read(client, "/browse/index?q=こんちゅう")
    assert 'href="/browse/ndc/486"' in await read(client, "/browse/index?q=昆虫")
    assert f'href="/browse/index?kana={quote("しん")}"' in await read(client, "/browse/index?kana=し")
    assert "索引にありません" in await read(client, "/browse/index?q=zzzz")
    for strange in ("q=%ED%A0%80", "q=%00", "kana=%F0%9F%93%9A", "kana=" + "あ" * 500, "q='; DROP TABLE item; --"):
        await read(client, f"/browse/index?{strange}")


async def test_browsing_without_an_index_says_when_to_come_back(client: Client, world: World) -> None:
    for path in ("/browse/authors", "/browse/subjects/昆虫", "/browse/series/文庫"):
        answer = await client.get(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    await read(client, "/browse/new")
    await read(client, "/browse/index")


STRANGE = (
    "%00",
    "%ED%A0%80",
    "..%2F..%2Fetc",
    "a%2Fb",
    "%3Cscript%3E",
    "'%3B DROP TABLE item%3B --",
    "%F0%9F%93%9A",
    quote("あ" * 600),
    "%25s",
)


async def test_whatever_is_asked_for_is_answered_or_not_there(client: Client, books: Books) -> None:
    for folder in ("authors", "subjects", "series"):
        for strange in STRANGE:
            for path in (f"/browse/{folder}/{strange}", f"/browse/{folder}?q={strange}", f"/browse/{folder}?kana={strange}"):
                answer = await client.get(path)
                assert answer.status_code in (200, 400, 404), path
                assert "<script>" not in answer.text
        assert (await client.get(f"/browse/{folder}/{quote('昆虫')}?page=-1")).status_code == 400
