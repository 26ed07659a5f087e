"""What is forgotten at night."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from library import clock
from library.db import Database
from library.idempotency import IdempotencyKey
from library.identity.jobs import forget_ended
from library.identity.models import AccountPerson, Person, SignedIn, SignInFailure
from library.identity.patrons.registration import registering
from library.identity.signing_in import sessions
from library.settings import Settings
from library.wiring import Parts
from tests.world import World


async def test_ended_sessions_old_failures_and_old_keys_go_and_the_rest_stays(
    world: World, database: Database, settings: Settings, parts: Parts
) -> None:
    now = clock.now()
    async with database.transaction() as session:
        for age in (timedelta(hours=1), timedelta(hours=20)):
            at = {"address": "192.0.2.1", "login": f"someone{age}", "now": now - age}
            await sessions.start(session, settings, account_id=world.accounts["desk"], device="", **at)
        for age in (timedelta(hours=1), timedelta(hours=30)):
            await sessions.claim_attempt(session, settings, login=f"other{age}", address="192.0.2.1", now=now - age)
        for age in (timedelta(days=29), timedelta(days=31)):
            session.add(IdempotencyKey(client="c", key=uuid.uuid4(), route="r", digest="d", created_at=now - age))
    await parts.queue.configure_task("identity:forget_ended").defer_async(timestamp=0)
    await parts.queue.run_worker_async(
        queues=["upkeep"], wait=False, install_signal_handlers=False, additional_context={"database": database}
    )
    async with database.reading() as session:
        for table in (SignedIn, SignInFailure, IdempotencyKey):
            assert await session.scalar(select(func.count()).select_from(table)) == 1, table.__tablename__
    assert forget_ended.name.endswith("forget_ended")


@pytest.mark.parametrize(("born", "left"), [(date(2008, 11, 24), 0), (date(2008, 11, 25), 1), (None, 1)])
async def test_a_guardian_looks_after_a_child_until_it_is_of_age(born: date | None, left: int, world: World, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(update(Person).where(Person.id == world.persons["pupil"]).values(birth_date=born))
        await registering.release_grown(session, today=date(2026, 11, 24))
        links = select(func.count()).select_from(AccountPerson).where(AccountPerson.account_id == world.accounts["guardian"])
        assert await session.scalar(links.where(AccountPerson.role == "guardian")) == left
        assert await session.scalar(links.where(AccountPerson.role == "self")) == 1
