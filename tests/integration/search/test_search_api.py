"""The JSON API of finding, asked over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event, text

from catalog.models import RecordRedirect
from catalog.records.composing import tell_index
from library.db import Database
from library.wiring import Parts
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.world import Client, World


async def ask(client: Client, parameters: str) -> dict[str, Any]:
    answer = await client.json(f"/api/v1/search?{parameters}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(found: dict[str, Any]) -> list[int]:
    return [int(hit["id"]) for hit in found["hits"]]


async def test_a_hit_says_what_it_is_and_where_it_is_now(client: Client, books: Books) -> None:
    found = await ask(client, f"q={quote('銀河鉄道の夜')}&sort=year")
    assert (found["total"], found["total_is_exact"], found["page"], found["pages"], found["relaxed"]) == (2, True, 1, 1, False)
    assert found["backend"] == "embedded"
    hit = found["hits"][0]
    assert hit | {"availability": []} == {
        "id": str(books["night"]),
        "title": "銀河鉄道の夜",
        "subtitle": "",
        "volume": "",
        "reading": "ギンガ テツドウ ノ ヨル",
        "authors": ["宮沢賢治"],
        "isbns": ["9784990000004"],
        "year": 2011,
        "publisher": "こもれび書房",
        "material": "book",
        "ndc": "913.6",
        "other_editions": 1,
        "availability": [],
        "electronic": [],
    }
    assert [(at["branch"], at["items"], at["available"]) for at in hit["availability"]] == [
        ("chuo", 3, 2),
        ("nishi", 1, 1),
        ("school", 1, 1),
        ("other-school", 1, 1),
    ]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("q=ぎんがてつどう", ["night", "paperback"]),
        ("q=9784990000004", ["night"]),
        ("q=猫&branch=nishi", ["cat"]),
        ("q=猫&branch=chuo", []),
        ("branch=nishi,school", ["night", "cat", "school_only"]),
        ("branch=nishi&branch=school", ["night", "cat", "school_only"]),
        ("available=1", ["night", "insects", "school_only", "online"]),
        ("available=1&branch=chuo", ["night"]),
        ("where=ward&available=1", ["night", "insects"]),
        ("where=schools", ["night", "school_only"]),
        ("where=online", ["online"]),
        ("material=audiobook", ["online"]),
        ("ndc=913.6", ["night", "paperback", "cat", "online"]),
        ("ndc=4,9", ["night", "paperback", "cat", "online", "insects"]),
        ("audience=children", ["night"]),
        ("language=eng", []),
        ("year=2011", ["night"]),
        ("year=2003-2011", ["night", "cat"]),
        ("year=2019-", ["insects", "school_only", "online"]),
        ("year=-1989", ["paperback"]),
        ("q=猫&year=2011", []),
    ],
)
async def test_every_filter_narrows_to_what_it_says(client: Client, books: Books, parameters: str, expected: list[str]) -> None:
    found = await ask(client, quote(parameters, safe="=&,-."))
    assert sorted(ids(found)) == sorted(books[name] for name in expected)
    assert found["total"] == len(expected)
    assert not found["relaxed"]


@pytest.mark.parametrize(
    ("parameters", "where", "code"),
    [
        ("page=0", "page", "page_form"),
        ("page=-1", "page", "page_form"),
        ("page=two", "page", "page_form"),
        ("page=1.5", "page", "page_form"),
        ("page=%EF%BC%91", "page", "page_form"),
        ("page=99999999999999999999", "page", "page_form"),
        ("branch=nowhere", "branch", "branch_unknown"),
        ("branch=chuo,nowhere", "branch", "branch_unknown"),
        ("branch=%00", "branch", "branch_unknown"),
        ("where=moon", "where", "filter_unknown"),
        ("material=paper", "material", "filter_unknown"),
        ("audience=dogs", "audience", "filter_unknown"),
        ("available=perhaps", "available", "filter_unknown"),
        ("sort=random", "sort", "filter_unknown"),
        ("language=japanese", "language", "language_form"),
        ("ndc=novels", "ndc", "class_form"),
        ("year=soon", "year", "year_form"),
        ("year=-", "year", "year_form"),
        ("year=20111", "year", "year_form"),
    ],
)
async def test_a_wrong_parameter_is_named(client: Client, books: Books, parameters: str, where: str, code: str) -> None:
    answer = await client.json(f"/api/v1/search?{parameters}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["where"], answer.json()["code"]) == (where, code)
    page = await client.get(f"/search?{parameters}")
    assert page.status_code == 400


STRANGE = {
    "nothing": "",
    "spaces": "　 \t\n",
    "ten thousand letters": "night" * 2_000,
    "seven thousand kanji": "夜" * 7_000,  # as long as an address may be for this client
    "five thousand words": "夜 " * 5_000,
    "an unbalanced quote": '"銀河',
    "only quotes": '"""\'',
    "SQL": "'; DROP TABLE record; --",
    "SQL with percent": "%' OR 1=1 %s %(q)s :ids",
    "a template": "{{ 7*7 }} {% raw %} {0} {record}",
    "HTML": "<script>alert(1)</script>",
    "emoji": "📚👩‍👩‍👧‍👦🏳️‍🌈",
    "control characters": "\x00\x01\x1b[31m\x7f\u0085",
    "right-to-left marks": "\u202e夜\u2066\ufeff",
    "combining marks": "か\u3099\u3099\u3099" + "\u0301" * 500,
    "engine syntax": 'title:(夜 AND -"x"~2 [a TO *] ^5 /re/ \\',
    "private use": "\ue000\U000f0000",
    "boundaries": "\uffff\ufffe\U0010ffff",
    "zalgo": "夜" + "\u0489" * 2000,
    "full-width": "ＧＩＮＧＡ　ＴＥＴＵＤＯ",
}


