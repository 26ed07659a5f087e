"""`library index …` beside a service that runs, and without one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from library.db import Database
from library.settings import Settings
from search.index.embedded import EmbeddedEngine
from search.index.follower import Follower
from tests.integration.search.shelves import add_record

pytestmark = pytest.mark.long  # each starts processes of its own


@pytest.fixture
async def two_books(database: Database) -> None:
    async with database.transaction() as session:
        await add_record(session, "一冊")
        await add_record(session, "二冊")


async def command(settings: Settings, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, the result, and what was said on standard error."""
    assert settings.database_url
    environment = os.environ | {
        "LIBRARY_DEMO": "1",
        "LIBRARY_DATABASE_URL": settings.database_url,
        "LIBRARY_DATA": str(settings.data),
    }
    program = Path(sys.executable).parent / "library"
    running = await asyncio.create_subprocess_exec(
        program, "index", *words, "--json", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await running.communicate()
    return running.returncode or 0, json.loads(out.decode().splitlines()[-1]), err.decode()


async def test_without_a_service_the_command_builds_the_index_itself(two_books: None, settings: Settings) -> None:
    status, before, _ = await command(settings, "status")
    assert (status, before["needs_rebuild"], before["documents"], before["catalogue"]) == (0, True, 0, 2)
    assert (before["backend"], before["breaker"]["state"]) == (None, "none")
    status, built, _ = await command(settings, "rebuild")
    assert (status, built["records"], built["by"], built["backend"]) == (0, 2, "command", "embedded")
    status, after, _ = await command(settings, "status")
    assert (status, after["needs_rebuild"], after["documents"], after["backend"]) == (0, False, 2, "embedded")
    assert after["lag"]["changes"] == 0
    assert (before["rebuilt"], after["rebuilt"]["records"], after["set_aside"]) == (None, 2, [])


async def test_the_command_names_what_was_set_aside(two_books: None, settings: Settings, database: Database) -> None:
    async with database.transaction() as session:
        number = await session.scalar(text("UPDATE record SET description = '[]' WHERE title = '二冊' RETURNING id"))
    assert (await command(settings, "rebuild"))[0] == 0
    (said,) = (await command(settings, "status"))[1]["set_aside"]
    assert said["record"] == str(number)
    assert said["reason"].startswith("ValidationError")


async def test_beside_a_service_the_command_asks_it_and_waits(two_books: None, settings: Settings, database: Database) -> None:
    follower = Follower(database, EmbeddedEngine(settings.data / "index"))
    assert await follower.step() == 2  # the service is the writer of this host now
    running = asyncio.ensure_future(follower.run())
    try:
        status, built, said = await command(settings, "rebuild")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert status == 0, said
    assert (built["records"], built["by"]) == (2, "service")
