"""Copies: added by scanning, one barcode once within its owner, and only by those who work there."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from catalog.copies import items, owners
from catalog.copies.shelving import Label, label_of, scanned
from catalog.description import Agent, Audience, ClassNumber, Description, Title
from catalog.incoming import senders
from catalog.models import ElectronicAccess, Item, OwnerPolicy, Source
from catalog.records import access
from library.db import Database, Writing
from library.errors import Busy, Conflict, Invalid, NotAllowed
from library.places.models import ShelfArea
from library.wiring import Parts
from tests.integration.catalog.samples import BOOK, OTHER, acting, arrive, copy_of, news
from tests.world import Client, World

replace = msgspec.structs.replace


def new(world: World, barcode: str = "10001", owner: str = "ward", branch: str = "chuo", **more: Any) -> items.NewItem:
    return items.NewItem(barcode=barcode, branch_id=world.branches[branch], organisation_id=world.organisations[owner], **more)


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ("A10001B", "10001"),
        ("a10001d", "10001"),
        (" 10001 \n", "10001"),
        ("１０００１", "10001"),
        ("AB10001", "AB10001"),
        ("S-0001", "S-0001"),
    ],
)
def test_a_scan_is_stored_without_what_the_scanner_adds(read: str, kept: str) -> None:
    assert scanned(read) == kept


@pytest.mark.parametrize(
    ("read", "code"),
    [
        ("", "barcode_missing"),
        ("   ", "barcode_missing"),
        ("9784101092065", "barcode_is_isbn"),
        ("1920193004008", "barcode_is_isbn"),
        ("本", "barcode_form"),
        ("1" * 41, "barcode_form"),
        ("1\x002", "barcode_form"),
    ],
)
def test_what_is_no_items_barcode_is_refused_in_words(read: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        scanned(read)
    assert refused.value.code == code


TODAY = date(2026, 11, 1)
CHILD = replace(BOOK, audience=Audience.CHILDREN)
PICTURE = replace(CHILD, classes=(ClassNumber("ndc", "726.6", "10"),))


@pytest.mark.parametrize(
    ("description", "school", "label"),
    [
        (BOOK, False, Label("", "913.6", "ミ", "")),
        (BOOK, True, Label("", "913", "ミ", "")),
        (CHILD, False, Label("K", "913.6", "ミ", "")),
        (PICTURE, False, Label("E", "", "ミ", "")),
        (replace(BOOK, title=replace(BOOK.title, volume="第2巻")), False, Label("", "913.6", "ミ", "2")),
        (Description(title=Title(main="ぐりとぐら", reading="グリ ト グラ")), False, Label("", "", "ク", "")),
        (Description(title=Title(main="Alice"), agents=(Agent("Carroll, Lewis"),)), False, Label("", "", "C", "")),
        (Description(title=Title(main="漢字だけ")), False, Label()),
    ],
)
def test_the_label_is_suggested_from_class_and_author(description: Description, school: bool, label: Label) -> None:
    assert label_of(description, school=school) == label


async def test_a_copy_takes_its_label_from_the_record_and_tells_the_index(database: Database, world: World) -> None:
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, replace(BOOK, accompanying="CD 1枚"))
        told = len(await news(session))
        item = await items.add(session, number, new(world, "A10001B", class_mark="913"), viewer=viewer)
        assert (item.barcode, item.class_mark, item.author_mark, item.parts) == ("10001", "913", "ミ", "CD 1枚")
        assert (await news(session))[told:] == [(number, "record")]


async def test_a_barcode_is_taken_within_its_owner_and_free_at_another(database: Database, world: World) -> None:
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        other = await arrive(session, OTHER)
        await items.add(session, number, new(world), viewer=viewer)
    for record, said in (
        (other, "バーコード 10001 は「注文の多い料理店」で使われています。"),
        (number, "バーコード 10001 は、もうこの書誌にあります。"),
    ):
        with pytest.raises(Conflict) as refused:
            async with database.transaction() as session:
                await items.add(session, record, new(world, branch="nishi"), viewer=viewer)
        assert str(refused.value) == said
    async with database.transaction() as session:
        await items.add(session, number, new(world, owner="school", branch="school"), viewer=viewer)


async def test_the_same_barcode_scanned_at_once_is_one_copy(database: Database, world: World) -> None:
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        records = [await arrive(session, one) for one in (BOOK, OTHER)]

    async def add(number: int) -> str:
        try:
            async with database.transaction() as session:
                await items.add(session, number, new(world), viewer=viewer)
        except (Conflict, Busy) as exc:
            return exc.code
        return "added"

    outcomes = await asyncio.gather(*(add(records[turn % 2]) for turn in range(6)))
    assert sorted(outcomes) == ["added", *["barcode_taken"] * 5]


@pytest.mark.parametrize(
    ("login", "owner", "branch", "allowed"),
    [
        ("cataloguer", "ward", "chuo", True),
        ("cataloguer", "school", "school", True),
        ("school_librarian", "school", "school", True),
        ("school_librarian", "other_school", "other_school", False),
        ("school_librarian", "ward", "chuo", False),
        ("school_cataloguer", "ward", "joint", False),
        ("desk", "ward", "chuo", False),
        ("teacher", "school", "school", False),
    ],
)
async def test_only_those_who_work_there_add_copies(
    database: Database, world: World, login: str, owner: str, branch: str, allowed: bool
) -> None:
    viewer = await acting(database, world, login)
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    if allowed:
        async with database.transaction() as session:
            await items.add(session, number, new(world, owner=owner, branch=branch), viewer=viewer)
    else:
        with pytest.raises(NotAllowed):
            async with database.transaction() as session:
                await items.add(session, number, new(world, owner=owner, branch=branch), viewer=viewer)


async def area_of(session: Writing, branch_id: int) -> int:
    area = ShelfArea(branch_id=branch_id, code="general", name={"ja": "一般"})
    session.add(area)
    await session.flush()
    return area.id


async def test_a_copy_that_changes_its_branch_leaves_its_shelf_area(database: Database, world: World) -> None:
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        area = await area_of(session, world.branches["chuo"])
        item = await items.add(session, await arrive(session, BOOK), new(world, shelf_area_id=area), viewer=viewer)
        moved = await items.change(session, item.id, {"branch_id": world.branches["nishi"]}, viewer=viewer)
        assert (moved.shelf_area_id, moved.version) == (None, 2)
    with pytest.raises(Invalid, match="別の館"):
        async with database.transaction() as session:
            await items.change(session, item.id, {"shelf_area_id": area}, viewer=viewer)


async def test_another_room_can_object_to_a_withdrawal(database: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lent(session: Writing, item: Item) -> None:
        raise Conflict("lent", "貸出中です。")

    monkeypatch.setattr(items, "objections", [lent])
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        item = await items.add(session, await arrive(session, BOOK), new(world), viewer=viewer)
        await items.change(session, item.id, {"note": "傷あり"}, viewer=viewer)
    for act in ({"withdrawn_on": date(2026, 11, 1)}, {"branch_id": world.branches["nishi"]}):
        with pytest.raises(Conflict, match="貸出中"):
            async with database.transaction() as session:
                await items.change(session, item.id, act, viewer=viewer)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"missing_since": date(2026, 11, 1)}, ["availability"]),
        ({"in_library_only": True}, ["availability"]),
        ({"withdrawn_on": date(2026, 11, 1)}, ["record"]),
        ({"note": "メモ"}, []),
        ({"in_library_only": False}, []),
    ],
)
async def test_the_index_hears_what_it_must(database: Database, world: World, change: dict[str, Any], kinds: list[str]) -> None:
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        item = await items.add(session, await arrive(session, BOOK), new(world), viewer=viewer)
        told = len(await news(session))
        await items.change(session, item.id, change, viewer=viewer)
        assert [kind for _, kind in (await news(session))[told:]] == kinds


async def test_a_licence_is_added_once_and_removed(database: Database, world: World) -> None:
    viewer, ward = await acting(database, world, "cataloguer"), world.organisations["ward"]
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        row = await access.add(session, number, organisation_id=ward, url="https://e.example/1", seats=2, today=TODAY, viewer=viewer)
    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await access.add(session, number, organisation_id=ward, url="https://e.example/1", today=TODAY, viewer=viewer)
    for wrong in ({"url": "ftp://e.example"}, {"url": "javascript:1"}, {"url": "https://e.example/2", "seats": 0}):
        with pytest.raises(Invalid):
            async with database.transaction() as session:
                await access.add(session, number, organisation_id=ward, today=TODAY, viewer=viewer, **wrong)  # type: ignore[arg-type]
    async with database.transaction() as session:
        assert await access.remove(session, row.id, viewer=viewer) == number
        assert await session.scalar(select(func.count()).select_from(ElectronicAccess)) == 0


async def test_an_owners_policy_reaches_every_record_it_holds(database: Database, world: World) -> None:
    viewer = await acting(database, world, "ward_admin")
    async with database.transaction() as session:
        held, other = await arrive(session, BOOK), await arrive(session, OTHER)
        for turn in range(3):
            await copy_of(session, held, world, f"{turn}", owner="school", branch="school")
        await copy_of(session, other, world, "1")
        told = len(await news(session))
        school = world.organisations["school"]
        assert await owners.set_policy(session, school, seen_by="schools", lent_to="own", viewer=viewer) == 1
        assert (await news(session))[told:] == [(held, "record")]
        assert await owners.set_policy(session, school, seen_by="schools", lent_to="own", viewer=viewer) == 0
        with pytest.raises(Invalid, match="見せない人"):
            await owners.set_policy(session, school, seen_by="own", lent_to="all", viewer=viewer)


async def test_hidden_copies_are_seen_by_those_who_keep_them(database: Database, world: World) -> None:
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        await copy_of(session, number, world, "1", owner="school", branch="school")
        policy = await session.get_one(OwnerPolicy, world.organisations["school"])
        policy.seen_by = "nobody"
    for login, seen in (("school_librarian", 1), ("desk", 0), ("cataloguer", 1)):
        viewer = await acting(database, world, login)
        async with database.reading() as session:
            found = await items.find(session, viewer, branch_id=None, only_available=False, after=0, limit=10)
        assert len(found) == seen, login


async def test_a_senders_rank_and_licence_recompose_its_records_in_batches(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "BATCH", 2)
    viewer = await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        numbers = [await arrive(session, replace(BOOK, isbns=()), source="low") for _ in range(5)]
        for number in numbers:
            await arrive(session, replace(BOOK, publisher="岩波書店", isbns=()), source="high", identity=f"H {number}", record_id=number)
        low = await session.scalar(select(Source.id).where(Source.name == "low"))
        assert low is not None
    async with database.transaction() as session:
        _, again = await senders.change(session, "low", texts={"title": "低"}, rank=10, withheld=["subjects"], unshared=[], viewer=viewer)
        assert again
    after: int | None = 0
    rounds = 0
    while after is not None:
        async with database.transaction() as session:
            after = await senders.recompose_batch(session, low, after=after)
            rounds += 1
    assert rounds == 3
    with pytest.raises(Invalid, match="項目のまとまり"):
        async with database.transaction() as session:
            await senders.change(session, "low", texts={}, rank=10, withheld=["spine"], unshared=[], viewer=viewer)


# The API


async def body(world: World, number: int, **more: Any) -> dict[str, Any]:
    return {"record_id": str(number), "branch": "chuo", "barcode": "10001"} | more


async def test_a_copy_posted_twice_with_one_key_is_one_copy(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    key = str(uuid.uuid4())
    sent = await body(world, number)
    first, second = [await client.send("POST", "/api/v1/items", json=sent, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.json()["class_mark"] == "913.6"
    other = await client.send("POST", "/api/v1/items", json=sent | {"note": "別"}, headers={"Idempotency-Key": key})
    assert other.json()["code"] == "idempotency_key_reused"
    again = await client.send("POST", "/api/v1/items", json=sent)
    assert (again.status_code, again.json()["code"]) == (409, "barcode_taken")


@pytest.mark.parametrize(
    ("more", "status", "where"),
    [
        ({"branch": "atlantis"}, 400, "branch"),
        ({"shelf_area": "attic"}, 400, "shelf_area"),
        ({"owner": "school"}, 400, "owner"),
        ({"record_id": "x"}, 400, "record_id"),
        ({"record_id": "987654"}, 404, None),
        ({"price": -1}, 400, "price"),
        ({"barcode": "9784101092065"}, 400, "barcode"),
        ({"colour": "red"}, 400, None),
        ({"branch": "joint"}, 400, "owner"),
        ({"branch": "joint", "owner": "other_school"}, 201, None),
    ],
)
async def test_what_is_wrong_with_a_new_copy_is_named(
    client: Client, database: Database, world: World, more: dict[str, Any], status: int, where: str | None
) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
    answer = await client.send("POST", "/api/v1/items", json=await body(world, number, **more))
    assert answer.status_code == status, answer.text
    if where:
        assert answer.json()["where"] == where


async def test_copies_are_listed_page_by_page_and_available_ones_alone(client: Client, database: Database, world: World) -> None:
    await client.sign_in("desk")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        ids = [await copy_of(session, number, world, f"{turn}", branch="chuo" if turn % 2 else "nishi") for turn in range(7)]
        missing = await session.get_one(Item, ids[1])
        missing.missing_since = date(2026, 11, 1)
    seen: list[str] = []
    after = ""
    while True:
        page = (await client.json(f"/api/v1/items?limit=3&after={after}")).json()
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == [str(number) for number in ids]
    at_chuo = (await client.json("/api/v1/items?branch=chuo&available=true")).json()
    assert [row["barcode"] for row in at_chuo["items"]] == ["3", "5"]
    for wrong in ("limit=0", "limit=501", "after=zzz", "branch=atlantis"):
        assert (await client.json(f"/api/v1/items?{wrong}")).status_code == 400


async def test_a_copy_is_changed_field_by_field_with_its_version(client: Client, database: Database, world: World) -> None:
    await client.sign_in("school_librarian")
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        own, other = (
            await copy_of(session, number, world, "1", owner="school", branch="school"),
            await copy_of(session, number, world, "1"),
        )
    changed = await client.send("PATCH", f"/api/v1/items/{own}", json={"missing": True, "note": "棚にない", "version": 1})
    assert (changed.status_code, changed.json()["version"], changed.json()["note"]) == (200, 2, "棚にない")
    assert changed.json()["missing_since"]
    stale = await client.send("PATCH", f"/api/v1/items/{own}", json={"missing": False, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "item_changed")
    assert (await client.send("PATCH", f"/api/v1/items/{other}", json={"note": "x"})).status_code == 403
    assert (await client.send("PATCH", "/api/v1/items/987654", json={"note": "x"})).status_code == 404
    assert (await client.json(f"/api/v1/items/{own}")).json()["branch"] == "school"


@pytest.mark.parametrize("login", ["", "reader", "teacher", "kiosk"])
async def test_others_neither_list_nor_add_copies(client: Client, world: World, login: str) -> None:
    if login:
        await client.sign_in(login)
    expected = 403 if login else 401
    assert (await client.json("/api/v1/items")).status_code == expected
    assert (await client.send("POST", "/api/v1/items", json=await body(world, 1))).status_code == expected


async def test_the_senders_of_a_record_are_told_with_licence_and_reasons(client: Client, database: Database, world: World) -> None:
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        number = await arrive(session, BOOK, match_rule="isbn", match_reasons=[{"code": "isbn_equal", "detail": "ISBNが同じ"}])
    told = (await client.json(f"/api/v1/records/{number}/sources")).json()
    assert told["sources"][0]["match"] == {"rule": "isbn", "score": None, "reasons": [{"code": "isbn_equal", "detail": "ISBNが同じ"}]}
    assert told["sources"][0]["description"]["publisher"] == "新潮社"


async def test_the_job_of_a_changed_sender_goes_on_by_itself(
    parts: Parts, database: Database, world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "BATCH", 2)
    await client.sign_in("cataloguer")
    async with database.transaction() as session:
        for turn in range(5):
            await arrive(session, replace(BOOK, title=Title(main=f"本{turn}"), isbns=()), source="low")
    form = {"title": "低い送り手", "rank": "20", "licence": "館内のみ", "licence_url": "", "withheld": ["subjects", "notes"]}
    answer = await client.post("/staff/sources/low", form)
    assert answer.status_code == 303, answer.text
    await parts.queue.run_worker_async(queues=["catalogue"], wait=False, additional_context={"database": database})
    async with database.reading() as session:
        from catalog.models import Record

        said = [row.description for row in await session.scalars(select(Record))]
        assert len(said) == 5
        assert all("subjects" not in one for one in said)
