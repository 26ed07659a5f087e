"""Bringing a list of holdings in: read in batches, matched, and written as one unit, or only rehearsed."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import select

from catalog.copies.shelving import label_of
from catalog.description import Description
from catalog.holdings import staging
from catalog.holdings.columns import COLUMNS, REQUIRED
from catalog.holdings.finding import Finder, Found
from catalog.holdings.problems import RowProblem
from catalog.holdings.rows import Copy, is_left_out, understood
from catalog.holdings.target import Target, list_source
from catalog.incoming.intake import Incoming, take_in
from catalog.matching.score import Verdict, score
from catalog.models import Source
from library import tabular
from library.db import Writing
from library.places.models import ShelfArea
from library.spreadsheet import Limits

BATCH = 1_000
LIMITS = Limits(rows=300_000, columns=200)
_MAY_BE_TOLD = frozenset({"isbn_unknown", "book_unknown", "barcode_taken"})

Tell = Callable[[int], Awaitable[None]]  # rows read so far


class Mode(StrEnum):
    REHEARSE = "rehearse"  # says what would come of it, and changes nothing
    LENIENT = "lenient"  # rows with problems stay out, the others come in
    STRICT = "strict"  # one row with a problem keeps them all out


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`read` is the sum of new, changed, unchanged and rejected. `sent`: rejected rows as they stood, header → cell."""

    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    records_created: int
    records_matched: int
    records_updated: int
    areas: tuple[str, ...]
    problems: tuple[RowProblem, ...]
    sent: dict[int, dict[str, str]]
    applied: bool
    seconds: float
    form: str
    recognised: dict[str, str]
    unknown: tuple[str, ...]


async def bring_in(
    session: Writing, path: Path, target: Target, *, mode: Mode, account_id: int | None = None, tell: Tell | None = None
) -> Report:
    """Brings a list in; the transaction is the caller's. Raises Invalid when the file is no table of holdings."""
    began = time.perf_counter()
    # Also a rehearsal goes all the way, so that what it says is what will happen; then everything is taken back.
    trial = await session.begin_nested()
    with ExitStack() as stack:
        table = await asyncio.to_thread(stack.enter_context, tabular.opened(path, COLUMNS, required=REQUIRED, limits=LIMITS))
        run = _Run(session, target, await list_source(session, target), table)
        await run.read_all(tell)
    applied = mode is Mode.LENIENT or (mode is Mode.STRICT and not run.sent)
    outcome = await staging.write(session, target, account_id=account_id) if applied else await staging.compare(session)
    await (trial.commit() if applied else trial.rollback())
    return Report(
        read=run.read,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        rejected=len(run.sent),
        records_created=len(run.created),
        records_matched=outcome.records - len(run.created),
        records_updated=run.updated,
        areas=tuple(run.new_areas),
        problems=tuple(sorted(run.problems, key=lambda problem: problem.row)),
        sent=run.sent,
        applied=applied,
        seconds=round(time.perf_counter() - began, 3),
        form=table.form,
        recognised=dict(table.mapping.recognised),
        unknown=table.mapping.unknown,
    )


