"""Records composed from their sources: what senders say, what a cataloguer lays over it, and the news of both."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from catalog.description import Agent, ClassNumber, Description, Isbn, Material, Subject, Title
from catalog.models import IndexChange, Item, Record, RecordEvent, Source, SourceRecord
from catalog.records.composing import EDIT, HAND, MADE, Said, columns, composed, difference, overlaid, recompose, title_sort
from library.db import Database, Writing
from tests.world import World

BOOK = Description(
    title=Title(main="注文の多い料理店", reading="チュウモン ノ オオイ リョウリテン", responsibility="宮沢賢治 作"),
    agents=(Agent("宮沢, 賢治", reading="ミヤザワ, ケンジ", main=True),),
    publisher="新潮社",
    published="1990",
    year=1990,
    subjects=(Subject("童話"), Subject("料理")),
    classes=(ClassNumber("ndc", "913.6", "9"), ClassNumber("ndc", "K913.68", "10")),
    isbns=(Isbn("9784101092065"),),
)


def said(description: Description, identity: str = "", rank: int = 50, **more: Any) -> Said:
    return Said(identity, rank, frozenset(), more or msgspec.to_builtins(description))


async def source_record(session: Writing, record_id: int, description: dict[str, Any], **more: Any) -> SourceRecord:
    source = await session.scalar(select(Source).where(Source.name == more.get("source", "sender")))
    if source is None:
        source = Source(name=more.get("source", "sender"), rank=more.get("rank", 50))
        session.add(source)
        await session.flush()
    row = SourceRecord(
        source_id=source.id,
        identity=more.get("identity", "X 1"),
        record_id=record_id,
        format=more.get("format", "marc21"),
        raw=b"",
        digest=b"",
        description=description,
        match_rule="new",
    )
    session.add(row)
    await session.flush()
    return row


async def record(session: Writing, description: Description = BOOK) -> int:
    row = Record(**columns(description))
    session.add(row)
    await session.flush()
    await source_record(session, row.id, msgspec.to_builtins(description), identity=f"X {row.id}")
    return row.id


def test_the_columns_of_a_record_repeat_what_is_sorted_and_filtered_by() -> None:
    found = columns(BOOK)
    assert found["title"] == "注文の多い料理店"
    assert found["author"] == "宮沢賢治 作"
    assert found["ndc"] == "913.68"
    assert found["title_sort"].startswith("ちゆうもんのおおいりようりてん")
    assert found["year"] == 1990


@pytest.mark.parametrize(
    ("agents", "line"),
    [
        ((Agent("宮沢, 賢治", role="作"), Agent("茂田井, 武", role="絵")), "宮沢賢治 作 ; 茂田井武 絵"),
        ((Agent("Carroll, Lewis"),), "Lewis Carroll"),
        ((Agent("日本図書館協会", kind="body"),), "日本図書館協会"),
        ((), ""),
    ],
)
def test_authors_are_shown_as_they_are_spoken(agents: tuple[Agent, ...], line: str) -> None:
    assert columns(Description(title=Title(main="本"), agents=agents))["author"] == line


def test_volumes_of_a_title_stand_in_order() -> None:
    volumes = ["10", "2", "1"]
    assert sorted(volumes, key=lambda volume: title_sort(Title(main="モモ", volume=volume))) == ["1", "2", "10"]
    assert sorted(("2", "1下", "1上"), key=lambda volume: title_sort(Title(main="モモ", volume=volume))) == ["1上", "1下", "2"]
    assert sorted(("1-10", "1-2", "10"), key=lambda volume: title_sort(Title(main="モモ", volume=volume))) == ["1-2", "1-10", "10"]
    assert sorted("下上中", key=lambda volume: title_sort(Title(main="モモ", volume=volume))) == ["上", "中", "下"]


def test_an_edit_changes_only_what_it_says() -> None:
    edit = said(BOOK, EDIT + "7", 0, publisher="角川書店", title={"volume": "2"})
    ebook = msgspec.structs.replace(BOOK, material=Material.EBOOK)
    made = composed([edit, said(ebook)], record_id=7)
    assert (made.publisher, made.title.volume, made.title.reading) == ("角川書店", "2", BOOK.title.reading)
    assert made.material is Material.EBOOK
    assert made.subjects == BOOK.subjects


def test_an_edit_can_take_something_away() -> None:
    made = composed([said(BOOK), said(BOOK, EDIT + "7", 0, subjects=[{"term": "童話"}], isbns=[], publisher="")], record_id=7)
    assert [subject.term for subject in made.subjects] == ["童話"]
    assert (made.isbns, made.publisher) == ((), "")


def test_a_records_own_edit_lies_over_one_that_came_with_a_merge() -> None:
    edits = [said(BOOK, EDIT + "7", 0, publisher="甲", place="東京"), said(BOOK, EDIT + "3", 0, publisher="乙", size="20cm")]
    made = composed([said(BOOK), *edits], record_id=7)
    assert (made.publisher, made.place, made.size) == ("甲", "東京", "20cm")


def test_what_was_typed_to_begin_a_record_gives_way_to_a_bibliography() -> None:
    typed = said(Description(title=Title(main="ちゅうもんの多い料理店"), extent="200p"), MADE + "7", 0)
    made = composed([typed, said(BOOK)], record_id=7)
    assert (made.title.main, made.extent) == ("注文の多い料理店", "200p")


def test_the_difference_of_two_descriptions_makes_one_of_the_other() -> None:
    wanted = msgspec.structs.replace(BOOK, title=msgspec.structs.replace(BOOK.title, rest="イーハトヴ童話"), subjects=(), year=1991)
    overlay = difference(BOOK, wanted)
    assert overlay == {"title": {"rest": "イーハトヴ童話"}, "subjects": (), "year": 1991}
    assert overlaid(BOOK, overlay) == wanted


async def test_a_changed_source_changes_the_record_its_version_its_history_and_the_index(database: Database) -> None:
    async with database.transaction() as session:
        number = await record(session)
        row = await session.scalar(select(SourceRecord))
        assert row is not None
        row.description = row.description | {"publisher": "岩波書店"}
    async with database.transaction() as session:
        done = await recompose(session, [number])
    assert [(one.version, dict(one.changes)) for one in done] == [(2, {"publisher": ("新潮社", "岩波書店")})]
    async with database.reading() as session:
        found = await session.get_one(Record, number)
        assert (found.publisher, found.version) == ("岩波書店", 2)
        assert found.work_id is not None
        assert (await session.scalars(select(IndexChange.kind))).all() == ["record"]
        event = (await session.scalars(select(RecordEvent))).one()
        assert event.details == {"version": 2, "changes": {"publisher": ["新潮社", "岩波書店"]}}


async def test_composing_again_without_a_change_is_no_news(database: Database) -> None:
    async with database.transaction() as session:
        number = await record(session)
        await recompose(session, [number])
    async with database.transaction() as session:
        before = len((await session.scalars(select(IndexChange.id))).all())
        done = await recompose(session, [number])
        assert not done[0].changes
        assert len((await session.scalars(select(IndexChange.id))).all()) == before


async def test_a_record_nobody_says_anything_of_is_gone_unless_something_hangs_on_it(database: Database, world: World) -> None:
    async with database.transaction() as session:
        bare, held = await record(session), await record(session)
        session.add(Item(record_id=held, organisation_id=world.organisations["ward"], branch_id=world.branches["chuo"], barcode="1"))
        for row in (await session.scalars(select(SourceRecord))).all():
            await session.delete(row)
    async with database.transaction() as session:
        done = await recompose(session, [bare, held])
        assert [(one.record_id, one.gone) for one in done] == [(bare, True), (held, False)]
        news = (await session.execute(select(IndexChange.record_id, IndexChange.kind))).all()
        assert [tuple(row) for row in news] == [(bare, "gone")]


async def test_a_senders_number_that_looks_like_ours_is_no_edit(database: Database) -> None:
    async with database.transaction() as session:
        row = Record(**columns(BOOK))
        session.add(row)
        await session.flush()
        await source_record(session, row.id, msgspec.to_builtins(BOOK), identity=f"{EDIT}{row.id}")
        await source_record(session, row.id, {"publisher": "角川書店"}, identity=f"{EDIT}{row.id}", format=HAND, source=HAND, rank=0)
        await recompose(session, [row.id])
        assert await session.scalar(select(Record.publisher).where(Record.id == row.id)) == "角川書店"
