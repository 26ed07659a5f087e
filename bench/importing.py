"""Taking files in, each in a process of its own, and reading the same files barely, with what each cost."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench import machine
from bench.host import Host


class Taken(msgspec.Struct, frozen=True):
    """One import. Seconds on the clock, processor seconds of the importing process and of PostgreSQL, bytes at most."""

    records: int
    created: int
    matched: int
    rejected: int
    seconds: float
    cpu: float
    database_cpu: float | None
    peak: int
    ended_at: float  # by time.time(), when the last batch was kept
    peak_noted: int | None  # the most so far when `note_at` records were in


class Parsed(msgspec.Struct, frozen=True):
    """A file read and nothing done with it."""

    records: int
    seconds: float
    cpu: float


@dataclass(frozen=True)
class _Cost:
    seconds: float
    cpu: float


def take_in(host: Host, path: Path, source: str, *, note_at: int) -> Taken:
    before = host.database_cpu()
    answer = host.run("bench.importing", "import", str(path), source, str(note_at))
    after = host.database_cpu()
    spent = None if before is None or after is None else after - before
    return msgspec.convert(answer | {"database_cpu": spent}, Taken)


def parse(host: Host, path: Path, *, by: str) -> Parsed:
    """`by`: `pymarc`, as a program would that wants each record, or `library`: read and described, nothing stored."""
    return msgspec.convert(host.run("bench.importing", by, str(path)), Parsed)


def _measured(work: Callable[[], int]) -> tuple[int, _Cost]:
    began, used = time.perf_counter(), time.process_time()
    number = work()
    return number, _Cost(time.perf_counter() - began, time.process_time() - used)


def _import(path: Path, source: str, note_at: int) -> dict[str, Any]:
    from catalog.incoming import imports
    from library.db import Database

    noted: list[int] = []

    def note(progress: imports.Progress) -> None:
        if not noted and progress.counts["read"] >= note_at:
            noted.append(machine.peak_memory())

    async def work() -> imports.RunReport:
        database = Database(os.environ["LIBRARY_DATABASE_URL"], pool=4)
        try:
            run = await imports.begin(database, path=path, file_name=path.name, source=source)
            return await imports.carry_out(database, run, path, tell=note)
        finally:
            await database.close()

    reports: list[imports.RunReport] = []

    def all_of_it() -> int:
        reports.append(asyncio.run(work()))
        return reports[0].read

    records, cost = _measured(all_of_it)
    ended_at = time.time()
    report = reports[0]
    return {
        "records": records,
        "created": report.created,
        "matched": report.matched,
        "rejected": report.rejected,
        "seconds": cost.seconds,
        "cpu": cost.cpu,
        "ended_at": ended_at,
        "peak": machine.peak_memory(),
        "peak_noted": noted[0] if noted else None,
    }


def _parse(path: Path, reader: str) -> dict[str, Any]:
    """What the reader needs is loaded before the clock starts."""
    from pymarc import MARCReader, marc8_mapping  # noqa: F401 - the tables of MARC-8

    from catalog import marc

    def by_pymarc() -> int:
        with path.open("rb") as file:
            return sum(1 for found in MARCReader(file, to_unicode=True) if found is not None)

    def by_library() -> int:
        return sum(1 for found in marc.read(path) if isinstance(found, marc.Read))

    records, cost = _measured({"pymarc": by_pymarc, "library": by_library}[reader])
    return {"records": records, "seconds": cost.seconds, "cpu": cost.cpu}


def main(arguments: list[str]) -> None:
    act, path, *rest = arguments
    answer = _import(Path(path), rest[0], int(rest[1])) if act == "import" else _parse(Path(path), act)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
