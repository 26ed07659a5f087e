"""The service with an index server: who answers, what it says of itself, and the operator's commands."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from catalog.records.composing import tell_index
from library import app as application
from library.commands import index_server
from library.db import Database
from library.errors import Misconfigured
from library.settings import Settings
from library.wiring import Parts, server_engine
from search.index import news
from search.index.engine import EngineUnavailable
from search.index.gather import documents
from search.index.meilisearch import breaker, declared
from search.index.meilisearch.comparing import compare
from search.index.meilisearch.contract import examine
from search.index.meilisearch.contract.trial import Server as Contracted
from tests.integration.search.shelves import add_record
from tests.integration.search.test_follower_command import command
from tests.standins.meilisearch.running import MASTER, StandIn
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
        await both_follow(parts)
        transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as client:
            yield parts, client


async def both_follow(parts: Parts) -> None:
    assert parts.server
    while await parts.follower.step():
        pass
    while await parts.server.feeder.step():
        pass


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


async def test_an_operator_sets_up_builds_and_looks(
    serving: tuple[Parts, httpx.AsyncClient], settings: Settings, meili: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "_FIRST_REST", 30.0)
    parts, client = serving
    assert parts.server
    parts.engine.close()  # so that the command writes this host's copy itself
    set_up = await index_server.set_up(parts.server.feeder)
    assert (set_up["settings_changed"], set_up["version"]) == ([], "1.50.0")
    status, built, _ = await command(settings, "rebuild")
    assert (status, built["records"], built["server"]["records"]) == (0, 3, 3)
    status, said, _ = await command(settings, "status")
    assert (status, said["backend"], said["documents"], said["catalogue"]) == (0, "meilisearch", 3, 3)
    assert (said["lag"], said["rebuilt"]["records"], said["set_aside"]) == ({"changes": 0, "seconds": 0.0}, 3, [])
    assert (said["breaker"]["state"], said["breaker"]["left"], said["breaker"]["probe"].keys()) == ("closed", [], {"seconds"})
    host, server = said["copies"]["embedded"], said["copies"]["meilisearch"]
    assert (host["documents"], host["lag"]["changes"], server["version"], server["settings_differ"]) == (3, 0, "1.50.0", [])
    meili.set(broken=True)
    assert (await asked(client))["backend"] == "embedded"
    meili.set(broken=False)
    status, said, _ = await command(settings, "status")
    assert said["breaker"]["state"] == "open", "the process that serves has left, and says so to others of its host"
    assert said["breaker"]["left"][0]["reason"].startswith("EngineUnavailable")
    meili.stop()
    status, said, _ = await command(settings, "status")
    assert status == 0, said
    assert (status, said["backend"], said["documents"]) == (0, "embedded", 3)
    assert "Meilisearch cannot be reached" in said["copies"]["meilisearch"]["error"]


async def test_verifying_finds_and_mends_what_differs_in_both_copies(
    serving: tuple[Parts, httpx.AsyncClient], settings: Settings, meili: StandIn
) -> None:
    parts, _ = serving
    assert parts.server
    feeder = parts.server.feeder
    assert (await compare(feeder, mend=True)).are_none
    async with parts.database.reading() as session:
        lost, changed, _ = await news.next_records(session, 0, 3)
        (other,) = (await documents(session, [changed])).documents
    meili.ask("POST", "/indexes/catalogue/documents/delete-batch", [str(lost)])
    meili.ask("PUT", "/indexes/catalogue/documents", [{"id": changed, declared.PLACES_SUM: "other"}, {"id": 999}])
    told = meili.ask("PATCH", "/indexes/catalogue/settings", {"searchCutoffMs": 5})
    parts.server.engine.writing.wait(told["taskUid"])
    parts.engine.remove([lost])
    parts.engine.put([msgspec.structs.replace(other, popularity=77), msgspec.structs.replace(other, record_id=999)])
    parts.engine.commit()
    status, looked, _ = await command(settings, "verify", "--check")
    assert (status, looked["good"], looked["same"]) == (1, False, False)
    for copy in looked["copies"].values():
        assert copy["records"] == {"missing": [str(lost)], "otherwise": [str(changed)], "surplus": ["999"]}, copy
        assert (copy["compared"], copy["repaired"], copy["left"] > 0) == (3, False, True)
        assert copy["ranges"][0]["records"] == 3
    assert looked["copies"]["meilisearch"]["settings_differ"] == ["searchCutoffMs"]
    following = asyncio.ensure_future(parts.follower.run())  # the writer of this host, which the command tells what to mend
    try:
        status, mended, _ = await command(settings, "verify")
        assert (status, mended["good"], mended["same"]) == (0, True, False)
        assert [(one["repaired"], one["left"]) for one in mended["copies"].values()] == [(True, 0)] * 2
        status, again, _ = await command(settings, "verify", "--check")
        assert (status, again["good"], again["same"]) == (0, True, True)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    meili.stop()
    status, away, _ = await command(settings, "verify", "--check")
    assert (status, away["copies"]["embedded"]["same"]) == (1, True)
    assert "Meilisearch cannot be reached" in away["copies"]["meilisearch"]["error"]


async def test_the_two_keys_are_made_with_the_master_key_and_retired_later(
    settings: Settings, database: Database, meili: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRARY_MEILISEARCH_MASTER_KEY", MASTER)
    monkeypatch.delenv("LIBRARY_MEILISEARCH_SEARCH_KEY")
    monkeypatch.delenv("LIBRARY_MEILISEARCH_INDEX_KEY")
    pairs = []
    for _ in range(2):
        status, said, _ = await command(settings, "setup", "--make-keys")
        assert (status, said["version"]) == (0, "1.50.0")
        pairs.append((said["keys"]["search_key"], said["keys"]["index_key"]))
    points = examine(Contracted(meili.url, *pairs[1]), lambda _: None)
    assert [point for point in points if not point.ok] == [], "they may what is needed and no more"
    monkeypatch.setenv("LIBRARY_MEILISEARCH_SEARCH_KEY", pairs[1][0])
    monkeypatch.setenv("LIBRARY_MEILISEARCH_INDEX_KEY", pairs[1][1])
    status, said, _ = await command(settings, "setup", "--retire-keys")
    assert (status, len(said["keys_retired"])) == (0, 2)
    kept = {one["key"] for one in meili.ask("GET", "/keys")["results"]}
    assert kept >= set(pairs[1])
    assert not kept & set(pairs[0])
    monkeypatch.setenv("LIBRARY_MEILISEARCH_MASTER_KEY", "wrong")
    status, said, _ = await command(settings, "setup", "--make-keys")
    assert (status, said["error"]["code"]) == (1, "index_server_away")


async def test_the_staff_see_how_the_server_stands_and_what_stands_aside(
    database: Database, world: World, settings: Settings, meili: StandIn
) -> None:
    assert settings.database_url
    async with database.transaction() as session:
        number = await add_record(session, "断られる本")
    meili.set(refused=number)
    async with Parts.made(settings, settings.database_url).open() as parts:
        assert parts.server
        await both_follow(parts)
        transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as plain:
            client = Client(plain)
            await client.sign_in("ward_admin")
            shown = (await client.get("/staff/index")).text
            assert "索引サーバー" in shown
            assert "断られる本" in shown
            assert "Meilisearch refuses it with invalid_document_geo_field" in shown
            assert "索引サーバーに入らないわけ" in shown
            assert "入っています" in shown, "it is in this host's copy"
            assert f'href="/staff/records/{number}"' in shown
            async with database.transaction() as session:
                poisoned = "UPDATE record SET description = '{\"title\": 5}' WHERE id = :id"
                await session.execute(text(poisoned), {"id": number})
                await tell_index(session, [number])
            await both_follow(parts)
            shown = (await client.get("/staff/index")).text
            assert shown.count("ValidationError at $.title") == 2, "each copy says why"
            meili.set(refused=-1)
            async with database.transaction() as session:
                mended = 'UPDATE record SET description = \'{"title": {"main": "直った本"}}\' WHERE id = :id'
                await session.execute(text(mended), {"id": number})
                await tell_index(session, [number])
            await both_follow(parts)
            shown = (await client.get("/staff/index")).text
            assert "ありません。すべての書誌が検索に出ます。" in shown, "tried again when it changed"
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


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")
def test_a_certificate_is_believed_only_where_its_authority_is_set(tmp_path: Path) -> None:
    made = tmp_path / "own.pem"
    names = ["-subj", "/CN=index", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", str(made), "-out", f"{made}.crt", *names]
    subprocess.run(words, check=True, capture_output=True)
    made.write_text(made.read_text() + Path(f"{made}.crt").read_text())
    server = StandIn(certificate=made).start()
    try:
        chosen = Settings(
            demo=True, meilisearch_url=server.url, meilisearch_search_key=MASTER, meilisearch_index_key=MASTER, meilisearch_ca=made
        )
        engine = server_engine(chosen)
        assert engine
        assert engine.check_server() == "1.50.0"
        stranger = server_engine(chosen.model_copy(update={"meilisearch_ca": None}))
        assert stranger
        with pytest.raises(EngineUnavailable, match="cannot be reached"):
            stranger.check_server()
    finally:
        server.stop()
    with pytest.raises(ValidationError):
        Settings(demo=True, meilisearch_ca=tmp_path / "none.pem")
