"""The pupils' view as its pages answer: who starts in it, which shelves are shown to whom, and the way to a book without typing."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from catalog.records.composing import tell_index
from library.db import Database
from library.wiring import Parts
from search.pupils.shelves import SHELVES
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import Audience, add_item, add_record
from tests.integration.search.test_lists import made, published, put_in
from tests.world import Client, World

HREF = re.compile(r'class="look" href="/kids/books/(\d+)"')
ADDRESSES = ("/kids", "/kids/kana", "/kids/dice", "/kids/grades/lower", "/kids/shelves/stories")


async def page(client: Client, path: str, *, status: int = 200) -> str:
    answer = await client.get(quote(path, safe="/?&=%#-."))
    assert answer.status_code == status, answer.text[:300]
    return answer.text


def plain(html: str) -> str:
    """As it is read without the readings."""
    bare = re.sub(r"<rp>.*?</rp>|<rt[^>]*>.*?</rt>", "", html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", bare)))


def books_on(html: str) -> list[int]:
    return [int(number) for number in HREF.findall(html)]


async def started(client: Client) -> str:
    """Where the first page leads."""
    answer = await client.get("/")
    return answer.headers["location"] if answer.status_code == 303 else "/"


@pytest.fixture
async def shelved(books: Books, world: World, database: Database, parts: Parts) -> Books:
    """Beside the small catalogue: a book on flowers, for nobody in particular, that only the pupil's school holds."""
    flowers: dict[str, Any] = {"reading": "ハナ ノ ズカン", "ndc": "470", "author": "原, 花子", "author_reading": "ハラ, ハナコ"}
    async with database.transaction() as session:
        books["flowers"] = await add_record(session, "花のずかん", **flowers)
        await add_item(
            session,
            books["flowers"],
            branch=world.branches["school"],
            owner=world.organisations["school"],
            location_mark="K",
            class_mark="470",
            author_mark="ハ",
        )
        books["dog"] = await add_record(session, "こいぬ", reading="コイヌ", ndc="913.6", audience=Audience.CHILDREN)
        await add_item(session, books["dog"], branch=world.branches["chuo"], owner=world.organisations["ward"])
    while await parts.follower.step():
        pass
    return books


