"""The index on the server follows the catalogue: nothing is lost, one poisoned record stands aside, a rebuild never leaves a gap."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from catalog.models import Record
from catalog.records.composing import tell_index
from library.db import Database
from search.asking.query import parse
from search.index import elsewhere
from search.index.engine import EngineUnavailable, Filters, Sort, WriterBusy
from search.index.meilisearch import MeilisearchEngine, filling
from search.index.meilisearch.engine import Build
from search.index.meilisearch.feeding import Feeder
from tests.integration.search.shelves import add_item, add_record
from tests.standins.meilisearch.running import StandIn
from tests.world import World

INDEXING = ("documents.*", "indexes.*", "tasks.get", "settings.*", "stats.get", "version")


@pytest.fixture
def meili() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


@pytest.fixture
def feeder(database: Database, meili: StandIn) -> Feeder:
    return another(database, meili)


def another(database: Database, meili: StandIn) -> Feeder:
    engine = MeilisearchEngine(meili.url, search_key=meili.make_key("search"), index_key=meili.make_key(*INDEXING))
    return Feeder(database, engine)


def found(feeder: Feeder, words: str, *, branches: frozenset[int] = frozenset(), available: bool = False) -> list[int]:
    filters = Filters(seen_by=None, branches=branches, available=available)
    answer = feeder.engine.search(parse(words), filters=filters, page=1, per_page=50, sort=Sort.RELEVANCE, facets=False)
    return [] if answer.relaxed else sorted(answer.ids)


async def catch_up(feeder: Feeder) -> None:
    while await feeder.step():
        pass


async def test_an_empty_index_is_built_and_then_changes_appear_after_their_commit(database: Database, feeder: Feeder) -> None:
    async with database.transaction() as session:
        first = await add_record(session, "山椒大夫")
    await catch_up(feeder)
    assert found(feeder, "山椒大夫") == [first]
    async with database.transaction() as session:
        second = await add_record(session, "高瀬舟")
        assert await feeder.step() == 0
    assert found(feeder, "高瀬舟") == []
    assert await feeder.step() == 1
    assert found(feeder, "高瀬舟") == [second]
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM record WHERE id = :id"), {"id": first})
        await tell_index(session, [first], "gone")
    await catch_up(feeder)
    assert found(feeder, "山椒大夫") == []
    assert feeder.engine.status().records == 1


async def test_of_a_lent_copy_only_the_availability_is_sent(database: Database, world: World, feeder: Feeder, meili: StandIn) -> None:
    ward, chuo = world.organisations["ward"], world.branches["chuo"]
    async with database.transaction() as session:
        number = await add_record(session, "貸し出される本")
        item = await add_item(session, number, branch=chuo, owner=ward)
        places = await session.scalar(text("SELECT number FROM branch WHERE id = :id"), {"id": chuo})
    await catch_up(feeder)
    at_chuo = frozenset({int(places)})
    assert found(feeder, "貸し出される本", branches=at_chuo, available=True) == [number]
    meili.ask("PUT", "/indexes/catalogue/documents", [{"id": number, "title": "marked"}])
    async with database.transaction() as session:
        await session.execute(text("UPDATE item SET missing_since = '2026-05-01' WHERE id = :id"), {"id": item})
        await tell_index(session, [number], "availability")
    assert await feeder.step() == 1
    left = meili.ask("GET", f"/indexes/catalogue/documents/{number}")
    assert left["title"] == "marked"
    assert left["avail"] == []


async def test_many_changes_go_in_one_request(database: Database, feeder: Feeder, meili: StandIn) -> None:
    await catch_up(feeder)
    before = meili.set()["tasks"]
    for number in range(12):
        async with database.transaction() as session:
            await add_record(session, f"物語その{number}")
    await catch_up(feeder)
    assert meili.set()["tasks"] == before + 1
    assert len(found(feeder, "物語その")) == 12


async def test_a_change_is_found_within_two_seconds(database: Database, feeder: Feeder, meili: StandIn) -> None:
    await catch_up(feeder)
    meili.set(delay=0.6)  # what a real server takes for so few
    running = asyncio.ensure_future(feeder.run())
    try:
        for title in ("一冊目", "二冊目"):
            async with database.transaction() as session:
                number = await add_record(session, title)
            began = time.monotonic()
            while number not in await asyncio.to_thread(found, feeder, title):
                assert time.monotonic() - began < 2.0
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("description", ['{"title": 5}', '"nothing"'])
async def test_a_record_that_cannot_be_read_is_set_aside(database: Database, feeder: Feeder, description: str) -> None:
    async with database.transaction() as session:
        before = await add_record(session, "前の本")
        poisoned = await add_record(session, "読めない本")
        await session.execute(text("UPDATE record SET description = CAST(:d AS jsonb) WHERE id = :id"), {"d": description, "id": poisoned})
    await catch_up(feeder)
    async with database.transaction() as session:
        await tell_index(session, [before, poisoned])
        after = await add_record(session, "後の本")
    await catch_up(feeder)
    assert set(feeder.engine.about().standing.set_aside) == {poisoned}
    assert (found(feeder, "前の本"), found(feeder, "後の本")) == ([before], [after])
    async with database.transaction() as session:
        mended = {"d": '{"title": {"main": "直した本"}}', "id": poisoned}
        await session.execute(text("UPDATE record SET description = CAST(:d AS jsonb) WHERE id = :id"), mended)
        await tell_index(session, [poisoned], "availability")
    await catch_up(feeder)
    assert feeder.engine.about().standing.set_aside == {}
    assert found(feeder, "直した本") == [poisoned]


async def test_a_record_that_the_server_refuses_stands_aside_alone(database: Database, feeder: Feeder, meili: StandIn) -> None:
    await catch_up(feeder)
    async with database.transaction() as session:
        numbers = [await add_record(session, f"叢書その{n}") for n in range(5)]
    meili.set(refused=numbers[2])
    await catch_up(feeder)
    assert feeder.engine.about().standing.set_aside == {numbers[2]: "Meilisearch refuses it with invalid_document_geo_field"}
    assert found(feeder, "叢書その") == [*numbers[:2], *numbers[3:]]
    await feeder.rebuild()
    assert set(feeder.engine.about().standing.set_aside) == {numbers[2]}
    assert found(feeder, "叢書その") == [*numbers[:2], *numbers[3:]]


async def test_a_task_that_fails_is_tried_again_and_nothing_is_lost(database: Database, feeder: Feeder, meili: StandIn) -> None:
    await catch_up(feeder)
    async with database.transaction() as session:
        number = await add_record(session, "二度送られる本")
    meili.set(failing="documentAdditionOrUpdate")
    with pytest.raises(EngineUnavailable):
        await feeder.step()
    meili.set(failing="")
    assert await feeder.step() == 1
    assert found(feeder, "二度送られる本") == [number]


async def test_changes_made_during_a_rebuild_reach_the_live_index_and_the_new_one(
    database: Database, feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        numbers = [await add_record(session, f"物語その{n}") for n in range(6)]
    await catch_up(feeder)
    real = filling.fill
    seen: list[list[int]] = []

    async def fill(*given: Any) -> dict[int, str]:
        """When the new index has them all, one of them changes."""
        aside = await real(*given)
        async with database.transaction() as session:
            record = await session.get_one(Record, numbers[0])
            record.description = record.description | {"title": {"main": "途中で変わった本"}}
            await tell_index(session, [numbers[0]])
        for _ in range(200):
            if now := await asyncio.to_thread(found, feeder, "途中で変わった本"):
                seen.append(now)
                break
            await asyncio.sleep(0.05)
        return aside

    monkeypatch.setattr(filling, "fill", fill)
    rebuilt = await feeder.rebuild()
    assert rebuilt.records == 6
    assert seen == [numbers[:1]], "the live index has it already before the swap"
    assert found(feeder, "途中で変わった本") == numbers[:1]
    assert feeder.engine.writing.indexes() == ["catalogue"]


async def test_a_large_catalogue_is_made_ready_in_a_process_of_its_own(
    database: Database, feeder: Feeder, meili: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "LARGE", 3)
    async with database.transaction() as session:
        numbers = [await add_record(session, f"物語その{n}") for n in range(5)]
        poisoned = await add_record(session, "読めない本")
        await session.execute(text("UPDATE record SET description = '{\"title\": 5}' WHERE id = :id"), {"id": poisoned})
    meili.set(refused=numbers[2])
    told: list[int] = []
    rebuilt = await feeder.rebuild(tell=told.append)
    assert (rebuilt.records, max(told)) == (4, 6)
    assert found(feeder, "物語その") == [*numbers[:2], *numbers[3:]]
    assert set(feeder.engine.about().standing.set_aside) == {numbers[2], poisoned}
    assert await feeder.step() == 0
    meili.set(failing="documentAdditionOrUpdate")
    with pytest.raises(elsewhere.BuildingFailedError):
        await feeder.rebuild()
    meili.set(failing="")
    assert feeder.engine.writing.indexes() == ["catalogue"]
    assert found(feeder, "物語その") == [*numbers[:2], *numbers[3:]]


async def test_an_interrupted_rebuild_leaves_the_live_index_and_the_next_one_clears_up(
    database: Database, feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "残る本")
    await catch_up(feeder)

    def ends(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(feeder.engine, "abandon", lambda _: None)  # as when the process is killed
    with pytest.raises(KeyboardInterrupt):
        await feeder.rebuild(tell=ends)
    assert found(feeder, "残る本") == [number]
    assert len(feeder.engine.writing.indexes()) == 2
    await feeder.rebuild()
    assert feeder.engine.writing.indexes() == ["catalogue"]
    assert found(feeder, "残る本") == [number]


@pytest.mark.parametrize("moment", ["made", "filled", "finished", "swapped"])
async def test_a_rebuild_may_end_at_any_moment(
    database: Database, feeder: Feeder, meili: StandIn, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "残る本")
    await catch_up(feeder)
    engine = feeder.engine

    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    stopped = {
        "made": (filling, "fill"),
        "filled": (Build, "finish"),
        "finished": (engine, "put_in_place"),
        "swapped": (engine.writing, "delete"),
    }
    monkeypatch.setattr(engine, "abandon", lambda _: None)  # as when the process is killed
    monkeypatch.setattr(*stopped[moment], ends)
    with pytest.raises(KeyboardInterrupt):
        await feeder.rebuild()
    monkeypatch.undo()
    assert len(engine.writing.indexes()) == 2
    assert found(feeder, "残る本") == [number]
    async with database.transaction() as session:
        after = await add_record(session, "その後の本")
    next_one = another(database, meili)
    await catch_up(next_one)
    assert next_one.engine.writing.indexes() == ["catalogue"]
    assert (found(next_one, "残る本"), found(next_one, "その後の本")) == ([number], [after])


async def test_only_one_process_feeds(database: Database, feeder: Feeder, meili: StandIn) -> None:
    await catch_up(feeder)
    second = another(database, meili)
    async with feeder._place(0.0):
        with pytest.raises(WriterBusy):
            await second.step()
    assert await second.step() == 0


async def test_a_server_that_lost_everything_is_filled_again(database: Database, feeder: Feeder, meili: StandIn) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "また入る本")
    await catch_up(feeder)
    assert feeder.engine.writing.wait(meili.ask("DELETE", "/indexes/catalogue")["taskUid"])
    with pytest.raises(EngineUnavailable):
        await feeder.lag()
    await catch_up(feeder)
    assert found(feeder, "また入る本") == [number]
    assert (await feeder.lag())[0] == 0