@dataclass
class _Run:
    session: Writing
    target: Target
    source: Source
    table: tabular.Table
    rows: dict[int, tabular.Row] = field(default_factory=dict)  # of the batch at hand, by their numbers
    read: int = 0
    updated: int = 0
    created: set[int] = field(default_factory=set)
    taken: dict[str, int] = field(default_factory=dict)  # identity → record, of what was told in this file
    first_rows: dict[str, int] = field(default_factory=dict)  # barcode → the row that has it
    first_said: dict[str, Description] = field(default_factory=dict)  # identity → what the first row says of it
    areas: dict[str, int] = field(default_factory=dict)
    new_areas: list[str] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    sent: dict[int, dict[str, str]] = field(default_factory=dict)

    async def read_all(self, tell: Tell | None) -> None:
        await staging.prepare(self.session)
        await self._load_areas()
        rows = self.table.rows()
        while batch := await asyncio.to_thread(_take, rows):
            self.read += len(batch)
            await self._batch(batch)
            if tell is not None:
                await tell(self.read)

    async def _batch(self, batch: Sequence[tuple[tabular.Row, Copy | list[RowProblem]]]) -> None:
        self.rows = {row.number: row for row, _ in batch}
        copies: list[Copy] = []
        for row, outcome in batch:
            found = outcome if isinstance(outcome, list) else self._repeated(outcome)
            if isinstance(found, list):
                self._reject(row.number, found)
            else:
                copies.append(found)
        # A row that gives only a number may mean the book that the row above it described.
        waiting = await self._place(copies, may_wait=True)
        if waiting:
            await self._place(waiting, may_wait=False)

    async def _place(self, copies: Sequence[Copy], *, may_wait: bool) -> list[Copy]:
        """Finds the record of each copy and lays the row down; returns those whose book may be told by another row."""
        finder = Finder(self.target, self.taken)
        await finder.look(self.session, copies, source_id=self.source.id)
        copies = [self._told_apart(copy, finder) for copy in copies]
        placed: list[tuple[Copy, Found]] = []
        waiting: list[Copy] = []
        for copy in copies:
            where = finder.find(copy)
            if isinstance(where, Found):
                placed.append((copy, where))
            elif may_wait and where.code in _MAY_BE_TOLD:
                waiting.append(copy)
            else:
                self._reject(copy.row, [where])
        refused = await self._tell_records(placed)
        laid = []
        for copy, where in placed:
            told = self.taken.get(copy.book.identity) if where.record_id is None or where.is_told else None
            record_id = told or where.record_id
            if record_id is None:
                reason = refused.get(copy.book.identity, "")
                self._reject(copy.row, [RowProblem(copy.row, "title", "not_stored", {"reason": reason[:200]})])
            else:
                laid.append(staging.Laid(copy, record_id, where.item_id, await self._area(copy)))
        await finder.describe(self.session, (one.record_id for one in laid if _is_unlabelled(one)))
        await staging.lay(self.session, [self._labelled(one, finder) for one in laid])
        return waiting

    def _told_apart(self, copy: Copy, finder: Finder) -> Copy:
        """The copy, its book marked where this ISBN stands beside another title: publishers and typists give one twice."""
        book = copy.book
        if book.description is None or book.number or book.is_apart or not (book.isbn or book.nbn):
            return copy
        first = self.first_said.get(book.identity)
        if first is None:
            if not finder.contradicts(copy):
                self.first_said[book.identity] = book.description
                return copy
        elif first == book.description or score(first, book.description).verdict is Verdict.SAME:
            return copy
        return msgspec.structs.replace(copy, book=msgspec.structs.replace(book, is_apart=True))

    def _repeated(self, copy: Copy) -> Copy | list[RowProblem]:
        first = self.first_rows.setdefault(copy.barcode, copy.row)
        if first == copy.row:
            return copy
        return [RowProblem(copy.row, "barcode", "barcode_twice", {"barcode": copy.barcode, "first": first})]

    def _reject(self, number: int, problems: list[RowProblem]) -> None:
        self.problems.extend(problems)
        self.sent[number] = {column: text for column in self.table.mapping.recognised if (text := self.rows[number].text(column))}

    async def _tell_records(self, placed: Sequence[tuple[Copy, Found]]) -> dict[str, str]:
        """Sends what rows say of publications through the intake, each publication once; returns identity → why not."""
        incoming: dict[str, Incoming] = {}
        for copy, where in placed:
            if where.is_told and copy.book.description is not None:
                incoming.setdefault(copy.book.identity, _incoming(copy))
        if not incoming:
            return {}
        turned, refused = await take_in(self.session, self.source, list(incoming.values()))
        records = {one.position: one for one in turned}
        for identity, one in incoming.items():
            if one.position in records:
                done = records[one.position]
                self.taken[identity] = done.record_id
                self.updated += done.outcome == "updated"
                if done.outcome == "created":
                    self.created.add(done.record_id)
        return {one.incoming.identity: one.reason for one in refused}

    async def _load_areas(self) -> None:
        for area in await self.session.scalars(select(ShelfArea).where(ShelfArea.branch_id == self.target.branch_id)):
            self.areas |= {_plain(name): area.id for name in (area.code, *area.name.values())}

    async def _area(self, copy: Copy) -> int | None:
        """The shelf area by its code or name, in any language; a new one is made and said once."""
        if not copy.area:
            return None
        name = _plain(copy.area)
        if name not in self.areas:
            codes = set(await self.session.scalars(select(ShelfArea.code).where(ShelfArea.branch_id == self.target.branch_id)))
            code = next(code for number in range(1, len(codes) + 2) if (code := f"area-{number}") not in codes)
            area = ShelfArea(branch_id=self.target.branch_id, code=code, name={"ja": copy.area})
            self.session.add(area)
            await self.session.flush()
            self.areas[name] = area.id
            self.new_areas.append(copy.area)
            self.problems.append(RowProblem(copy.row, "area", "area_new", {"area": copy.area}, rejects=False))
        return self.areas[name]

    def _labelled(self, one: staging.Laid, finder: Finder) -> staging.Laid:
        """A new copy that comes without a call number gets the one the record suggests."""
        if not _is_unlabelled(one):
            return one
        label = label_of(finder.descriptions[one.record_id], school=self.target.is_school)
        copy = msgspec.structs.replace(
            one.copy,
            location_mark=label.location_mark,
            class_mark=label.class_mark,
            author_mark=label.author_mark,
            volume_mark=label.volume_mark,
        )
        return msgspec.structs.replace(one, copy=copy)


def _take(rows: Iterator[tabular.Row]) -> list[tuple[tabular.Row, Copy | list[RowProblem]]]:
    return [(row, understood(row)) for row in islice((row for row in rows if not is_left_out(row)), BATCH)]


def _is_unlabelled(one: staging.Laid) -> bool:
    copy = one.copy
    return one.item_id is None and all(mark is None for mark in (copy.location_mark, copy.class_mark, copy.author_mark, copy.volume_mark))


def _incoming(copy: Copy) -> Incoming:
    assert copy.book.description is not None
    return Incoming(
        position=copy.row,
        offset=None,
        identity=copy.book.identity,
        format="table",
        raw=copy.book.raw,
        description=copy.book.description,
    )


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
