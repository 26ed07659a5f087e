"""Filling an index in a process of its own with the lowest claim on the processor, so that the one that serves goes on as before."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from sqlalchemy import text

from library.db import Database

Tell = Callable[[int], None]

LARGE = 30_000  # records from which on starting a process costs less than sharing this one
_CLAIM = 19  # as nice as can be

_ABOUT_HOW_MANY = text("SELECT count(*) FROM (SELECT FROM record LIMIT :most) beginning")


class Built(msgspec.Struct, frozen=True):
    """How many records are in, and which were set aside for what reason. In a process's lines: so far."""

    records: int
    aside: dict[int, str] = {}
    is_over: bool = False


class BuildingFailedError(Exception):
    """The process that built ended before its time; what it said last stands in its log."""


async def is_large(database: Database, least: int) -> bool:
    async with database.reading() as session:
        return int(await session.scalar(_ABOUT_HOW_MANY, {"most": least}) or 0) >= least


async def run(module: str, given: Mapping[str, Any], tell: Tell | None) -> Built:
    """Runs a module that calls `work_off`; what is `given` may be secret, and stands on no command line.

    Ends with this process, however either ends. Raises BuildingFailedError.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(given).encode())
        child.stdin.close()
        said = Built(0)
        async for line in child.stdout:
            said = msgspec.json.decode(line, type=Built)
            if tell is not None:
                tell(said.records)
        if await child.wait() or not said.is_over:
            raise BuildingFailedError(f"the process that builds the index ended with {child.returncode} after {said.records} records")
        return said
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def work_off(work: Callable[[dict[str, Any], Tell], Awaitable[Built]]) -> None:
    """The other side: does what is asked on standard input, and says on standard output how it goes."""
    os.nice(_CLAIM)
    parent = os.getppid()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is logged goes with the errors

    def say(built: Built) -> None:
        if os.getppid() != parent:
            sys.exit("nobody waits for this index any more")
        answers.write(msgspec.json.encode(built) + b"\n")
        answers.flush()

    async def main() -> None:
        say(await work(json.load(sys.stdin), lambda records: say(Built(records))))

    asyncio.run(main())