@pytest.mark.parametrize("words", STRANGE.values(), ids=STRANGE.keys())
async def test_whatever_is_typed_is_answered(client: Client, books: Books, words: str) -> None:
    for path in ("/api/v1/search", "/search"):
        answer = await client.get(f"{path}?q={quote(words)}")
        assert answer.status_code == 200, answer.text[:200]
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("raw", ["%ED%A0%80", "%FF%FE", "%", "%E5%A4", "%C0%AF", "q=1&q=2", "%ED%A0%80%E5%A4%9C"])
async def test_bytes_that_are_no_text_are_answered(client: Client, books: Books, raw: str) -> None:
    for path in ("/api/v1/search", "/search"):
        answer = await client.get(f"{path}?q={raw}")
        assert answer.status_code in (200, 400)


async def test_a_page_beyond_the_end_is_empty(client: Client, books: Books) -> None:
    for page in (2, 50, 51, 999_999_999):
        found = await ask(client, f"q={quote('銀河')}&page={page}")
        assert (found["hits"], found["total"], found["pages"], found["page"]) == ([], 2, 1, page)
        assert (await client.get(f"/search?q={quote('銀河')}&page={page}")).status_code == 200


async def test_pages_together_hold_every_record_once(client: Client, books: Books, database: Database, parts: Parts) -> None:
    async with database.transaction() as session:
        for n in range(45):
            await add_record(session, f"海の本 {n}")
    while await parts.follower.step():
        pass
    pages = [await ask(client, f"q={quote('海の本')}&page={page}") for page in (1, 2, 3)]
    assert [len(one["hits"]) for one in pages] == [20, 20, 5]
    assert len({number for one in pages for number in ids(one)}) == 45
    assert {one["total"] for one in pages} == {45}


async def test_facets_count_what_each_choice_would_leave(client: Client, books: Books) -> None:
    found = await ask(client, "ndc=9")
    counted = {facet: {one["value"]: one["records"] for one in values} for facet, values in found["facets"].items()}
    assert counted["branch"] == {"chuo": 2, "nishi": 2, "school": 1, "other-school": 1}
    assert counted["ndc"] == {"9": 4, "4": 1}
    assert counted["material"] == {"book": 3, "audiobook": 1}
    assert counted["available"] == {"1": 2}
    names = {one["value"]: one["name"] for one in found["facets"]["branch"]}
    assert names["chuo"] == "中央図書館"


