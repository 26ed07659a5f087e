"""What came in lately: titles by the week of their newest copy, one's own branches first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text

from library.db import Reading
from library.identity.viewer import Viewer
from search.visible import bound, lets_see

MOST = 5_000  # copies of a week that are looked at: the first import of a library is one week of a million
WEEK = timedelta(days=7)

_WEEK = re.compile(r"(\d{4})-W(\d{2})")

_AT = {None: "", "branch": "AND branch_id = :branch"}

# The query of items walks the index of newest copies (of a branch, the branch's own) and ends with the week, or after so many.
_ITEMS = """
    SELECT id, record_id, branch_id, organisation_id, acquired_on FROM item
     WHERE withdrawn_on IS NULL AND acquired_on >= :first AND acquired_on < :beyond {condition}
     ORDER BY acquired_on DESC NULLS LAST, id DESC LIMIT :most
"""
# A licence stands at no branch and comes in with its first day; there are too few of them to need an index.
_LICENCES = """
    UNION ALL
    SELECT 0, record_id, NULL, organisation_id, valid_from FROM electronic_access
     WHERE phase = 'running' AND valid_from >= :first AND valid_from < :beyond
"""
_ARRIVED = {
    at: text(
        f"""
        SELECT record_id, count(*) OVER () AS total FROM (
          SELECT i.record_id, coalesce(bool_or(i.branch_id = ANY(:own)), false) AS is_own, max(i.acquired_on) AS day, max(i.id) AS newest
            FROM (({_ITEMS.format(condition=condition)}) {"" if condition else _LICENCES}) i
            JOIN record r ON r.id = i.record_id
            LEFT JOIN owner_policy p ON p.organisation_id = i.organisation_id
           WHERE (:sees_all OR {lets_see("p", "i.organisation_id")})
             AND (CAST(:ndc AS text) IS NULL OR starts_with(r.ndc, :ndc))
           GROUP BY i.record_id) arrived
         ORDER BY is_own DESC, day DESC, newest DESC, record_id DESC LIMIT :size OFFSET :offset
        """  # noqa: S608 - conditions of our own
    )
    for at, condition in _AT.items()
}
_EARLIER = {
    at: text(
        f"SELECT acquired_on FROM item WHERE withdrawn_on IS NULL AND acquired_on < :day {condition}"  # noqa: S608
        " ORDER BY acquired_on DESC NULLS LAST, id DESC LIMIT 1"
    )
    for at, condition in _AT.items()
}
_LATER = {
    at: text(
        f"SELECT acquired_on FROM item WHERE withdrawn_on IS NULL AND acquired_on >= :day {condition}"  # noqa: S608
        " ORDER BY acquired_on NULLS FIRST, id LIMIT 1"  # the index read backwards
    )
    for at, condition in _AT.items()
}


@dataclass(frozen=True)
class Week:
    """Monday to Sunday."""

    monday: date

    @property
    def beyond(self) -> date:
        return self.monday + WEEK

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def __str__(self) -> str:
        year, week, _ = self.monday.isocalendar()
        return f"{year:04}-W{week:02}"


def week_of(day: date) -> Week:
    return Week(day - timedelta(days=day.weekday()))


def read_week(written: str) -> Week | None:
    """「2026-W47」 as ISO 8601 numbers weeks; None for what is none."""
    match = _WEEK.fullmatch(written) if written.isascii() else None
    if match is None:
        return None
    try:
        week = Week(date.fromisocalendar(int(match[1]), int(match[2]), 1))
    except ValueError:
        return None
    return week if week.monday <= date.max - WEEK else None  # no day follows the last one


@dataclass(frozen=True)
class Arrived:
    """One page of a week's titles, and how many there are."""

    records: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class Narrowed:
    """Only at one branch, only of one class."""

    branch_id: int | None = None
    ndc: str | None = None


async def arrived(
    session: Reading, first: date, beyond: date, *, viewer: Viewer, narrowed: Narrowed, own: frozenset[int], page: int, size: int
) -> Arrived:
    """Titles of copies and licences that came in between two days (the second excluded) and that the viewer may see."""
    values: dict[str, object] = {
        "first": first,
        "beyond": beyond,
        "branch": narrowed.branch_id,
        "ndc": narrowed.ndc,
        "own": sorted(own),
        "most": MOST,
    }
    values |= {"size": size, "offset": (page - 1) * size} | bound(viewer.sees)
    rows = (await session.execute(_ARRIVED[_at(narrowed.branch_id)], values)).all()
    return Arrived(tuple(row.record_id for row in rows), rows[0].total if rows else 0)


def _at(branch_id: int | None) -> str | None:
    return None if branch_id is None else "branch"


async def before(session: Reading, day: date, *, branch_id: int | None) -> Week | None:
    """The last week before a day in which anything came in."""
    found = await session.scalar(_EARLIER[_at(branch_id)], {"day": day, "branch": branch_id})
    return week_of(found) if found else None


async def after(session: Reading, day: date, *, branch_id: int | None) -> Week | None:
    """The next week from a day on."""
    found = await session.scalar(_LATER[_at(branch_id)], {"day": day, "branch": branch_id})
    return week_of(found) if found else None
