"""Lets the made-up ward live: what is lent, waited for and on its way around today, and the figures of the days before.

Most of it is planned in memory and copied in, due dates and hold shelves by the same rules as at a desk; what is told of single readers
is done by the desk's own functions afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import text

from circulation import privacy
from library.db import Writing, copy_in
from library.demo.life import figures, stock, stories
from library.demo.life.loans import LoanRow, TransitRow, Visits
from library.demo.life.stock import Stock
from library.demo.life.stories import Cast, Shelves, Told
from library.demo.life.waiting import HoldRow, Queues
from library.demo.people import population

AT_THE_DESK = 4  # readers who come to the busy desk today


@dataclass(frozen=True)
class Plan:
    """Everything that is copied in, and what the stories need of it."""

    loans: Sequence[LoanRow]
    holds: Sequence[HoldRow]
    transits: Sequence[TransitRow]
    statistics: Sequence[figures.Figure]
    shelves: Shelves
    visitors: list[str]
    wanted: tuple[int, int]
    at_the_desk: list[LoanRow]


async def lend(session: Writing, seed: int, *, now: datetime) -> None:
    """Fills an unlent ward, in one transaction."""
    everything = await stock.read(session, now)
    who = stories.cast(population(seed))
    plan = await asyncio.to_thread(planned, everything, who, seed)
    await _copy(session, everything, plan)
    told = Told(session, everything)
    await stories.resident(told, who.resident, plan.shelves, plan.wanted[0])
    await stories.family(told, who, plan.shelves, plan.wanted[1])
    await stories.pupil(told, who, plan.shelves)
    await stories.busy_day(told, plan.visitors, plan.shelves, plan.at_the_desk)
    await session.flush()
    await privacy.cut(session, now=now)
    await _tell_index(session)


def planned(everything: Stock, who: Cast, seed: int) -> Plan:
    """The same for the same seed, stock and day."""
    random = Random(f"{seed}:lending")
    shelves = stories.put_aside(everything, who)
    visitors = [
        one.card for one in everything.readers if one.organisation == "ward" and one.branch == stories.BUSY and one.card not in who.cards
    ]
    visits = Visits(everything, random, who.cards | set(visitors[:AT_THE_DESK]))
    queues = Queues(everything, random, visits)
    queues.long_queues()
    queues.hold_shelves()
    queues.on_their_way()
    queues.just_asked_for()
    waited_for = [one.copy for one in visits.loans]
    visits.everyone()
    visits.lately_returned()
    statistics = [*figures.of_rows(everything, visits.loans, queues.holds), *figures.of_the_forgotten(everything, random)]
    in_line = [one.record_id for one in queues.holds if one.copy is None]
    return Plan(
        loans=visits.loans,
        holds=queues.holds,
        transits=[*visits.transits, *queues.transits],
        statistics=statistics,
        shelves=shelves,
        visitors=visitors[:AT_THE_DESK],
        wanted=(in_line[0], list(dict.fromkeys(in_line))[1]),
        at_the_desk=_at_the_desk(everything, visits.loans, {copy.id for copy in waited_for}, visitors[:AT_THE_DESK]),
    )


def _at_the_desk(everything: Stock, loans: Sequence[LoanRow], waited_for: set[int], visitors: list[str]) -> list[LoanRow]:
    """Four loans that are renewed today, then what comes back: mostly the library's own, some of others, two that readers wait for."""
    out = [one for one in loans if one.returned_at is None and one.copy.owner == "ward" and one.reader.card not in visitors]
    quiet = [one for one in out if one.copy.id not in waited_for]
    own = [one for one in quiet if one.branch == stories.BUSY]
    soon = sorted((one for one in own if not one.renewals and one.due_at > everything.now), key=lambda one: one.due_at)
    renewed = soon[: stories.RENEWED]
    back = [one for one in own if one not in renewed]
    return [
        *renewed,
        *back[:7],
        *[one for one in quiet if one.branch != stories.BUSY][:4],
        *[one for one in out if one.copy.id in waited_for][:2],
    ]


async def _copy(session: Writing, everything: Stock, plan: Plan) -> None:
    """Rows with numbers taken from the tables' own sequences, in the order in which things happened."""
    loans = sorted(plan.loans, key=lambda one: (one.lent_at, one.copy.id))
    place = {code: here.id for code, here in everything.places.items()}
    await copy_in(
        session,
        "loan",
        (
            *("item_id", "patron_id", "branch_id", "lent_at", "due_at", "renewals", "renewed_at"),
            *("returned_at", "returned_branch_id", "undone", "cut_at", "overrides"),
        ),
        [_loan(one, place) for one in loans],
    )
    numbers = await _numbers(session, "hold", len(plan.holds))
    order = sorted(range(len(plan.holds)), key=lambda index: plan.holds[index].requested_at)
    ids = dict(zip(order, numbers, strict=True))
    await copy_in(
        session,
        "hold",
        (
            *("id", "patron_id", "record_id", "pickup_branch_id", "requested_at"),
            *("captured_item_id", "captured_at", "waiting_since", "pickup_until"),
        ),
        [_hold(ids[index], one, place) for index, one in enumerate(plan.holds)],
    )
    await copy_in(
        session,
        "transit",
        ("item_id", "from_branch_id", "to_branch_id", "hold_id", "sent_at", "arrived_at", "cancel_reason"),
        [
            (one.copy.id, place[one.origin], place[one.to], None if one.hold is None else ids[one.hold], one.sent_at, one.arrived_at, "")
            for one in sorted(plan.transits, key=lambda one: one.sent_at)
        ],
    )
    statistics = sorted(plan.statistics, key=lambda one: one.day)
    columns = ("day", "act", "count", "branch_id", "owner_id", "category", "age_band", "grade", "material", "ndc")
    await copy_in(session, "loan_statistic", columns, statistics)


def _loan(one: LoanRow, place: dict[str, int]) -> tuple[object, ...]:
    lent = (one.copy.id, one.reader.id, place[one.branch], one.lent_at, one.due_at, one.renewals, one.renewed_at)
    returned_branch = place[one.returned_branch] if one.returned_branch else None
    return (*lent, one.returned_at, returned_branch, False, one.cut_at, "[]")


def _hold(number: int, one: HoldRow, place: dict[str, int]) -> tuple[object, ...]:
    copy = one.copy.id if one.copy else None
    asked = (number, one.reader.id, one.record_id, place[one.pickup], one.requested_at)
    return (*asked, copy, one.captured_at, one.waiting_since, one.pickup_until)


async def _numbers(session: Writing, table: str, count: int) -> Sequence[int]:
    wanted = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return (await session.scalars(wanted, {"table": table, "count": count})).all()


async def _tell_index(session: Writing) -> None:
    """Every title that can be had less than before."""
    await session.execute(
        text(
            "INSERT INTO index_change (record_id, kind) SELECT DISTINCT record_id, 'availability' FROM item WHERE id IN"
            " (SELECT item_id FROM loan UNION SELECT captured_item_id FROM hold UNION SELECT item_id FROM transit)"
        )
    )
