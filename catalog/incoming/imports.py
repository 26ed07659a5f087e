"""Import runs: a file of records coming in batch by batch, with progress, rejects kept, and able to go on after a kill."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog import marc
from catalog.incoming import rejects
from catalog.incoming.intake import Incoming, NotStored, identity_of, outcomes, take_in
from catalog.models import ImportReject, ImportRun, Source
from catalog.records.composing import HAND
from library import clock
from library.db import Database, Reading, Writing
from library.errors import N_, Busy, Conflict, Invalid, NotFound

BATCH = 400
PAUSE = 2.0  # seconds before a batch that met another's lock is tried again
TRIES = 10
ZERO = {"read": 0, "created": 0, "matched": 0, "updated": 0, "unchanged": 0, "rejected": 0}
NOT_STORED = N_("保存できません: {reason}")
SOURCE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"


@dataclass(frozen=True)
class Progress:
    """How far a run is: bytes into the file, if known, and what came of the records so far."""

    offset: int
    size: int
    counts: dict[str, int]


class RunReport(msgspec.Struct, frozen=True):
    """What a finished run came to. `read` is the sum of the five others."""

    run: int
    read: int
    created: int
    matched: int
    updated: int
    unchanged: int
    rejected: int
    seconds: float


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file, read in pieces. Raises Invalid when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as exc:
        raise Invalid(
            "file_unreadable", N_("ファイルを開けません: {name}（{reason}）"), where="file", name=path.name, reason=exc.strerror or ""
        ) from exc


def file_size(path: Path) -> int:
    return path.stat().st_size


async def source_named(session: Writing, name: str) -> Source:
    """The sender of this name, made when it is new. Raises Invalid for a name of another form."""
    if not re.fullmatch(SOURCE_NAME, name):
        raise Invalid("source_name_form", N_("送り手の名前は半角英数字と . _ - で64文字までです: {name}"), where="source", name=name[:80])
    if name == HAND:
        raise Invalid(
            "source_name_ours", N_("「{name}」はこの図書館の目録担当を表す名前です。別の名前にしてください。"), where="source", name=name
        )
    # Two files of a new sender may come at the same time; the row's lock then makes them take turns here.
    await session.execute(upsert(Source).values(name=name, title=name, withheld=[], unshared=[]).on_conflict_do_nothing())
    return (await session.scalars(select(Source).where(Source.name == name).with_for_update(key_share=True))).one()


async def begin(database: Database, *, path: Path, file_name: str, source: str, account_id: int | None = None, stored_at: str = "") -> int:
    """A new run for a file, or the unfinished one of the same file and sender, to be gone on with. Returns its number."""
    digest = await asyncio.to_thread(file_digest, path)
    size = await asyncio.to_thread(file_size, path)
    async with database.transaction() as session:
        sender = await source_named(session, source)
        unfinished = await session.scalar(
            select(ImportRun)
            .where(
                ImportRun.kind == "marc",
                ImportRun.source_id == sender.id,
                ImportRun.file_digest == digest,
                ImportRun.status.in_(("waiting", "running", "failed")),
            )
            .order_by(ImportRun.id.desc())
            .limit(1)
        )
        if unfinished is not None:
            unfinished.stored_at = unfinished.stored_at or stored_at
            return unfinished.id
        run = ImportRun(
            kind="marc",
            source_id=sender.id,
            file_name=file_name,
            file_digest=digest,
            file_size=size,
            stored_at=stored_at,
            counts=dict(ZERO),
            account_id=account_id,
        )
        session.add(run)
        await session.flush()
        return run.id


async def carry_out(database: Database, run_id: int, path: Path, *, tell: Callable[[Progress], None] | None = None) -> RunReport:
    """Works a run to its end from wherever it stands. Each batch and its position are one transaction.

    Raises Conflict when another process is at the same run, or it was cancelled; Invalid when nothing in the file is MARC.
    """
    position = await _start(database, run_id)
    records = marc.read(path, start=position)
    while True:
        began = time.perf_counter()
        batch = await asyncio.to_thread(_take, records)
        if not batch:
            break
        progress = await _store_patiently(database, run_id, batch, expected=position, began=began)
        position = batch[-1].position
        if tell is not None:
            tell(progress)
    return await _finish(database, run_id)


def _take(records: Iterator[marc.Read | marc.Reject]) -> list[marc.Read | marc.Reject]:
    return list(islice(records, BATCH))


async def _start(database: Database, run_id: int) -> int:
    async with database.transaction() as session:
        run = await locked(session, run_id)
        if run.status == "cancelled":
            raise Conflict("import_cancelled", N_("この取り込みは中止されています。"))
        run.status = "running"
        run.started_at = run.started_at or clock.now()
        run.message = ""
        return run.position


async def locked(session: Writing, run_id: int) -> ImportRun:
    """A run that nobody else changes until the transaction ends. Raises NotFound."""
    run: ImportRun | None = await session.scalar(
        select(ImportRun).where(ImportRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    )
    if run is None:
        raise NotFound("import_not_found", N_("この取り込みはありません。"))
    return run


async def _store_patiently(
    database: Database, run_id: int, batch: Sequence[marc.Read | marc.Reject], *, expected: int, began: float
) -> Progress:
    """A cataloguer may be at one of the records, or a large table be coming in: that passes."""
    for _ in range(TRIES - 1):
        try:
            return await _store(database, run_id, batch, expected=expected, began=began)
        except Busy:
            await asyncio.sleep(PAUSE)
    return await _store(database, run_id, batch, expected=expected, began=began)


async def _store(database: Database, run_id: int, batch: Sequence[marc.Read | marc.Reject], *, expected: int, began: float) -> Progress:
    async with database.transaction() as session:
        run = await locked(session, run_id)
        if run.position != expected or run.status != "running":
            raise Conflict("import_elsewhere", N_("この取り込みは別のところで進んでいるか、中止されました。"))
        source = await session.get_one(Source, run.source_id)
        unread = [one for one in batch if isinstance(one, marc.Reject)]
        incoming = [_incoming(one) for one in batch if isinstance(one, marc.Read)]
        turned, refused = await take_in(session, source, incoming) if incoming else ([], [])
        _keep_rejects(session, run_id, unread, refused)
        counts = dict(run.counts)
        counts["read"] += len(batch)
        counts["rejected"] += len(unread) + len(refused)
        for name, number in outcomes(turned).items():
            counts[name] += number
        run.counts = counts
        run.position = batch[-1].position
        run.offset = batch[-1].offset + len(batch[-1].raw)
        run.seconds = run.seconds + time.perf_counter() - began
        return Progress(run.offset, run.file_size, counts)


def _incoming(one: marc.Read) -> Incoming:
    return Incoming(
        position=one.position,
        offset=one.offset,
        identity=identity_of(one.control_number, one.control_number_identifier, one.raw),
        format=one.format.value,
        raw=one.raw,
        description=one.description,
        warnings=tuple({"tag": warning.tag, "code": warning.code.value, "message": warning.message} for warning in one.warnings),
    )


def _keep_rejects(session: Writing, run_id: int, unread: Sequence[marc.Reject], refused: Sequence[NotStored]) -> None:
    for one in unread:
        session.add(
            ImportReject(
                run_id=run_id,
                position=one.position,
                offset=one.offset,
                tag=one.tag,
                code=one.code.value,
                message=rejects.storable(one.message),
                fields=rejects.parts(one.reason.sentence, one.reason.fields),
                raw=one.raw,
            )
        )
    for other in refused:
        session.add(
            ImportReject(
                run_id=run_id,
                position=other.incoming.position,
                offset=other.incoming.offset,
                code="not_stored",
                message=rejects.storable(NOT_STORED.format(reason=other.reason)),
                fields=rejects.parts(NOT_STORED, {"reason": other.reason}),
                raw=other.incoming.raw,
            )
        )


async def _finish(database: Database, run_id: int) -> RunReport:
    async with database.transaction() as session:
        run = await locked(session, run_id)
        run.status = "finished"
        run.finished_at = clock.now()
        return report_of(run)


def report_of(run: ImportRun) -> RunReport:
    return RunReport(run=run.id, seconds=round(run.seconds, 3), **(ZERO | {key: run.counts.get(key, 0) for key in ZERO}))


async def mark_failed(database: Database, run_id: int, message: str) -> None:
    """Says on the run's page why it stopped; it can be gone on with."""
    async with database.transaction() as session:
        run = await locked(session, run_id)
        if run.status in ("waiting", "running"):
            run.status, run.message = "failed", message


