"""The index follows the catalogue: nothing is lost, nothing comes early, and a copy that cannot follow begins again."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from catalog.models import Record
from catalog.records.composing import tell_index
from library.db import Database
from search import jobs
from search.asking.query import parse
from search.index import building, rebuilding
from search.index import follower as following
from search.index.building import BuildingFailedError
from search.index.embedded import EmbeddedEngine, joining, shelf
from search.index.engine import Filters, Sort, WriterBusy
from search.index.follower import Cursor, Follower, wait_until_seen
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.world import World

STRANGERS = frozenset({0})


@pytest.fixture
def follower(database: Database, tmp_path: Path) -> Follower:
    return Follower(database, EmbeddedEngine(tmp_path / "index"))


def found(follower: Follower, words: str, *, sees: frozenset[int] | None = None) -> list[int]:
    answer = follower.engine.search(parse(words), filters=Filters(seen_by=sees), page=1, per_page=50, sort=Sort.RELEVANCE, facets=False)
    return [] if answer.relaxed else sorted(answer.ids)


async def catch_up(follower: Follower) -> None:
    while await follower.step():
        pass


async def test_an_empty_copy_is_built_and_then_changes_appear_after_their_commit(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        first = await add_record(session, "山椒大夫")
    await catch_up(follower)
    assert found(follower, "山椒大夫") == [first]
    async with database.transaction() as session:
        second = await add_record(session, "高瀬舟")
        assert await follower.step() == 0  # not committed, not there
    assert found(follower, "高瀬舟") == []
    assert await follower.step() == 1
    assert found(follower, "高瀬舟") == [second]


async def test_of_many_changes_of_one_record_the_last_counts(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "最初の題")
    await catch_up(follower)
    for title in ("二番目の題", "三番目の題"):
        async with database.transaction() as session:
            record = await session.get_one(Record, number)
            record.description = record.description | {"title": {"main": title}}
            await tell_index(session, [number])
    assert await follower.step() == 1
    assert found(follower, "三番目の題") == [number]
    assert found(follower, "最初の題") == []
    assert follower.engine.status().records == 1


async def late_commit(database: Database, follower: Follower) -> tuple[int, int]:
    """A transaction that began first and commits last, with the follower looking in between."""
    async with database.transaction() as early:
        slow = await add_record(early, "遅れて決まる本")
        async with database.transaction() as later:
            quick = await add_record(later, "先に決まる本")
        await catch_up(follower)
    await catch_up(follower)
    return slow, quick


async def test_a_change_that_commits_late_is_not_skipped(database: Database, follower: Follower) -> None:
    await catch_up(follower)
    slow, quick = await late_commit(database, follower)
    assert found(follower, "遅れて決まる本") == [slow]
    assert found(follower, "先に決まる本") == [quick]


async def test_reading_news_by_number_alone_would_lose_it(database: Database, follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above, with the horizon of unfinished transactions left out."""
    await catch_up(follower)
    by_number = "SELECT id, xid::text AS xid, record_id FROM index_change WHERE id > :id AND :xid <> '' ORDER BY id LIMIT :most"
    monkeypatch.setattr(following, "_NEWS", text(by_number))
    slow, quick = await late_commit(database, follower)
    assert slow < quick
    assert found(follower, "先に決まる本") == [quick]
    assert found(follower, "遅れて決まる本") == []


async def test_changes_made_while_a_copy_is_built_are_followed_afterwards(
    database: Database, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "PAGE", 2)
    async with database.transaction() as session:
        numbers = [await add_record(session, f"物語その{n}") for n in range(6)]
    changed: list[int] = []

    async def change() -> None:
        async with database.transaction() as session:
            changed.append(await add_record(session, "途中で入った本"))
            await session.execute(text("DELETE FROM record WHERE id = :id"), {"id": numbers[0]})
            await tell_index(session, [numbers[0]], "gone")

    loop = asyncio.get_running_loop()
    waiting: list[asyncio.Future[None]] = []

    def tell(done: int) -> None:
        if done == 2:
            waiting.append(asyncio.ensure_future(change(), loop=loop))

    await follower.rebuild(tell=tell)
    assert len(waiting) == 1
    await asyncio.gather(*waiting)
    await catch_up(follower)
    assert found(follower, "途中で入った本") == changed
    assert found(follower, "物語その") == numbers[1:]


async def test_a_deleted_record_is_found_no_more(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "消える本")
    await catch_up(follower)
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM record WHERE id = :id"), {"id": number})
        await tell_index(session, [number], "gone")
    await catch_up(follower)
    assert found(follower, "消える本") == []
    assert follower.engine.status().records == 0


