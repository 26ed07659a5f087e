"""Nightly: questions closed for a month or asked half a year ago are deleted, and with them the counts of who asked how often."""

from __future__ import annotations

from datetime import timedelta

from procrastinate import Blueprint, JobContext

from library import clock
from library.jobs import database_of
from search import limits
from search.questions import worklist

blueprint = Blueprint()


@blueprint.periodic(cron="53 3 * * *")
@blueprint.task(name="forget_questions", pass_context=True, queue="upkeep")
async def forget_questions(context: JobContext, timestamp: int) -> None:
    """Running it twice does no harm."""
    now = clock.now()
    async with database_of(context).transaction() as session:
        await worklist.forget(session, now=now)
        await limits.forget(session, before=now - timedelta(days=1))
