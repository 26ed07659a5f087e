"""A title's page: what is lent until when, how many wait, what is on its way, and who finds the button to hold it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from circulation import availability
from library import clock
from library.db import Database
from tests.integration.circulation.said import plain
from tests.integration.circulation.stock import NOON, Stock
from tests.world import Client


@pytest.fixture(autouse=True)
def _today() -> Any:
    with clock.stopped(NOON):
        yield


def pills(html: str) -> list[tuple[str, str]]:
    """The shapes and words at the top of a record's page."""
    row = re.search(r'<ul class="row" aria-label="ある場所">(.*?)</ul>', html, re.DOTALL)
    assert row is not None
    return re.findall(r'class="availability (\w+)".*?<span>(.*?)</span></span>', row[1], re.DOTALL)


async def test_a_record_says_what_is_lent_until_when_and_how_many_wait(client: Client, stock: Stock) -> None:
    record, first = await stock.book()
    second = await stock.copy(record, "nishi")
    await stock.lend(await stock.reader(), first)
    assert pills((await client.get(f"/records/{record}")).text) == [("here", "西図書館にあり")]
    stock.now += timedelta(days=2)
    await stock.lend(await stock.reader(), second, "nishi")
    await stock.wait_for(await stock.reader(), record)
    page = (await client.get(f"/records/{record}")).text
    assert pills(page) == [("wait", "区立図書館では貸出中（12/8まで）"), ("wait", "予約 1人")]
    assert "貸出中（12/10まで）" in plain(page).partition("西図書館")[2]


async def test_a_day_that_is_over_is_not_promised(client: Client, stock: Stock) -> None:
    record, barcode = await stock.book()
    stock.now = NOON - timedelta(days=20)
    await stock.lend(await stock.reader(), barcode)
    assert pills((await client.get(f"/records/{record}")).text) == [("wait", "区立図書館では貸出中")]


@pytest.mark.parametrize("who", [None, "reader", "desk"])
async def test_a_copy_on_its_way_says_from_where_to_where_and_never_for_whom(client: Client, stock: Stock, who: str | None) -> None:
    record, barcode = await stock.book(branch="chuo")
    await stock.wait_for(await stock.reader("school", "pupil"), record, "school")
    await stock.take_back(barcode, "chuo")
    if who is not None:
        await client.sign_in(who)
    page = plain((await client.get(f"/records/{record}")).text)
    assert "中央図書館からみなみ小学校へ移送中" in page
    assert "川" not in page


async def test_a_copy_on_the_hold_shelf_is_not_to_be_had(client: Client, stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(), record)
    await stock.take_back(barcode)
    assert pills((await client.get(f"/records/{record}")).text) == [("wait", "区立図書館では取り置き中")]


async def test_a_school_s_copy_says_that_it_is_not_for_everybody_also_while_it_is_lent(client: Client, stock: Stock) -> None:
    record, barcode = await stock.book(branch="school")
    await stock.lend(stock.world.cards["pupil"], barcode, "school")
    page = (await client.get(f"/records/{record}")).text
    assert pills(page) == [("away", "学校 1校（その学校の人だけ）")]
    assert "一般利用不可" in page


@pytest.mark.parametrize(
    ("who", "branch", "button"),
    [
        (None, "chuo", "予約する"),
        ("reader", "chuo", "予約する"),
        ("pupil", "chuo", "学校でうけとる"),
        ("pupil", "school", "学校でうけとる"),
        ("guardian", "school", "予約する"),
        ("reader", "school", None),
        ("pupil", "other_school", None),
        ("desk", "chuo", None),
    ],
)
async def test_the_button_is_there_for_those_who_could_get_the_book(
    client: Client, stock: Stock, who: str | None, branch: str, button: str | None
) -> None:
    record, _ = await stock.book(branch=branch)
    if who is not None:
        await client.sign_in(who)
    link = re.search(rf'<a class="btn" href="/holds/new\?record={record}">([^<]+)</a>', (await client.get(f"/records/{record}")).text)
    assert (link[1] if link else None) == button


async def test_a_record_tells_readers_what_they_have_to_do_with_it(client: Client, stock: Stock) -> None:
    record, barcode = await stock.book()
    wanted, _ = await stock.book()
    await stock.lend(stock.world.cards["pupil"], barcode, "school")
    await stock.wait_for(stock.world.cards["guardian"], wanted)
    await client.sign_in("guardian")
    assert "借りています" in plain((await client.get(f"/records/{record}")).text)
    assert "予約しています" in plain((await client.get(f"/records/{wanted}")).text)
    await client.post("/sign-out")
    await client.sign_in("reader")
    assert "借りています" not in (await client.get(f"/records/{record}")).text


async def test_twenty_titles_with_all_their_copies_are_one_question(stock: Stock, database: Database) -> None:
    records = [await stock.title(f"本 {number}") for number in range(20)]
    for record in records:
        for _ in range(3):
            await stock.copy(record)
    asked: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    async with database.reading() as session:
        found = await availability.of_records(session, records, sees=None)
    assert [[at.available for at in found[record]] for record in records] == [[3]] * 20
    assert len(asked) == 1
