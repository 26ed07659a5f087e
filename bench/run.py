"""One run from an empty folder to the last figure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

import psycopg

from bench import following, lending, machine, pages, searching, server, suggesting
from bench.asking import Ask, workload
from bench.books import Books
from bench.generate import Encoding, Mix, write_catalogue, write_mixed
from bench.host import Host, Web, host
from bench.importing import Parsed, Taken, parse, take_in
from bench.quality import table
from bench.report import Line, Report
from bench.stock import put_on_shelves
from library.db import Database
from library.errors import Unavailable
from library.jobs import conninfo
from search.index.embedded import EmbeddedEngine
from search.index.follower import Follower, wait_until_seen

SEED = 20260401
PARTS = ("import", "search", "quality", "suggest", "pages", "lending", "following", "memory")
PATIENCE = 1_800.0  # seconds the index may take to catch up
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much of each: records of the catalogue and of a mixed file, searches, calls of a page, returns that are looked for."""

    records: int
    mixed: int
    searches: int
    calls: int
    returns: int

    @classmethod
    def of(cls, records: int, *, quick: bool) -> Size:
        return cls(records, min(10_000, records // 10), *((60, 15, 12) if quick else (400, 100, 60)))


@dataclass
class _Run:
    host: Host
    size: Size
    tell: Tell
    report: Report
    books: Books = field(default_factory=lambda: Books(SEED))
    fill: Taken | None = None
    mixed: dict[Encoding, Taken] = field(default_factory=dict)

    @property
    def asks(self) -> list[Ask]:
        return workload(self.books, self.size.records, self.size.searches, SEED)


def run(size: Size, parts: Collection[str], tell: Tell) -> Report:
    """Measures `parts` of `PARTS`. Raises Unavailable when the service does not start or an import fails."""
    began = time.monotonic()
    report = Report(machine.facts())
    tell("starting PostgreSQL")
    with host() as where:
        report.conditions = where.facts()
        this = _Run(where, size, tell, report)
        _fill(this)
        with where.serving() as web:
            with _index(where) as (engine, follower):
                _build(this, follower)
                if "import" in parts:
                    _imports(this, web, follower)
                if "search" in parts:
                    tell(f"searching, {size.searches} times each way")
                    report.add(*searching.in_the_engine(engine, this.asks), *searching.over_http(web.port, this.asks))
                if "quality" in parts:
                    report.add(*table.measure(tell, each=20 if size.searches < 100 else 100))
                if "suggest" in parts:
                    tell(f"typing, {size.searches} keys")
                    report.add(*suggesting.measure(where, engine, web.port, this.books, records=size.records, number=size.searches))
            if "pages" in parts:
                _pages(this, web)
            if "lending" in parts:
                pace = lending.Size(2.0, 6) if size.records < 10_000 else lending.Size(20.0, 60)
                report.add(*lending.measure(where, web.port, pace, tell))
            if {"search", "following"} & set(parts):
                _with_the_index_server(this, web, parts)
            if "memory" in parts:
                _memory(this, web, loaded="search" in parts)
    report.conditions["seconds in all"] = round(time.monotonic() - began, 1)
    return report


def _fill(this: _Run) -> None:
    """The catalogue and its copies; the first figure."""
    size = this.size
    path = this.host.folder / "catalogue.mrc"
    this.tell(f"writing {size.records:,} records to a file")
    write_catalogue(path, this.books, size.records)
    this.tell(f"taking in {size.records:,} records")
    this.fill = take_in(this.host, path, "bench-catalogue", note_at=size.mixed)
    path.unlink()
    taken = this.fill
    note = f"{taken.seconds:.1f} s; {taken.created:,} created, {taken.rejected:,} rejected; empty catalogue, no index yet"
    this.report.add(Line("import", "first catalogue", _rate(taken), "records/s", taken.records, note), *_cost("first catalogue", taken))
    this.tell("putting copies on the shelves")
    asyncio.run(_stock(this.host))
    this.host.settle()
    there = {"records": "record", "copies": "item", "branches": "branch"}
    this.report.conditions |= {name: this.host.count(table) for name, table in there.items()}


async def _stock(where: Host) -> None:
    database = Database(where.url, pool=2)
    try:
        await put_on_shelves(database, SEED)
    finally:
        await database.close()


@contextmanager
def _index(where: Host) -> Iterator[tuple[EmbeddedEngine, Follower]]:
    """The index of the running service, to be read and asked how far it is; the service is the one that writes."""
    engine = EmbeddedEngine(where.data / "index")
    database = Database(where.url, pooled=False)
    try:
        yield engine, Follower(database, engine)
    finally:
        engine.close()
        asyncio.run(database.close())


def _caught_up(follower: Follower) -> float:
    """Waits for the service to have taken in all news; how many seconds that was."""
    began = time.perf_counter()
    if not asyncio.run(wait_until_seen(follower, seconds=PATIENCE)):
        raise Unavailable("bench_index", "the index did not catch up within {seconds} s", seconds=PATIENCE)
    return time.perf_counter() - began


def _build(this: _Run, follower: Follower) -> None:
    this.tell("building the index")
    seconds = _caught_up(follower)
    note = f"{seconds:.1f} s from nothing, by the web process"
    this.report.add(Line("import", "index built", this.size.records / seconds, "records/s", this.size.records, note))


def _with_the_index_server(this: _Run, web: Web, parts: Collection[str]) -> None:
    """What is measured on either backend, on the one that the figures above were not measured on."""
    with server.index_server(this.size.records) as other:
        if "search" in parts:
            this.tell("searching, by the index server")
            this.report.add(*_searches_by(other, this))
        if "following" in parts:
            this.report.add(*following.measure(this.host, web.port, other, this.size.returns, this.tell))


def _searches_by(other: server.IndexServer | None, this: _Run) -> list[Line]:
    if other is None:
        return [Line(searching.SECTION, "by the index server", None, "ms", 0, "the catalogue is too large for the stand-in")]
    with other.serving(this.host) as web:
        return searching.over_http(web.port, this.asks, backend=other.label)


def _imports(this: _Run, web: Web, follower: Follower) -> None:
    for encoding in Encoding:
        path = this.host.folder / f"{encoding.value}.mrc"
        mix = write_mixed(path, this.books, catalogue=this.size.records, records=this.size.mixed, encoding=encoding)
        this.tell(f"reading {this.size.mixed:,} {encoding} records barely")
        by_pymarc, by_library = parse(this.host, path, by="pymarc"), parse(this.host, path, by="library")
        this.tell(f"taking in {this.size.mixed:,} {encoding} records")
        used = machine.cpu_seconds(web.pid)
        taken = take_in(this.host, path, f"bench-{encoding.value.lower()}", note_at=this.size.mixed)
        _caught_up(follower)
        behind = time.time() - taken.ended_at
        following = machine.cpu_seconds(web.pid)
        this.mixed[encoding] = taken
        spent = None if used is None or following is None else following - used
        this.report.add(*_mixed_lines(encoding, mix, path.stat().st_size, taken, behind, spent))
        this.report.add(*_bare_lines(encoding, taken, by_pymarc, by_library))
        path.unlink()


def _mixed_lines(encoding: Encoding, mix: Mix, size: int, taken: Taken, behind: float, following: float | None) -> list[Line]:
    name = f"{encoding} file"
    as_meant = taken.created == mix.new and taken.matched == mix.known + mix.fuzzy
    told = f"created {taken.created:,} of {mix.new:,} meant, matched {taken.matched:,} of {mix.known:,} by ISBN + {mix.fuzzy:,} by title"
    note = f"{taken.seconds:.1f} s, {size / taken.records:,.0f} bytes a record; {told}{'' if as_meant else ' (NOT AS MEANT)'}"
    return [
        Line("import", name, _rate(taken), "records/s", taken.records, note),
        *_cost(name, taken),
        Line("import", f"{name}, following it", following, "CPU s", taken.records, "the web process, index and all"),
        Line("import", f"{name}, all to be found", behind, "s later", taken.records, "after the import's last record, at most"),
    ]


def _bare_lines(encoding: Encoding, taken: Taken, by_pymarc: Parsed, by_library: Parsed) -> list[Line]:
    bare, ours = by_pymarc.records / by_pymarc.seconds, by_library.records / by_library.seconds
    note = f"bare parse of the same file, {bare / _rate(taken):.1f} times the import"
    return [
        Line("import", f"{encoding} file, pymarc", bare, "records/s", by_pymarc.records, note),
        Line("import", f"{encoding} file, read only", ours, "records/s", by_library.records, "this library's reader, with descriptions"),
    ]


def _rate(taken: Taken) -> float:
    return taken.records / taken.seconds


def _cost(name: str, taken: Taken) -> list[Line]:
    """What it would be on one core: records by processor seconds of the importer and of PostgreSQL."""
    if taken.database_cpu is None:
        note = f"import {taken.cpu:.1f} CPU s, PostgreSQL's not known"
        return [Line("import", f"{name}, on one core", None, "records/s", taken.records, note)]
    both = taken.cpu + taken.database_cpu
    note = f"import {taken.cpu:.1f} + PostgreSQL {taken.database_cpu:.1f} CPU s"
    return [Line("import", f"{name}, on one core", taken.records / both, "records/s", taken.records, note)]


def _pages(this: _Run, web: Web) -> None:
    this.tell(f"opening pages, {this.size.calls} times each")
    calls = this.size.calls
    chance = Random(f"{SEED}:pages")
    with psycopg.connect(conninfo(this.host.url)) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM record ORDER BY id").fetchall()]
    chosen = chance.sample(ids, min(calls, len(ids)))
    given = {
        "/": ["/"] * calls,
        "/search?q=": [ask.path("/search") for ask in this.asks[:calls]],
        "/records/{id}": [f"/records/{number}" for number in chosen],
    }
    this.report.add(*pages.first_bytes(web.port, given))


def _memory(this: _Run, web: Web, *, loaded: bool) -> None:
    if not loaded:
        this.tell(f"searching, {this.size.searches} times, to see what is held then")
        searching.over_http(web.port, this.asks)
    assert this.fill is not None
    lines = [
        _held("import, first records of the catalogue", this.fill.peak_noted, this.size.mixed, "at most, the file being longer"),
        _held("import, all of the catalogue", this.fill.peak, this.fill.records, "at most, the same process"),
        *(_held(f"import, {encoding} file", taken.peak, taken.records, "at most") for encoding, taken in this.mixed.items()),
        _held("web process after the load", machine.memory(web.pid), this.size.searches, "now; it follows the index too"),
    ]
    this.report.add(*lines)


def _held(what: str, size: int | None, n: int, note: str) -> Line:
    return Line("memory", what, None if size is None else size / 1e6, "MB", n, note)
