"""Licences that begin and end by the calendar: nobody does anything on that day, and yet readers find something else."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from catalog.models import ElectronicAccess, IndexChange
from catalog.records import access
from library import clock
from library.db import Database
from library.identity.viewer import STRANGER
from library.wiring import Parts
from search.asking.query import parse
from search.finding import shown
from search.index.engine import Filters, Sort
from tests.integration.search.shelves import add_record
from tests.world import World

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST, LAST = date(2026, 12, 1), date(2027, 3, 31)


@pytest.mark.parametrize(
    ("today", "phase"),
    [
        (date(2026, 11, 30), "coming"),
        (date(2026, 12, 1), "running"),
        (date(2027, 3, 31), "running"),
        (date(2027, 4, 1), "over"),
    ],
)
def test_the_first_and_the_last_day_belong_to_the_term(today: date, phase: str) -> None:
    assert access.phase_on(today, FIRST, LAST).value == phase
    assert access.phase_on(today, None, None).value == "running"


async def turn_of_day(parts: Parts, at: datetime) -> None:
    """What the queue does at a moment: the hourly job and then the index's follower."""
    with clock.stopped(at):
        await parts.queue.configure_task("catalog:turn_licences").defer_async(timestamp=0)
        await parts.queue.run_worker_async(
            queues=["catalogue"],
            wait=False,
            install_signal_handlers=False,
            additional_context={"database": parts.database, "settings": parts.settings},
        )
    while await parts.follower.step():
        pass


def available(parts: Parts) -> list[int]:
    filters = Filters(seen_by=frozenset({0}), available=True)
    return list(parts.engine.search(parse("山月記"), filters=filters, page=1, per_page=9, sort=Sort.TITLE, facets=False).ids)


async def told(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(IndexChange)) or 0)


async def licensed(database: Database, world: World, first: date | None, last: date | None, *, today: date) -> int:
    async with database.transaction() as session:
        number = await add_record(session, "耳で聞く山月記")
        session.add(
            ElectronicAccess(
                record_id=number,
                organisation_id=world.organisations["ward"],
                url="https://ebooks.example/1",
                valid_from=first,
                valid_to=last,
                phase=access.phase_on(today, first, last).value,
            )
        )
    return number


async def test_a_licence_is_found_from_its_first_day_in_the_ward_until_its_last(world: World, database: Database, parts: Parts) -> None:
    number = await licensed(database, world, FIRST, LAST, today=date(2026, 11, 1))
    seen = []
    for at in (
        datetime(2026, 11, 30, 23, 59, tzinfo=TOKYO),
        datetime(2026, 12, 1, 0, 2, tzinfo=TOKYO),  # still 30 November in UTC
        datetime(2027, 3, 31, 23, 59, tzinfo=TOKYO),
        datetime(2027, 4, 1, 0, 2, tzinfo=TOKYO),
    ):
        await turn_of_day(parts, at)
        async with database.reading() as session:
            (record,) = await shown(session, [number], viewer=STRANGER)
        assert bool(record.electronic) == bool(available(parts))
        seen.append(available(parts) == [number])
    assert seen == [False, True, True, False]


async def test_the_turn_of_a_day_may_be_repeated_and_tells_nothing_twice(world: World, database: Database, parts: Parts) -> None:
    await licensed(database, world, FIRST, None, today=date(2026, 11, 1))
    counts = []
    for minute in (2, 3, 4):
        await turn_of_day(parts, datetime(2026, 12, 1, 0, minute, tzinfo=TOKYO))
        counts.append(await told(database))
    assert counts == [counts[0]] * 3


async def test_days_on_which_nothing_ran_are_caught_up_with(world: World, database: Database) -> None:
    begun = await licensed(database, world, FIRST, None, today=date(2026, 11, 1))
    ended = await licensed(database, world, None, FIRST, today=date(2026, 11, 1))
    over = await licensed(database, world, FIRST, date(2026, 12, 5), today=date(2026, 11, 1))
    async with database.transaction() as session:
        assert await access.turn(session, today=date(2026, 12, 20)) == sorted([begun, ended, over])
        assert await access.turn(session, today=date(2026, 12, 20)) == []
