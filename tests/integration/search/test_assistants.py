"""Assistants over the real protocol: the SDK's own client against the application on a port of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from mcp import Client as Assistant

from library import app as application
from library.settings import Settings
from library.wiring import Parts
from search.assistants.tools import TOOLS
from search.procedures import exchange
from tests.integration.circulation.stock import Stock
from tests.world import Client, World


@pytest.fixture
async def door(settings: Settings, parts: Parts, world: World) -> AsyncIterator[str]:
    """The address of the running application, with three books and the guide."""
    stock = Stock(parts.database, world)
    await stock.book("こんちゅうの図鑑", "chuo")
    await stock.book("学校だけの本", "school")
    async with parts.database.transaction() as session:
        await exchange.bring(session, exchange.read(exchange.starting(), organisation="ward"), publish=True, by=None)
    await parts.follower.step()
    app: Any = application.create(settings, parts)
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    server.should_exit = True
    await running


def words(result: Any) -> str:
    return str(result.content[0].text)


async def test_an_assistant_finds_a_book_its_shelf_the_hours_and_the_rules(door: str) -> None:
    async with Assistant(door) as assistant:
        listed = (await assistant.list_tools()).tools
        assert {tool.name for tool in listed} == set(TOOLS)
        assert all(tool.annotations and tool.annotations.read_only_hint and tool.input_schema["type"] == "object" for tool in listed)
        found = (await assistant.call_tool("search", {"q": "こんちゅう", "material": ["book"]})).structured_content
        assert found is not None
        hit = found["hits"][0]
        assert hit["title"] == "こんちゅうの図鑑"
        for tool in ("record", "availability"):
            one = (await assistant.call_tool(tool, {"id": hit["id"]})).structured_content
            assert one is not None
            assert one["availability"][0]["branch"] == "chuo"
        hours = (await assistant.call_tool("opening_hours", {"branch": "chuo"})).structured_content
        assert hours is not None
        assert len(hours["branches"][0]["days"]) == 7
        guide = (await assistant.call_tool("procedures", {"q": "I lost my card", "language": "en"})).structured_content
        assert guide is not None
        assert guide["procedures"][0]["key"] == "lost-card"
        entry = await assistant.call_tool("procedure", {"key": "lost-card", "language": "en"})
        assert "tell a ward library" in json.loads(words(entry))["text"]


async def test_mistakes_are_said_in_words_and_too_many_calls_too(door: str) -> None:
    async with Assistant(door) as assistant:
        for tool, arguments, said in (
            ("search", {"q": "本", "brunch": ["chuo"]}, "brunch"),
            ("search", {"q": "本", "branch": ["nowhere"]}, "branch_unknown"),
            ("search", {"page": 0}, "page"),
            ("record", {"id": "abc"}, "record_not_found"),
            ("opening_hours", {"branch": "chuo", "first": "2026-01-01", "last": "2027-01-01"}, "days_range"),
            ("procedure", {"key": "nothing"}, "procedure_not_found"),
            ("renew", {"card": "1"}, "no_such_tool"),
        ):
            result = await assistant.call_tool(tool, arguments)
            assert result.is_error, tool
            assert said in words(result)
        for _ in range(60):
            result = await assistant.call_tool("procedure", {"key": "lost-card"})
            if result.is_error:
                break
        assert "asked_too_often" in words(result)


async def test_the_door_opens_for_programs_and_not_for_other_sites_pages(client: Client) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    plain = await client.http.post("/mcp", json=call, headers=headers)
    assert plain.status_code == 200
    assert len(plain.json()["result"]["tools"]) == len(TOOLS)
    foreign = await client.http.post("/mcp", json=call, headers=headers | {"Origin": "https://elsewhere.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_not_allowed")
    for body in (b"", b"{", b"[]", b'{"jsonrpc":"2.0"}', b"\xff\xfe", b"x" * 70_000):
        assert (await client.http.post("/mcp", content=body, headers=headers)).status_code in {400, 406, 413, 422}
    for method in ("GET", "DELETE", "PUT"):
        refused = await client.http.request(method, "/mcp", headers=headers | {"X-CSRF-Token": await client.csrf()})
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
