"""The nightly job of saved searches: counts what came in, and forgets what nobody uses."""

from __future__ import annotations

from procrastinate import Blueprint, JobContext

from library import clock
from library.db import Database
from library.identity.accounts import viewer_of
from library.jobs import database_of
from search.index.engine import Engine
from search.saved import arriving, keeping
from search.saved.arriving import Question
from search.saved.keeping import Kept

AT_ONCE = 100

blueprint = Blueprint()


@blueprint.periodic(cron="23 5 * * *")
@blueprint.task(name="look_after_saved", pass_context=True, queue="upkeep")
async def look_after_saved(context: JobContext, timestamp: int) -> None:
    """Keeps for each search that tells of new arrivals only how many there are."""
    database = database_of(context)
    async with database.transaction() as session:
        await keeping.forget_unused(session, now=clock.now())
    await count_arrivals(database, context.additional_context["parts"].searched)


async def count_arrivals(database: Database, engine: Engine) -> int:
    """Returns how many searches were counted for; an account that was stopped is passed over."""
    after = counted = 0
    while True:
        async with database.reading() as session:
            batch = await keeping.telling(session, after=after, most=AT_ONCE)
            kept: list[Kept] = []
            asked: list[Question | None] = []
            for account_id, one in batch:
                viewer = await viewer_of(session, account_id, today=clock.now().date())
                if viewer is not None:
                    kept.append(one)
                    asked.extend(await arriving.questions(session, [one], viewer=viewer))
        if not batch:
            return counted
        after = batch[-1][1].id
        found = await arriving.answers(engine, asked)
        async with database.transaction() as session:
            for one, ids in zip(kept, found, strict=True):
                if ids is not None:  # without an answer what was counted last stays
                    await keeping.count(session, one, len(ids))
                    counted += 1
