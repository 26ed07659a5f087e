"""`library serve`: the web application on its port, with a worker inside when asked."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from library import app, logs, postgres, processes, schema
from library.errors import Misconfigured
from library.settings import Settings
from library.wiring import Parts
from library.worker import work


def run(settings: Settings, *, with_worker: bool, started: Callable[[], None] | None = None) -> None:
    """Serves until told to stop; raises Misconfigured when the port is taken or migrations are pending."""
    logs.configure(settings)
    stop_on_signals_while_starting()
    bound = processes.claim_port(settings)
    try:
        url = postgres.ready_url(settings)
        if schema.current(url) != schema.newest():
            raise Misconfigured("the tables are not those of this program; run: library migrate")

        async def main() -> None:
            async with Parts.made(settings, url).open() as parts:
                served = processes.serve(app.create(settings, parts), bound, started=started)
                await processes.until_told(served, parts.follower.run(), *((work(parts),) if with_worker else ()))

        asyncio.run(main())
    finally:
        bound.close()


def stop_on_signals_while_starting() -> None:
    """SIGTERM and SIGHUP end the program the orderly way also before the loop runs, so that PostgreSQL is stopped too."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
