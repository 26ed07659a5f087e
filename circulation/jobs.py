"""Jobs of lending: readers forgotten when their time is over, holds that nobody collected, and how much each title is read."""

from __future__ import annotations

from procrastinate import Blueprint, JobContext
from sqlalchemy import select

from circulation import holds, popularity, privacy
from circulation.models import Hold
from circulation.privacy import Cut
from circulation.store import branches
from library import clock
from library.db import Database
from library.errors import Busy, Conflict
from library.jobs import database_of

blueprint = Blueprint()


@blueprint.periodic(cron="*/5 * * * *")
@blueprint.task(name="cut_links", pass_context=True, queue="upkeep")
async def cut_links(context: JobContext, timestamp: int) -> None:
    """The link from returned loans and closed holds to their readers."""
    await cut_all(database_of(context))


async def cut_all(database: Database) -> Cut:
    """Cuts everything that is due, a portion a transaction; returns how many links went."""
    loans = holds_cut = 0
    while True:
        async with database.transaction() as session:
            done = await privacy.cut(session, now=clock.now())
        loans, holds_cut = loans + done.loans, holds_cut + done.holds
        if not done.more:
            return Cut(loans, holds_cut)


@blueprint.periodic(cron="5 * * * *")
@blueprint.task(name="expire_holds", pass_context=True, queue="upkeep")
async def expire_holds(context: JobContext, timestamp: int) -> None:
    """Holds whose last day on the hold shelf is over, each in its own transaction."""
    await expire_all(database_of(context))


async def expire_all(database: Database) -> int:
    """Returns how many ended. One that moves this very moment is looked at again an hour later."""
    now = clock.now()
    async with database.reading() as session:
        wanted = select(Hold.id, Hold.pickup_branch_id, Hold.pickup_until)
        rows = await session.execute(wanted.where(Hold.closed_at.is_(None), Hold.waiting_since.is_not(None)).order_by(Hold.id))
        waiting = rows.all()
        places = {number: await branches.by_id(session, number) for number in {row.pickup_branch_id for row in waiting}}
    ended = 0
    for row in waiting:
        today = places[row.pickup_branch_id].today(now)
        if row.pickup_until >= today:
            continue
        try:
            async with database.transaction() as session:
                ended += await holds.expire(session, row.id, today=today, now=now)
        except (Conflict, Busy):
            continue
    return ended


@blueprint.periodic(cron="25 2 * * *")
@blueprint.task(name="count_popularity", pass_context=True, queue="upkeep")
async def count_popularity(context: JobContext, timestamp: int) -> None:
    """Loans and holds of the last year, for the order in which titles are found."""
    await popularity.count(database_of(context), now=clock.now())
