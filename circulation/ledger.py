"""What readers have and wait for, as every page and answer shows it: loans with their dates, holds with their place in line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import text

from circulation import holds as lines
from circulation.rules.refusals import days_late
from library.db import Reading

Names = Mapping[str, str]


class HoldState(StrEnum):
    """How far a hold has come."""

    WAITING = "waiting"
    SET_ASIDE = "set_aside"  # captured, not yet sent
    ON_ITS_WAY = "on_its_way"
    READY = "ready"


@dataclass(frozen=True)
class LoanLine:
    """A loan that is open. `owner_kind` ("ward", "school") says where it may be returned: ward books at every ward library.

    `at_ward_library`: lent there, and not over a school's counter, which takes back what it lent.
    """

    id: int
    person_id: int
    patron_id: int
    item_id: int
    record_id: int
    title: str
    volume: str
    barcode: str
    parts: str
    branch_id: int
    branch: str
    branch_name: Names
    owner_kind: str
    owner_name: Names
    at_ward_library: bool
    reading: str
    author: str
    ndc: str
    lent_at: datetime
    due_at: datetime
    due_on: date
    renewals: int
    days_late: int


@dataclass(frozen=True)
class HoldLine:
    """A hold that is open. `position` counts from 1 while it waits; `travels_from` is where its copy comes from when it is on its way."""

    id: int
    person_id: int
    patron_id: int
    record_id: int
    title: str
    volume: str
    pickup: str
    pickup_name: Names
    requested_at: datetime
    state: HoldState
    position: int | None
    waiting: int
    pickup_until: date | None
    travels_from: Names | None
    barcode: str | None
    reading: str
    author: str
    ndc: str


_LOANS = """
    SELECT l.id, p.person_id, l.patron_id, l.item_id, i.record_id, r.title, r.volume, i.barcode, i.parts, b.id AS branch_id,
           b.code AS branch, b.name AS branch_name, b.timezone, o.kind AS owner_kind, o.name AS owner_name,
           EXISTS (SELECT 1 FROM branch_organisation w WHERE w.branch_id = b.id AND w.role = 'ward_library') AS at_ward_library,
           coalesce(r.description #>> '{{title,reading}}', '') AS reading, r.author, r.ndc, l.lent_at, l.due_at, l.renewals
      FROM loan l
      JOIN patron p ON p.id = l.patron_id
      JOIN item i ON i.id = l.item_id
      JOIN record r ON r.id = i.record_id
      JOIN branch b ON b.id = l.branch_id
      JOIN organisation o ON o.id = i.organisation_id
     WHERE l.returned_at IS NULL AND {whose}
     ORDER BY l.due_at, l.id
"""
_HOLDS = """
    SELECT h.id, p.person_id, h.patron_id, h.record_id, r.title, r.volume, b.code AS pickup, b.name AS pickup_name, h.requested_at,
           h.captured_item_id, h.waiting_since, h.pickup_until, f.name AS travels_from, i.barcode,
           coalesce(r.description #>> '{{title,reading}}', '') AS reading, r.author, r.ndc,
           (SELECT count(*) FROM hold q WHERE q.record_id = h.record_id AND q.closed_at IS NULL AND q.captured_item_id IS NULL) AS waiting
      FROM hold h
      JOIN patron p ON p.id = h.patron_id
      JOIN record r ON r.id = h.record_id
      JOIN branch b ON b.id = h.pickup_branch_id
      LEFT JOIN item i ON i.id = h.captured_item_id
      LEFT JOIN transit t ON t.item_id = h.captured_item_id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL
      LEFT JOIN branch f ON f.id = t.from_branch_id
     WHERE h.closed_at IS NULL AND {whose}
     ORDER BY h.waiting_since IS NULL, h.captured_item_id IS NULL, h.requested_at, h.id
"""
_OF_PERSONS, _OF_PATRONS = "p.person_id = ANY(:whose)", "p.id = ANY(:whose)"


async def loans_of_persons(session: Reading, person_ids: Collection[int], *, now: datetime) -> tuple[LoanLine, ...]:
    """Open loans of all memberships of some persons, the first due first."""
    return await _loans(session, _OF_PERSONS, person_ids, now=now)


async def loans_of_patrons(session: Reading, patron_ids: Collection[int], *, now: datetime) -> tuple[LoanLine, ...]:
    """Open loans of some memberships: what an organisation's staff may see."""
    return await _loans(session, _OF_PATRONS, patron_ids, now=now)


async def holds_of_persons(session: Reading, person_ids: Collection[int]) -> tuple[HoldLine, ...]:
    """Open holds, those ready first, then what is on its way."""
    return await _holds(session, _OF_PERSONS, person_ids)


async def holds_of_patrons(session: Reading, patron_ids: Collection[int]) -> tuple[HoldLine, ...]:
    return await _holds(session, _OF_PATRONS, patron_ids)


async def _loans(session: Reading, whose: str, ids: Collection[int], *, now: datetime) -> tuple[LoanLine, ...]:
    rows = await session.execute(text(_LOANS.format(whose=whose)), {"whose": list(ids)})
    found = []
    for row in rows.mappings():
        values = dict(row)
        zone = ZoneInfo(values.pop("timezone"))
        due_on = row["due_at"].astimezone(zone).date()
        found.append(LoanLine(**values, due_on=due_on, days_late=days_late(due_on, now.astimezone(zone).date())))
    return tuple(found)


async def _holds(session: Reading, whose: str, ids: Collection[int]) -> tuple[HoldLine, ...]:
    rows = (await session.execute(text(_HOLDS.format(whose=whose)), {"whose": list(ids)})).mappings().all()
    places = await lines.positions(session, [row["id"] for row in rows if row["captured_item_id"] is None])
    found = []
    for row in rows:
        values = dict(row)
        captured, since = values.pop("captured_item_id"), values.pop("waiting_since")
        state = (
            HoldState.WAITING
            if captured is None
            else HoldState.READY
            if since is not None
            else HoldState.ON_ITS_WAY
            if row["travels_from"] is not None
            else HoldState.SET_ASIDE
        )
        found.append(HoldLine(**values, state=state, position=places.get(row["id"])))
    return tuple(found)


@dataclass(frozen=True)
class Mine:
    """Whether somebody in a family has a title, or waits for it."""

    lent: bool = False
    held: bool = False


_MINE = text(
    """
    SELECT EXISTS (SELECT 1 FROM loan l JOIN item i ON i.id = l.item_id
                    WHERE l.returned_at IS NULL AND i.record_id = :record AND l.patron_id = ANY(f.patrons)) AS lent,
           EXISTS (SELECT 1 FROM hold h WHERE h.closed_at IS NULL AND h.record_id = :record AND h.patron_id = ANY(f.patrons)) AS held
      FROM (SELECT ARRAY(SELECT p.id FROM account_person a JOIN patron p ON p.person_id = a.person_id WHERE a.account_id = :account)
                   AS patrons) f
    """
)


async def of_record(session: Reading, account_id: int | None, record_id: int) -> Mine:
    """What an account's family has to do with one title; nothing for a stranger."""
    if account_id is None:
        return Mine()
    row = (await session.execute(_MINE, {"account": account_id, "record": record_id})).one()
    return Mine(row.lent, row.held)
