"""`library serve`: the web application on its port, with a worker inside when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from library import app, logs, postgres, processes, schema
from library.db import Database
from library.demo import load
from library.errors import Misconfigured
from library.http import uploads
from library.settings import Settings
from library.wiring import Parts
from library.worker import work


def run(settings: Settings, *, with_worker: bool, started: Callable[[], None] | None = None) -> None:
    """Serves until told to stop; raises Misconfigured when the port is taken, migrations are pending or a real library has demo data."""
    logs.configure(settings)
    bound = processes.claim_port(settings)
    try:
        url = postgres.ready_url(settings)
        if schema.current(url) != schema.newest():
            raise Misconfigured("the tables are not those of this program; run: library migrate")

        async def main() -> None:
            async with Parts.made(settings, url).open() as parts:
                if not settings.demo:
                    await refuse_the_made_up_ward(parts.database)
                served = processes.serve(app.create(settings, parts), bound, started=started)
                await processes.until_told(
                    served, parts.follow(), uploads.keep_forgetting(settings), *((work(parts),) if with_worker else ())
                )

        asyncio.run(main())
    finally:
        bound.close()


async def refuse_the_made_up_ward(database: Database) -> None:
    async with database.reading() as session:
        if await load.is_loaded(session):
            raise Misconfigured("this database holds the made-up ward, whose passwords everyone knows; use a fresh one")
