"""A process killed in the middle of a rebuild: the live index goes on answering, and the next start leaves nothing behind."""

from __future__ import annotations

import asyncio
import signal
import sys
import textwrap
from collections.abc import Iterator

import pytest

from catalog.models import Record
from catalog.records.composing import tell_index
from library.db import Database
from library.settings import Settings
from library.wiring import Parts
from search.asking.query import parse
from search.index import building
from search.index.engine import Engine, Filters, Sort, WriterBusy
from tests.integration.search.shelves import add_record
from tests.standins.meilisearch.running import MASTER, StandIn

BUILDING = textwrap.dedent(
    """
    import asyncio, sys, time
    from library.settings import Settings
    from library.wiring import Parts
    from search.index import building
    from search.index.meilisearch import filling

    building.PAGE = filling.PAGE = 2

    def tell(records):
        print(records, flush=True)
        time.sleep(60 if records >= 4 else 0)

    async def main():
        settings = Settings(demo=True, data=sys.argv[2])
        async with Parts.made(settings, settings.database_url).open() as parts:
            await (parts.server.feeder if sys.argv[1] == "server" else parts.follower).rebuild(tell=tell)

    asyncio.run(main())
    """
)


@pytest.fixture
def meili() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


def at(settings: Settings, meili: StandIn) -> Settings:
    chosen = {"meilisearch_url": meili.url, "meilisearch_search_key": MASTER, "meilisearch_index_key": MASTER}
    return settings.model_copy(update=chosen)


async def killed_while_building(settings: Settings, which: str) -> None:
    assert settings.database_url
    environment = {
        "LIBRARY_DATABASE_URL": settings.database_url,
        "LIBRARY_MEILISEARCH_URL": settings.meilisearch_url or "",
        "LIBRARY_MEILISEARCH_SEARCH_KEY": MASTER,
        "LIBRARY_MEILISEARCH_INDEX_KEY": MASTER,
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BUILDING, which, str(settings.data)), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout
    async with asyncio.timeout(30):
        while (await child.stdout.readline()).strip() != b"4":
            assert child.returncode is None
    child.send_signal(signal.SIGKILL)
    await child.wait()


def found(engine: Engine, words: str) -> list[int]:
    answer = engine.search(parse(words), filters=Filters(seen_by=None), page=1, per_page=50, sort=Sort.RELEVANCE, facets=False)
    return [] if answer.relaxed else sorted(answer.ids)


async def settled(parts: Parts) -> None:
    assert parts.server
    while await parts.follower.step() or await parts.server.feeder.step():
        pass


async def test_whoever_is_killed_while_building_leaves_the_live_index_and_no_rubbish(
    database: Database, settings: Settings, meili: StandIn
) -> None:
    chosen = at(settings, meili)
    async with database.transaction() as session:
        numbers = [await add_record(session, f"物語その{n}") for n in range(9)]
    async with Parts.made(chosen, chosen.database_url or "").open() as before:
        await settled(before)
    builds = settings.data / "index"
    async with Parts.made(chosen, chosen.database_url or "").open() as reader:
        assert reader.server
        await killed_while_building(chosen, "server")
        assert len(meili.set()["indexes"]) == 2
        await killed_while_building(chosen, "host")
        assert len(list(builds.glob("index-*"))) == 2
        assert found(reader.engine, "物語その") == found(reader.server.engine, "物語その") == numbers
        async with database.transaction() as session:
            new = await add_record(session, "殺された後の本")
        await settled(reader)
        assert found(reader.engine, "殺された後の本") == found(reader.server.engine, "殺された後の本") == [new]
    assert meili.set()["indexes"] == ["catalogue"]
    assert len(list(builds.glob("index-*"))) == 1


async def test_what_changes_while_this_hosts_copy_is_built_reaches_the_old_one_and_the_new(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "PAGE", 2)
    async with database.transaction() as session:
        numbers = [await add_record(session, f"物語その{n}") for n in range(6)]
    async with Parts.made(settings, settings.database_url or "").open() as parts:
        while await parts.follower.step():
            pass
        real = building.fill
        seen: list[list[int]] = []

        async def fill(*given: object) -> building.Built:
            """While the new copy is filled, a record that is in it already changes."""
            built = await real(*given)  # type: ignore[arg-type]
            async with database.transaction() as session:
                record = await session.get_one(Record, numbers[0])
                record.description = record.description | {"title": {"main": "途中で変わった本"}}
                await tell_index(session, [numbers[0]])
            async with asyncio.timeout(10):
                while not (now := await asyncio.to_thread(found, parts.engine, "途中で変わった本")):  # noqa: ASYNC110 - the index tells nobody
                    await asyncio.sleep(0.05)
            seen.append(now)
            return built

        monkeypatch.setattr(building, "fill", fill)
        await parts.follower.rebuild()
        while await parts.follower.step():
            pass
        assert seen == [[numbers[0]]], "the copy that serves has it before the new one does"
        assert found(parts.engine, "途中で変わった本") == [numbers[0]]
        with pytest.raises(WriterBusy):
            Parts.made(settings, settings.database_url or "").engine.clear_leftovers()