async def test_a_stranger_keeps_the_view_in_the_browser_and_a_reader_in_the_account(
    client: Client, books: Books, world: World, database: Database
) -> None:
    assert await started(client) == "/"
    answer = await client.post("/kids/view", {"view": "pupils", "from": f"/records/{books['night']}"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/kids/books/{books['night']}")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert await started(client) == "/kids"

    await client.sign_in("reader")
    assert await started(client) == "/"  # an account does not take over what a shared browser chose
    await client.post("/kids/view", {"view": "pupils", "from": "https://evil.example/"})
    assert await started(client) == "/kids"
    await client.post("/sign-out")
    await client.post("/kids/view", {"view": "full", "from": "/kids"})
    assert await started(client) == "/"
    await client.sign_in("reader")
    assert await started(client) == "/kids"
    async with database.reading() as session:
        assert await session.scalar(text("SELECT view FROM account WHERE id = :id"), {"id": world.accounts["reader"]}) == "pupils"


@pytest.mark.parametrize(
    ("grade", "kind", "start"),
    [("P1", None, "/kids"), ("P6", None, "/kids"), ("J1", None, "/"), ("", "junior_high", "/")],
)
async def test_pupils_of_elementary_schools_start_in_it(
    client: Client, books: Books, world: World, database: Database, grade: str, kind: str | None, start: str
) -> None:
    async with database.transaction() as session:
        school = world.organisations["school"]
        await session.execute(text("UPDATE organisation SET school_kind = :kind WHERE id = :id"), {"kind": kind, "id": school})
        if grade:
            await session.execute(text("UPDATE school_class SET grade = :grade WHERE id = :id"), {"grade": grade, "id": world.class_id})
        else:
            await session.execute(text("UPDATE patron SET class_id = NULL WHERE class_id = :id"), {"id": world.class_id})
    await client.sign_in("pupil")
    assert await started(client) == start
    assert "ふつうの画面" in plain(await page(client, "/kids"))
    await client.post("/kids/view", {"view": "full", "from": "/kids"})
    assert await started(client) == "/"
    assert "こどもの画面" in plain(await page(client, "/"))


async def _shelves(client: Client) -> dict[str, int]:
    answer = await client.json("/api/v1/kids/shelves")
    assert answer.status_code == 200
    found: dict[str, int] = {}
    for shelf in answer.json()["shelves"]:
        assert shelf["titles_are_exact"]
        assert not re.search(r"[一-鿿]", shelf["reading"])
        for one in (shelf, *shelf["parts"]):
            found[one["key"]] = one["titles"]
            assert len(books_on(await page(client, one["url"]))) == one["titles"]
    return found


async def test_only_shelves_that_hold_something_for_this_viewer_are_shown_with_true_counts(client: Client, shelved: Books) -> None:
    seen = await _shelves(client)
    assert seen["stories"] == seen["japan"] == 2
    assert seen["animals"] == seen["dogs"] == 1  # the insects are for nobody in particular, and stand where not all is for pupils
    assert not {"plants", "look-up", "cats", "dinosaurs"} & set(seen)
    home = await page(client, "/kids")
    assert set(re.findall(r'href="/kids/shelves/([a-z-]+)"', home)) == {one.key for one in SHELVES} & set(seen)

    await client.sign_in("pupil")
    own = await _shelves(client)
    assert own["plants"] == own["look-up"] == 1
    assert own["stories"] == 2
    assert books_on(await page(client, "/kids/shelves/stories"))[0] == shelved["night"]  # what stands in the own school comes first


async def test_two_kana_lead_to_titles_and_to_writers(client: Client, shelved: Books) -> None:
    board = await page(client, "/kids/kana")
    live = {unescape(letter) for letter in re.findall(r'<li><a href="[^"]*">(.)</a>', board)}
    assert {"き", "こ"} <= live
    assert not {"は", "ん", "る"} & live  # the flowers stand in a school that is not the stranger's
    answer = await client.get(f"/kids/kana/{quote('ギン')}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/kids/kana/{quote('きん')}")
    found = await page(client, "/kids/kana/きん")
    assert books_on(found) == [shelved["night"]]
    assert "「きん」から はじまる本" in plain(found)
    assert f'href="/kids/kana/{quote("き")}"' in found or 'href="/kids/kana/き"' in found
    writers = await page(client, "/kids/kana/みや")
    assert books_on(writers) == []
    people = re.search(r'href="(/kids/writers\?[^"]+)"', writers)
    assert people is not None
    assert books_on((await client.get(unescape(people[1]))).text) == [shelved["night"]]


async def test_a_search_finds_what_the_shelves_hold_and_no_book_for_adults(client: Client, shelved: Books) -> None:
    adults = await page(client, "/kids/find?q=吾輩は猫である")  # at a ward library, for nobody in particular
    assert books_on(adults) == []
    assert "図書館の人に きいてみよう" in plain(adults)
    assert f'href="/search?q={quote("吾輩は猫である")}"' in adults
    assert books_on(await page(client, "/kids/find?q=花のずかん")) == []  # of a school that is not the stranger's
    assert books_on(await page(client, "/kids/find?q=銀河鉄道"))[0] == shelved["night"]
    await client.sign_in("pupil")
    assert books_on(await page(client, "/kids/find?q=花のずかん")) == [shelved["flowers"]]
    assert books_on(await page(client, "/kids/find?q=吾輩は猫である")) == []


async def test_a_word_that_names_a_shelf_shows_its_picture_first(client: Client, shelved: Books) -> None:
    html = await page(client, "/kids/find?q=いぬの ほん")
    assert re.findall(r'class="picture[^"]*" href="/kids/shelves/([a-z-]+)"', html) == ["dogs"]
    assert "/kids/shelves/" not in await page(client, "/kids/find?q=えほん")  # nothing stands there


async def test_a_book_says_where_it_stands_and_how_to_get_it(client: Client, shelved: Books) -> None:
    await client.sign_in("pupil")
    here = await page(client, f"/kids/books/{shelved['flowers']}")
    assert re.search(r'class="availability here".*?<svg', here)
    assert "学校に ある" in plain(here)
    assert re.search(r"4</span>.*しぜんと かがく", here)
    assert all(f"<span>{line}</span>" in here for line in ("K", "470", "ハ"))
    assert "<ruby>" in here
    assert "<rp>（</rp>" in here
    night = await page(client, f"/kids/books/{shelved['night']}")
    assert night.index("みなみ小学校") < night.index("中央")
    dog = await page(client, f"/kids/books/{shelved['dog']}")
    assert "学校で うけとる" in plain(dog)


async def test_only_what_is_there_now_is_shown_when_asked_and_by_the_dice(
    client: Client, shelved: Books, database: Database, parts: Parts
) -> None:
    await client.sign_in("pupil")
    assert set(books_on(await page(client, "/kids/shelves/stories?now=1"))) == {shelved["night"], shelved["dog"]}
    dice = books_on(await page(client, "/kids/dice"))
    assert 0 < len(dice) <= 6
    assert set(dice) <= {shelved["night"], shelved["flowers"], shelved["school_only"]}  # those of the own school
    async with database.transaction() as session:
        gone = [shelved[name] for name in ("flowers", "night", "school_only")]
        await session.execute(text("UPDATE item SET missing_since = '2026-05-01' WHERE record_id = ANY(:gone)"), {"gone": gone})
        await tell_index(session, gone, "availability")
    while await parts.follower.step():
        pass
    assert books_on(await page(client, "/kids/shelves/stories?now=1")) == [shelved["dog"]]
    assert set(books_on(await page(client, "/kids/shelves/stories"))) == {shelved["night"], shelved["dog"]}
    assert books_on(await page(client, "/kids/dice")) == [shelved["dog"]]  # nothing is there at school: the ward's


async def test_a_list_for_a_grade_stands_before_what_a_rule_chose(client: Client, shelved: Books) -> None:
    await client.sign_in("teacher")
    path = await made(client, "teacher", audience="own", kind="grade", grade="upper", title_ja="5年生に")
    await put_in(client, path, shelved["school_only"])
    await published(client, path)
    await client.sign_in("pupil")
    html = await page(client, "/kids/grades/upper")
    assert books_on(html)[0] == shelved["school_only"]
    assert html.index("5年生に") < html.index("きまりで")
    assert "5年生に" not in await page(client, "/kids/grades/lower")
    await client.post("/sign-out")
    assert "5年生に" not in await page(client, "/kids/grades/upper")


async def test_a_list_opened_by_a_pupil_stays_in_the_pupils_view(client: Client, shelved: Books) -> None:
    path = await made(client, "teacher", audience="own", kind="theme", title_ja="ほしの本")
    await put_in(client, path, shelved["night"])
    await client.post(f"{path}/lines/{shelved['night']}", {"act": "note", "note_ja": "よぞらを みよう"})
    shown = await published(client, path)
    await client.sign_in("pupil")
    answer = await client.get(shown)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/kids{shown}")
    html = await page(client, f"/kids{shown}")
    assert books_on(html) == [shelved["night"]]
    assert "よぞらを みよう" in html
    await client.post("/kids/view", {"view": "full"})
    assert (await client.get(shown)).status_code == 200
    await client.post("/sign-out")
    await page(client, f"/kids{shown}", status=404)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/kids/shelves/nothing", 404),
        ("/kids/grades/13", 404),
        ("/kids/kana/犬", 404),
        ("/kids/kana/いぬこ", 404),
        ("/kids/books/999999999", 404),
        ("/kids/books/x", 404),
        ("/kids/shelves/stories?page=9999", 200),
        ("/kids/shelves/stories?page=-1", 400),
        ("/kids/writers", 200),
        ("/kids/writers?name=" + "あ" * 5000, 200),
        ("/kids/find?q=" + "犬" * 200, 200),
        ('/kids/find?q="(* OR', 200),
        ("/kids/find", 200),
    ],
)
async def test_what_is_not_there_is_said_and_nothing_breaks(client: Client, books: Books, path: str, status: int) -> None:
    await page(client, path, status=status)


async def test_every_page_is_in_english_too_and_then_has_no_japanese_words_of_its_own(client: Client, books: Books) -> None:
    for path in ADDRESSES:
        html = await page(client, f"{path}?lang=en")
        assert not re.search(r"<h[12][^>]*>[^<]*[ぁ-ん]", html), path
        assert 'lang="en"' in html
