"""The reader's pages: one list for a family, renewals that say why not, a hold in two steps, and nobody else's card."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from library import clock
from library.db import Database
from library.identity.models import AccountPerson, Card, Patron, Person
from library.places.models import Branch, BranchOrganisation
from tests.integration.circulation.said import plain
from tests.integration.circulation.stock import NOON, Stock
from tests.world import Client


@pytest.fixture(autouse=True)
def _today() -> Any:
    with clock.stopped(NOON):
        yield


async def lent(stock: Stock, who: str, title: str, *, branch: str = "chuo", days_ago: int = 0) -> str:
    """Somebody of the world has borrowed a new book; its barcode."""
    _, barcode = await stock.book(title, branch)
    now, stock.now = stock.now, stock.now - timedelta(days=days_ago)
    await stock.lend(stock.world.cards[who], barcode, branch)
    stock.now = now
    return barcode


async def a_ward_member(database: Database, stock: Stock, who: str) -> None:
    """A pupil who is registered at the ward's libraries as well."""
    async with database.transaction() as session:
        session.add(Patron(person_id=stock.world.persons[who], organisation_id=stock.world.organisations["ward"], category="resident"))


async def loans_of(database: Database) -> dict[int, int]:
    async with database.reading() as session:
        rows = await session.execute(text("SELECT id, renewals FROM loan WHERE returned_at IS NULL"))
        return {row.id: row.renewals for row in rows}


async def holds_of(database: Database) -> list[tuple[int, int, str]]:
    async with database.reading() as session:
        rows = await session.execute(
            text(
                "SELECT h.id, p.person_id, b.code FROM hold h JOIN patron p ON p.id = h.patron_id"
                " JOIN branch b ON b.id = h.pickup_branch_id"
                " WHERE h.closed_at IS NULL ORDER BY h.id"
            )
        )
        return [(row.id, row.person_id, row.code) for row in rows]


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [(0, "あと14日"), (11, "あと3日"), (13, "あしたまで"), (14, "今日まで"), (16, "2日すぎています")],
)
async def test_the_days_left_are_said_in_words(client: Client, stock: Stock, days_ago: int, words: str) -> None:
    await lent(stock, "reader", "ごんぎつね", days_ago=days_ago)
    await client.sign_in("reader")
    page = await client.get("/loans")
    assert words in plain(page.text)
    assert "no-store" in page.headers["cache-control"]
    assert "private" in page.headers["cache-control"]


async def test_each_book_says_where_it_may_be_returned(client: Client, stock: Stock) -> None:
    await lent(stock, "pupil", "学校の本", branch="school")
    _, ward_book = await stock.book("区の本", "chuo")
    await stock.lend(stock.world.cards["pupil"], ward_book, "school")
    await lent(stock, "guardian", "おとなの本")
    await client.sign_in("guardian")
    said = plain((await client.get("/loans")).text)
    assert "みなみ小学校に返してください" in said.partition("学校の本")[2].partition("区の本")[0]
    assert "みなみ小学校か、区立図書館ならどこでも返せます" in said
    assert "区立図書館なら、どこでも返せます" in said.partition("おとなの本")[2]


async def test_a_guardian_reads_for_whom_a_hold_was_placed(client: Client, stock: Stock) -> None:
    record, _ = await stock.book("銀河鉄道の夜", "chuo")
    hold = await stock.wait_for(stock.world.cards["pupil"], record, "school")
    await client.sign_in("guardian")
    assert "「銀河鉄道の夜」を予約しました（森 pupil）" in plain((await client.get(f"/loans?placed={hold}")).text)


async def test_a_guardian_sees_the_whole_family_and_one_of_them(client: Client, stock: Stock) -> None:
    await lent(stock, "guardian", "おとなの本")
    await lent(stock, "pupil", "こどもの本", branch="school")
    await lent(stock, "reader", "よその本")
    await client.sign_in("guardian")
    said = plain((await client.get("/loans")).text)
    assert "おとなの本" in said
    assert "こどもの本" in said
    assert "森 pupil" in said
    assert "よその本" not in said
    child = plain((await client.get(f"/loans?person={stock.world.persons['pupil']}")).text)
    assert "こどもの本" in child
    assert "おとなの本" not in child


