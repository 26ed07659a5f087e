"""The nightly job of this room: news that every copy of the index has had time to read is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from procrastinate import Blueprint, JobContext
from sqlalchemy import text

from library import clock
from library.db import Writing
from library.jobs import database_of

# News tells the moment a title was lent or came back, which beside the audit tells by whom; a long weekend is outlasted.
KEPT = timedelta(days=4)

blueprint = Blueprint()

# The newest change always stays: a copy that has it is up to date, however long ago it was, and need not begin again.
_FORGET = text(
    "DELETE FROM index_change WHERE at < :before AND xid < pg_snapshot_xmin(pg_current_snapshot())"
    " AND xid < (SELECT xid FROM index_change ORDER BY xid DESC LIMIT 1) RETURNING xid::text AS xid"
)
_MOVE_HORIZON = text(
    "INSERT INTO index_horizon (one, value) VALUES (true, CAST(:value AS xid8))"
    " ON CONFLICT (one) DO UPDATE SET value = greatest(index_horizon.value, excluded.value)"
)


@blueprint.periodic(cron="47 3 * * *")
@blueprint.task(name="forget_news", pass_context=True, queue="upkeep")
async def forget_news(context: JobContext, timestamp: int) -> None:
    """Deletes news older than four days; a copy that has not read it by then builds itself anew."""
    async with database_of(context).transaction() as session:
        await forget(session, before=clock.now() - KEPT)


async def forget(session: Writing, *, before: datetime) -> int:
    """Deletes news from before a moment and moves the horizon behind it; returns how many rows."""
    gone = [int(row.xid) for row in await session.execute(_FORGET, {"before": before})]
    if gone:
        await session.execute(_MOVE_HORIZON, {"value": str(max(gone) + 1)})
    return len(gone)
