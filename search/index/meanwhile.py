"""While a new index is built beside it, the one that serves goes on hearing what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from search.index.standing import reason_of

log = structlog.get_logger(__name__)


@asynccontextmanager
async def following(step: Callable[[], Awaitable[bool]], *, pause: float, waits: str) -> AsyncIterator[None]:
    """Takes a step every `pause` seconds until the end of the block, or until one says that nothing serves which could hear.

    A step that has begun is finished; one that fails is logged as `waits` and tried again.
    """
    over = asyncio.Event()

    async def follow() -> None:
        serves = True
        while serves and not over.is_set():
            try:
                serves = await step()
            except Exception as exc:
                log.warning(waits, reason=reason_of(exc))
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), pause)

    task = asyncio.create_task(follow())
    try:
        yield
    finally:
        over.set()
        await task