async def test_nobody_sees_anybody_else(client: Client, stock: Stock) -> None:
    await lent(stock, "guardian", "おとなの本")
    record, _ = await stock.book()
    hold = await stock.wait_for(stock.world.cards["guardian"], record)
    await client.sign_in("pupil")
    assert "おとなの本" not in (await client.get("/loans")).text
    guardian = stock.world.persons["guardian"]
    assert (await client.get(f"/loans?person={guardian}")).status_code == 404
    assert (await client.get(f"/holds/new?record={record}&person={guardian}")).status_code == 404
    assert (await client.get(f"/holds/{hold}/cancel")).status_code == 404
    assert (await client.post(f"/holds/{hold}/cancel")).status_code == 404
    assert (await client.post("/loans/renew", {"person": str(guardian)})).status_code == 404
    answer = await client.post("/holds", {"record": str(record), "person": str(guardian), "pickup": "school"})
    assert answer.status_code == 404


async def test_all_of_the_family_is_renewed_and_each_refusal_stands_beside_its_book(
    client: Client, stock: Stock, database: Database
) -> None:
    await lent(stock, "guardian", "おとなの本", days_ago=7)
    await lent(stock, "pupil", "こどもの本", branch="school", days_ago=7)
    wanted = await lent(stock, "pupil", "人気の本", branch="school", days_ago=7)
    copy = await stock.look(wanted)
    other = await stock.reader("school", "pupil")
    stock.now = NOON - timedelta(days=1)
    await stock.wait_for(other, copy.record_id, "school")
    await client.sign_in("guardian")
    answer = await client.post("/loans/renew")
    assert answer.status_code == 303
    said = plain((await client.get(answer.headers["location"])).text)
    assert "2点のばしました" in said
    assert "予約した人が待っているため、延長できません" in said.partition("人気の本")[2]
    assert sorted((await loans_of(database)).values()) == [0, 1, 1]
    again = await client.post("/loans/renew")
    assert plain((await client.get(again.headers["location"])).text).count("延長は 1回までです") == 2


async def test_one_book_is_renewed_and_somebody_else_s_is_not_there(client: Client, stock: Stock, database: Database) -> None:
    await lent(stock, "reader", "ごんぎつね", days_ago=3)
    await lent(stock, "guardian", "よその本", days_ago=3)
    mine, others = sorted(await loans_of(database))
    await client.sign_in("reader")
    assert (await client.post("/loans/renew", {"loan": str(mine)})).headers["location"] == f"/loans?renewed={mine}#loan-{mine}"
    assert (await client.post("/loans/renew", {"loan": str(others)})).status_code == 404
    assert await loans_of(database) == {mine: 1, others: 0}
    assert "のばせませんでした" not in plain((await client.get(f"/loans?kept={others}")).text)


async def test_a_pupil_holds_for_pick_up_at_school_in_two_steps(client: Client, stock: Stock, database: Database) -> None:
    record, _ = await stock.book("銀河鉄道の夜", "chuo")
    assert (await client.get(f"/holds/new?record={record}")).headers["location"] == f"/sign-in?next=%2Fholds%2Fnew%3Frecord%3D{record}"
    await client.sign_in("pupil")
    confirm = await client.get(f"/holds/new?record={record}")
    assert '<ruby>学校<rp>（</rp><rt aria-hidden="true">がっこう</rt><rp>）</rp></ruby>でうけとる' in confirm.text
    assert "《" not in confirm.text
    assert (f"/kids/books/{record}" in confirm.text, f"/records/{record}" in confirm.text) == (True, False)
    await client.post("/kids/view", {"view": "full"})
    plainly = (await client.get(f"/holds/new?record={record}")).text
    assert ("学校でうけとる" in plainly, "《" in plainly, "<ruby>" in plainly) == (True, False, False)
    assert f"/kids/books/{record}" not in plainly
    assert "みなみ小学校" in plain(confirm.text)
    answer = await client.post("/holds", fields(confirm.text))
    assert answer.status_code == 303
    said = plain((await client.get(answer.headers["location"])).text)
    assert "「銀河鉄道の夜」を予約しました" in said
    assert "1番目" in said
    assert "たなにあるので、まもなく用意できます" in said
    assert [(person, place) for _, person, place in await holds_of(database)] == [(stock.world.persons["pupil"], "school")]