async def test_what_an_owner_hides_is_found_by_its_own_only(database: Database, world: World, follower: Follower) -> None:
    school = world.organisations["school"]
    async with database.transaction() as session:
        number = await add_record(session, "校内だけの文集")
        await add_item(session, number, branch=world.branches["school"], owner=school)
    await catch_up(follower)
    assert found(follower, "校内だけの文集", sees=STRANGERS) == [number]
    async with database.transaction() as session:
        await let_be_seen_by(session, school, "own")
    await catch_up(follower)
    assert found(follower, "校内だけの文集", sees=STRANGERS) == []
    assert found(follower, "校内だけの文集", sees=STRANGERS | {100 + school}) == [number]
    async with database.transaction() as session:
        await let_be_seen_by(session, school, "nobody")
    await catch_up(follower)
    assert found(follower, "校内だけの文集", sees=STRANGERS | {100 + school}) == []
    assert found(follower, "校内だけの文集", sees=None) == [number]


@pytest.mark.parametrize("description", ['{"title": 5}', '{"title": {"main": ["x"]}}', '"nothing"', "[]"])
async def test_a_record_that_cannot_be_read_is_set_aside_and_keeps_nothing_else_out(
    database: Database, follower: Follower, description: str
) -> None:
    async with database.transaction() as session:
        before = await add_record(session, "前の本")
        poisoned = await add_record(session, "読めない本")
        after = await add_record(session, "後の本")
        await session.execute(text("UPDATE record SET description = CAST(:d AS jsonb) WHERE id = :id"), {"d": description, "id": poisoned})
    await catch_up(follower)
    assert set(follower.standing.set_aside) == {poisoned}
    async with database.transaction() as session:
        await tell_index(session, [before, poisoned, after])
    await catch_up(follower)
    assert found(follower, "前の本") == [before]
    assert found(follower, "後の本") == [after]
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE record SET description = CAST(:d AS jsonb) WHERE id = :id"),
            {"d": '{"title": {"main": "直した本"}}', "id": poisoned},
        )
        await tell_index(session, [poisoned])
    await catch_up(follower)
    assert follower.standing.set_aside == {}
    assert found(follower, "直した本") == [poisoned]


