"""The index built anew while readers search: how long it takes, and what their searches notice of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from bench.course import Course
from bench.host import Web
from bench.report import Line, percentile
from bench.web import Client
from library.errors import Unavailable
from search.index import rebuilding

SECTION = "rebuild"
API = "/api/v1/search"
PATIENCE = 3_600.0  # seconds


def measure(this: Course, web: Web) -> list[Line]:
    """Asks for a new index as an operator would, and searches one at a time until it serves."""
    this.tell("building the index anew while it is searched")
    paths = [ask.path(API) for ask in this.asks]
    client = Client(web.port)
    quiet = _timed(client, paths)
    folder = this.host.data / "index"
    began = time.perf_counter()
    token = rebuilding.ask(folder)
    busy: list[float] = []
    memory = Memory()
    while not (heard := rebuilding.heard(folder, token)).is_over:
        if time.perf_counter() - began > PATIENCE:
            raise Unavailable("bench_index", "the index was not built anew within {seconds} s", seconds=PATIENCE)
        busy += _timed(client, [paths[len(busy) % len(paths)]])
        memory.look(web)
    client.close()
    if heard.seconds is None:
        raise Unavailable("bench_index", "the index was not built anew: {reason}", reason=heard.error)
    before, meanwhile = percentile(sorted(quiet), 0.95), percentile(sorted(busy), 0.95)
    records = this.size.records
    return [
        Line(SECTION, "index built anew while searched", records / heard.seconds, "records/s", records, f"{heard.seconds:.0f} s"),
        Line(SECTION, "search p95 before", before, "ms", len(quiet), "one at a time, without a pause"),
        Line(SECTION, "search p95 meanwhile", meanwhile, "ms", len(busy), f"{meanwhile / before:.2f} times as long (aim 2)"),
        Line(SECTION, "processes that build", memory.together / 1e6, "MB", records, memory.told),
    ]


def _timed(client: Client, paths: Sequence[str]) -> list[float]:
    return [answer.whole for path in paths if (answer := client.get(path)).status == 200]


@dataclass
class Memory:
    """What the processes that the web process started hold at most: each, and all at one time. Files they only look into do not count."""

    each: dict[int, int] = field(default_factory=dict)
    together: int = 0

    def look(self, web: Web) -> None:
        now = {child.pid: _held(child) for child in psutil.Process(web.pid).children()}
        self.each = {pid: max(now.get(pid, 0), self.each.get(pid, 0)) for pid in now.keys() | self.each.keys()}
        self.together = max(self.together, sum(now.values()))

    @property
    def told(self) -> str:
        if not self.each:
            return "a small catalogue is built by the web process itself"
        return f"together at most; {len(self.each)} in turn, the largest {max(self.each.values()) / 1e6:.0f} MB"


def _held(child: psutil.Process) -> int:
    try:
        memory = child.memory_info()
    except psutil.Error:  # ended meanwhile
        return 0
    return int(memory.rss - getattr(memory, "shared", 0))
