"""The process that works off jobs: retries, periodic tasks, and on every host one follower of the index."""

from __future__ import annotations

import asyncio
import os
import socket

from library import logs
from library.settings import Settings
from library.wiring import Parts


async def work(parts: Parts) -> None:
    """Works until cancelled; a job under way is finished first, within ten seconds."""
    await parts.queue.run_worker_async(
        name=f"{socket.gethostname()}-{os.getpid()}",
        concurrency=parts.settings.worker_jobs,
        install_signal_handlers=False,
        shutdown_graceful_timeout=10,
        delete_jobs="never",
        additional_context={"database": parts.database, "settings": parts.settings, "parts": parts},
    )


def run(settings: Settings, url: str) -> None:
    """`library worker`: until SIGTERM, SIGINT or SIGHUP."""
    from library.processes import until_told

    logs.configure(settings)

    async def main() -> None:
        async with Parts.made(settings, url).open() as parts:
            await until_told(work(parts), parts.follow())

    asyncio.run(main())
