"""Editing: a cataloguer's word lies over the senders', survives imports, meets other hands politely, and can be taken back."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import select, update

from catalog.description import Agent, Audience, Description, Isbn, Title
from catalog.models import MatchKey, Record, RecordEvent, SourceRecord, SourceRecordVersion
from catalog.records import editing, worksheet
from catalog.records.composing import recompose
from catalog.store import Head, head
from library.db import Database, Writing
from library.errors import Busy, Conflict, Invalid, NotFound
from tests.integration.catalog.samples import BOOK, OTHER, arrive, news
from tests.world import World

replace = msgspec.structs.replace


async def test_an_edit_keeps_only_what_it_changed_and_survives_the_next_import(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        version = (await head(session, number)).version
    async with database.transaction() as session:
        wanted = replace(BOOK, publisher="新潮文庫", title=replace(BOOK.title, volume="1"))
        done = await editing.edit(session, number, version=version, wanted=wanted, account_id=editor)
        assert set(done.changes) == {"publisher", "title"}
        edit = (await session.scalars(select(SourceRecord).where(SourceRecord.format == "hand"))).one()
        assert (edit.identity, edit.description) == (f"hand {number}", {"publisher": "新潮文庫", "title": {"volume": "1"}})
    async with database.transaction() as session:
        sent = replace(BOOK, publisher="新潮社(改)", extent="300p", title=replace(BOOK.title, rest="童話集"))
        await session.execute(
            update(SourceRecord).where(SourceRecord.identity == f"X {number}").values(description=msgspec.to_builtins(sent))
        )
        await recompose(session, [number])
        now = (await head(session, number)).description
    assert (now.publisher, now.title.volume, now.title.rest, now.extent) == ("新潮文庫", "1", "童話集", "300p")


async def test_a_second_hand_is_told_what_the_first_one_changed(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        version = (await head(session, number)).version
        await editing.edit(session, number, version=version, wanted=replace(BOOK, publisher="角川書店"), account_id=editor)
    with pytest.raises(Conflict) as refused:
        async with database.transaction() as session:
            await editing.edit(session, number, version=version, wanted=replace(BOOK, extent="1冊"), account_id=editor)
    assert refused.value.code == "record_changed"
    assert str(refused.value) == "開いているあいだに、ほかの人がこの書誌を変えました（出版者）。"


async def test_of_two_edits_at_once_one_is_kept_and_the_other_told(database: Database, world: World) -> None:
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        version = (await head(session, number)).version

    async def edit(publisher: str) -> str:
        try:
            async with database.transaction() as session:
                wanted = replace(BOOK, publisher=publisher)
                await editing.edit(session, number, version=version, wanted=wanted, account_id=world.accounts["cataloguer"])
        except (Conflict, Busy) as exc:
            return exc.code
        return "kept"

    outcomes = await asyncio.gather(*(edit(f"出版社{turn}") for turn in range(5)))
    assert sorted(outcomes) == ["kept", *["record_changed"] * 4]


async def test_without_the_lock_the_race_above_is_lost(database: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above: it shows that the lock is what keeps the edits apart."""

    async def only_look(session: Writing, record_ids: list[int]) -> dict[int, Head]:
        found = {number: await head(session, number) for number in record_ids}
        await asyncio.sleep(0.2)
        return found

    monkeypatch.setattr(editing, "lock_records", only_look)
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        version = (await head(session, number)).version

    async def edit(publisher: str) -> str:
        try:
            async with database.transaction() as session:
                wanted = replace(BOOK, publisher=publisher)
                await editing.edit(session, number, version=version, wanted=wanted, account_id=world.accounts["cataloguer"])
        except Conflict as exc:
            return exc.code
        except Exception as exc:
            return type(exc).__name__
        return "kept"

    outcomes = await asyncio.gather(*(edit(f"出版社{turn}") for turn in range(3)))
    assert sorted(outcomes) != ["kept", "record_changed", "record_changed"]