def fields(html: str) -> dict[str, str]:
    """What the form of the confirmation sends when nothing is changed."""
    form = html.partition('action="/holds"')[2].partition("</form>")[0]
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    chosen = re.search(r'<option value="([\w-]+)" selected|name="pickup" value="([\w-]+)" checked', form)
    return found | ({"pickup": chosen[1] or chosen[2]} if chosen else {})


async def test_pressing_twice_makes_one_hold(client: Client, stock: Stock, database: Database) -> None:
    record, _ = await stock.book()
    await client.sign_in("reader")
    sent = fields((await client.get(f"/holds/new?record={record}")).text)
    first, second = await client.post("/holds", sent), await client.post("/holds", sent)
    assert first.headers["location"] == second.headers["location"]
    assert len(await holds_of(database)) == 1
    again = (await client.get(f"/holds/new?record={record}")).text
    assert "もう予約しています" in plain(again)
    assert 'action="/holds"' not in again
    third = await client.post("/holds", sent | {"key": str(uuid.uuid4())})
    assert third.status_code == 409
    assert "もう予約しています" in plain(third.text)


@pytest.mark.parametrize(
    ("who", "as_ward_member", "places"),
    [
        ("reader", False, ["chuo", "nishi", "joint", "counter"]),
        ("pupil", False, ["school"]),
        ("pupil", True, ["school", "chuo", "nishi", "joint", "counter"]),
    ],
)
async def test_one_picks_up_where_one_belongs(
    client: Client, stock: Stock, database: Database, who: str, as_ward_member: bool, places: list[str]
) -> None:
    await places_that_differ(database, stock)
    if as_ward_member:
        await a_ward_member(database, stock, who)
    record, _ = await stock.book()
    await client.sign_in(who)
    confirm = (await client.get(f"/holds/new?record={record}")).text
    offered = re.findall(r'<option value="([\w-]+)"|name="pickup" value="([\w-]+)"', confirm)
    assert [one or other for one, other in offered] == places
    everywhere = ["chuo", "nishi", "joint", "school", "other-school", "counter", "closed"]
    for place in everywhere:
        sent = fields(confirm) | {"pickup": place, "key": str(uuid.uuid4())}
        answer = await client.post("/holds", sent)
        assert (answer.status_code == 303) == (place in places), place
        if place not in places:
            assert "この館では受け取れません" in answer.text
        for number, _, _ in await holds_of(database):
            await client.post(f"/holds/{number}/cancel")


async def places_that_differ(database: Database, stock: Stock) -> None:
    """A counter without stock, and a library that is closed for good."""
    async with database.transaction() as session:
        counter = Branch(code="counter", number=60, name={"ja": "駅前カウンター"}, holds_stock=False)
        closed = Branch(code="closed", number=61, name={"ja": "むかしの図書館"}, valid_to=date(2025, 3, 31))
        session.add_all([counter, closed])
        await session.flush()
        ward = stock.world.organisations["ward"]
        session.add_all(BranchOrganisation(branch_id=one.id, organisation_id=ward, role="ward_library") for one in (counter, closed))


