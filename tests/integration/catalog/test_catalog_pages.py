"""The cataloguers' pages, as browsers without scripts use them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import select

from catalog import marc
from catalog.description import Description, Title
from catalog.models import Item, MatchReview, OwnerPolicy, Record, SourceRecord
from catalog.records import merging
from library.db import Database
from tests.integration.catalog.samples import BOOK, OTHER, arrive, copy_of, source_ids
from tests.world import Client, World

replace = msgspec.structs.replace
JAPAN_MARC = Path(__file__).resolve().parents[3].parent / "shared/data/japan/japan_marc_233.mrc"


def fields_of(page: httpx.Response) -> dict[str, str]:
    """The values a browser would send back from the page's last form, unticked boxes left out."""
    form = page.text[page.text.index('<form class="worksheet"') :]
    found = dict.fromkeys(re.findall(r'<input class="input[^"]*" id="[^"]*" name="([^"]+)"', form), "")
    found |= dict(re.findall(r'name="([^"]+)" type="[^"]*" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select class="input" id="[^"]*" name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else re.findall(r'<option value="([^"]*)"', options)[0]
    for name, text in re.findall(r'<textarea class="input" id="[^"]*" name="([^"]+)".*?>\n(.*?)</textarea>', form, re.DOTALL):
        found[name] = text
    return found


