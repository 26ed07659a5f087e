"""Jobs: they exist only if their transaction commits, and outlive the worker that took them."""

from __future__ import annotations

import pytest
from procrastinate import JobContext
from sqlalchemy import text

from library import jobs
from library.db import Database
from library.identity.jobs import forget_ended
from library.wiring import Parts


async def statuses(database: Database) -> dict[str, str]:
    async with database.reading() as session:
        rows = await session.execute(text("SELECT task_name, status FROM procrastinate_jobs ORDER BY id"))
        return {row.task_name: row.status for row in rows}


async def test_a_job_is_there_if_and_only_if_its_transaction_commits(database: Database, parts: Parts) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await jobs.defer(session, forget_ended, timestamp=1)
            raise RuntimeError
    assert await statuses(database) == {}
    async with database.transaction() as session:
        await jobs.defer(session, forget_ended, timestamp=1)
    assert await statuses(database) == {"identity:forget_ended": "todo"}


@pytest.mark.parametrize(
    ("silent_for", "attempts", "status"),
    [(10, 0, "doing"), (61, 0, "todo"), (61, jobs.MOST_ATTEMPTS - 1, "failed")],
    ids=["a worker that lives keeps its job", "a killed worker's job goes back", "a job that kills every worker is given up"],
)
async def test_the_jobs_of_a_killed_worker_are_given_to_another(
    database: Database, parts: Parts, silent_for: int, attempts: int, status: str
) -> None:
    async with database.transaction() as session:
        await jobs.defer(session, forget_ended, timestamp=1)
    manager = parts.queue.job_manager
    worker = await manager.register_worker()
    assert await manager.fetch_job(queues=None, worker_id=worker) is not None
    async with database.transaction() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET attempts = :attempts"), {"attempts": attempts})
        await session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - make_interval(secs => :silent)"), {"silent": silent_for}
        )
    await parts.queue.configure_task("library:jobs.requeue_stalled").defer_async(timestamp=0)
    found = await manager.fetch_job(queues=["upkeep"], worker_id=await manager.register_worker())
    assert found is not None
    context = JobContext(app=parts.queue, job=found, start_timestamp=0, abort_reason=lambda: None)
    await jobs.requeue_stalled.func(context, timestamp=0)
    assert (await statuses(database))["identity:forget_ended"] == status
