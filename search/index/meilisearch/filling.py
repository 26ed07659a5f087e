"""Filling a new index on the server with every record: from this process, or for a large catalogue from a process of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from library.db import Database
from search.index import elsewhere, news
from search.index.elsewhere import LARGE, Built, Tell
from search.index.gather import documents
from search.index.meilisearch.engine import Build, MeilisearchEngine

PAGE = 5000  # records in one request


async def fill(database: Database, build: Build, tell: Tell | None = None) -> dict[int, str]:
    """Every record into a build that is not finished; returns those set aside, with the reasons."""
    if not await elsewhere.is_large(database, LARGE):
        return (await _here(database, build, tell)).aside
    built = await elsewhere.run(__name__, {"database": database.url, "build": build.name, "server": build.engine.given}, tell)
    build.records = built.records
    return built.aside


async def _here(database: Database, build: Build, tell: Tell | None) -> Built:
    last, done = 0, 0
    aside: dict[int, str] = {}
    while True:
        async with database.reading() as session:
            ids = await news.next_records(session, last, PAGE)
            gathered = await documents(session, ids) if ids else None
        if gathered is None:
            await asyncio.to_thread(build.settle)
            return Built(build.records, aside | build.refused, is_over=True)
        aside |= gathered.unreadable
        aside |= await asyncio.to_thread(build.put, gathered.documents)
        last, done = ids[-1], done + len(ids)
        if tell is not None:
            tell(done)


async def _as_asked(given: dict[str, Any], tell: Tell) -> Built:
    server = given["server"]
    engine = MeilisearchEngine(**{**server, "ca": Path(server["ca"]) if server["ca"] else None})
    database = Database(given["database"], pooled=False)
    try:
        build = Build(engine, given["build"])
        built = await _here(database, build, tell)
        await asyncio.to_thread(build.check)
        return built
    finally:
        await database.close()
        engine.close()


if __name__ == "__main__":
    elsewhere.work_off(_as_asked)