async def test_a_record_is_edited_on_its_worksheet_and_the_edit_taken_back(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    sheet = await client.get(f"/staff/records/{number}/edit")
    values = fields_of(sheet)
    assert (values["title"], values["agent-0-name"], values["language"]) == ("注文の多い料理店", "宮沢, 賢治", "jpn")
    untouched = await client.post(f"/staff/records/{number}/edit", values)
    assert untouched.headers["location"] == f"/staff/records/{number}?done=edited"
    async with database.reading() as session:
        assert len(await source_ids(session, number)) == 1
    await client.post(f"/staff/records/{number}/edit", values | {"publisher": "角川書店"})
    page = await client.get(f"/staff/records/{number}?done=edited")
    assert "角川書店" in page.text
    assert "修正を保存しました" in page.text
    again = await client.get(f"/staff/records/{number}/edit")
    assert "「出版者」の修正を取り消す" in again.text
    await client.post(f"/staff/records/{number}/take-back", {"field": "publisher"})
    assert "新潮社" in (await client.get(f"/staff/records/{number}")).text
    history = (await client.get(f"/staff/records/{number}/history")).text
    assert "<del>新潮社</del> → <ins>角川書店</ins>" in history


async def test_an_old_worksheet_is_shown_again_with_what_changed(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    values = fields_of(await client.get(f"/staff/records/{number}/edit"))
    await client.post(f"/staff/records/{number}/edit", values | {"publisher": "角川書店", "agent-0-name": "宮澤, 賢治"})
    late = await client.post(f"/staff/records/{number}/edit", values | {"extent": "1冊"})
    assert late.status_code == 409
    assert "ほかの人がこの書誌を変えました" in late.text
    assert 'value="1冊"' in late.text
    assert (await client.post(f"/staff/records/{number}/edit", fields_of(late))).status_code == 303
    async with database.reading() as session:
        said = (await session.scalars(select(Record.description))).one()
        assert (said["publisher"], said["extent"], said["agents"][0]["name"]) == ("角川書店", "1冊", "宮澤, 賢治")


async def test_a_wrong_isbn_is_shown_beside_its_field(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    values = fields_of(await client.get(f"/staff/records/{number}/edit"))
    wrong = await client.post(f"/staff/records/{number}/edit", values | {"isbn-0-number": "9784101092066", "title": ""})
    assert wrong.status_code == 422
    assert "ISBN「9784101092066」の最後の数字" in wrong.text
    assert 'href="#f-isbn-0-number"' in wrong.text
    assert 'id="f-title-wrong"' in wrong.text


async def test_a_new_record_shows_its_twins_first(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    values = fields_of(await client.get("/staff/records/new?q=9784101092065"))
    assert values["isbn-0-number"] == "9784101092065"
    shown = await client.post("/staff/records/new", values | {"title": "注文の多い料理店"})
    assert "同じ資料かもしれない書誌があります" in shown.text
    assert f"/staff/records/{number}" in shown.text
    made = await client.post("/staff/records/new", fields_of(shown) | {"confirmed": "1"})
    assert made.status_code == 303
    plain = await client.post("/staff/records/new", {"title": "だれも知らない本"})
    assert "done=created" in plain.headers["location"]


def scanned_field(page: httpx.Response) -> str:
    field = re.search(r'<input[^>]*name="barcode"[^>]*>', page.text)
    assert field is not None
    said = re.search(r'value="([^"]*)"', field[0])
    return said[1] if said else ""


async def test_copies_are_added_scan_by_scan_where_the_last_one_went(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    first = await client.post(f"/staff/records/{number}/items", {"barcode": "A20001B", "branch": "nishi:ward", "class_mark": "913.6"})
    assert first.status_code == 303
    page = (await client.get(first.headers["location"])).text
    assert "追加しました: 西図書館 913.6 ミ" in page
    assert '<option value="nishi:ward" selected>' in page
    taken = await client.post(f"/staff/records/{number}/items", {"barcode": "20001", "branch": "chuo:ward"})
    assert taken.status_code == 409
    assert "バーコード 20001 は、もうこの書誌にあります。" in taken.text
    assert scanned_field(taken) == ""  # the next scan begins in an empty field
    async with database.transaction() as session:
        other = await arrive(session, OTHER)
    elsewhere = await client.post(f"/staff/records/{other}/items", {"barcode": "20001", "branch": "chuo:ward"})
    assert "バーコード 20001 は「注文の多い料理店」で使われています。" in elsewhere.text
    priced = await client.post(f"/staff/records/{number}/items", {"barcode": "20003", "branch": "chuo:ward", "price": "高い"})
    assert scanned_field(priced) == "20003"
    isbn = await client.post(f"/staff/records/{number}/items", {"barcode": "9784101092065", "branch": "chuo:ward"})
    assert "これは本に印刷されたバーコードです" in isbn.text
    unknown = await client.post(f"/staff/records/{number}/items", {"barcode": "20002", "branch": "atlantis"})
    assert "「atlantis」という館はありません" in unknown.text


async def test_a_copy_is_marked_missing_and_withdrawn_on_its_page(client: Client, database: Database, world: World) -> None:
    await client.sign_in("school_librarian")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        own = await copy_of(session, number, world, "1", owner="school", branch="school")
        other = await copy_of(session, number, world, "1")
    assert (await client.get(f"/staff/items/{own}")).status_code == 200
    assert (await client.get(f"/staff/items/{other}")).status_code == 403
    form = {"barcode": "1", "branch": "school:school", "missing": "1", "withdrawn": "1", "price": "1,500円", "version": "1"}
    assert (await client.post(f"/staff/items/{own}", form)).status_code == 303
    stale = await client.post(f"/staff/items/{own}", form | {"note": "x"})
    assert stale.status_code == 409
    assert "ほかの人がこの資料を変えました" in stale.text
    bad = await client.post(f"/staff/items/{own}", form | {"version": "2", "price": "高い"})
    assert "数字だけで入れてください" in bad.text
    async with database.reading() as session:
        item = await session.get_one(Item, own)
        assert (item.price, bool(item.missing_since), bool(item.withdrawn_on)) == (1500, True, True)
    record = (await client.get(f"/staff/records/{number}")).text
    assert "除籍" in record
    assert f"/staff/items/{other}" not in record


async def test_an_old_number_leads_to_the_merged_record(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        stays, goes = await arrive(session, BOOK), await arrive(session, OTHER)
    compared = await client.get(f"/staff/records/{stays}/merge?other={goes}")
    assert "2つの書誌" in compared.text
    assert "<mark>銀河鉄道の夜</mark>" in compared.text
    done = await client.post(f"/staff/records/{stays}/merge", {"from": str(goes), "into": str(stays)})
    assert done.headers["location"] == f"/staff/records/{stays}?done=merged"
    for page in ("", "/edit", "/items", "/sources", "/history"):
        moved = await client.get(f"/staff/records/{goes}{page}")
        assert (moved.status_code, moved.headers["location"]) == (301, f"/staff/records/{stays}{page}")
    sources = await client.get(f"/staff/records/{stays}/sources")
    assert f"書誌 {goes} とまとめました" in sources.text
    async with database.reading() as session:
        came = max(await source_ids(session, stays))
    nothing = await client.post(f"/staff/records/{stays}/split", {})
    assert "wrong=" in nothing.headers["location"]
    split = await client.post(f"/staff/records/{stays}/split", {"sources": str(came)})
    assert split.headers["location"] == f"/staff/records/{goes}?done=split"


async def test_doubtful_matches_are_decided_side_by_side(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        left, right = await arrive(session, replace(BOOK, publisher="角川書店")), await arrive(session, BOOK)
        (line,) = await source_ids(session, left)
        row = MatchReview(source_record_id=line, candidate_id=right, score=84, reasons=[{"code": "publisher", "detail": "出版者が違う"}])
        session.add(row)
        await session.flush()
        review = row.id
    page = (await client.get("/staff/reviews")).text
    assert "出版者が違う" in page
    assert "<mark>角川書店</mark>" in page
    done = await client.post(f"/staff/reviews/{review}", {"decision": "different", "number": "1"})
    assert done.headers["location"] == "/staff/reviews?number=1&done=different"
    assert "もう尋ねません" in (await client.get(done.headers["location"])).text
    async with database.reading() as session:
        assert await merging.are_known_apart(session, left, right)


async def test_real_marc_is_shown_field_by_field_and_downloads_as_marcxml(client: Client, database: Database, world: World) -> None:
    if not JAPAN_MARC.exists():
        pytest.skip(f"no real records at {JAPAN_MARC}")
    await client.sign_in("cataloguer")
    with JAPAN_MARC.open("rb") as file:
        read = next(one for one in marc.read(file) if isinstance(one, marc.Read) and one.description.title.reading)
    async with database.transaction() as session:
        number = await arrive(session, read.description, format=read.format.value, raw=read.raw)
        (line,) = await source_ids(session, number)
    page = (await client.get(f"/staff/source-records/{line}")).text
    assert "<b>245</b>" in page
    assert "<b>880</b>" in page
    xml = await client.get(f"/staff/source-records/{line}/marcxml")
    assert xml.headers["content-type"].startswith("application/marcxml+xml")
    again = [one for one in marc.read(io.BytesIO(xml.content)) if isinstance(one, marc.Read)]
    assert [one.description for one in again] == [read.description]


async def test_a_record_typed_by_hand_downloads_as_marcxml_too(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    await client.post("/staff/records/new", {"title": "区の歴史", "publisher": "区役所"})
    async with database.reading() as session:
        line = (await session.scalars(select(SourceRecord.id))).one()
    assert "区の歴史" in (await client.get(f"/staff/source-records/{line}/marcxml")).text
    assert "区役所" in (await client.get(f"/staff/source-records/{line}")).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("A77777A", "record"),
        ("978-4-10-109206-5", "record"),
        ("{id}", "record"),
        ("注文の多い料理店", "list"),
        ("ちゅうもん", "nothing"),
        ("", "nothing"),
        ("%00%ff", "nothing"),
        ("9" * 40, "nothing"),
    ],
)
async def test_one_field_opens_what_is_scanned_or_typed(client: Client, database: Database, world: World, query: str, found: str) -> None:
    await client.sign_in("desk")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        await copy_of(session, number, world, "77777")
    answer = await client.get(f"/staff/catalogue?q={query.format(id=number)}")
    if found == "record":
        assert answer.headers["location"] == f"/staff/records/{number}"
    else:
        assert answer.status_code == 200
        assert (f"/staff/records/{number}" in answer.text) == (found == "list")


async def test_licences_are_added_and_removed_on_the_records_page(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    form = {"owner": "ward", "url": "https://e.example/1", "label": "電子書籍", "seats": "2", "valid_to": "2027-03-31"}
    assert (await client.post(f"/staff/records/{number}/access", form)).status_code == 303
    page = (await client.get(f"/staff/records/{number}")).text
    assert "電子書籍" in page
    (removal,) = re.findall(r"/staff/access/\d+/remove", page)
    assert (await client.post(removal)).status_code == 303
    assert (await client.post(f"/staff/records/{number}/access", form | {"valid_to": "いつか"})).status_code == 400


async def test_the_ward_sets_owners_policies(client: Client, database: Database, world: World) -> None:
    await client.sign_in("ward_admin")
    school = world.organisations["school"]
    assert (await client.get("/staff/owners")).status_code == 200
    assert (await client.post(f"/staff/owners/{school}", {"seen_by": "own", "lent_to": "all"})).status_code == 422
    done = await client.post(f"/staff/owners/{school}", {"seen_by": "schools", "lent_to": "own"})
    assert done.status_code == 303
    async with database.reading() as session:
        assert (await session.get_one(OwnerPolicy, school)).seen_by == "schools"


PAGES = ("/staff/catalogue", "/staff/records/{n}", "/staff/records/{n}/edit", "/staff/records/{n}/items", "/staff/records/{n}/sources")
PAGES += ("/staff/records/{n}/history", "/staff/records/{n}/merge", "/staff/records/new", "/staff/reviews", "/staff/sources")
PAGES += ("/staff/sources/sender", "/staff/owners", "/staff/items/{i}", "/staff/source-records/{s}")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_page_speaks_the_readers_language(client: Client, database: Database, world: World, language: str) -> None:
    await client.sign_in("ward_admin")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        item = await copy_of(session, number, world, "1")
        (line,) = await source_ids(session, number)
    for path in PAGES:
        page = await client.get(path.format(n=number, i=item, s=line) + f"?lang={language}")
        assert page.status_code == 200, path
        if language == "en":
            heading = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
            assert heading is not None
            assert heading[1].isascii() or BOOK.title.main in heading[1], f"{path}: {heading[1]}"


REFUSED = {"": 303, "reader": 403, "teacher": 403, "kiosk": 403}


@pytest.mark.parametrize("login", list(REFUSED))
async def test_strangers_and_readers_see_none_of_it(client: Client, database: Database, world: World, login: str) -> None:
    if login:
        await client.sign_in(login)
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        item = await copy_of(session, number, world, "1")
        (line,) = await source_ids(session, number)
    for path in PAGES:
        assert (await client.get(path.format(n=number, i=item, s=line))).status_code == REFUSED[login], path
    for path in (
        f"/staff/records/{number}/edit",
        f"/staff/records/{number}/merge",
        f"/staff/records/{number}/items",
        f"/staff/items/{item}",
    ):
        assert (await client.post(path, {"title": "x"})).status_code in (401, 403), path


async def test_a_schools_cataloguer_edits_no_record_that_all_share(client: Client, database: Database, world: World) -> None:
    await client.sign_in("school_cataloguer")
    async with database.transaction() as session:
        shared = await arrive(session, BOOK)
    assert (await client.get(f"/staff/records/{shared}/edit")).status_code == 403
    for path, form in (
        ("edit", {"title": "x", "version": "1"}),
        ("take-back", {}),
        ("merge", {"from": "1", "into": str(shared)}),
        ("split", {}),
    ):
        assert (await client.post(f"/staff/records/{shared}/{path}", form)).status_code == 403
    assert (await client.post("/staff/records/new", {"title": "校歌集"})).status_code == 403
    assert (await client.get(f"/staff/records/{shared}/items")).status_code == 200


async def test_words_of_a_record_are_never_markup(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    evil = Description(title=Title(main="<script>alert(1)</script>", volume='"><img src=x>'), publisher="100%(n)s & <b>")
    async with database.transaction() as session:
        number = await arrive(session, evil)
        await copy_of(session, number, world, "1")
    for path in ("", "/edit", "/items", "/sources", "/history", f"/merge?other={number}"):
        page = await client.get(f"/staff/records/{number}{path}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x>" not in page.text