async def test_a_taken_back_edit_gives_the_senders_word_again(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        wanted = replace(BOOK, publisher="角川書店", extent="1冊", subjects=())
        await editing.edit(session, number, version=(await head(session, number)).version, wanted=wanted, account_id=editor)
        assert await editing.fields_by_hand(session, number) == ("publisher", "extent", "subjects")
    async with database.transaction() as session:
        await editing.take_back(session, number, field="subjects", account_id=editor)
        now = (await head(session, number)).description
        assert (now.subjects, now.publisher) == (BOOK.subjects, "角川書店")
    async with database.transaction() as session:
        await editing.take_back(session, number, account_id=editor)
        assert (await head(session, number)).description == BOOK
        assert await editing.fields_by_hand(session, number) == ()
        acts = list(await session.scalars(select(RecordEvent.act).where(RecordEvent.record_id == number).order_by(RecordEvent.id)))
        assert acts[-3:] == ["edited", "taken_back", "taken_back"]
    with pytest.raises(NotFound, match="取り消す修正"):
        async with database.transaction() as session:
            await editing.take_back(session, number, account_id=editor)


async def test_typing_the_senders_word_again_is_no_edit_any_more(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        for publisher in ("角川書店", BOOK.publisher):
            now = await head(session, number)
            wanted = replace(now.description, publisher=publisher)
            await editing.edit(session, number, version=now.version, wanted=wanted, account_id=editor)
        assert await editing.fields_by_hand(session, number) == ()


async def test_a_record_made_by_hand_is_found_changed_in_place_and_kept_in_versions(database: Database, world: World) -> None:
    editor = world.accounts["cataloguer"]
    async with database.transaction() as session:
        number = await editing.create(session, Description(title=Title(main="区の歴史")), account_id=editor)
        assert await news(session) == [(number, "record")]
    async with database.transaction() as session:
        now = await head(session, number)
        await editing.edit(session, number, version=now.version, wanted=replace(now.description, year=2020), account_id=editor)
        rows = (await session.scalars(select(SourceRecord.identity).where(SourceRecord.record_id == number))).all()
        assert rows == [f"made {number}"]
        assert len((await session.scalars(select(SourceRecordVersion))).all()) == 1
        assert await session.scalar(select(Record.year).where(Record.id == number)) == 2020


async def test_a_corrected_isbn_is_a_key_for_the_next_import(database: Database, world: World) -> None:
    async with database.transaction() as session:
        number = await arrive(session, BOOK)
        wanted = replace(BOOK, isbns=(Isbn("9784101010014"),))
        now = await head(session, number)
        await editing.edit(session, number, version=now.version, wanted=wanted, account_id=world.accounts["cataloguer"])
        found = await session.scalar(
            select(SourceRecord.record_id)
            .join(MatchKey, MatchKey.source_record_id == SourceRecord.id)
            .where(MatchKey.key == "isbn:9784101010014")
        )
        assert found == number


async def test_a_record_without_a_title_is_refused(database: Database, world: World) -> None:
    with pytest.raises(Invalid, match="書名"):
        async with database.transaction() as session:
            await editing.create(session, Description(), account_id=world.accounts["cataloguer"])


async def test_likely_twins_are_shown_before_a_new_record_is_made(database: Database) -> None:
    async with database.transaction() as session:
        same, _ = await arrive(session, BOOK), await arrive(session, OTHER)
        volume = await arrive(session, replace(BOOK, title=replace(BOOK.title, volume="2"), isbns=()))
    async with database.reading() as session:
        by_isbn = await editing.twins(session, Description(title=Title(main="注文の多い料理店"), isbns=BOOK.isbns))
        assert by_isbn[0].record_id == same
        assert by_isbn[0].is_likely
        assert {twin.record_id for twin in by_isbn} == {same, volume}
        assert await editing.twins(session, Description(title=Title(main="だれも知らない本"))) == []
        assert [twin.record_id for twin in await editing.twins(session, BOOK, but=same)] == [volume]


ODD = replace(BOOK, publisher="新潮社  文庫", isbns=(Isbn("9784101092065", qualifier="  紙"),), year=None, published="平成2")


@pytest.mark.parametrize("description", [BOOK, OTHER, ODD, Description()])
def test_a_worksheet_sent_back_untouched_changes_nothing(description: Description) -> None:
    wanted, problems = worksheet.read(worksheet.filled(description), description)
    assert wanted == description
    assert [problem.code for problem in problems] == ([] if description.title.main else ["title_missing"])


def test_a_worksheet_says_everything_wrong_at_once_in_words() -> None:
    values = worksheet.filled(BOOK) | {
        "title": " ",
        "year": "平成二年",
        "isbn-0-number": "9784101092066",
        "isbn-1-number": "123",
        "isbn-2-number": "4912345678904",
        "class-0-number": "小説",
        "link-0-url": "javascript:alert(1)",
        "material": "scroll",
        "language": "nihongo",
    }
    _, problems = worksheet.read(values, BOOK)
    assert {problem.where: problem.code for problem in problems} == {
        "title": "title_missing",
        "year": "year_form",
        "material": "unknown_code",
        "language": "language_form",
        "class-0-number": "ndc_form",
        "isbn-0-number": "isbn_check_digit",
        "isbn-1-number": "isbn_check_digit",
        "isbn-2-number": "isbn_check_digit",
        "link-0-url": "web_address",
    }
    sentences = {problem.where: problem.sentence for problem in problems}
    assert "検査数字" in sentences["isbn-0-number"]
    assert "桁数" in sentences["isbn-1-number"]
    assert "978か979" in sentences["isbn-2-number"]


def test_rows_are_added_changed_and_taken_away_on_a_worksheet() -> None:
    values = worksheet.filled(BOOK) | {
        "agent-1-name": "茂田井, 武",
        "agent-1-reading": "モタイ, タケシ",
        "agent-1-role": "絵",
        "agent-1-kind": "person",
        "subject-0-term": "",
        "isbn-0-number": "4-10-109206-0",
        "audience": "children",
        "note-0-kind": "abstract",
        "note-0-text": "山の中の\r\n西洋料理店。\x00",
    }
    wanted, problems = worksheet.read(values, BOOK)
    assert problems == ()
    assert wanted.agents == (BOOK.agents[0], Agent("茂田井, 武", "モタイ, タケシ", role="絵"))
    assert [subject.term for subject in wanted.subjects] == ["料理"]
    assert wanted.isbns == BOOK.isbns  # the same number, written with ten digits
    assert wanted.audience is Audience.CHILDREN
    assert wanted.notes[0].text == "山の中の\n西洋料理店。"


def test_another_person_in_a_row_does_not_inherit_the_dates_of_the_one_before() -> None:
    values = worksheet.filled(BOOK) | {"agent-0-name": "新美, 南吉", "agent-0-reading": "ニイミ, ナンキチ"}
    wanted, _ = worksheet.read(values, BOOK)
    assert (wanted.agents[0].dates, wanted.agents[0].identifier, wanted.agents[0].main) == ("", "", True)