async def test_members_of_a_joint_use_library_pick_up_there_whoever_they_belong_to(stock: Stock, database: Database) -> None:
    record, _ = await stock.book()
    for card in (await stock.reader(), await stock.reader("other_school", "pupil")):
        await stock.wait_for(card, record, "joint")
    assert [place for _, _, place in await holds_of(database)] == ["joint", "joint"]


async def test_the_usual_library_is_offered_first(client: Client, stock: Stock, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE patron SET home_branch_id = :branch WHERE person_id = :person"),
            {"branch": stock.world.branches["nishi"], "person": stock.world.persons["reader"]},
        )
    record, _ = await stock.book()
    await client.sign_in("reader")
    assert fields((await client.get(f"/holds/new?record={record}")).text)["pickup"] == "nishi"


async def test_a_guardian_chooses_for_whom(client: Client, stock: Stock, database: Database) -> None:
    record, _ = await stock.book()
    await client.sign_in("guardian")
    own = (await client.get(f"/holds/new?record={record}")).text
    child = stock.world.persons["pupil"]
    assert f"/holds/new?record={record}&amp;person={child}" in own
    of_child = (await client.get(f"/holds/new?record={record}&person={child}")).text
    assert (await client.post("/holds", fields(of_child))).status_code == 303
    assert [(person, place) for _, person, place in await holds_of(database)] == [(child, "school")]


async def test_a_child_without_a_card_is_held_for(client: Client, stock: Stock, database: Database) -> None:
    async with database.transaction() as session:
        child = Person(family_name="森", given_name="ちい")
        session.add(child)
        await session.flush()
        session.add(Patron(person_id=child.id, organisation_id=stock.world.organisations["school"], category="pupil"))
        session.add(AccountPerson(account_id=stock.world.accounts["guardian"], person_id=child.id, role="guardian"))
        number = child.id
    record, _ = await stock.book()
    await client.sign_in("guardian")
    sent = fields((await client.get(f"/holds/new?record={record}&person={number}")).text)
    assert (await client.post("/holds", sent)).status_code == 303
    assert [person for _, person, _ in await holds_of(database)] == [number]


