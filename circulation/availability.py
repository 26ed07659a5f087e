"""Where copies are and whether one can be had now, for what is shown: always from PostgreSQL, one query for a whole page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text

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
    """The copies of one record that one owner keeps at one branch."""

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


_AT_BRANCHES = text(
    f"""
    SELECT i.record_id, b.id AS branch_id, b.number, b.code, b.name, o.id AS organisation_id, o.kind AS organisation_kind,
           coalesce(p.lent_to, 'own') AS lent_to, coalesce(p.seen_by, 'all') AS seen_by, s.schools,
           count(*) AS items,
           count(*) FILTER (WHERE {AVAILABLE}) AS available,
           count(*) FILTER (WHERE i.in_library_only) AS in_library_only,
           min(nullif(concat_ws(' ', nullif(i.location_mark, ''), nullif(i.class_mark, ''), nullif(i.author_mark, ''),
                                nullif(i.volume_mark, '')), '')) AS call_number,
           (array_agg(a.name ORDER BY i.id) FILTER (WHERE a.name IS NOT NULL))[1] AS shelf_area
      FROM item i
      JOIN branch b ON b.id = i.branch_id
      JOIN organisation o ON o.id = i.organisation_id
      LEFT JOIN owner_policy p ON p.organisation_id = o.id
      LEFT JOIN shelf_area a ON a.id = i.shelf_area_id
      CROSS JOIN LATERAL (
           SELECT coalesce(array_agg(bo.organisation_id), '{{}}') AS schools FROM branch_organisation bo
            WHERE bo.branch_id = b.id AND bo.role = 'school_library') s
     WHERE i.record_id = ANY(:records) AND i.withdrawn_on IS NULL
     GROUP BY i.record_id, b.id, o.id, p.organisation_id, s.schools
     ORDER BY i.record_id, b.number
    """  # noqa: S608 - the only thing put in is the constant above
)


async def of_records(session: Reading, record_ids: Collection[int], *, sees: frozenset[int] | None) -> dict[int, tuple[AtBranch, ...]]:
    """Copies by branch for each record, within what the viewer may see (visibility numbers, None = all)."""
    rows = await session.execute(_AT_BRANCHES, {"records": list(record_ids)})
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
            )
        )
    return {record: tuple(rows) for record, rows in found.items()}


def may_borrow(copies: AtBranch, *, organisation_ids: frozenset[int], school_ids: frozenset[int]) -> bool:
    """Whether the owner lends to a viewer who is a member of these organisations (and these schools)."""
    return {
        Lent.ALL: True,
        Lent.SCHOOLS: bool(school_ids) or copies.organisation_id in organisation_ids,
        Lent.OWN: copies.organisation_id in organisation_ids,
        Lent.NOBODY: False,
    }[copies.lent_to]
