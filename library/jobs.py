"""Jobs are rows in the same PostgreSQL, deferred inside the transaction that makes them necessary."""

from __future__ import annotations

from typing import Any

import structlog
from procrastinate import App, Blueprint, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.jobs import Status
from procrastinate.tasks import Task

from library.db import Database, Writing

log = structlog.get_logger(__name__)

STALLED_AFTER = 60  # seconds without a heartbeat of the worker that took the job
MOST_ATTEMPTS = 8
RETRY = RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=3)

blueprint = Blueprint()


def database_of(context: JobContext) -> Database:
    """The database a worker was started with."""
    database = context.additional_context["database"]
    assert isinstance(database, Database)
    return database


async def defer(session: Writing, task: Task[Any, Any, Any], /, *, queue: str | None = None, **arguments: Any) -> int:
    """Adds a job that exists if and only if the session's transaction commits; returns its number."""
    connection = await (await session.connection()).get_raw_connection()
    options: dict[str, Any] = {"connection": connection.driver_connection}
    if queue:
        options["queue"] = queue
    return await task.configure(**options).defer_async(**arguments)


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="jobs.requeue_stalled", pass_context=True, queue="upkeep")
async def requeue_stalled(context: JobContext, timestamp: int) -> None:
    """Gives the jobs of a killed worker back to the queue; one that keeps killing workers is given up."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        if job.attempts + 1 >= MOST_ATTEMPTS:
            log.error("job_given_up", task=job.task_name, job=job.id)
            await manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            log.warning("job_requeued", task=job.task_name, job=job.id)
            await manager.retry_job(job)


@blueprint.periodic(cron="17 3 * * *")
@blueprint.task(name="jobs.forget_finished", pass_context=True, queue="upkeep")
async def forget_finished(context: JobContext, timestamp: int) -> None:
    """Deletes finished jobs after three days; failed ones stay 30 days for the operator to read."""
    await context.app.job_manager.delete_old_jobs(nb_hours=72, include_failed=False)
    await context.app.job_manager.delete_old_jobs(nb_hours=24 * 30, include_failed=True)


def conninfo(url: str) -> str:
    """The libpq form of a database address."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def queue_app(url: str, blueprints: dict[str, Blueprint]) -> App:
    """A procrastinate application with every room's jobs, named `room:task`."""
    app = App(connector=PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=8))
    for namespace, tasks in {"library": blueprint, **blueprints}.items():
        _forget_namespace(tasks, namespace)
        app.add_tasks_from(tasks, namespace=namespace)
    return app


def _forget_namespace(tasks: Blueprint, namespace: str) -> None:
    """Adding tasks to an application renames the tasks themselves; a second application in one process would add a second prefix."""
    prefix = f"{namespace}:"
    for task in set(tasks.tasks.values()):
        task.name = task.name.removeprefix(prefix)
    tasks.tasks = {name.removeprefix(prefix): task for name, task in tasks.tasks.items()}
