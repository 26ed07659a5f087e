"""The catalogue's work behind the scenes."""

from __future__ import annotations

from procrastinate import Blueprint, JobContext

from catalog.incoming import senders
from catalog.records import access
from library import clock, jobs
from library.db import Writing
from library.jobs import RETRY, database_of
from library.settings import Settings

blueprint = Blueprint()


@blueprint.task(name="recompose_source", pass_context=True, queue="catalogue", retry=RETRY)
async def recompose_source(context: JobContext, source_id: int, after: int = 0) -> None:
    """Composes a sender's records again, one batch a job: the next batch's job exists if and only if this one is kept."""
    async with database_of(context).transaction() as session:
        last = await senders.recompose_batch(session, source_id, after=after)
        if last is not None:
            await defer_recomposing(session, source_id, after=last)


async def defer_recomposing(session: Writing, source_id: int, *, after: int = 0) -> int:
    """Asks for a sender's records to be composed again, once the transaction is kept."""
    return await jobs.defer(session, recompose_source, source_id=source_id, after=after)


# Every hour, since the queue counts in UTC and the day of the ward begins somewhere in it; the other 23 find nothing to do.
@blueprint.periodic(cron="2 * * * *")
@blueprint.task(name="turn_licences", pass_context=True, queue="catalogue", retry=RETRY)
async def turn_licences(context: JobContext, timestamp: int) -> None:
    """In the first minutes of the ward's day, licences that begin or have ended change what readers find."""
    settings = context.additional_context["settings"]
    assert isinstance(settings, Settings)
    async with database_of(context).transaction() as session:
        await access.turn(session, today=clock.today(settings.zone))
