"""How soon a book that came back is to be found as available: returns at desks, timed until the search's answer shows them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from random import Random
from urllib.parse import urlencode

from bench.desks import FIRST, Desk, open_desks
from bench.host import Host
from bench.lending import Scanner
from bench.report import Line, spread
from bench.server import TASK_SECONDS, IndexServer
from bench.web import Client, each
from catalog.records.composing import tell_index
from library.db import Database
from library.errors import Unavailable

SECTION = "following"
AIM = "aim: p95 below 2,000 ms"
AT_ONCE = 4
_LOOK_EVERY = 0.02  # seconds between searches
_LONGEST = 60.0


def measure(where: Host, port: int, server: IndexServer | None, returns: int, tell: Callable[[str], None]) -> list[Line]:
    """For the copy of this host, then for the index server. Raises Unavailable when an answer never shows a return."""
    token = asyncio.run(_opened(where))
    tell(f"{returns} returns, until this host's index shows them")
    times = _times(port, token, returns)
    lines = spread(SECTION, "a return to be found, embedded", times, AIM)
    if server is None:
        return [*lines, Line(SECTION, "a return to be found, meilisearch", None, "ms", 0, "the catalogue is too large for the stand-in")]
    tell(f"{returns} returns, until the index server shows them")
    with server.serving(where) as web:
        note = f"{AIM}; {server.label}" + (f", a task takes {TASK_SECONDS} s" if "stand-in" in server.label else "")
        return [*lines, *spread(SECTION, "a return to be found, meilisearch", _times(web.port, token, returns), note)]


async def _opened(where: Host) -> str:
    database = Database(where.url, pool=2)
    try:
        token = await open_desks(database)
        async with database.transaction() as session:
            await tell_index(session, [FIRST + place for place in range(AT_ONCE)])
        return token
    finally:
        await database.close()


def _times(port: int, token: str, returns: int) -> list[float]:
    """Each desk lends a copy of its own, sees it gone, takes it back, and looks until it is there again."""

    def one_desk(place: int) -> list[float]:
        scanner, reader, desk = Scanner(port, token, Desk(place)), Client(port), Desk(place)
        _wait_until(reader, desk, there=True)
        times, chance = [], Random(f"following:{place}")
        for _ in range(-(-returns // AT_ONCE)):
            body = {"barcode": desk.barcode(0), "branch": desk.branch}
            scanner.send("/api/v1/loans", body | {"card": desk.card})
            _wait_until(reader, desk, there=False)
            time.sleep(chance.random())  # not always right after a copy of the index was written
            scanner.send("/api/v1/returns", body)
            times.append(1000 * _wait_until(reader, desk, there=True))
        reader.close()
        return times

    return [one for times in each(one_desk, range(AT_ONCE), AT_ONCE) for one in times]


def _wait_until(reader: Client, desk: Desk, *, there: bool) -> float:
    """Seconds until the desk's own title is, or is no longer, among what is on the shelf at its branch."""
    began = time.perf_counter()
    path = "/api/v1/search?" + urlencode({"q": "計測の本", "branch": desk.branch, "available": "1"})
    while (str(FIRST + desk.place) in _found(reader, path)) is not there:
        if time.perf_counter() - began > _LONGEST:
            raise Unavailable("bench_following", "a search did not show a return within {seconds} s", seconds=_LONGEST)
        time.sleep(_LOOK_EVERY)
    return time.perf_counter() - began


def _found(reader: Client, path: str) -> set[str]:
    answer = reader.get(path)
    return {str(one["id"]) for one in json.loads(answer.body)["hits"]} if answer.status == 200 else set()
