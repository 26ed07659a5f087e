"""An index server that dies, hangs or was never there: no search fails, none is late, and nothing else of the service notices."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from library import app as application
from library.db import Database
from library.settings import Settings
from library.wiring import Parts
from search.index.meilisearch import feeding
from tests.integration.circulation.stock import Stock
from tests.integration.search.shelves import add_record
from tests.standins.meilisearch.running import StandIn
from tests.world import Client, World

INDEXING = ("documents.*", "indexes.*", "tasks.get", "settings.*", "stats.get", "version")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes every connection and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def with_server(settings: Settings, url: str, search_key: str = "a", index_key: str = "b") -> Settings:
    return settings.model_copy(
        update={"meilisearch_url": url, "meilisearch_search_key": search_key, "meilisearch_index_key": index_key},
    )


def keys(meili: StandIn) -> tuple[str, str]:
    """The same ones again after a restart."""
    searching = meili.make_key("search", uid="00000000-0000-4000-8000-000000000001")
    return searching, meili.make_key(*INDEXING, uid="00000000-0000-4000-8000-000000000002")


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[Parts, Client]]:
    assert settings.database_url
    async with Parts.made(settings, settings.database_url).open() as parts:
        transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as plain:
            yield parts, Client(plain)


async def shelve(database: Database) -> int:
    async with database.transaction() as session:
        first = await add_record(session, "花")
        for title in ("花の歳時記", "海"):
            await add_record(session, title)
        return first


async def search(client: Client) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    answered = await client.json("/api/v1/search?q=花")
    return answered, time.monotonic() - began


async def degraded(client: Client) -> list[str]:
    return [part for part in (await client.json("/readyz")).json()["degraded"] if part != "worker"]


async def metric(client: Client, name: str) -> str:
    return next(line.rpartition(" ")[2] for line in (await client.json("/metrics")).text.splitlines() if line.startswith(name))


async def until_answered_by(client: Client, backend: str, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (await search(client))[0].json()["backend"] != backend:
        assert time.monotonic() < deadline, f"{backend} does not answer"
        await asyncio.sleep(0.1)


async def until_whole(client: Client) -> None:
    deadline = time.monotonic() + 30
    while await degraded(client):
        assert time.monotonic() < deadline, "it does not come back"
        await asyncio.sleep(0.1)


@pytest.mark.long
async def test_killing_the_server_under_load_fails_no_search_and_it_comes_back_by_itself(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "RETRY", 0.3)
    night = await shelve(database)
    meili = StandIn().start()
    try:
        chosen = with_server(settings, meili.url, *keys(meili))
        async with serving(chosen) as (parts, client):
            assert parts.server
            while await parts.follower.step() or await parts.server.feeder.step():
                pass
            feeding_on = asyncio.ensure_future(parts.server.feeder.run())
            seen: list[tuple[int, str, int, float]] = []

            async def readers() -> None:
                while True:
                    answered, seconds = await search(client)
                    said = answered.json()
                    seen.append((answered.status_code, said.get("backend", ""), said.get("total", 0), seconds))
                    await asyncio.sleep(0.01)

            reading = [asyncio.ensure_future(readers()) for _ in range(8)]
            await asyncio.sleep(0.5)
            meili.stop()
            await asyncio.sleep(1.5)
            assert await degraded(client) == ["meilisearch"]
            assert await metric(client, "library_search_primary_away") == "1.0"
            assert (await client.get(f"/records/{night}")).status_code == 200
            meili.start()  # with nothing of what it had
            keys(meili)
            await until_answered_by(client, "meilisearch", seconds=30)
            await until_whole(client)  # under eight readers it may be left once more before it has found its pace
            for one in reading:
                one.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
            await until_answered_by(client, "meilisearch", seconds=30)
            assert await metric(client, "library_search_primary_away") == "0.0"
            feeding_on.cancel()
            await asyncio.gather(feeding_on, return_exceptions=True)
    finally:
        meili.stop()
    assert {status for status, *_ in seen} == {200}
    assert {total for _, _, total, _ in seen} == {2}
    order = [backend for at, (_, backend, *_) in enumerate(seen) if at == 0 or backend != seen[at - 1][1]]
    assert order[:3] == ["meilisearch", "embedded", "meilisearch"]
    assert max(seconds for *_, seconds in seen) < 1.5
    assert min(Counter(backend for _, backend, *_ in seen).values()) > 5


async def test_a_server_that_takes_connections_and_never_answers_delays_nobody_by_a_second(
    database: Database, settings: Settings, silent: str
) -> None:
    number = await shelve(database)
    async with serving(with_server(settings, silent)) as (parts, client):
        while await parts.follower.step():
            pass
        answers = await asyncio.gather(*(search(client) for _ in range(30)))
        assert {(one.status_code, one.json()["backend"], one.json()["total"]) for one, _ in answers} == {(200, "embedded", 2)}
        assert max(seconds for _, seconds in answers) < 1.0, "the first ones wait for it at once, not one after the other"
        assert (await search(client))[1] < 0.3
        began = time.monotonic()
        said = await asyncio.gather(*(client.json("/readyz") for _ in range(10)))
        assert {one.status_code for one in said} == {200}
        assert "meilisearch" in said[0].json()["degraded"]
        assert (await client.get(f"/records/{number}")).status_code == 200
        assert time.monotonic() - began < 3.0


async def test_with_neither_index_the_rest_of_the_service_goes_on(
    database: Database, world: World, settings: Settings, silent: str
) -> None:
    stock = Stock(database, world)
    record, barcode = await stock.book()
    card = await stock.reader()
    async with serving(with_server(settings, silent)) as (_, client):
        for _ in range(2):
            began = time.monotonic()
            page = await client.get("/search?q=花")
            assert time.monotonic() - began < 1.0
            assert page.status_code == 503
            assert "さがす準備中です" in page.text
            assert int(page.headers["retry-after"]) > 0
        answered, seconds = await search(client)
        assert (answered.status_code, answered.json()["code"], seconds < 1.0) == (503, "search_not_ready", True)
        for path in ("/", f"/records/{record}", "/browse/ndc/913", "/healthz"):
            assert (await client.get(path)).status_code == 200, path
        ready = await client.json("/readyz")
        assert ready.status_code == 200
        assert set(ready.json()["degraded"]) >= {"index", "meilisearch"}
        await client.sign_in("desk")
        lent = await client.send("POST", "/api/v1/loans", json={"card": card, "barcode": barcode, "branch": "chuo"})
        assert lent.status_code == 201, lent.text
        back = await client.send("POST", "/api/v1/returns", json={"barcode": barcode, "branch": "chuo"})
        assert back.status_code in {200, 201}, back.text