async def test_a_restarted_process_goes_on_where_the_last_one_stopped(
    database: Database, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        await add_record(session, "一冊目")
    await catch_up(follower)
    async with database.transaction() as session:
        second = await add_record(session, "二冊目")
    follower.engine.close()

    async def not_again(*_: object, **__: object) -> None:
        raise AssertionError("built anew")

    again = Follower(database, EmbeddedEngine(follower.engine.folder))
    monkeypatch.setattr(Follower, "rebuild", not_again)
    assert await again.step() == 1
    assert found(again, "二冊目") == [second]


async def test_a_damaged_copy_is_built_anew(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "無事な本")
    await catch_up(follower)
    follower.engine.close()
    build = shelf.current_build(follower.engine.folder)
    assert build is not None
    for file in shelf.segments(build).iterdir():
        if file.suffix not in {".lock"}:
            file.write_bytes(b"rubbish")
    again = Follower(database, EmbeddedEngine(follower.engine.folder))
    assert again.engine.status().needs_rebuild
    await catch_up(again)
    assert found(again, "無事な本") == [number]


async def test_a_copy_that_slept_longer_than_news_is_kept_begins_again(database: Database, follower: Follower) -> None:
    await catch_up(follower)
    async with database.transaction() as session:
        missed = await add_record(session, "眠っている間の本")
    async with database.transaction() as session:
        newest = await add_record(session, "いちばん新しい本")
        assert await jobs.forget(session, before=datetime(2100, 1, 1, tzinfo=UTC)) >= 0
    async with database.transaction() as session:
        await jobs.forget(session, before=datetime(2100, 1, 1, tzinfo=UTC))
        left = (await session.scalars(text("SELECT record_id FROM index_change"))).all()
    assert missed not in left
    assert newest in left
    await catch_up(follower)
    assert found(follower, "眠っている間の本") == [missed]


async def test_a_copy_that_is_up_to_date_is_not_built_anew_when_old_news_goes(
    database: Database, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("古い本", "新しい本"):
        async with database.transaction() as session:
            await add_record(session, title)
    await catch_up(follower)
    async with database.transaction() as session:
        await add_record(session, "もっと新しい本")
    await catch_up(follower)
    async with database.transaction() as session:
        assert await jobs.forget(session, before=datetime(2100, 1, 1, tzinfo=UTC)) == 2

    async def not_again(*_: object, **__: object) -> None:
        raise AssertionError("built anew")

    monkeypatch.setattr(Follower, "rebuild", not_again)
    assert await follower.step() == 0


async def test_a_copy_of_another_database_begins_again(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "この区の本")
    await catch_up(follower)
    cursor = Cursor.parsed(follower.engine.status().cursor)
    assert cursor is not None
    follower.engine.commit(str(Cursor(cursor.xid + 10_000_000, 1, "another.cluster")))
    assert await follower.step() > 0
    assert found(follower, "この区の本") == [number]
    assert await follower.step() == 0


async def test_only_one_process_of_a_host_writes_and_the_next_takes_its_place(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        await add_record(session, "一冊")
    await catch_up(follower)
    second = Follower(database, EmbeddedEngine(follower.engine.folder))
    async with database.transaction() as session:
        number = await add_record(session, "もう一冊")
    with pytest.raises(WriterBusy):
        await second.step()
    follower.engine.close()
    assert await second.step() == 1
    assert found(second, "もう一冊") == [number]


async def test_the_writer_builds_anew_when_asked_and_tells_how_it_went(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        await add_record(session, "一冊")
        await add_record(session, "二冊")
    await catch_up(follower)
    folder = follower.engine.folder
    token = rebuilding.ask(folder)
    assert not rebuilding.heard(folder, token).is_over
    assert await follower.step() == 2
    said = rebuilding.heard(folder, token)
    assert (said.records, said.is_over, said.error) == (2, True, "")
    assert rebuilding.asked(folder) is None
    assert rebuilding.heard(folder, "another") == rebuilding.Heard("another")


async def test_how_far_behind_a_copy_is_can_be_asked(database: Database, follower: Follower) -> None:
    await catch_up(follower)
    async with database.transaction() as session:
        await add_record(session, "一冊")
        await add_record(session, "二冊")
    changes, seconds = await follower.lag()
    assert changes == 2
    assert 0 <= seconds < 60
    running = asyncio.ensure_future(follower.run())
    try:
        assert await wait_until_seen(follower)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def every_catalogue_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "LARGE", 1)


@pytest.fixture(params=["several processors", "one processor", "segments told otherwise"])
def shared_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many processes write a large catalogue: several whose segments are joined, or one where there is no other way."""

    def not_known(folder: Path) -> None:
        raise ValueError("a list of segments that says more than is known")

    monkeypatch.setattr(building, "processors", lambda: 1 if request.param == "one processor" else 2)
    if request.param == "segments told otherwise":
        monkeypatch.setattr(joining, "check", not_known)


@pytest.mark.usefixtures("every_catalogue_is_large", "shared_out")
async def test_a_large_catalogue_is_built_by_processes_of_their_own(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        first = await add_record(session, "山椒大夫")
        unreadable = await add_record(session, "高瀬舟")
        await session.execute(text("UPDATE record SET description = '{\"title\": 7}' WHERE id = :id"), {"id": unreadable})
    heard: list[int] = []
    rebuilt = await follower.rebuild(tell=heard.append)
    assert (rebuilt.records, heard[-1]) == (2, 2)
    assert found(follower, "山椒大夫") == [first]
    assert list(follower.standing.set_aside) == [unreadable]
    assert not list(follower.engine.folder.glob("*/part-*"))


async def test_a_copy_that_cannot_be_built_is_tried_again_after_longer_and_longer_rests(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    async def fails(*_: object) -> None:
        tried.append(time.monotonic())
        raise BuildingFailedError("the disk is full")

    monkeypatch.setattr(building, "fill", fails)
    for seconds in (0.0, 5.0, 10.0, 20.0):
        follower._rests_until -= seconds + 0.1  # so long it has rested by now
        with pytest.raises(BuildingFailedError):
            await follower.step()
        assert await follower.step() == 0  # it rests
    assert len(tried) == 4
    monkeypatch.undo()
    follower._rests_until = 0.0
    await follower.step()
    assert not follower.engine.status().needs_rebuild


@pytest.mark.usefixtures("every_catalogue_is_large")
async def test_when_the_building_process_dies_the_old_copy_serves_on(database: Database, follower: Follower) -> None:
    async with database.transaction() as session:
        first = await add_record(session, "山椒大夫")
    await catch_up(follower)

    def kill(_records: int) -> None:
        for process in psutil.Process().children():
            if building.__name__ in process.cmdline():
                process.kill()

    with pytest.raises(building.BuildingFailedError):
        await follower.rebuild(tell=kill)
    assert found(follower, "山椒大夫") == [first]
    assert len(list(follower.engine.folder.glob("index-*"))) == 1
    assert await follower.step() == 0
