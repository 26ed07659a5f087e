"""The service with an index server: who answers, what it says of itself, and the operator's commands."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from library import app as application
from library.commands import index_server
from library.db import Database
from library.errors import Misconfigured
from library.settings import Settings
from library.wiring import Parts
from search.index import news
from search.index.meilisearch import declared
from search.index.meilisearch.comparing import compare
from tests.integration.search.shelves import add_record
from tests.integration.search.test_follower_command import command
from tests.standins.meilisearch.running import StandIn
from tests.world import Client, World

pytestmark = pytest.mark.long  # each starts a server of its own

INDEXING = ("documents.*", "indexes.*", "tasks.get", "settings.*", "stats.get", "version")


@pytest.fixture
def meili() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


@pytest.fixture
def settings(settings: Settings, meili: StandIn, monkeypatch: pytest.MonkeyPatch) -> Settings:
    chosen = {
        "meilisearch_url": meili.url,
        "meilisearch_search_key": meili.make_key("search"),
        "meilisearch_index_key": meili.make_key(*INDEXING),
    }
    for name, value in chosen.items():
        monkeypatch.setenv(f"LIBRARY_{name.upper()}", value)
    return settings.model_copy(update=chosen)


@pytest.fixture
async def serving(settings: Settings, database: Database) -> AsyncIterator[tuple[Parts, httpx.AsyncClient]]:
    async with database.transaction() as session:
        for title in ("花", "花の歳時記", "海"):
            await add_record(session, title)
    assert settings.database_url
    async with Parts.made(settings, settings.database_url).open() as parts:
        assert parts.server
        while await parts.follower.step():
            pass
        while await parts.server.feeder.step():
            pass
        transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as client:
            yield parts, client


async def asked(client: httpx.AsyncClient) -> dict[str, Any]:
    answered = await client.get("/api/v1/search", params={"q": "花"})
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


async def test_the_server_answers_and_this_host_while_it_is_away(serving: tuple[Parts, httpx.AsyncClient], meili: StandIn) -> None:
    _, client = serving
    before = await asked(client)
    assert (await client.get("/readyz")).json()["degraded"] == ["worker"]
    meili.set(broken=True)
    after = await asked(client)
    assert (before["backend"], after["backend"]) == ("meilisearch", "embedded")
    assert (before["total"], before["facets"]) == (after["total"], after["facets"])
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["degraded"] == ["worker", "meilisearch"]
    metrics = (await client.get("/metrics")).text
    assert 'library_search_answers_total{backend="embedded"}' in metrics
    assert "library_search_primary_away 1.0" in metrics
    meili.set(broken=False)
    deadline = time.monotonic() + 10
    while (await asked(client))["backend"] != "meilisearch":
        assert time.monotonic() < deadline
    assert (await client.get("/readyz")).json()["degraded"] == ["worker"]


async def test_an_operator_sets_up_builds_and_looks(serving: tuple[Parts, httpx.AsyncClient], settings: Settings, meili: StandIn) -> None:
    parts, _ = serving
    assert parts.server
    parts.engine.close()  # so that the command writes this host's copy itself
    set_up = await index_server.set_up(parts.server.feeder)
    assert (set_up["settings_changed"], set_up["version"]) == ([], "1.50.0")
    status, built, _ = await command(settings, "rebuild")
    assert (status, built["records"], built["server"]["records"]) == (0, 3, 3)
    said = await index_server.status(parts.server.feeder)
    assert (said["backend"], said["records"], said["settings_differ"], said["lag"]["changes"]) == ("meilisearch", 3, [], 0)
    meili.stop()
    status, said, _ = await command(settings, "status")
    assert (status, said["records"]) == (0, 3)
    assert "Meilisearch cannot be reached" in said["server"]["error"]


async def test_verifying_finds_and_mends_what_differs(serving: tuple[Parts, httpx.AsyncClient], meili: StandIn) -> None:
    parts, _ = serving
    assert parts.server
    feeder = parts.server.feeder
    assert (await compare(feeder, mend=True)).are_none
    async with parts.database.reading() as session:
        lost, changed, _ = await news.next_records(session, 0, 3)
    meili.ask("POST", "/indexes/catalogue/documents/delete-batch", [str(lost)])
    meili.ask("PUT", "/indexes/catalogue/documents", [{"id": changed, declared.PLACES_SUM: "other"}, {"id": 999}])
    told = meili.ask("PATCH", "/indexes/catalogue/settings", {"searchCutoffMs": 5})
    parts.server.engine.writing.wait(told["taskUid"])
    found = await compare(feeder, mend=False)
    assert (found.missing, found.otherwise, found.surplus, found.settings) == ((lost,), (changed,), (999,), ("searchCutoffMs",))
    said = await index_server.verify(feeder, mend=True, tell=lambda _: None)
    assert (said["compared"], said["same"], said["repaired"]) == (3, False, True)
    assert said["records"] == {"missing": [str(lost)], "otherwise": [str(changed)], "surplus": ["999"]}
    assert (await compare(feeder, mend=False)).are_none


async def test_the_staff_see_how_the_server_stands_and_what_stands_aside(
    database: Database, world: World, settings: Settings, meili: StandIn
) -> None:
    assert settings.database_url
    async with database.transaction() as session:
        number = await add_record(session, "断られる本")
    meili.set(refused=number)
    async with Parts.made(settings, settings.database_url).open() as parts:
        assert parts.server
        while await parts.follower.step():
            pass
        while await parts.server.feeder.step():
            pass
        transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as plain:
            client = Client(plain)
            await client.sign_in("ward_admin")
            shown = (await client.get("/staff/index")).text
            assert "索引サーバー" in shown
            assert "断られる本" in shown
            assert "Meilisearch refuses it with invalid_document_geo_field" in shown
            meili.stop()
            assert "Meilisearch cannot be reached" in (await client.get("/staff/index")).text


@pytest.mark.parametrize(
    ("url", "keys", "is_taken"),
    [
        ("https://search.example.org", True, True),
        ("http://127.0.0.1:7700", True, True),
        ("http://meilisearch:7700", True, True),
        ("http://search.example.org", True, False),
        ("ftp://search", True, False),
        ("https://search.example.org", False, False),
    ],
)
def test_an_index_server_is_reached_over_https_with_both_keys(url: str, keys: bool, is_taken: bool) -> None:
    keyed: dict[str, Any] = {"meilisearch_search_key": "a", "meilisearch_index_key": "b"} if keys else {}
    if is_taken:
        assert Settings(demo=True, meilisearch_url=url, **keyed).meilisearch_url == url
        return
    with pytest.raises(ValidationError):
        Settings(demo=True, meilisearch_url=url, **keyed)


async def test_without_one_the_commands_for_it_say_so(database: Database) -> None:
    with pytest.raises(Misconfigured, match="LIBRARY_MEILISEARCH_URL is not set"):
        await index_server.needed(Settings(demo=True), database, index_server.set_up)
