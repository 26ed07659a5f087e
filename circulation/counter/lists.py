"""Lists of a branch's desk: the day's acts, the hold shelf, what to take from the shelves, what is on its way. No reader's name in any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import text

from circulation.availability import AVAILABLE
from circulation.scans.undoing import WITHIN
from circulation.store.branches import Here
from library.db import Reading
from library.errors import N_, NotFound

Names = Mapping[str, str]
SWEPT = timedelta(days=30)  # how far back a copy whose hold is over may still stand on the hold shelf

_ACTS = text(
    """
    SELECT a.id, a.at, a.act, a.outcome, a.undone_at IS NOT NULL AS undone, i.barcode, r.title, r.volume, l.due_at, b.name AS to_name,
           a.undone_at IS NULL AND a.at > :undoable
             AND NOT EXISTS (SELECT 1 FROM desk_act n WHERE n.item_id = a.item_id AND n.id > a.id AND n.undone_at IS NULL) AS undoable
      FROM desk_act a
      JOIN item i ON i.id = a.item_id
      JOIN record r ON r.id = i.record_id
      LEFT JOIN loan l ON l.id = a.loan_id
      LEFT JOIN transit t ON t.item_id = a.item_id AND t.sent_at = a.at
      LEFT JOIN branch b ON b.id = t.to_branch_id
     WHERE a.branch_id = :branch AND a.at >= :since
     ORDER BY a.at DESC, a.id DESC LIMIT :most
    """
)
_SUMS = text(
    """
    SELECT a.act, count(*) AS count FROM desk_act a
     WHERE a.branch_id = :branch AND a.at >= :since AND a.undone_at IS NULL GROUP BY a.act
    """
)
_LAST_FOUR = """right((SELECT c.number FROM card c WHERE c.person_id = p.person_id AND c.revoked_at IS NULL
                        ORDER BY c.issued_at DESC, c.id DESC LIMIT 1), 4)"""
_WAITING = text(
    f"""
    SELECT h.id, i.barcode, r.title, r.volume, h.waiting_since, h.pickup_until, coalesce({_LAST_FOUR}, '') AS last_four
      FROM hold h JOIN patron p ON p.id = h.patron_id JOIN item i ON i.id = h.captured_item_id JOIN record r ON r.id = i.record_id
     WHERE h.pickup_branch_id = :branch AND h.closed_at IS NULL AND h.waiting_since IS NOT NULL
     ORDER BY h.pickup_until, last_four, h.id
    """  # noqa: S608 - only constants are put in
)
# A hold that ended leaves its copy on the shelf until somebody scans it again.
_OVER = text(
    """
    SELECT DISTINCT ON (i.id) h.id, i.barcode, r.title, r.volume, h.pickup_until, h.closing,
           n.id IS NOT NULL AS next_waits, b.name AS to_name
      FROM hold h
      JOIN item i ON i.id = h.captured_item_id
      JOIN record r ON r.id = i.record_id
      LEFT JOIN hold n ON n.captured_item_id = i.id AND n.closed_at IS NULL AND n.waiting_since IS NOT NULL AND n.pickup_branch_id = :branch
      LEFT JOIN transit t ON t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL
      LEFT JOIN branch b ON b.id = t.to_branch_id
     WHERE h.pickup_branch_id = :branch AND h.closing IN ('expired', 'cancelled') AND h.waiting_since IS NOT NULL AND h.closed_at >= :since
       AND NOT EXISTS (SELECT 1 FROM desk_act a WHERE a.item_id = i.id AND a.at >= h.closed_at AND a.undone_at IS NULL)
     ORDER BY i.id, h.closed_at DESC
    """
)
_PICK = text(
    f"""
    SELECT i.id, i.record_id, i.barcode, r.title, r.volume, r.author, i.location_mark, i.class_mark, i.author_mark, i.volume_mark,
           a.name AS area, w.waiting, w.pickups
      FROM item i
      JOIN record r ON r.id = i.record_id
      LEFT JOIN shelf_area a ON a.id = i.shelf_area_id
      LEFT JOIN owner_policy o ON o.organisation_id = i.organisation_id
      CROSS JOIN LATERAL (
           SELECT count(*) AS waiting, jsonb_agg(DISTINCT b.name) AS pickups
             FROM hold h
             JOIN patron p ON p.id = h.patron_id
             JOIN organisation g ON g.id = p.organisation_id
             JOIN branch b ON b.id = h.pickup_branch_id
            WHERE h.record_id = i.record_id AND h.closed_at IS NULL AND h.captured_item_id IS NULL
              AND (h.item_id IS NULL OR h.item_id = i.id)
              AND (p.valid_to IS NULL OR p.valid_to >= :today) AND (b.valid_to IS NULL OR b.valid_to >= :today)
              AND (o.lent_to = 'all' OR coalesce(o.lent_to, 'own') IN ('own', 'schools') AND p.organisation_id = i.organisation_id
                   OR o.lent_to = 'schools' AND g.kind = 'school')) w
     WHERE i.branch_id = :branch AND w.waiting > 0 AND {AVAILABLE}
       AND i.record_id IN (SELECT q.record_id FROM hold q WHERE q.closed_at IS NULL AND q.captured_item_id IS NULL)
     ORDER BY i.location_mark, i.class_mark, i.author_mark, i.volume_mark, r.title, i.id
    """  # noqa: S608 - only constants are put in
)
_TRANSITS = text(
    """
    SELECT t.id, i.barcode, r.title, r.volume, f.name AS from_name, d.name AS to_name, t.to_branch_id = :branch AS arriving,
           t.hold_id IS NOT NULL AS for_a_hold, t.sent_at,
           (SELECT max(s.at) FROM transit_scan s WHERE s.transit_id = t.id) AS seen_at
      FROM transit t
      JOIN item i ON i.id = t.item_id
      JOIN record r ON r.id = i.record_id
      JOIN branch f ON f.id = t.from_branch_id
      JOIN branch d ON d.id = t.to_branch_id
     WHERE t.arrived_at IS NULL AND t.cancelled_at IS NULL AND (t.to_branch_id = :branch OR t.from_branch_id = :branch)
     ORDER BY t.sent_at, t.id
    """
)
_SLIP = text(
    f"""
    SELECT h.id, i.barcode, h.pickup_until, coalesce({_LAST_FOUR}, '') AS last_four
      FROM hold h JOIN patron p ON p.id = h.patron_id JOIN item i ON i.id = h.captured_item_id
     WHERE h.id = :hold AND h.pickup_branch_id = :branch AND h.closed_at IS NULL AND h.waiting_since IS NOT NULL
    """  # noqa: S608 - only constants are put in
)


@dataclass(frozen=True)
class ActLine:
    """One scan of the day. `due_on` for what was lent or renewed; `to_name` where a copy was sent; `undo_until` while it can be undone."""

    id: int
    at: datetime
    act: str
    outcome: str
    undone: bool
    barcode: str
    title: str
    volume: str
    due_on: date | None
    to_name: Names | None
    undo_until: datetime | None


@dataclass(frozen=True)
class Waiting:
    """A copy on the hold shelf, found by the last digits of its reader's card. `expired`: its last day is over."""

    id: int
    barcode: str
    title: str
    volume: str
    waiting_since: datetime
    pickup_until: date
    last_four: str
    expired: bool