async def test_a_slip_is_forgiven_and_said(client: Client, books: Books) -> None:
    found = await ask(client, f"q={quote('銀河鉄道の夕')}")
    assert found["relaxed"]
    assert not found["total_is_exact"]
    assert books["night"] in ids(found)


async def test_what_a_school_keeps_to_itself_is_there_for_its_own_only(
    client: Client, books: Books, world: World, database: Database, parts: Parts
) -> None:
    async with database.transaction() as session:
        await let_be_seen_by(session, world.organisations["school"], "own")
    hidden = books["school_only"]
    # The index has not heard yet; the tables decide.
    assert ids(await ask(client, f"q={quote('文集')}")) == []
    while await parts.follower.step():
        pass
    assert (await ask(client, f"q={quote('文集')}"))["total"] == 0
    assert (await client.json(f"/api/v1/records/{hidden}")).status_code == 404
    assert (await client.get(f"/records/{hidden}")).status_code == 404
    refused = await client.json("/api/v1/search?branch=school")
    assert refused.json()["code"] == "branch_unknown"
    night = (await client.json(f"/api/v1/records/{books['night']}")).json()
    assert "school" not in [at["branch"] for at in night["availability"]]
    facets = (await ask(client, ""))["facets"]["branch"]
    assert "school" not in [one["value"] for one in facets]
    available = await ask(client, "available=1")
    assert hidden not in ids(available)

    await client.sign_in("pupil")
    assert ids(await ask(client, f"q={quote('文集')}&branch=school")) == [hidden]
    assert (await client.json(f"/api/v1/records/{hidden}")).status_code == 200


@pytest.mark.parametrize(
    ("reach", "login", "seen"),
    [("own", None, False), ("own", "pupil", False), ("schools", None, False), ("schools", "pupil", True), ("all", None, True)],
)
async def test_a_shared_place_tells_only_of_copies_whose_owner_lets_them_be_seen(
    client: Client, books: Books, world: World, database: Database, parts: Parts, reach: str, login: str | None, seen: bool
) -> None:
    async with database.transaction() as session:
        await add_item(session, books["paperback"], branch=world.branches["joint"], owner=world.organisations["other_school"])
        await add_item(session, books["cat"], branch=world.branches["joint"], owner=world.organisations["ward"])
        await let_be_seen_by(session, world.organisations["other_school"], reach)
    while await parts.follower.step():
        pass
    if login:
        await client.sign_in(login)
    everything = await ask(client, "")
    at_joint = {one["value"]: one["records"] for one in everything["facets"]["branch"]}["joint"]
    assert at_joint == (3 if seen else 1)
    found = await ask(client, "branch=joint")
    assert sorted(ids(found)) == sorted([books["cat"], *([books["paperback"], books["insects"]] if seen else [])])
    assert found["total"] == at_joint
    on_shelf = await ask(client, "available=1")
    assert (books["paperback"] in ids(on_shelf)) is seen


async def test_beside_on_the_shelf_a_branch_counts_what_is_on_the_shelf_there(client: Client, books: Books) -> None:
    counts = {one["value"]: one["records"] for one in (await ask(client, "available=1"))["facets"]["branch"]}
    for branch, count in counts.items():
        assert (await ask(client, f"available=1&branch={branch}"))["total"] == count, branch


async def test_a_pupils_own_school_is_near_and_others_are_not(client: Client, books: Books) -> None:
    await client.sign_in("pupil")
    assert sorted(ids(await ask(client, "where=own"))) == sorted([books["night"], books["school_only"]])
    assert sorted(ids(await ask(client, "where=schools"))) == [books["night"]]


async def test_someone_without_a_place_of_their_own_finds_nothing_there(client: Client, books: Books) -> None:
    assert (await ask(client, "where=own"))["total"] == 0