async def cancel(session: Writing, run_id: int) -> ImportRun:
    """Stops a run after the batch under way; what came in stays. Raises Conflict when it is over already."""
    run = await locked(session, run_id)
    if run.status in ("finished", "cancelled"):
        raise Conflict("import_over", N_("この取り込みはもう終わっています。"))
    run.status, run.finished_at = "cancelled", clock.now()
    return run


async def rejects_of(session: Reading, run_id: int, *, after: int = 0, limit: int = 200) -> Sequence[ImportReject]:
    """The rejects of a run in file order, from the one behind number `after`."""
    rows = await session.scalars(
        select(ImportReject).where(ImportReject.run_id == run_id, ImportReject.id > after).order_by(ImportReject.id).limit(limit)
    )
    return rows.all()


async def runs(session: Reading, *, kinds: tuple[str, ...] = ("marc", "items"), limit: int = 50) -> Sequence[ImportRun]:
    """The latest runs first."""
    rows = await session.scalars(select(ImportRun).where(ImportRun.kind.in_(kinds)).order_by(ImportRun.id.desc()).limit(limit))
    return rows.all()


async def run_by_id(session: Reading, run_id: int) -> ImportRun:
    run = await session.get(ImportRun, run_id)
    if run is None:
        raise NotFound("import_not_found", N_("この取り込みはありません。"))
    return run


def as_dict(report: RunReport) -> dict[str, Any]:
    """The report as the command line prints it."""
    return {name: getattr(report, name) for name in ("read", "created", "matched", "updated", "unchanged", "rejected", "seconds", "run")}
