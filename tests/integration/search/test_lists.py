"""Book lists from the first scan to the reader's page, on real tables."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml

import httpx
import pytest
from sqlalchemy import func, select, update

from catalog.models import Item, MatchKey, Source, SourceRecord
from catalog.records import merging
from library import clock
from library.db import Database
from library.wiring import Parts
from search.lists.models import BookList, BookListLine
from tests.integration.search.conftest import Books, _indexed
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.world import Client, World

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
THEME = {"title_ja": "星をみる本", "kind": "theme", "audience": "everyone", "words_ja": "冬の夜に。", "title_en": "Books of stars"}


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.stopped(NOON):
        yield


async def made(client: Client, login: str = "desk", **said: str) -> str:
    """Signed in as somebody, a new list; the path of its page for the staff."""
    await client.sign_in(login)
    place = {"desk": "ward:chuo", "school_librarian": "school", "teacher": "school"}.get(login, "ward")
    answer = await client.post("/staff/lists", THEME | {"place_of": place} | said)
    assert answer.status_code == 303, answer.text[-2000:]
    return str(answer.headers["location"])


async def put_in(client: Client, path: str, *records: int, **more: str) -> httpx.Response:
    return await client.post(f"{path}/lines", {"pasted": "\n".join(f"#{number}" for number in records), **more})


async def published(client: Client, path: str) -> str:
    answer = await client.post(f"{path}/state", {"act": "publish"})
    assert answer.status_code == 303, answer.text[-2000:]
    return path.replace("/staff", "")


async def order(database: Database, path: str) -> list[int]:
    number = int(path.rsplit("/", 1)[1])
    async with database.reading() as session:
        asked = select(BookListLine.record_id).where(BookListLine.list_id == number)
        return list(await session.scalars(asked.order_by(BookListLine.position)))


async def sent(database: Database, record_id: int, key: str) -> None:
    """Somebody sent this record, with a key to find it by."""
    async with database.transaction() as session:
        source = Source(name="somebody")
        session.add(source)
        await session.flush()
        said = {"raw": b"", "digest": b"", "description": {}, "format": "table", "match_rule": "new"}
        row = SourceRecord(source_id=source.id, identity="x 1", record_id=record_id, **said)
        session.add(row)
        await session.flush()
        session.add(MatchKey(key=key, source_record_id=row.id))


def titles(html: str) -> list[str]:
    return re.findall(r'<h2 class="face"[^>]*><a href="/records/(\d+)"', html)


async def test_a_list_is_filled_by_scanning_pasting_and_searching_and_nothing_is_lost(
    client: Client, books: Books, database: Database
) -> None:
    await sent(database, books["night"], "isbn:9784990000004")
    path = await made(client)
    async with database.reading() as session:
        barcode = await session.scalar(select(Item.barcode).where(Item.record_id == books["cat"]))
    assert (await client.post(f"{path}/lines", {"wanted": "978-4-99-000000-4"})).status_code == 303
    assert (await client.post(f"{path}/lines", {"wanted": f"A{barcode}A" if str(barcode).isdigit() else str(barcode)})).status_code == 303
    pasted = f"#{books['insects']}\t虫の名前がわかる\n9784000000009\n\nただの文字\n#{books['night']}\t書き足したことば\n#999999999"
    answer = await client.post(f"{path}/lines", {"pasted": pasted})
    assert answer.status_code == 422
    assert "3行が加えられませんでした" in answer.text
    assert "4行目の「ただの文字」は番号ではありません。書名は「ことばでさがす」に入れて" in answer.text
    assert "2行目の「9784000000009」にあたる資料はありません" in answer.text
    left = re.search(r'name="pasted"[^>]*>\s*(.*?)</textarea>', answer.text, re.DOTALL)
    assert left is not None
    assert left[1].split("\n") == ["9784000000009", "ただの文字", "#999999999"]
    assert "q=%E3%81%9F%E3%81%A0%E3%81%AE%E6%96%87%E5%AD%97#found" in answer.text  # a title leads to where titles are searched for
    assert await order(database, path) == [books["night"], books["cat"], books["insects"]]
    assert "書き足したことば" in answer.text
    found = await client.get(f"{path}?q=%E5%B1%B1%E6%9C%88")
    assert f"{path}/lines/{books['online']}" in found.text
    assert (await client.post(f"{path}/lines/{books['online']}", {"act": "in", "q": "山月"})).status_code == 303
    for act, record in (("up", "online"), ("first", "insects"), ("down", "insects"), ("out", "cat"), ("up", "night")):
        assert (await client.post(f"{path}/lines/{books[record]}", {"act": act})).status_code == (200 if act == "out" else 303)
    assert await order(database, path) == [books["night"], books["insects"], books["online"]]
    await client.post(f"{path}/lines/{books['online']}", {"act": "note", "note_ja": "耳で", "note_en": "Listen"})
    exported = await client.get(f"{path}/export")
    assert exported.content.decode("utf-8-sig").splitlines()[3].endswith("耳で,Listen")
    copied = (await client.post(f"{path}/state", {"act": "copy"})).headers["location"].partition("?")[0]
    assert await order(database, copied) == await order(database, path)
    table = {"file": ("list.csv", exported.content.replace("耳で".encode(), "声で".encode()), "text/csv")}
    answer = await client.post(f"{copied}/import", files=table)
    assert answer.status_code == 303, answer.text[-2000:]
    assert "声で" in (await client.get(copied)).text
    assert "声で" not in (await client.get(path)).text


async def test_after_each_scan_the_field_waits_for_the_next_book(client: Client, books: Books, database: Database) -> None:
    await sent(database, books["night"], "isbn:9784990000004")
    path = await made(client)
    waiting = re.compile(r'<input class="input scan"[^>]* autofocus')
    assert waiting.search((await client.get(path)).text)
    for said in ("「銀河鉄道の夜」を加えました", "「銀河鉄道の夜」はもう入っています"):
        answer = await client.post(f"{path}/lines", {"wanted": "9784990000004"})
        after = answer.headers["location"]
        assert "#" not in after  # a fragment would take the focus
        html = (await client.get(after)).text
        assert waiting.search(html)
        assert said in html
    missed = (await client.post(f"{path}/lines", {"wanted": "9784000000009"})).text
    assert waiting.search(missed)
    kept = re.search(r'name="left" value="([^"]*)"', missed)
    assert kept is not None
    html = (await client.post(f"{path}/lines", {"wanted": "9784990000004", "left": kept[1]})).text
    assert ("加えられなかった行が1行あります" in html, "はもう入っています" in html) == (True, True)
    again = (await client.post(f"{path}/lines", {"wanted": "9784000000016", "left": kept[1]})).text
    assert 'name="left" value="9784000000009\n9784000000016"' in again


async def test_a_book_that_was_taken_out_goes_back_to_its_place_with_its_note(client: Client, books: Books, database: Database) -> None:
    path = await made(client)
    before = [books["night"], books["insects"], books["online"]]
    await put_in(client, path, *before)
    await client.post(f"{path}/lines/{books['insects']}", {"act": "note", "note_ja": "虫の声"})
    html = (await client.post(f"{path}/lines/{books['insects']}", {"act": "out"})).text
    assert "「森の虫たち」を外しました" in html
    kept = dict(re.findall(r'<input type="hidden" name="(at|note_\w+)" value="([^"]*)"', html))
    assert kept == {"at": "1", "note_ja": "虫の声", "note_en": ""}
    answer = await client.post(f"{path}/lines/{books['insects']}", {"act": "back", **kept})
    assert answer.status_code == 303
    assert await order(database, path) == before
    assert "虫の声" in (await client.get(path)).text


async def test_a_list_of_the_own_house_that_others_edit_can_be_read(client: Client, books: Books) -> None:
    path = await made(client, "ward_admin")
    await put_in(client, path, books["night"])
    shown = await published(client, path)
    await client.sign_in("desk")  # of one branch of the ward
    html = (await client.get("/staff/lists")).text
    assert f'href="{shown}"' in html
    assert f'href="{path}"' not in html


async def test_a_form_that_is_sent_twice_makes_one_list_and_one_copy(client: Client, books: Books, database: Database) -> None:
    await client.sign_in("desk")
    page = (await client.get("/staff/lists/new")).text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    said = THEME | {"place_of": "ward:chuo", "key": key[1]}
    first, again = [(await client.post("/staff/lists", said)).headers["location"] for _ in range(2)]
    assert again == first
    other = (await client.post("/staff/lists", said | {"title_ja": "月をみる本"})).headers["location"]
    assert other != first, "whoever goes back and writes other words makes another"
    await put_in(client, first, books["night"])
    key = re.search(r'name="key" value="([^"]+)"', (await client.get(first)).text)
    assert key is not None
    copied = {(await client.post(f"{first}/state", {"act": "copy", "key": key[1]})).headers["location"] for _ in range(2)}
    assert len(copied) == 1
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(BookList)) == 3
    wrong = await client.post("/staff/lists", said | {"title_ja": ""})
    assert (wrong.status_code, f'value="{said["key"]}"' in wrong.text) == (422, True)
    broken = await client.post("/staff/lists", said | {"title_ja": "日をみる本", "key": "none"})
    new = re.search(r'name="key" value="([^"]+)"', broken.text)
    assert new is not None
    assert (broken.status_code, uuid.UUID(new[1]).version) == (422, 4)
    assert (await client.post("/staff/lists", said | {"title_ja": "日をみる本", "key": new[1]})).status_code == 303
    refused = await client.post(f"{first}/state", {"act": "copy", "key": "none"})
    new = re.search(r'name="key" value="([^"]+)"', refused.text)
    assert new is not None
    assert (await client.post(f"{first}/state", {"act": "copy", "key": new[1]})).status_code == 303


async def test_what_words_find_for_a_list_says_what_its_house_has_and_puts_that_first(
    client: Client, books: Books, parts: Parts, database: Database, world: World
) -> None:
    async with database.transaction() as session:
        other = await add_record(session, "銀河鉄道の夜", reading="ギンガ テツドウ ノ ヨル", popularity=900)
        await add_item(session, other, branch=world.branches["nishi"], owner=world.organisations["ward"])
    await _indexed(parts)
    path = await made(client)
    found = (await client.get(f"{path}?q=銀河鉄道の夜")).text
    lines = found[found.index('id="found"') :].split('class="found-line"')[1:]
    assert [re.findall(r"/lines/(\d+)", line)[0] for line in lines][-1] == str(other)
    assert "913.6 ミ" in lines[0]
    assert "自分の館にはありません" in lines[-1]
    assert "ほかに1館" in lines[-1]


async def test_readers_see_a_list_from_its_first_day_to_its_last_with_where_the_books_are(
    client: Client, books: Books, database: Database
) -> None:
    path = await made(client, shown_from="2026-11-25", shown_to="2026-12-10", place_ja="1階 入口", kind="display")
    refused = await client.post(f"{path}/state", {"act": "publish"})
    assert (refused.status_code, "本を1冊以上" in refused.text) == (422, True)
    await put_in(client, path, books["night"], books["nobodys"], books["online"])
    page = path.replace("/staff", "")
    assert "下見です" in (await client.get(page)).text
    await published(client, path)
    await client.post("/sign-out")
    assert (await client.get(page)).status_code == 404
    assert "星をみる本" not in (await client.get("/lists")).text
    with clock.stopped(datetime(2026, 12, 10, 3, tzinfo=UTC)):
        html = (await client.get(page)).text
        assert titles(html) == [str(books[name]) for name in ("night", "nobodys", "online")]
        assert "中央図書館にあり" in html or "館にあり" in html
        assert f"/holds/new?record={books['night']}" in html
        assert "1階 入口" in html
        assert "Books of stars" in (await client.get(f"{page}?lang=en")).text
        client.http.cookies.delete("language")
        assert "星をみる本" in (await client.get("/lists")).text
        assert page in (await client.get("/")).text
        assert page in (await client.get(f"/records/{books['night']}")).text
        assert page not in (await client.get(f"/records/{books['cat']}")).text
        paper = (await client.get(f"{page}/print")).text
        assert 'class="code"' in paper
        assert "913.6 ミ" in paper
        feed = Xml.fromstring((await client.get("/lists.rss")).content)
        assert [one.findtext("guid") for one in feed.iter("item")] == [f"http://library.test{page}"]
    with clock.stopped(datetime(2026, 12, 11, 3, tzinfo=UTC)):
        assert "星をみる本" not in (await client.get("/lists")).text
        assert "このリストは終わりました" in (await client.get(page)).text


async def test_what_is_withdrawn_or_hidden_vanishes_for_readers_and_is_flagged_to_the_staff(
    client: Client, books: Books, database: Database, world: World
) -> None:
    path = await made(client, "ward_admin")
    await put_in(client, path, books["night"], books["cat"], books["school_only"], books["nobodys"])
    page = await published(client, path)
    async with database.transaction() as session:
        await session.execute(update(Item).where(Item.record_id == books["cat"]).values(withdrawn_on=NOON.date()))
        await let_be_seen_by(session, world.organisations["school"], "own")
    staff = (await client.get(path)).text
    assert "利用者に見えない本が2冊あります" in staff
    assert (staff.count("除籍ずみ"), staff.count("見せない決まり</span>")) == (1, 1)
    await client.post("/sign-out")
    assert titles((await client.get(page)).text) == [str(books["night"]), str(books["nobodys"])]
    assert "2冊" in (await client.get("/lists")).text
    await client.sign_in("pupil")
    await client.post("/kids/view", {"view": "full"})
    assert titles((await client.get(page)).text) == [str(books[name]) for name in ("night", "school_only", "nobodys")]


async def test_a_list_for_its_own_school_is_first_there_and_nowhere_else(client: Client, books: Books, database: Database) -> None:
    everyone = await published(client, await filled(client, await made(client, "ward_admin"), books["night"]))
    own = await made(client, "teacher", audience="own", kind="grade", grade="upper", title_ja="5年生に")
    own = await published(client, await filled(client, own, books["school_only"]))
    await client.sign_in("pupil")
    html = (await client.get("/lists")).text
    assert html.index(own) < html.index(everyone)
    assert "自分の学校のリスト" in html
    await client.sign_in("teacher")
    first = (await client.get("/")).text
    assert first.index("5年生に") < first.index("星をみる本")
    for login in ("", "reader", "desk"):
        await client.post("/sign-out")
        if login:
            await client.sign_in(login)
        assert (await client.get(own)).status_code == 404
        assert "5年生に" not in (await client.get("/lists")).text
    assert (await client.get(own.replace("/lists", "/staff/lists"))).status_code == 403
    await client.sign_in("teacher")
    answer = await client.post(everyone.replace("/lists", "/staff/lists") + "/state", {"act": "copy", "place_of": "school"})
    assert answer.status_code == 303
    copied = answer.headers["location"].partition("?")[0]
    assert await order(database, copied) == [books["night"]]
    assert (await client.post(f"{copied}/state", {"act": "remove"})).status_code == 303
    assert (await client.get(copied)).status_code == 404


async def filled(client: Client, path: str, *records: int) -> str:
    assert (await put_in(client, path, *records)).status_code == 303
    return path


async def test_a_merge_takes_a_book_along_and_two_places_become_one(client: Client, books: Books, database: Database, world: World) -> None:
    path = await made(client, "ward_admin")
    await client.post(
        f"{path}/lines", {"pasted": f"#{books['cat']}\n#{books['paperback']}\t文庫\n#{books['insects']}\n#{books['night']}\t単行本"}
    )
    other = await filled(client, await made(client, "ward_admin"), books["paperback"], books["cat"])
    async with database.transaction() as session:
        await merging.merge(session, books["paperback"], books["night"], account_id=world.accounts["ward_admin"])
    assert await order(database, path) == [books["cat"], books["night"], books["insects"]]
    assert "文庫 単行本" in (await client.get(path)).text
    assert await order(database, other) == [books["night"], books["cat"]]
    answer = await put_in(client, other, books["paperback"])  # the old number leads on
    assert answer.headers["location"].startswith(f"{other}?done=known")


async def test_programs_make_change_and_delete_lists(client: Client, books: Books, database: Database, world: World) -> None:
    await client.sign_in("school_librarian")
    body: dict[str, Any] = {
        "organisation": "school",
        "kind": "grade",
        "grade": "lower",
        "title": {"ja": "1年生に", "en": "First grade"},
        "state": "published",
        "records": [{"record": str(books["night"]), "note": {"ja": "よみきかせに"}}, {"record": str(books["insects"])}],
    }
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = [await client.send("POST", "/api/v1/lists", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    path = f"/api/v1{first.json()['url']}"
    found = (await client.json("/api/v1/lists")).json()["lists"]
    assert [(one["standing"], one["books"], one["shown_from"]) for one in found] == [("current", 2, "2026-11-24")]
    whole = (await client.json(path)).json()
    assert [line["record"] for line in whole["records"]] == [str(books["night"]), str(books["insects"])]
    assert whole["records"][0]["note"]["ja"] == "よみきかせに"
    assert {"branch": "chuo", "name": "中央図書館", "items": 3, "available": 2} in whole["records"][0]["availability"]
    changed = {name: body[name] for name in ("kind", "grade", "title")} | {"state": "ended", "version": whole["version"]}
    changed["records"] = list(reversed(body["records"]))
    answer = await client.send("PUT", path, json=changed)
    assert (answer.status_code, answer.json()["standing"]) == (200, "ended")
    assert [line["record"] for line in answer.json()["records"]] == [str(books["insects"]), str(books["night"])]
    assert (await client.send("PUT", path, json=changed)).json()["code"] == "list_changed_meanwhile"
    missing = changed | {"records": [{"record": "999999999"}], "version": None}
    assert (await client.send("PUT", path, json=missing)).json()["errors"][0]["where"] == "records[0]"
    assert (await client.send("DELETE", path)).json()["code"] == "list_not_draft"
    await client.send("PUT", path, json=changed | {"state": "draft", "version": None})
    assert (await client.send("DELETE", path)).status_code == 204
    assert (await client.json(path)).status_code == 404
    await client.sign_in("school_cataloguer")
    refused = await client.send("POST", "/api/v1/lists", json=body | {"organisation": "other_school"})
    assert refused.json()["code"] == "not_allowed"
    async with database.reading() as session:
        assert (await session.scalars(select(BookList.id))).all() == []