async def test_a_revoked_card_holds_nothing(client: Client, stock: Stock, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE card SET revoked_at = now() WHERE number = :card"), {"card": stock.world.cards["reader"]})
    record, _ = await stock.book()
    await client.sign_in("reader")
    confirm = (await client.get(f"/holds/new?record={record}")).text
    assert "このカードは使えなくなっています" in plain(confirm)
    sent = {"record": str(record), "person": str(stock.world.persons["reader"]), "pickup": "chuo"}
    assert (await client.post("/holds", sent)).status_code == 409
    async with database.transaction() as session:
        session.add(Card(person_id=stock.world.persons["reader"], number="1999999999"))
    assert (await client.post("/holds", fields((await client.get(f"/holds/new?record={record}")).text))).status_code == 303


async def test_a_hold_is_cancelled_after_a_question(client: Client, stock: Stock, database: Database) -> None:
    record, _ = await stock.book()
    hold = await stock.wait_for(stock.world.cards["reader"], record)
    await client.sign_in("reader")
    assert f"/holds/{hold}/cancel" in (await client.get("/loans")).text
    assert "いちばん後ろになります" in plain((await client.get(f"/holds/{hold}/cancel")).text)
    answer = await client.post(f"/holds/{hold}/cancel")
    assert "予約をやめました" in plain((await client.get(answer.headers["location"])).text)
    assert await holds_of(database) == []
    assert (await client.post(f"/holds/{hold}/cancel")).headers["location"] == "/loans"


async def test_each_hold_says_how_far_it_has_come(client: Client, stock: Stock) -> None:
    other = await stock.reader()
    record, barcode = await stock.book("順番の本")
    await stock.lend(other, barcode)
    await stock.wait_for(await stock.reader(), record)
    await stock.wait_for(stock.world.cards["reader"], record, "nishi")
    moving, moved = await stock.book("はこぶ本")
    await stock.wait_for(stock.world.cards["reader"], moving, "nishi")
    await stock.take_back(moved, "chuo")
    ready, there = await stock.book("とどいた本", "nishi")
    await stock.wait_for(stock.world.cards["reader"], ready, "nishi")
    await stock.take_back(there, "nishi")
    await client.sign_in("reader")
    said = plain((await client.get("/loans")).text)
    assert "西図書館で受け取れます" in said.partition("とどいた本")[2].partition("はこぶ本")[0]
    assert "中央図書館から西図書館へ移送中" in said
    line = said.partition("順番の本")[2]
    assert "2番目 2人待ち" in line
    assert "12月22日(火)ごろの見込み" in line  # due on 8 December, and two weeks for the reader before


async def test_whoever_has_nothing_is_told_what_to_do(client: Client, stock: Stock) -> None:
    await client.sign_in("reader")
    assert "借りている本も、予約している本もありません" in plain((await client.get("/loans")).text)


async def test_staff_without_a_membership_get_a_friendly_sentence(client: Client, stock: Stock) -> None:
    record, _ = await stock.book()
    await client.sign_in("desk")
    assert "このログインでは、本を借りられません" in plain((await client.get("/loans")).text)
    assert "このログインでは、予約できません" in plain((await client.get(f"/holds/new?record={record}")).text)


@pytest.mark.parametrize("record", ["", "x", "0", "999999999", "9" * 30])
async def test_a_title_that_is_not_there_is_a_404(client: Client, stock: Stock, record: str) -> None:
    await client.sign_in("reader")
    assert (await client.get(f"/holds/new?record={record}")).status_code == 404


async def test_a_title_that_one_may_not_see_is_not_shown_by_its_number(client: Client, stock: Stock, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE owner_policy SET seen_by = 'own' WHERE organisation_id = :school"), {"school": stock.world.organisations["school"]}
        )
    record, _ = await stock.book("先生の本", "school")
    await client.sign_in("reader")
    assert (await client.get(f"/holds/new?record={record}")).status_code == 404


async def test_an_hour_stands_where_hours_count(client: Client, stock: Stock) -> None:
    await stock.policy("loan_hours", 3, branch="chuo")
    await lent(stock, "reader", "新聞")
    await client.sign_in("reader")
    assert "きょう 15:00 まで" in plain((await client.get("/loans")).text)


def below_the_card(html: str) -> list[str]:
    """The lines below a card as they are read, one after another."""
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in re.findall(r'<a class="todo".*?</a>', html, re.DOTALL)]


async def test_below_the_card_stands_what_to_collect_to_return_and_to_wait_for(client: Client, stock: Stock) -> None:
    await lent(stock, "reader", "ごんぎつね", days_ago=1)
    await lent(stock, "reader", "蜘蛛の糸")
    ready, there = await stock.book("とどいた本", "nishi")
    await stock.wait_for(stock.world.cards["reader"], ready, "nishi")
    await stock.take_back(there, "nishi")
    popular, _ = await stock.book("人気の本")
    await stock.wait_for(await stock.reader(), popular)
    await stock.wait_for(stock.world.cards["reader"], popular)
    await client.sign_in("reader")
    html = (await client.get("/card")).text
    assert below_the_card(html) == [
        "取り置きの本が 1点 西図書館・12月1日(火)まで 受け取り",
        "借りている本 2点 いちばん近い返す日 12月7日(月)",
        "予約 1点 いちばん前は 2番目 順番待ち",
    ]
    assert "ごんぎつね" not in html


async def test_what_is_late_is_said_below_the_card_of_the_child_it_is_for(client: Client, stock: Stock) -> None:
    await lent(stock, "pupil", "こどもの本", branch="school", days_ago=20)
    await client.sign_in("guardian")
    assert below_the_card((await client.get("/card")).text) == ["借りている本 1点 1点が返す日をすぎています 返す"]


