"""Filling an index in processes of their own with the lowest claim on the processor, so that the one that serves goes on as before."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from library.db import Database
from search.index.engine import EngineError
from search.index.standing import reason_of

Tell = Callable[[int], None]

LARGE = 30_000  # records from which on starting a process costs less than sharing this one
_CLAIM = 19  # as nice as can be
_NEW_OBJECTS = 200_000  # until cycles are looked for; a page of documents is as much, has none, and is looked through for nothing
_LONGEST_LINE = 1 << 26  # bytes of an answer: the reasons of a great many records set aside

_ABOUT_HOW_MANY = text("SELECT count(*) FROM (SELECT FROM record LIMIT :most) beginning")


class Built(msgspec.Struct, frozen=True):
    """How many records are in, and which were set aside for what reason. In a process's lines: so far, and why it fails."""

    records: int
    aside: dict[int, str] = {}
    is_over: bool = False
    failure: str = ""


class BuildingFailedError(EngineError):
    """A process that built ended before its time; where it could say why, that is said, and its log holds the rest."""


async def is_large(database: Database, least: int) -> bool:
    async with database.reading() as session:
        return int(await session.scalar(_ABOUT_HOW_MANY, {"most": least}) or 0) >= least


async def run(module: str, given: Mapping[str, Any], tell: Tell | None) -> Built:
    """Runs a module that calls `work_off`; what is `given` may be secret, and stands on no command line.

    Ends with this process, however either ends. Raises BuildingFailedError.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(given).encode() + b"\n")  # and left open: it ends with this process
        said = Built(0)
        async for line in child.stdout:
            said = msgspec.json.decode(line, type=Built)
            if tell is not None:
                tell(said.records)
        if await child.wait() or not said.is_over:
            why = f" ({said.failure})" if said.failure else ""
            raise BuildingFailedError(f"a process that builds the index ended with {child.returncode} after {said.records} records{why}")
        return said
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def run_together(module: str, each: Sequence[Mapping[str, Any]], tell: Tell | None) -> Built:
    """Several of them side by side, told and answered as one. When one fails, the others are ended. Raises BuildingFailedError."""
    heard = [0] * len(each)

    def hear(number: int, records: int) -> None:
        heard[number] = records
        if tell is not None:
            tell(sum(heard))

    running = [asyncio.create_task(run(module, given, partial(hear, number))) for number, given in enumerate(each)]
    try:
        ended = await asyncio.gather(*running)
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    aside = {record: reason for built in ended for record, reason in built.aside.items()}
    return Built(sum(built.records for built in ended), aside, is_over=True)


def work_off(work: Callable[[dict[str, Any], Tell], Awaitable[Built]]) -> None:
    """The other side: does what is asked on standard input, and says on standard output how it goes."""
    os.nice(_CLAIM)
    with suppress(OSError):  # where memory runs out, this work is given up, and not the service
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is logged goes with the errors
    asked = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_who_asked, daemon=True).start()

    def say(built: Built) -> None:
        answers.write(msgspec.json.encode(built) + b"\n")
        answers.flush()

    done = 0

    def tell(records: int) -> None:
        nonlocal done
        done = records
        say(Built(records))

    async def main() -> None:
        try:
            say(await work(asked, tell))
        except Exception as exc:
            say(Built(done, failure=reason_of(exc).replace(":", ",")))  # what stands behind a colon is not told on
            raise

    asyncio.run(main())


def _end_with_who_asked() -> None:
    """However that process ends, its end of standard input is closed then: nobody waits for this index any more."""
    while os.read(0, 1):
        pass
    os._exit(1)
