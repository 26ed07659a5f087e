"""One run from an empty folder to the last figure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import Random

import psycopg

from bench import availability, catalogue, following, lending, machine, pages, rebuilding, searching, server, suggesting
from bench.course import SEED, Course, Size, Tell
from bench.host import Host, Web, host
from bench.quality import table
from bench.report import Line, Report
from library.db import Database
from library.jobs import conninfo
from search.index.embedded import EmbeddedEngine
from search.index.follower import Follower

PARTS = ("import", "search", "rebuild", "quality", "suggest", "pages", "lending", "following", "memory")


def run(size: Size, parts: Collection[str], tell: Tell) -> Report:
    """Measures `parts` of `PARTS`. Raises Unavailable when the service does not start or an import fails."""
    began = time.monotonic()
    report = Report(machine.facts())
    tell("starting PostgreSQL")
    with host() as where:
        report.conditions = where.facts()
        this = Course(where, size, tell, report)
        catalogue.fill(this)
        with where.serving() as web:
            with _index(where) as (engine, follower):
                catalogue.build(this, follower)
                if "import" in parts and not this.is_large:
                    catalogue.imports(this, web, follower)
                if "rebuild" in parts:
                    report.add(*rebuilding.measure(this, web))
                if "search" in parts:
                    tell(f"searching, {size.searches} times each way")
                    report.add(*searching.in_the_engine(engine, this.asks), *searching.over_http(web.port, this.asks))
                    report.add(*availability.measure(where.url, size.calls))
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


def _with_the_index_server(this: Course, web: Web, parts: Collection[str]) -> None:
    """What is measured on either backend, on the one that the figures above were not measured on."""
    with server.index_server(this.size.records) as other:
        if "search" in parts:
            this.tell("searching, by the index server")
            this.report.add(*_searches_by(other, this))
        if "following" in parts:
            this.report.add(*following.measure(this.host, web.port, other, this.size.returns, this.tell))


def _searches_by(other: server.IndexServer | None, this: Course) -> list[Line]:
    if other is None:
        return [Line(searching.SECTION, "by the index server", None, "ms", 0, "the catalogue is too large for the stand-in")]
    with other.serving(this.host) as web:
        return searching.over_http(web.port, this.asks, backend=other.label)


def _pages(this: Course, web: Web) -> None:
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


def _memory(this: Course, web: Web, *, loaded: bool) -> None:
    if not loaded:
        this.tell(f"searching, {this.size.searches} times, to see what is held then")
        searching.over_http(web.port, this.asks)
    lines = [_held("web process after the load", machine.memory(web.pid), this.size.searches, "now; it follows the index too")]
    if this.fill is not None:
        lines += [
            _held("import, first records of the catalogue", this.fill.peak_noted, this.size.mixed, "at most, the file being longer"),
            _held("import, all of the catalogue", this.fill.peak, this.fill.records, "at most, the same process"),
            *(_held(f"import, {encoding} file", taken.peak, taken.records, "at most") for encoding, taken in this.mixed.items()),
        ]
    this.report.add(*lines)


def _held(what: str, size: int | None, n: int, note: str) -> Line:
    return Line("memory", what, None if size is None else size / 1e6, "MB", n, note)
