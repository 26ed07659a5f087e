"""Runs of lists of holdings: looked at first, then brought in as one unit; a worker that dies leaves nothing half done."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from sqlalchemy import delete, select, text

from catalog.holdings.bringing import Mode, Report, bring_in
from catalog.holdings.target import Target, target_of
from catalog.incoming import rejects
from catalog.incoming.imports import file_digest, file_size, locked
from catalog.models import ImportReject, ImportRun
from library import clock
from library.db import Database, Reading, Writing
from library.errors import N_, Conflict, Invalid
from library.places.models import Branch, Organisation

WORKING = 0x11B0002  # the first half of the lock that one worker at a run holds
COUNTS = ("read", "new", "changed", "unchanged", "rejected", "records_created", "records_matched", "records_updated")

LOOK = "look"  # to be read and compared
SEEN = "seen"  # somebody has to say yes
BRING = "bring"  # to be written
REFUSED = N_("問題のある行があるため、何も取り込みませんでした。")


async def begin(
    database: Database,
    *,
    path: Path,
    file_name: str,
    target: Target,
    account_id: int | None = None,
    stored_at: str = "",
    step: str = LOOK,
    strict: bool = False,
) -> tuple[int, bool]:
    """A new run for a list, or the unfinished one of the same file and place. Returns its number and whether it is new.

    A list that waits for nobody's yes (`step` BRING) is always a run of its own.
    """
    digest = await asyncio.to_thread(file_digest, path)
    async with database.transaction() as session:
        # Two clicks on one button come at the same time.
        await session.execute(text("SELECT id FROM branch WHERE id = :id FOR NO KEY UPDATE"), {"id": target.branch_id})
        unfinished = await session.scalar(
            select(ImportRun.id).where(
                ImportRun.kind == "items",
                ImportRun.branch_id == target.branch_id,
                ImportRun.organisation_id == target.owner_id,
                ImportRun.file_digest == digest,
                ImportRun.stored_at != "",
                ImportRun.status.in_(("waiting", "running")),
            )
        )
        if unfinished is not None and step == LOOK:
            return unfinished, False
        run = ImportRun(
            kind="items",
            branch_id=target.branch_id,
            organisation_id=target.owner_id,
            file_name=file_name,
            file_digest=digest,
            file_size=await asyncio.to_thread(file_size, path),
            stored_at=stored_at,
            options={"step": step, "strict": strict},
            counts={},
            account_id=account_id,
        )
        session.add(run)
        await session.flush()
        return run.id, True


async def target_of_run(session: Reading, run: ImportRun) -> Target:
    branch = await session.get_one(Branch, run.branch_id)
    owner = await session.get_one(Organisation, run.organisation_id)
    return await target_of(session, branch.code, owner.code)


async def confirm(session: Writing, run_id: int, *, strict: bool, account_id: int | None) -> None:
    """Somebody has looked and says yes; the list is to be brought in. Raises Conflict when it is not waiting for that."""
    run = await locked(session, run_id)
    if run.status != "waiting" or run.options.get("step") != SEEN:
        raise Conflict("import_not_waiting", N_("この取り込みは、もう始まっているか終わっています。"))
    run.options = {name: value for name, value in run.options.items() if name != "job"} | {"step": BRING, "strict": strict}
    run.account_id = account_id or run.account_id


async def carry_out(database: Database, run_id: int, path: Path) -> Report:
    """Looks at the list, or brings it in, as the run's step says.

    Raises Conflict when the run was cancelled or another worker is at it; Invalid when the file is not the one that was
    looked at, or no list of holdings.
    """
    digest = await asyncio.to_thread(file_digest, path)
    step = await _start(database, run_id, digest)
    async with database.transaction() as session:
        mine = await session.scalar(text("SELECT pg_try_advisory_xact_lock(:one, :run)"), {"one": WORKING, "run": run_id % 2**31})
        run = await session.get_one(ImportRun, run_id)
        if not mine or run.status != "running":
            raise _elsewhere()
        target, options = await target_of_run(session, run), run.options
        mode = Mode.REHEARSE if step == LOOK else Mode.STRICT if options.get("strict") else Mode.LENIENT
        report = await bring_in(session, path, target, mode=mode, account_id=run.account_id, tell=_Progress(database, run_id))
        run = await locked(session, run_id)
        if run.status != "running":
            raise _elsewhere()
        await _keep(session, run, report, step=step)
        return report


async def _start(database: Database, run_id: int, digest: bytes) -> str:
    async with database.transaction() as session:
        run = await locked(session, run_id)
        if run.status in ("cancelled", "finished"):
            raise Conflict("import_cancelled", N_("この取り込みは中止されたか、終わっています。"))
        if bytes(run.file_digest) != digest:
            raise Invalid("file_changed", N_("ファイルが、確かめたものと違っています。もう一度送ってください。"))
        run.status, run.position, run.message = "running", 0, ""
        run.started_at = run.started_at or clock.now()
        return str(run.options.get("step", LOOK))


def _elsewhere() -> Conflict:
    return Conflict("import_elsewhere", N_("この取り込みは別のところで進んでいるか、中止されました。"))


class _Progress:
    """Says how far a run is in a transaction of its own, since the work's own is seen only when it ends."""

    def __init__(self, database: Database, run_id: int) -> None:
        self.database = database
        self.run_id = run_id

    async def __call__(self, read: int) -> None:
        async with self.database.transaction() as session:
            moved = await session.execute(
                text("UPDATE import_run SET position = :read WHERE id = :id AND status = 'running' RETURNING id"),
                {"read": read, "id": self.run_id},
            )
            if moved.first() is None:
                raise _elsewhere()


async def _keep(session: Writing, run: ImportRun, report: Report, *, step: str) -> None:
    """Writes a report down beside its run."""
    run.counts = {name: getattr(report, name) for name in COUNTS}
    run.position, run.seconds = report.read, run.seconds + report.seconds
    run.options = run.options | {
        "step": SEEN if step == LOOK else step,
        "form": report.form,
        "recognised": report.recognised,
        "unknown": list(report.unknown),
        "areas": list(report.areas),
        "applied": report.applied,
    }
    if step == LOOK:
        run.status = "waiting"
    elif report.applied:
        run.status, run.finished_at = "finished", clock.now()
    else:
        # Without a file of ours nobody can say yes later.
        run.status, run.options = "waiting" if run.stored_at else "failed", run.options | {"step": SEEN, "refused": True}
        run.message = "" if run.stored_at else REFUSED
    await session.execute(delete(ImportReject).where(ImportReject.run_id == run.id))
    session.add_all(_rows(run.id, report))


def _rows(run_id: int, report: Report) -> list[ImportReject]:
    """One row a problem; the first of a rejected row holds what was sent."""
    kept: set[int] = set()
    rows = []
    for problem in report.problems:
        sent = report.sent.get(problem.row, {}) if problem.rejects and problem.row not in kept else {}
        kept.add(problem.row)
        rows.append(
            ImportReject(
                run_id=run_id,
                position=problem.row,
                tag=problem.column,
                code=problem.code,
                message=rejects.storable(str(problem)),
                fields=rejects.parts(problem.sentence, problem.fields),
                raw=msgspec.json.encode(sent) if sent else b"",
            )
        )
    return rows