class After(StrEnum):
    """Where a copy goes whose hold is over."""

    NEXT_READER = "next_reader"
    ELSEWHERE = "elsewhere"
    SHELF = "shelf"


@dataclass(frozen=True)
class Over:
    """A copy still on the hold shelf whose hold has expired or was cancelled."""

    id: int
    barcode: str
    title: str
    volume: str
    pickup_until: date | None
    closing: str
    after: After
    to_name: Names | None


@dataclass(frozen=True)
class HoldShelf:
    over: tuple[Over, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class Pick:
    """A title somebody waits for, with this branch's copies that would do, in the order of the shelves."""

    record_id: int
    title: str
    volume: str
    author: str
    call_number: str
    area: Names | None
    barcodes: tuple[str, ...]
    waiting: int
    pickups: tuple[Names, ...]


@dataclass(frozen=True)
class Travelling:
    """`days` since it was sent; `seen_at` when it was last scanned somewhere on its way."""

    id: int
    barcode: str
    title: str
    volume: str
    from_name: Names
    to_name: Names
    arriving: bool
    for_a_hold: bool
    sent_at: datetime
    seen_at: datetime | None
    days: int


@dataclass(frozen=True)
class HoldSlip:
    """What is put into a copy on the hold shelf: no name, no title."""

    id: int
    barcode: str
    pickup_until: date
    last_four: str


async def acts_of_day(session: Reading, here: Here, *, now: datetime, most: int) -> tuple[ActLine, ...]:
    """The newest scans of today at a branch, undone ones too."""
    asked = {"branch": here.id, "since": _midnight(here, now), "undoable": now - WITHIN, "most": most}
    rows = await session.execute(_ACTS, asked)
    return tuple(
        ActLine(
            *(row.id, row.at, row.act, row.outcome, row.undone, row.barcode, row.title, row.volume),
            due_on=row.due_at.astimezone(here.zone).date() if row.due_at and row.act != "check_in" else None,
            to_name=row.to_name,
            undo_until=row.at + WITHIN if row.undoable else None,
        )
        for row in rows
    )


async def sums_of_day(session: Reading, here: Here, *, now: datetime) -> dict[str, int]:
    """How many of each act today, undone ones left out."""
    rows = await session.execute(_SUMS, {"branch": here.id, "since": _midnight(here, now)})
    return {row.act: row[1] for row in rows}


def _midnight(here: Here, now: datetime) -> datetime:
    return datetime.combine(here.today(now), time.min, here.zone)


async def hold_shelf(session: Reading, here: Here, *, now: datetime) -> HoldShelf:
    """What stands on the hold shelf: first what is to be taken off, then what waits, the first last day first."""
    today = here.today(now)
    over = await session.execute(_OVER, {"branch": here.id, "since": now - SWEPT})
    waiting = await session.execute(_WAITING, {"branch": here.id})
    return HoldShelf(
        tuple(
            Over(
                row.id, row.barcode, row.title, row.volume, row.pickup_until, row.closing, _after(row.next_waits, row.to_name), row.to_name
            )
            for row in over
        ),
        tuple(Waiting(**row._mapping, expired=row.pickup_until < today) for row in waiting),
    )


def _after(next_waits: bool, to_name: Names | None) -> After:
    if next_waits:
        return After.NEXT_READER
    return After.SHELF if to_name is None else After.ELSEWHERE


async def pick(session: Reading, here: Here, *, now: datetime) -> tuple[Pick, ...]:
    """Titles with waiting holds that a copy on this branch's shelves could fill."""
    rows = (await session.execute(_PICK, {"branch": here.id, "today": here.today(now)})).all()
    barcodes: dict[int, list[str]] = {}
    for row in rows:
        barcodes.setdefault(row.record_id, []).append(row.barcode)
    found: dict[int, Pick] = {}
    for row in rows:
        call_number = " ".join(filter(None, (row.location_mark, row.class_mark, row.author_mark, row.volume_mark)))
        line = Pick(
            *(row.record_id, row.title, row.volume, row.author, call_number, row.area),
            barcodes=tuple(barcodes[row.record_id]),
            waiting=row.waiting,
            pickups=tuple(row.pickups),
        )
        found.setdefault(row.record_id, line)
    return tuple(found.values())


async def transits(session: Reading, here: Here, *, now: datetime) -> tuple[Travelling, ...]:
    """Copies on their way here or from here, the longest travelling first."""
    today = here.today(now)
    rows = await session.execute(_TRANSITS, {"branch": here.id})
    return tuple(Travelling(**row._mapping, days=(today - row.sent_at.astimezone(here.zone).date()).days) for row in rows)


async def hold_slip(session: Reading, here: Here, hold_id: int) -> HoldSlip:
    """Raises NotFound for a hold that does not wait on this branch's hold shelf."""
    row = (await session.execute(_SLIP, {"hold": hold_id, "branch": here.id})).first() if 0 < hold_id < 2**63 else None
    if row is None:
        raise NotFound("hold_not_waiting", N_("この予約の資料は、この館の予約棚にありません。"))
    return HoldSlip(**row._mapping)
