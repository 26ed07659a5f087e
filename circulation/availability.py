"""Where copies are and whether one can be had now, for what is shown: always from PostgreSQL, one query for a whole page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import text

from library import clock
from library.db import Reading
from library.identity.viewer import seen_numbers

# An item `i` can be had when nothing about it speaks against it, and nothing is open for it.
AVAILABLE = """i.withdrawn_on IS NULL AND i.missing_since IS NULL AND NOT i.in_library_only
    AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id AND l.returned_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.captured_item_id = i.id AND h.closed_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM transit t WHERE t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM deposit d WHERE d.item_id = i.id AND d.ended_at IS NULL)"""


class Lent(StrEnum):
    """To whom an owner lends."""

    NOBODY = "nobody"
    OWN = "own"
    SCHOOLS = "schools"
    ALL = "all"


@dataclass(frozen=True)
class AtBranch:
    """The copies of one record that one owner keeps at one branch.

    `lendable` counts those that somebody could ever borrow. `due_on` is the first day on which a lent one is due, from today on; None
    when nothing is lent or all that is lent is late. `waiting` counts readers in line for the title, the same in every row of a record.
    """

    branch_id: int
    number: int
    code: str
    name: Mapping[str, str]
    organisation_id: int
    organisation_kind: str
    school_ids: frozenset[int]  # the schools this branch belongs to
    lent_to: Lent
    items: int
    available: int
    in_library_only: int
    call_number: str
    shelf_area: Mapping[str, str] | None
    lendable: int = 0
    on_loan: int = 0
    due_on: date | None = None
    set_aside: int = 0
    on_its_way: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class OnItsWay:
    """Copies that travel between two branches at this moment."""

    from_name: Mapping[str, str]
    to_name: Mapping[str, str]
    copies: int


# What is open for an item is joined, not asked for item by item: a page of results has hundreds of copies.
_AT_BRANCHES = text(
    """
    SELECT i.record_id, b.id AS branch_id, b.number, b.code, b.name, o.id AS organisation_id, o.kind AS organisation_kind,
           coalesce(p.lent_to, 'own') AS lent_to, coalesce(p.seen_by, 'all') AS seen_by,
           ARRAY(SELECT bo.organisation_id FROM branch_organisation bo WHERE bo.branch_id = b.id AND bo.role = 'school_library') AS schools,
           i.items, i.lendable, i.available, i.in_library_only, i.on_loan, i.set_aside, i.on_its_way, i.call_number, a.name AS shelf_area,
           (i.due_at AT TIME ZONE b.timezone)::date AS due_on, coalesce(w.waiting, 0) AS waiting
      FROM (
           SELECT i.record_id, i.branch_id, i.organisation_id, count(*) AS items,
                  count(*) FILTER (WHERE i.missing_since IS NULL AND NOT i.in_library_only) AS lendable,
                  count(*) FILTER (WHERE i.missing_since IS NULL AND NOT i.in_library_only
                                     AND l.id IS NULL AND h.id IS NULL AND t.id IS NULL AND d.id IS NULL) AS available,
                  count(*) FILTER (WHERE i.in_library_only) AS in_library_only,
                  count(l.id) AS on_loan,
                  min(l.due_at) FILTER (WHERE l.due_at >= :now) AS due_at,
                  count(*) FILTER (WHERE l.id IS NULL AND h.id IS NOT NULL AND t.id IS NULL) AS set_aside,
                  count(*) FILTER (WHERE l.id IS NULL AND t.id IS NOT NULL) AS on_its_way,
                  min(nullif(concat_ws(' ', nullif(i.location_mark, ''), nullif(i.class_mark, ''), nullif(i.author_mark, ''),
                                       nullif(i.volume_mark, '')), '')) AS call_number,
                  min(i.shelf_area_id) AS shelf_area_id
             FROM item i
             LEFT JOIN loan l ON l.item_id = i.id AND l.returned_at IS NULL
             LEFT JOIN hold h ON h.captured_item_id = i.id AND h.closed_at IS NULL
             LEFT JOIN transit t ON t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL
             LEFT JOIN deposit d ON d.item_id = i.id AND d.ended_at IS NULL
            WHERE i.record_id = ANY(:records) AND i.withdrawn_on IS NULL
            GROUP BY i.record_id, i.branch_id, i.organisation_id) i
      JOIN branch b ON b.id = i.branch_id
      JOIN organisation o ON o.id = i.organisation_id
      LEFT JOIN owner_policy p ON p.organisation_id = o.id
      LEFT JOIN shelf_area a ON a.id = i.shelf_area_id
      LEFT JOIN (SELECT record_id, count(*) AS waiting FROM hold
                  WHERE record_id = ANY(:records) AND closed_at IS NULL AND captured_item_id IS NULL GROUP BY record_id) w
             ON w.record_id = i.record_id
     ORDER BY i.record_id, b.number
    """
)
_ON_THEIR_WAY = text(
    """
    SELECT f.name AS from_name, b.name AS to_name, i.organisation_id, coalesce(p.seen_by, 'all') AS seen_by, count(*) AS copies
      FROM item i
      JOIN transit t ON t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL
      JOIN branch f ON f.id = t.from_branch_id
      JOIN branch b ON b.id = t.to_branch_id
      LEFT JOIN owner_policy p ON p.organisation_id = i.organisation_id
     WHERE i.record_id = :record AND i.withdrawn_on IS NULL
       AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id AND l.returned_at IS NULL)
     GROUP BY f.id, b.id, i.organisation_id, p.organisation_id
     ORDER BY min(t.sent_at)
    """
)


async def of_records(session: Reading, record_ids: Collection[int], *, sees: frozenset[int] | None) -> dict[int, tuple[AtBranch, ...]]:
    """Copies by branch for each record, within what the viewer may see (visibility numbers, None = all)."""
    rows = await session.execute(_AT_BRANCHES, {"records": list(record_ids), "now": clock.now()})
    found: dict[int, list[AtBranch]] = {record: [] for record in record_ids}
    for row in rows:
        if sees is not None and not sees & seen_numbers(row.seen_by, row.organisation_id):
            continue
        found[row.record_id].append(
            AtBranch(
                branch_id=row.branch_id,
                number=row.number,
                code=row.code,
                name=row.name,
                organisation_id=row.organisation_id,
                organisation_kind=row.organisation_kind,
                school_ids=frozenset(row.schools),
                lent_to=Lent(row.lent_to),
                items=row.items,
                available=row.available,
                in_library_only=row.in_library_only,
                call_number=row.call_number or "",
                shelf_area=row.shelf_area,
                lendable=row.lendable,
                on_loan=row.on_loan,
                due_on=row.due_on,
                set_aside=row.set_aside,
                on_its_way=row.on_its_way,
                waiting=row.waiting,
            )
        )
    return {record: tuple(rows) for record, rows in found.items()}


async def on_their_way(session: Reading, record_id: int, *, sees: frozenset[int] | None) -> tuple[OnItsWay, ...]:
    """Where copies of a record travel, never for whom; within what the viewer may see."""
    rows = await session.execute(_ON_THEIR_WAY, {"record": record_id})
    return tuple(
        OnItsWay(row.from_name, row.to_name, row.copies)
        for row in rows
        if sees is None or sees & seen_numbers(row.seen_by, row.organisation_id)
    )


def may_borrow(copies: AtBranch, *, organisation_ids: frozenset[int], school_ids: frozenset[int]) -> bool:
    """Whether the owner lends to a viewer who is a member of these organisations (and these schools)."""
    return {
        Lent.ALL: True,
        Lent.SCHOOLS: bool(school_ids) or copies.organisation_id in organisation_ids,
        Lent.OWN: copies.organisation_id in organisation_ids,
        Lent.NOBODY: False,
    }[copies.lent_to]
