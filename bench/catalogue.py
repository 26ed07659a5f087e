"""The catalogue of a run: filled, indexed, indexed anew while it is searched, and other senders' files taken in."""

from __future__ import annotations

import asyncio
import time

from bench import filling, machine
from bench.course import SEED, Course
from bench.generate import Encoding, Mix, write_catalogue, write_mixed
from bench.host import Host, Web
from bench.importing import Parsed, Taken, parse, take_in
from bench.report import Line
from bench.stock import put_on_shelves
from library.db import Database
from library.errors import Unavailable
from search.index.follower import Follower, wait_until_seen

PATIENCE = 3_600.0  # seconds the index may take to catch up


def fill(this: Course) -> None:
    """The catalogue and its copies; the first figure."""
    if this.is_large:
        _fill_straight(this)
    else:
        _fill_by_taking_in(this)
    this.host.settle()
    there = {"records": "record", "copies": "item", "branches": "branch"}
    this.report.conditions |= {name: this.host.count(table) for name, table in there.items()}


def _fill_straight(this: Course) -> None:
    this.tell(f"putting {this.size.records:,} records and their copies into the tables")
    began = time.perf_counter()
    filling.fill(this.host, this.size.records, SEED)
    seconds = time.perf_counter() - began
    note = f"{seconds:.0f} s; straight into the tables, without what senders sent"
    this.report.add(Line("import", "catalogue filled", this.size.records / seconds, "records/s", this.size.records, note))


def _fill_by_taking_in(this: Course) -> None:
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


async def _stock(where: Host) -> None:
    database = Database(where.url, pool=2)
    try:
        await put_on_shelves(database, SEED)
    finally:
        await database.close()


def _caught_up(follower: Follower) -> float:
    """Waits for the service to have taken in all news; how many seconds that was."""
    began = time.perf_counter()
    if not asyncio.run(wait_until_seen(follower, seconds=PATIENCE)):
        raise Unavailable("bench_index", "the index did not catch up within {seconds} s", seconds=PATIENCE)
    return time.perf_counter() - began


def build(this: Course, follower: Follower) -> None:
    this.tell("building the index")
    seconds = _caught_up(follower)
    note = f"{seconds:.1f} s from nothing, by the web process"
    this.report.add(Line("import", "index built", this.size.records / seconds, "records/s", this.size.records, note))


def imports(this: Course, web: Web, follower: Follower) -> None:
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