async def test_a_desk_sees_what_a_patron_of_its_own_has_and_that_it_looked_is_written_down(
    client: Client, stock: Stock, database: Database
) -> None:
    await a_ward_member(database, stock, "pupil")
    await lent(stock, "pupil", "学校の本", branch="school")
    await lent(stock, "pupil", "区の本", days_ago=16)
    record, _ = await stock.book("予約の本")
    await stock.wait_for(stock.world.cards["pupil"], record, "nishi")
    async with database.reading() as session:
        asked = {"person": stock.world.persons["pupil"], "ward": stock.world.organisations["ward"]}
        found = await session.execute(text("SELECT id FROM patron WHERE person_id = :person AND organisation_id = :ward"), asked)
        patron = found.scalar_one()
    await client.sign_in("desk")
    said = plain((await client.get(f"/staff/patrons/{patron}")).text)
    assert "区の本" in said
    assert "2日すぎ" in said
    assert "予約の本 西図書館 1番目（1人待ち）" in said
    assert "学校の本" not in said
    async with database.reading() as session:
        seen = await session.execute(
            text("SELECT count(*) FROM audit_event WHERE act = 'patron.seen' AND subject_id = :id"), {"id": patron}
        )
        assert seen.scalar_one() == 1


async def test_going_back_and_choosing_another_place_is_another_try(client: Client, stock: Stock) -> None:
    record, _ = await stock.book()
    await client.sign_in("reader")
    sent = fields((await client.get(f"/holds/new?record={record}")).text)
    await client.post("/holds", sent)
    again = await client.post("/holds", sent | {"pickup": "nishi"})
    assert again.status_code == 409
    assert "もう予約しています" in plain(again.text)


async def test_programs_learn_where_a_card_s_reader_may_pick_up(client: Client, stock: Stock) -> None:
    await client.sign_in("guardian")
    answer = await client.json(f"/api/v1/pickups?card={stock.world.cards['pupil']}")
    assert answer.json() == {"pickups": [{"branch": "school", "name": "みなみ小学校", "own_school": True}]}
    assert [one["branch"] for one in (await client.json(f"/api/v1/pickups?card={stock.world.cards['guardian']}")).json()["pickups"]] == [
        *("chuo", "nishi", "joint")
    ]
    assert (await client.json(f"/api/v1/pickups?card={stock.world.cards['reader']}")).status_code == 404
    assert (await client.json("/api/v1/pickups")).status_code == 400


async def test_two_presses_at_the_same_moment_make_one_hold(client: Client, stock: Stock, database: Database) -> None:
    record, _ = await stock.book()
    await client.sign_in("reader")
    sent = fields((await client.get(f"/holds/new?record={record}")).text)
    answers = await asyncio.gather(*(client.post("/holds", sent) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await holds_of(database)) == 1


@pytest.mark.parametrize("pickup", ["school", "other-school"])
async def test_programs_are_told_that_a_place_is_not_theirs(client: Client, stock: Stock, pickup: str) -> None:
    record, _ = await stock.book()
    await client.sign_in("reader")
    sent = {"card": stock.world.cards["reader"], "record_id": str(record), "pickup": pickup}
    answer = await client.send("POST", "/api/v1/holds", json=sent)
    assert answer.status_code == 409
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["pickup_not_possible"]


async def test_pupils_read_the_sound_of_a_title_below_it(client: Client, stock: Stock, database: Database) -> None:
    await lent(stock, "pupil", "銀河鉄道の夜", branch="school")
    record, _ = await stock.book("ごんぎつね")
    await stock.wait_for(stock.world.cards["pupil"], record, "school")
    async with database.transaction() as session:
        await session.execute(
            text("""UPDATE record SET description = jsonb_set(description, '{title,reading}', '"ギンガ テツドウ ノ ヨル"')""")
        )
    await client.sign_in("pupil")
    assert (await client.get("/loans")).text.count("ぎんが てつどう の よる") == 1
    await client.post("/sign-out")
    await client.sign_in("guardian")
    assert "ぎんが" not in (await client.get("/loans")).text
