"""A batch taken in: whom it joins, what it leaves, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import select, text

from catalog.description import Description
from catalog.incoming import intake
from catalog.incoming.imports import source_named
from catalog.incoming.intake import take_in
from catalog.models import MatchReview, Record, RecordEvent, SourceRecord, SourceRecordVersion
from catalog.records.merging import merge
from catalog.store import lock_records
from library.db import Database, Writing
from library.errors import Busy, Invalid
from library.identity.models import Account
from tests.integration.catalog.import_samples import (
    book,
    count,
    incoming,
    isbn,
    source,
    taken,
    taken_or_refused,
    words,
)
from tests.unit.catalog.marc_samples import marc


async def described(database: Database, record_id: int) -> Description:
    async with database.reading() as session:
        return msgspec.convert((await session.get_one(Record, record_id)).description, Description)


async def told(database: Database) -> dict[int, list[str]]:
    async with database.reading() as session:
        rows = await session.execute(text("SELECT record_id, kind FROM index_change ORDER BY id"))
        found: dict[int, list[str]] = {}
        for number, kind in rows:
            found.setdefault(number, []).append(kind)
        return found


async def test_each_new_book_becomes_a_record_with_its_source_keys_and_news(database: Database) -> None:
    turned = await taken(database, book(1) + book(2) + book(3))
    assert [one.outcome for one in turned] == ["created"] * 3
    assert len({one.record_id for one in turned}) == 3
    assert await told(database) == {one.record_id: ["record"] for one in turned}
    async with database.reading() as session:
        rows = (await session.scalars(select(SourceRecord).order_by(SourceRecord.id))).all()
    assert [row.record_id for row in rows] == [one.record_id for one in turned]
    assert {row.match_rule for row in rows} == {"new"}
    assert await count(database, "match_key", "key = :key", key=f"isbn:{isbn(2)}") == 1


TEN = "4101010013"
THIRTEEN = "9784101010014"


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        pytest.param(
            marc(("020", f"##$a{TEN}"), ("245", "00$a吾輩は猫である$c夏目漱石 著"), control="a"),
            marc(("020", f"##$a{THIRTEEN}"), ("245", "00$a吾輩は猫である$c夏目漱石"), control="b"),
            "isbn",
            id="an ISBN of ten digits is the one of thirteen",
        ),
        pytest.param(
            marc(("015", "##$a21234567$2jnb"), ("245", "00$a吾輩は猫である$c夏目漱石 著"), control="a"),
            marc(("015", "##$a21234567$2jnb"), ("245", "00$a吾輩は猫である : 上下巻$c夏目漱石"), control="b"),
            "nbn",
            id="the national bibliography number is given once",
        ),
        pytest.param(
            marc(("245", "00$a吾輩は猫である$c夏目漱石 著"), ("264", "#1$a東京$b新潮社$c2003"), control="a"),
            marc(("245", "00$a吾輩は猫である$c夏目, 漱石著"), ("264", "#1$a東京$b新潮社$c2003"), control="b"),
            "score",
            id="title, author, publisher and year agree",
        ),
    ],
)
async def test_two_senders_of_one_book_make_one_record(database: Database, first: bytes, second: bytes, rule: str) -> None:
    (one,) = await taken(database, first, "ndl")
    (two,) = await taken(database, second, "vendor")
    assert (one.outcome, two.outcome) == ("created", "matched")
    assert one.record_id == two.record_id
    async with database.reading() as session:
        rows = (await session.scalars(select(SourceRecord).order_by(SourceRecord.id))).all()
    assert [row.match_rule for row in rows] == ["new", rule]
    assert rows[1].match_score is not None
    assert rows[1].match_reasons
    assert rows[1].match_reasons[0]["detail"]


async def test_two_volumes_under_one_set_isbn_stay_two_records(database: Database) -> None:
    def volume(number: str, control: str) -> bytes:
        return marc(("020", f"##$a{THIRTEEN}$q(セット)"), ("245", f"00$a世界の歴史$n{number}$c山川一 著"), control=control)

    turned = await taken(database, volume("1", "a") + volume("2", "b"))
    again = await taken(database, volume("2", "x") + volume("1", "y"), "vendor")
    assert [one.outcome for one in turned] == ["created", "created"]
    assert [one.record_id for one in again] == [turned[1].record_id, turned[0].record_id]


async def test_a_doubtful_likeness_makes_a_record_of_its_own_and_a_question_for_a_cataloguer(database: Database) -> None:
    (one,) = await taken(database, marc(("245", "00$aこころ$c夏目漱石 著"), control="a"))
    (two,) = await taken(database, marc(("245", "00$aこころ$c夏目漱石"), control="b"), "vendor")
    assert two.outcome == "created"
    assert two.record_id != one.record_id
    async with database.reading() as session:
        (review,) = (await session.scalars(select(MatchReview))).all()
    assert review.candidate_id == one.record_id
    assert 70 <= review.score < 90
    assert review.reasons


async def test_a_book_twice_in_one_batch_is_one_record(database: Database) -> None:
    turned = await taken(database, book(1, control="a") + book(2) + book(1, control="b"))
    assert [one.outcome for one in turned] == ["created", "created", "matched"]
    assert turned[0].record_id == turned[2].record_id


async def test_a_number_that_one_book_of_a_batch_brings_is_known_to_the_next(database: Database) -> None:
    def sent(control: str, *numbers: int) -> bytes:
        return marc(*(("020", f"##$a{isbn(number)}") for number in numbers), ("245", "00$a山の本"), control=control)

    turned = await taken(database, sent("a", 1) + sent("b", 1, 2) + sent("c", 2))
    assert [one.outcome for one in turned] == ["created", "matched", "matched"]
    assert len({one.record_id for one in turned}) == 1


async def test_the_same_record_again_changes_nothing_and_tells_nobody(database: Database) -> None:
    first = await taken(database, book(1) + book(2))
    before = await told(database)
    again = await taken(database, book(1) + book(2))
    assert [(one.outcome, one.record_id) for one in again] == [("unchanged", one.record_id) for one in first]
    assert await told(database) == before
    assert await count(database, "source_record_version") == 0


async def test_changed_records_replace_what_they_were_and_keep_it_as_a_version(database: Database) -> None:
    await taken(database, book(1) + book(2) + book(3))
    changed = book(2, ("500", "##$a改訂された注記")) + book(1) + book(3, title="まったく別の題になった本")
    turned = await taken(database, changed)
    assert [one.outcome for one in turned] == ["updated", "unchanged", "updated"]
    assert [note.text for note in (await described(database, turned[0].record_id)).notes] == ["改訂された注記"]
    assert (await described(database, turned[2].record_id)).title.main == "まったく別の題になった本"
    async with database.reading() as session:
        versions = (await session.scalars(select(SourceRecordVersion).order_by(SourceRecordVersion.id))).all()
        events = (await session.scalars(select(RecordEvent.act).where(RecordEvent.record_id == turned[0].record_id))).all()
    assert [bytes(version.raw) for version in versions] == [book(2), book(3)]
    assert "composed" in events
    assert (await told(database))[turned[0].record_id] == ["record", "record"]


async def test_a_changed_record_is_found_by_its_new_numbers_and_no_longer_by_the_old_ones(database: Database) -> None:
    await taken(database, book(1))
    (changed,) = await taken(database, book(7, control="b1"))
    assert changed.outcome == "updated"
    (other,) = await taken(database, book(7, control="x"), "vendor")
    assert (other.outcome, other.record_id) == ("matched", changed.record_id)
    assert await count(database, "match_key", "key = :key", key=f"isbn:{isbn(1)}") == 0


async def test_a_record_that_comes_twice_in_one_batch_ends_as_its_last_state(database: Database) -> None:
    turned = await taken(database, book(1) + book(1, ("500", "##$aあとから")))
    assert [one.outcome for one in turned] == ["created", "updated"]
    assert [note.text for note in (await described(database, turned[0].record_id)).notes] == ["あとから"]
    again = await taken(database, book(1, ("500", "##$aあとから")))
    assert again[0].outcome == "unchanged"


async def test_the_better_sender_wins_whichever_came_first(database: Database) -> None:
    poor = marc(("020", f"##$a{isbn(1)}"), ("245", "00$a山の本"), control="p")
    good = marc(("020", f"##$a{isbn(1)}"), ("245", "00$a山の本$c森葉子 著"), *[("264", "#1$b青空出版$c2012")], control="g")
    (first,) = await taken(database, poor, "list", rank=80)
    await taken(database, good, "ndl", rank=10)
    found = await described(database, first.record_id)
    assert (found.title.responsibility, found.publisher) == ("森葉子 著", "青空出版")


def spoilt(value: str) -> Callable[[list[intake.Incoming]], list[intake.Incoming]]:
    """Puts a text the database cannot hold into the second record of a batch."""

    def spoil(batch: list[intake.Incoming]) -> list[intake.Incoming]:
        one = batch[1]
        title = msgspec.structs.replace(one.description.title, main=value)
        description = msgspec.structs.replace(one.description, title=title)
        return [batch[0], msgspec.structs.replace(one, description=description), *batch[2:]]

    return spoil


@pytest.mark.parametrize("value", ["題\0名", "題\ud800名"], ids=["NUL", "half a surrogate"])
async def test_a_record_the_database_refuses_is_set_aside_alone(database: Database, value: str) -> None:
    batch = spoilt(value)(incoming(b"".join(book(number) for number in range(1, 8))))
    turned, refused = await taken_or_refused(database, batch)
    assert [one.incoming.position for one in refused] == [2]
    assert refused[0].reason
    assert sorted(one.position for one in turned) == [1, 3, 4, 5, 6, 7]
    assert await count(database, "record") == 6
    assert await count(database, "source_record") == 6
    assert await count(database, "index_change") == 6


async def test_trouble_that_passes_is_not_blamed_on_a_record(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cataloguer holds the record for longer than we wait: the batch fails as a whole and can be tried again."""
    (one,) = await taken(database, book(1))
    async with database.transaction() as holding:
        await holding.execute(text("SELECT id FROM record WHERE id = :id FOR UPDATE"), {"id": one.record_id})
        with pytest.raises(Busy):
            await taken_or_refused(database, incoming(book(1, ("500", "##$a新しい注記")) + book(2)))
    turned = await taken(database, book(1, ("500", "##$a新しい注記")) + book(2))
    assert [found.outcome for found in turned] == ["updated", "created"]