async def test_a_record_is_told_in_full(client: Client, books: Books) -> None:
    answer = await client.json(f"/api/v1/records/{books['night']}")
    assert answer.headers["cache-control"] == "private, no-cache"
    record = answer.json()
    assert record["id"] == str(books["night"])
    assert record["description"]["title"]["main"] == "銀河鉄道の夜"
    assert next(step["number"] for step in record["ndc_path"]) == "9"
    chuo = next(at for at in record["availability"] if at["branch"] == "chuo")
    assert (chuo["call_number"], chuo["lent_to_you"], chuo["available"]) == ("913.6 ミ", True, 2)
    assert not next(at for at in record["availability"] if at["branch"] == "school")["lent_to_you"]
    assert record["other_editions"] == 1


@pytest.mark.parametrize("number", ["0", "-1", "abc", "99999999999999999999999", "1e3", "%00", "1%20", "９", "9223372036854775808"])
async def test_what_is_no_record_is_not_found(client: Client, books: Books, number: str) -> None:
    for path in ("/api/v1/records/", "/records/"):
        answer = await client.get(f"{path}{number}")
        assert answer.status_code == 404, answer.text[:200]
    assert (await client.json(f"/api/v1/records/{number}")).json()["code"] in ("record_not_found", "not_found")


async def test_a_merged_records_address_leads_on(client: Client, books: Books, database: Database) -> None:
    async with database.transaction() as session:
        session.add(RecordRedirect(from_id=4711, to_id=books["cat"]))
    answer = await client.json("/api/v1/records/4711")
    assert (answer.status_code, answer.headers["location"]) == (308, f"/api/v1/records/{books['cat']}")
    page = await client.get("/records/4711")
    assert (page.status_code, page.headers["location"]) == (301, f"/records/{books['cat']}")


async def test_without_an_index_it_says_when_to_come_back_and_nothing_else_suffers(client: Client, world: World) -> None:
    answer = await client.json("/api/v1/search?q=x")
    assert (answer.status_code, answer.json()["code"]) == (503, "search_not_ready")
    assert int(answer.headers["retry-after"]) > 0
    page = await client.get("/search?q=x")
    assert page.status_code == 503
    assert "準備中" in page.text
    assert int(page.headers["retry-after"]) > 0
    for path in ("/", "/browse/ndc", "/browse/ndc/913", "/about"):
        assert (await client.get(path)).status_code == 200


async def test_a_record_that_has_just_gone_is_left_out(client: Client, books: Books, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM record WHERE id = :id"), {"id": books["nobodys"]})
        await tell_index(session, [books["nobodys"]], "gone")
    assert ids(await ask(client, f"q={quote('だれも持たない本')}")) == []
    assert (await client.get(f"/search?q={quote('だれも持たない本')}")).status_code == 200


async def test_a_page_of_hits_costs_the_same_few_queries_however_many_hits(client: Client, books: Books, parts: Parts) -> None:
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(parts.database.engine.sync_engine, "before_cursor_execute", listen)
    try:
        one = await queries(client, asked, f"q={quote('吾輩は猫である')}")
        many = await queries(client, asked, "")
    finally:
        event.remove(parts.database.engine.sync_engine, "before_cursor_execute", listen)
    assert one == many == 3  # the branches, the records, their copies


async def queries(client: Client, asked: list[str], parameters: str) -> int:
    asked.clear()
    await ask(client, parameters)
    return len(asked)


async def test_names_come_in_the_language_asked_for(client: Client, books: Books) -> None:
    answer = await client.http.get("/api/v1/search?ndc=9", headers={"Accept": "application/json", "Accept-Language": "en"})
    assert [one["name"] for one in answer.json()["facets"]["language"]] == ["Japanese"]


async def test_the_documentation_shows_parameters_and_an_answer(client: Client) -> None:
    schema = (await client.json("/api/docs/openapi.json")).json()
    search = schema["paths"]["/api/v1/search"]["get"]
    assert {"q", "branch", "where", "material", "ndc", "year", "language", "audience", "available", "page", "sort"} <= {
        one["name"] for one in search["parameters"]
    }
    assert search["responses"]["200"]["content"]["application/json"]["examples"]
    assert "/api/v1/records/{record_id}" in schema["paths"]
