"""Imports as jobs: a run is carried out wherever a worker is free, and gone on with by another when a worker dies."""

from __future__ import annotations

import asyncio

import structlog
from procrastinate import JobContext
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from catalog.holdings import runs
from catalog.incoming import files as import_files
from catalog.incoming import imports
from catalog.jobs import blueprint
from catalog.models import ImportRun
from library import jobs
from library.db import Database, Reading, Writing
from library.errors import N_, Busy, Conflict, LibraryError
from library.jobs import RETRY, database_of
from library.settings import Settings

log = structlog.get_logger(__name__)

UNFINISHED = ("waiting", "running", "failed")
NO_ONES_FAULT = N_("思いがけない問題で止まりました。「続ける」で、止まったところから続けられます。")
STILL_BUSY = N_("ほかの操作と重なり続けたため止まりました。「続ける」で、止まったところから続けられます。")


@blueprint.task(name="import_run", pass_context=True, queue="imports", retry=RETRY)
async def import_run(context: JobContext, run_id: int) -> None:
    """Carries a run out from wherever it stands. What a worker had not finished comes again; the rest is never done twice."""
    database, settings = database_of(context), context.additional_context["settings"]
    assert isinstance(settings, Settings)
    try:
        await _carry_out(database, settings, run_id)
    except (Busy, OperationalError):
        if RETRY.max_attempts is not None and context.job.attempts + 1 >= RETRY.max_attempts:
            await imports.mark_failed(database, run_id, STILL_BUSY)
        raise
    except Conflict as exc:
        # Another worker has it, or somebody stopped it: nothing is left to do here.
        log.info("import_left", run=run_id, code=exc.code)
    except LibraryError as exc:
        await imports.mark_failed(database, run_id, str(exc))
    except Exception:
        log.exception("import_failed", run=run_id)
        await imports.mark_failed(database, run_id, NO_ONES_FAULT)


async def _carry_out(database: Database, settings: Settings, run_id: int) -> None:
    async with database.reading() as session:
        run = await imports.run_by_id(session, run_id)
        kind, stored_at = run.kind, run.stored_at
        if run.status not in UNFINISHED:
            return
    path = await asyncio.to_thread(import_files.kept, settings, stored_at)
    if kind == "marc":
        await imports.carry_out(database, run_id, path)
        finished = True
    else:
        finished = (await runs.carry_out(database, run_id, path)).applied
    if finished:
        await asyncio.to_thread(import_files.discard, settings, stored_at)


async def set_going(session: Writing, run_id: int) -> bool:
    """Asks for a run to be carried out once the transaction is kept; False when a worker already has it or will have it."""
    run = await imports.locked(session, run_id)
    if run.status == "failed" or await is_abandoned(session, run):
        run.status, run.message = "waiting", ""
    elif run.status != "waiting" or "job" in run.options:
        return False
    run.options = run.options | {"job": await jobs.defer(session, import_run, run_id=run_id)}
    return True


async def is_abandoned(session: Reading, run: ImportRun) -> bool:
    """Whether a run counts as under way although its job is over: it was given up, since its workers kept dying."""
    if run.status != "running" or "job" not in run.options:
        return False
    alive = text("SELECT 1 FROM procrastinate_jobs WHERE id = :job AND status IN ('todo', 'doing')")
    return await session.scalar(alive, {"job": run.options["job"]}) is None


@blueprint.periodic(cron="41 4 * * *")
@blueprint.task(name="forget_uploads", pass_context=True, queue="upkeep")
async def forget_uploads(context: JobContext, timestamp: int) -> None:
    """Deletes the files whose runs are over."""
    settings = context.additional_context["settings"]
    assert isinstance(settings, Settings)
    async with database_of(context).reading() as session:
        needed = set(await session.scalars(select(ImportRun.stored_at).where(ImportRun.status.in_(UNFINISHED), ImportRun.stored_at != "")))
    await asyncio.to_thread(import_files.forget_others, settings, needed)
