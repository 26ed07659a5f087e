"""The conversation over HTTP: what it answers from the catalogue, the calendars, the guide, to whom, and what it never says."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from circulation.models import Loan
from library import clock
from library.db import Database
from library.places.models import OpeningHours
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import add_item
from tests.world import Client, World


async def ask(client: Client, said: str, **more: Any) -> dict[str, Any]:
    answer = await client.http.post("/api/v1/chat", json={"text": said} | more, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def titles(answer: dict[str, Any]) -> list[str]:
    return [card["title"] for card in answer["cards"]]


@pytest.fixture
async def open_daily(database: Database, world: World) -> None:
    async with database.transaction() as session:
        for weekday in range(7):
            session.add(OpeningHours(branch_id=world.branches["chuo"], weekday=weekday, opens=time(9), closes=time(20)))


ASKED = (
    ("虫の本ありますか", "ja", "find_books", "森の虫たち"),
    ("books about insects", "en", "find_books", "森の虫たち"),
    ("有没有关于昆虫的书", "zh", "find_books", "森の虫たち"),
    ("곤충에 대한 책 있나요?", "ko", "find_books", "森の虫たち"),
    ("銀河鉄道の夜はありますか", "ja", "known_item", "銀河鉄道の夜"),
    ("宮沢賢治の本", "ja", "known_item", "銀河鉄道の夜"),
    ("《我是猫》有吗", "zh", "known_item", "吾輩は猫である 上"),
    ('Where is "銀河鉄道の夜"?', "en", "where_is", "銀河鉄道の夜"),
    ("中島敦のオーディオブック", "ja", "known_item", "耳で聞く山月記"),
)


async def test_a_book_asked_for_comes_first(client: Client, books: Books) -> None:
    for said, language, intent, first in ASKED:
        answer = await ask(client, said)
        assert (answer["language"], answer["intent"], titles(answer)[:1]) == (language, intent, [first]), said
        assert answer["sources"][0] == f"record:{answer['cards'][0]['record']}"
        assert answer["planner"] == "rules"


async def test_what_is_said_next_narrows_what_was_asked_before(client: Client, books: Books) -> None:
    first = await ask(client, "銀河鉄道の夜はありますか")
    narrowed = await ask(client, "西図書館には？", context=first["context"])
    assert (narrowed["intent"], narrowed["slots"]["branch"]) == ("known_item", "nishi")
    that_one = await ask(client, "その本はいま借りられますか", context=first["context"])
    assert that_one["intent"] == "is_available"
    assert "いま借りられます" in that_one["text"]
    assert that_one["cards"][0]["hold"] == f"/holds/new?record={books['night']}"


async def test_whoever_has_no_library_of_their_own_is_asked_which_is_near(client: Client, books: Books, open_daily: None) -> None:
    asked = await ask(client, "近くの")
    assert (asked["intent"], asked["text"]) == ("where_is", "どの図書館ですか。えらんでください。")
    says = [button["says"] for button in asked["buttons"]]
    assert {"中央図書館", "西図書館"} <= set(says)
    assert "中央図書館" in (await ask(client, "中央図書館", context=asked["context"]))["text"]
    found = await ask(client, "近くの図書館にある虫の本")
    assert found["text"].startswith("どの図書館が近いかわからないので、すべての館からさがしました。")
    chosen = await ask(client, "中央図書館", context=found["context"])
    assert (chosen["slots"]["branch"], titles(chosen)) == ("chuo", ["森の虫たち"])
    assert "どの図書館が近いか" not in chosen["text"]
    romaji = await ask(client, "chuo library")
    assert (romaji["intent"], romaji["sources"]) == ("opening_hours", ["branch:chuo"])
    await client.sign_in("pupil")
    own = (await client.send("POST", "/api/v1/chat", json={"text": "近くの図書館"})).json()
    assert own["sources"] == ["branch:school"]


async def test_newspapers_are_told_of_from_the_guide_or_looked_for(client: Client, books: Books) -> None:
    answer = await ask(client, "今日の新聞はどこですか")
    assert (answer["intent"], [one["url"] for one in answer["buttons"]][:2]) == ("procedure", ["/search?q=%E6%96%B0%E8%81%9E", "/guide"])


async def test_what_is_given_up_to_find_anything_is_said(client: Client, books: Books) -> None:
    answer = await ask(client, "西図書館にある虫の本")
    assert titles(answer) == ["森の虫たち"]
    assert "西図書館にはありませんでした" in answer["text"]
    assert "見つかりませんでした" in (await ask(client, "韓国語の本"))["text"]  # not every book there is
    between = await ask(client, "宮沢の銀河鉄道の夜")
    assert (titles(between)[:1], "そのもの" in between["text"]) == (["銀河鉄道の夜"], False)
    assert "よく読まれている順" in (await ask(client, "おすすめの本は？"))["text"]
    nothing = await ask(client, "zzqqxx という本")
    assert nothing["cards"] == []
    assert "見つかりませんでした" in nothing["text"]
    assert any(button["says"] for button in nothing["buttons"])
    parted = await ask(client, "すばらしい猫の本")
    assert (parted["cards"], parted["buttons"][0]["label"]) == ([], "「猫」1点"), "a part of the wish leads on"


async def test_opening_hours_are_those_of_the_calendar(client: Client, open_daily: None) -> None:
    answer = await ask(client, "中央図書館は日曜日やってますか")
    assert (answer["intent"], answer["sources"]) == ("is_open", ["branch:chuo"])
    assert "09:00–20:00" in answer["text"]
    closed = await ask(client, "西図書館は明日開いていますか")
    assert "休み" in closed["text"]
    english = await ask(client, "What are the opening hours of 中央図書館?")
    assert "09:00–20:00" in english["text"]


OF_ONES_OWN = (
    "借りている本はいつまで？",
    "what's due?",
    "我借的书什么时候要还？",
    "빌린 책 언제까지 반납해야 해요?",
    "予約した本はいつ届きますか",
)


async def test_nobody_learns_of_loans_without_signing_in(client: Client, books: Books, database: Database, world: World) -> None:
    await lend(database, world, books["cat"], to="pupil")
    for said in (
        "借りている本はいつまで？",
        "what's due?",
        "我借的书什么时候要还？",
        "빌린 책 언제까지 반납해야 해요?",
        "予約した本はいつ届きますか",
    ):
        answer = await ask(client, said)
        assert "吾輩" not in str(answer)
        assert [button["url"] for button in answer["buttons"]] == ["/sign-in?next=/chat"]


async def test_a_guardian_hears_when_the_childs_books_are_due(client: Client, books: Books, database: Database, world: World) -> None:
    await lend(database, world, books["cat"], to="pupil")
    await client.sign_in("guardian")
    answer = await client.send("POST", "/api/v1/chat", json={"text": "うちの子の本いつまで？"})
    found = answer.json()
    assert found["intent"] == "my_loans"
    assert "吾輩は猫である" in found["text"]
    assert "吾輩" not in found["speech"]
    again = await client.send("POST", "/api/v1/chat", json={"text": "もっと", "context": found["context"]})
    page = await client.post("/chat", {"text": "ありがとう", "context": again.json()["context"]})
    assert "吾輩" not in page.text, "what was borrowed is not carried along"
    near = (await client.send("POST", "/api/v1/chat", json={"text": "近くの図書館"})).json()
    assert [button["label"] for button in near["buttons"]][:2] == ["中央図書館", "西図書館"], "the child's school lends to no parent"
    assert "こどもの学校" in (await client.get("/search?q=の")).text
    assert "自分の学校" not in (await client.get("/search?q=の")).text


async def lend(database: Database, world: World, record: int, *, to: str) -> None:
    async with database.transaction() as session:
        item = await add_item(session, record, branch=world.branches["chuo"], owner=world.organisations["ward"])
        patron = await session.scalar(text("SELECT id FROM patron WHERE person_id = :person"), {"person": world.persons[to]})
        due = clock.now() + timedelta(days=9)
        session.add(Loan(item_id=item, patron_id=patron, branch_id=world.branches["chuo"], lent_at=clock.now(), due_at=due))


async def test_a_signed_in_browser_must_show_the_token_and_a_program_need_not(client: Client, books: Books) -> None:
    await client.sign_in("reader")
    forged = await client.http.post("/api/v1/chat", json={"text": "虫の本"}, headers={"Accept": "application/json"})
    assert forged.status_code == 403
    as_form = await client.http.post("/api/v1/chat", data={"text": "虫の本"}, headers={"Accept": "application/json"})
    assert as_form.status_code == 403


HOSTILE: tuple[tuple[dict[str, Any], int], ...] = (
    ({"text": ""}, 400),
    ({"text": "a" * 1001}, 400),
    ({"text": "虫の本", "other": 1}, 400),
    ({"text": "虫の本", "language": "xx"}, 200),
    ({"text": "虫の本", "context": "not ours"}, 200),
    ({"text": "虫の本", "context": "あ"}, 200),
    ({"text": "' OR 1=1; -- held = 3"}, 200),
    ({"text": "\u0000\u0001"}, 400),
    ({"text": "本" * 1000}, 200),
)


async def test_nonsense_is_answered_or_refused_and_never_breaks(client: Client, books: Books) -> None:
    for body, status in HOSTILE:
        answer = await client.http.post("/api/v1/chat", json=body, headers={"Accept": "application/json"})
        assert answer.status_code == status, (body, answer.text)


async def test_what_was_said_goes_to_the_staff_and_nothing_of_the_answers(client: Client, books: Books, database: Database) -> None:
    first = await ask(client, "カードの名前がちがう")
    second = await ask(client, "職員に聞きたい", context=first["context"])
    assert (second["intent"], second["handed_over"]) == ("human", False)
    page = await client.post("/chat", {"say": "職員に聞きたい", "context": first["context"]})
    assert "カードの名前がちがう</textarea>" not in page.text
    assert "カードの名前がちがう\n職員に聞きたい</textarea>" in page.text
    sent = await ask(client, "電話をください", context=second["context"], hand_over={"contact": "03-0000-0000"})
    assert sent["handed_over"] is True
    assert "/places/chuo" in [one["url"] for one in sent["buttons"]], "who cannot wait is led to a library"
    unnamed = await ask(client, "本のことで", hand_over={})
    assert "窓口で、この番号" in unnamed["text"], "no library has a telephone number entered"
    async with database.reading() as session:
        rows = (await session.execute(text("SELECT said, contact, account_id FROM question WHERE contact <> ''"))).all()
    assert [tuple(row) for row in rows] == [("カードの名前がちがう\n職員に聞きたい\n電話をください", "03-0000-0000", None)]


async def test_the_page_works_without_scripts(client: Client, books: Books) -> None:
    opened = await client.get("/chat")
    assert opened.status_code == 200
    answered = await client.post("/chat", {"text": "虫の本ありますか"})
    assert "森の虫たち" in answered.text
    context = answered.text.split('id="chat-context" name="context" value="')[1].split('"')[0]
    more = await client.post("/chat", {"say": "もっと", "context": context})
    assert "虫の本ありますか" in more.text
    fragment = await client.post("/chat", {"text": "虫の本ありますか"}, headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert 'hx-swap-oob="true"' in fragment.text


async def test_the_forty_first_question_of_a_minute_waits(client: Client, world: World) -> None:
    statuses = [(await client.http.post("/api/v1/chat", json={"text": "hello"})).status_code for _ in range(41)]
    assert statuses.count(429) >= 1
    assert set(statuses) == {200, 429}
