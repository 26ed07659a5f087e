"""Merging, splitting and deciding: everything moves together, links lead on, and hands that cross do not tear a record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import msgspec
import pytest
from sqlalchemy import func, select

from catalog.copies import items
from catalog.description import Description, Title
from catalog.models import ElectronicAccess, Item, MatchReview, Record, RecordEvent, RecordRedirect, SourceRecord
from catalog.records import editing, merging
from catalog.store import current_id, head
from library.db import Database, Writing
from library.errors import Busy, Conflict, Invalid, NotFound
from tests.integration.catalog.samples import BOOK, OTHER, acting, arrive, copy_of, news, source_ids
from tests.world import World

replace = msgspec.structs.replace
TWIN = replace(BOOK, isbns=(), publisher="新潮文庫", extent="300p")


async def test_a_merge_moves_everything_and_leaves_a_way_to_follow(database: Database, world: World) -> None:
    async with database.transaction() as session:
        stays, goes = await arrive(session, BOOK), await arrive(session, TWIN, source="other", identity="Y 1")
        kept, moved = await copy_of(session, stays, world, "1"), await copy_of(session, goes, world, "2")
        for record, url in ((stays, "https://a.example/1"), (goes, "https://a.example/1"), (goes, "https://a.example/2")):
            session.add(ElectronicAccess(record_id=record, organisation_id=world.organisations["ward"], url=url))
        await session.flush()
        told = len(await news(session))
    async with database.transaction() as session:
        assert await merging.merge(session, goes, stays, account_id=world.accounts["cataloguer"]) == stays
    async with database.reading() as session:
        assert {row.id for row in await session.scalars(select(Item).where(Item.record_id == stays))} == {kept, moved}
        links = sorted(await session.scalars(select(ElectronicAccess.url).where(ElectronicAccess.record_id == stays)))
        assert links == ["https://a.example/1", "https://a.example/2"]
        assert (await head(session, stays)).description.extent == "300p"
        assert await current_id(session, goes) == stays
        assert set((await news(session))[told:]) == {(goes, "gone"), (stays, "record")}
        acts = {row.record_id: row.act for row in await session.scalars(select(RecordEvent).where(RecordEvent.act.startswith("merged")))}
        assert acts == {stays: "merged", goes: "merged_away"}


async def test_a_link_leads_on_in_one_step_however_often_records_were_merged(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        first, second, third = [await arrive(session, BOOK) for _ in range(3)]
        await merging.merge(session, first, second, account_id=editor)
        await merging.merge(session, second, third, account_id=editor)
        leads = {row.from_id: row.to_id for row in await session.scalars(select(RecordRedirect))}
        assert leads == {first: third, second: third}
    with pytest.raises(Conflict, match="もうまとめられています"):
        async with database.transaction() as session:
            await merging.merge(session, first, third, account_id=editor)
    with pytest.raises(NotFound):
        async with database.transaction() as session:
            await merging.merge(session, first, 987654, account_id=editor)
    with pytest.raises(Invalid):
        async with database.transaction() as session:
            await merging.merge(session, third, third, account_id=editor)


async def test_what_other_rooms_hang_on_a_record_follows_it(database: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    async def follow(session: Writing, from_id: int, to_id: int) -> None:
        assert await session.scalar(select(func.count()).where(Record.id.in_([from_id, to_id]))) == 2
        seen.append((from_id, to_id))

    monkeypatch.setattr(merging, "followers", [follow])
    async with database.transaction() as session:
        stays, goes = await arrive(session, BOOK), await arrive(session, TWIN)
        await merging.merge(session, goes, stays, account_id=world.accounts["cataloguer"])
    assert seen == [(goes, stays)]


async def test_an_edit_comes_along_with_a_merged_record_and_can_be_taken_back(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        stays, goes = await arrive(session, BOOK), await arrive(session, TWIN)
        now = await head(session, goes)
        await editing.edit(session, goes, version=now.version, wanted=replace(now.description, place="東京"), account_id=editor)
        await merging.merge(session, goes, stays, account_id=editor)
        assert (await head(session, stays)).description.place == "東京"
        await editing.take_back(session, stays, account_id=editor)
        assert (await head(session, stays)).description.place == ""


async def test_undoing_a_merge_gives_the_record_its_number_and_its_edits_back(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        stays, goes = await arrive(session, BOOK), await arrive(session, OTHER)
        now = await head(session, goes)
        await editing.edit(session, goes, version=now.version, wanted=replace(now.description, place="東京"), account_id=editor)
        item = await copy_of(session, goes, world, "2")
        (came,) = [number for number in await source_ids(session, goes) if number != max(await source_ids(session, goes))]
        await merging.merge(session, goes, stays, account_id=editor)
    async with database.transaction() as session:
        assert await merging.split(session, stays, [came], item_ids=[item], account_id=editor) == goes
    async with database.reading() as session:
        back = (await head(session, goes)).description
        assert (back.title.main, back.place) == (OTHER.title.main, "東京")
        assert (await head(session, stays)).description == BOOK
        assert await session.scalar(select(Item.record_id).where(Item.id == item)) == goes
        assert (await session.scalars(select(RecordRedirect))).all() == []
        assert await merging.are_known_apart(session, stays, goes)


async def test_a_wrongly_matched_source_record_is_split_off_and_its_copies_stay(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        await arrive(session, OTHER, source="other", identity="Y 1", record_id=number)
        wrong = (await source_ids(session, number))[1]
        item = await copy_of(session, number, world, "1")
        new = await merging.split(session, number, [wrong], account_id=editor)
        assert new != number
        assert (await head(session, new)).title == OTHER.title.main
        assert await session.scalar(select(Item.record_id).where(Item.id == item)) == number


@pytest.mark.parametrize("chosen", [[], [0], [0, 1], [-1]])
async def test_a_split_needs_something_to_take_and_something_to_leave(database: Database, world: World, chosen: list[int]) -> None:
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        if len(chosen) == 2:
            await arrive(session, OTHER, source="other", identity="Y 1", record_id=number)
        ids = await source_ids(session, number)
    picked = [ids[place] if place >= 0 else 987654 for place in chosen]
    with pytest.raises(Invalid):
        async with database.transaction() as session:
            await merging.split(session, number, picked, account_id=world.accounts["cataloguer"])


async def review(session: Writing, left: int, right: int, score: int = 80) -> int:
    (line,) = await source_ids(session, left)
    row = MatchReview(source_record_id=line, candidate_id=right, score=score, reasons=[{"code": "title", "detail": "書名の一致度95%"}])
    session.add(row)
    await session.flush()
    return row.id


async def test_a_doubtful_match_is_decided_once(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        left, right, third = await arrive(session, TWIN), await arrive(session, BOOK), await arrive(session, OTHER)
        same, different = await review(session, left, right, 88), await review(session, third, right, 72)
    async with database.reading() as session:
        found, total = await merging.open_reviews(session, limit=10)
        assert [(one.left.id, one.right.id) for one in found] == [(left, right), (third, right)]
        assert total == 2
    async with database.transaction() as session:
        assert await merging.decide(session, same, "same", account_id=editor) == right
        assert await merging.decide(session, different, "different", account_id=editor) == third
    async with database.reading() as session:
        assert await merging.open_reviews(session, limit=10) == ([], 0)
        assert await current_id(session, left) == right
        assert await merging.are_known_apart(session, right, third)
        assert {row.decision for row in await session.scalars(select(MatchReview))} == {"same", "different"}
    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await merging.decide(session, different, "same", account_id=editor)


async def test_questions_about_a_merged_record_are_asked_of_the_one_that_stays(database: Database, world: World) -> None:
    async with database.transaction() as session:
        goes, stays, asking = await arrive(session, TWIN), await arrive(session, BOOK), await arrive(session, OTHER)
        await review(session, asking, goes)
        await merging.merge(session, goes, stays, account_id=world.accounts["cataloguer"])
        found, _ = await merging.open_reviews(session, limit=10)
        assert [(one.left.id, one.right.id) for one in found] == [(asking, stays)]


async def settled(act: Awaitable[object]) -> str:
    try:
        await act
    except (Busy, Conflict, NotFound) as exc:
        return exc.code
    return "done"


async def test_merges_edits_and_new_copies_that_cross_leave_one_whole_record(database: Database, world: World) -> None:
    """Merging both ways at once, editing both, adding copies to both: nothing is lost and nothing hangs in the air."""
    editor, viewer = world.accounts["cataloguer"], await acting(database, world, "cataloguer")
    async with database.transaction() as session:
        one, other = await arrive(session, BOOK), await arrive(session, TWIN)
        versions = {number: (await head(session, number)).version for number in (one, other)}

    async def merge(from_id: int, into_id: int) -> None:
        async with database.transaction() as session:
            await merging.merge(session, from_id, into_id, account_id=editor)

    async def edit(number: int) -> None:
        async with database.transaction() as session:
            said = (await head(session, number)).description
            wanted = replace(said, place="東京")
            await editing.edit(session, number, version=versions[number], wanted=wanted, account_id=editor)

    async def add(number: int, barcode: str) -> None:
        async with database.transaction() as session:
            new = items.NewItem(barcode=barcode, branch_id=world.branches["chuo"], organisation_id=world.organisations["ward"])
            await items.add(session, number, new, viewer=viewer)

    acts: list[Awaitable[object]] = [merge(one, other), merge(other, one), edit(one), edit(other)]
    acts += [add(number, f"{number}-{copy}") for number in (one, other) for copy in range(4)]
    outcomes = await asyncio.gather(*(settled(act) for act in acts))
    assert sorted(outcomes[:2]) == ["already_merged", "done"]
    assert outcomes[4:] == ["done"] * 8
    async with database.reading() as session:
        (left,) = (await session.scalars(select(Record.id))).all()
        gone = one if left == other else other
        assert await current_id(session, gone) == left
        assert await session.scalar(select(func.count()).where(Item.record_id == left)) == 8
        assert set(await session.scalars(select(SourceRecord.record_id))) == {left}


async def test_answers_to_neighbouring_questions_do_not_deadlock(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        records = [await arrive(session, Description(title=Title(main=f"本{turn}"), isbns=())) for turn in range(4)]
        asked = [await review(session, left, right) for left, right in zip(records, records[1:] + records[:1], strict=True)]

    async def answer(review_id: int) -> None:
        async with database.transaction() as session:
            await merging.decide(session, review_id, "same", account_id=editor)

    outcomes = await asyncio.gather(*(settled(answer(number)) for number in asked))
    assert set(outcomes) <= {"done", "review_decided", "review_not_found", "busy", "record_not_found"}
    for _ in range(3):  # whoever was told to try again does
        for number in asked:
            await settled(answer(number))
    async with database.reading() as session:
        assert len((await session.scalars(select(Record.id))).all()) == 1
        assert await merging.open_reviews(session, limit=10) == ([], 0)
