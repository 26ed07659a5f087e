"""What is forgotten at night: sessions that are over, failures that no longer count, codes, keys, and the care of those who came of age."""

from __future__ import annotations

from procrastinate import Blueprint, JobContext

from library import clock, idempotency
from library.identity.patrons import codes
from library.identity.patrons.registration import registering
from library.identity.signing_in import sessions
from library.jobs import database_of

blueprint = Blueprint()


@blueprint.periodic(cron="41 2 * * *")
@blueprint.task(name="forget_ended", pass_context=True, queue="upkeep")
async def forget_ended(context: JobContext, timestamp: int) -> None:
    """Deletes what has served its time; running it twice does no harm."""
    now = clock.now()
    async with database_of(context).transaction() as session:
        await sessions.forget_ended(session, now=now)
        await codes.forget_expired(session, now=now)
        await registering.release_grown(session, today=now.date())
        await idempotency.forget(session, before=now - idempotency.KEPT)