async def test_a_batch_that_is_not_kept_leaves_neither_records_nor_news(database: Database) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop):
        async with database.transaction() as session:
            await take_in(session, await source(session), incoming(book(1)))
            raise Stop
    for table in ("record", "source_record", "match_key", "index_change"):
        assert await count(database, table) == 0, table


async def together(database: Database, numbers: range) -> None:
    """Two senders' files of the same books, at the same time, on two connections."""
    books = b"".join(book(number) for number in numbers)
    async with database.transaction() as session:
        await source(session, "left")
        await source(session, "right")

    async def one_of(name: str, wait: float) -> None:
        await asyncio.sleep(wait)
        async with database.transaction() as session:
            await take_in(session, await source(session, name), incoming(books))
            await asyncio.sleep(0.4)

    await asyncio.gather(one_of("left", 0), one_of("right", 0.1))


async def test_two_imports_of_the_same_books_at_once_make_one_record_each(database: Database) -> None:
    await together(database, range(1, 6))
    assert await count(database, "record") == 5
    assert await count(database, "source_record") == 10


async def test_without_their_turn_two_imports_at_once_would_make_doubles(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(session: Writing) -> None:
        return None

    monkeypatch.setattr(intake, "one_at_a_time", at_once)
    await together(database, range(1, 6))
    assert await count(database, "record") == 10


async def merged_meanwhile(database: Database, from_id: int, into_id: int, data: bytes, name: str) -> list[intake.Turned]:
    """A merge that has the records' locks when the file comes, and goes on to the source records while the file waits."""
    held = asyncio.Event()

    async def merge_slowly() -> None:
        async with database.transaction() as session:
            await lock_records(session, [from_id, into_id])
            held.set()
            await asyncio.sleep(0.5)
            await merge(session, from_id, into_id, account_id=account_id)

    async def import_then() -> list[intake.Turned]:
        await held.wait()
        return await taken(database, data, name)

    account_id = await an_account(database)
    _, turned = await asyncio.gather(merge_slowly(), import_then())
    return turned


async def an_account(database: Database) -> int:
    async with database.transaction() as session:
        account = Account(login="cataloguer", display_name="目録担当")
        session.add(account)
        await session.flush()
        return account.id


async def test_a_file_that_changes_a_record_follows_it_through_a_merge_at_the_same_time(database: Database) -> None:
    one, other = await taken(database, book(1) + book(2))
    (turned,) = await merged_meanwhile(database, one.record_id, other.record_id, book(1, ("500", "##$a新しい注記")), "sender")
    assert (turned.outcome, turned.record_id) == ("updated", other.record_id)
    assert [note.text for note in (await described(database, other.record_id)).notes] == ["新しい注記"]


async def test_a_book_that_joins_a_record_joins_the_one_it_was_merged_into(database: Database) -> None:
    one, other = await taken(database, book(1) + book(2, title=words(1)))
    (turned,) = await merged_meanwhile(database, one.record_id, other.record_id, book(1, control="x"), "vendor")
    assert (turned.outcome, turned.record_id) == ("matched", other.record_id)


async def test_a_question_about_a_record_merged_away_meanwhile_is_asked_of_the_one_that_stays(database: Database) -> None:
    doubtful = marc(("020", f"##$a{isbn(1)}"), ("245", "00$aまるで関係のない本"), control="x")
    one, other = await taken(database, book(1) + book(2))
    (turned,) = await merged_meanwhile(database, one.record_id, other.record_id, doubtful, "vendor")
    assert turned.outcome == "created"
    async with database.reading() as session:
        assert list(await session.scalars(select(MatchReview.candidate_id))) == [other.record_id]


async def test_without_holding_the_records_first_a_merge_and_a_file_block_each_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none_held(session: Writing, record_ids: set[int]) -> set[int]:
        return record_ids

    monkeypatch.setattr(intake, "hold", none_held)
    one, other = await taken(database, book(1) + book(2))
    with pytest.raises(Busy):
        await merged_meanwhile(database, one.record_id, other.record_id, book(1, ("500", "##$a新しい注記")), "sender")


@pytest.mark.parametrize("name", ["", "名前", "a b", "-x", "x" * 65])
async def test_a_sender_has_a_plain_name(database: Database, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        async with database.transaction() as session:
            await source_named(session, name)
    assert refused.value.code == "source_name_form"


async def test_nobody_sends_in_the_name_of_the_cataloguers(database: Database) -> None:
    with pytest.raises(Invalid) as refused:
        async with database.transaction() as session:
            await source_named(session, "hand")
    assert refused.value.code == "source_name_ours"
