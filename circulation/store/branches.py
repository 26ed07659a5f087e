"""The branch where an act happens: its organisations, calendar, and the policy rows that may speak there; one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, text

from circulation.rules.policies import Row, Scope, Terms, terms
from library.db import Reading
from library.errors import N_, NotFound
from library.identity.roles import Place
from library.places.calendar import Calendar, Closure, Hours, within

_HERE = """
    SELECT b.id, b.code, b.name, b.timezone, b.valid_from, b.valid_to, m.group_id,
           ARRAY(SELECT organisation_id FROM branch_organisation WHERE branch_id = b.id ORDER BY 1) AS organisations,
           ARRAY(SELECT organisation_id FROM branch_organisation WHERE branch_id = b.id AND role = 'school_library' ORDER BY 1) AS schools,
           (SELECT jsonb_agg(jsonb_build_array(h.weekday, h.opens, h.closes, h.valid_from, h.valid_to))
              FROM opening_hours h WHERE h.branch_id = b.id) AS hours,
           (SELECT jsonb_agg(jsonb_build_array(c.first_day, c.last_day, c.yearly, c.reason) ORDER BY c.branch_id IS NULL, c.id)
              FROM closed_day c WHERE (c.branch_id = b.id OR c.branch_id IS NULL)) AS closures,
           (SELECT jsonb_agg(jsonb_build_array(p.id, p.rule, p.branch_id, p.group_id, p.category, p.material, p.value, p.note))
              FROM lending_policy p WHERE (p.branch_id IS NULL OR p.branch_id = b.id)
               AND (p.group_id IS NULL OR p.group_id = m.group_id)) AS policies
      FROM branch b LEFT JOIN branch_group_member m ON m.branch_id = b.id
"""
_BY_CODE, _BY_ID = text(_HERE + " WHERE b.code = :code"), text(_HERE + " WHERE b.id = :id")


@dataclass(frozen=True)
class Here:
    """A branch as an act needs it. `schools`: those whose library it is; with a ward library in one, it is a joint-use branch."""

    id: int
    code: str
    name: Mapping[str, str]
    zone: ZoneInfo
    group_id: int | None
    organisation_ids: frozenset[int]
    school_ids: frozenset[int]
    calendar: Calendar
    policies: tuple[Row, ...]

    @property
    def place(self) -> Place:
        return Place(self.organisation_ids, self.id)

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def scope(self, *, category: str | None = None, material: str | None = None) -> Scope:
        return Scope(self.id, self.group_id, category, material)

    def terms(self, *, category: str | None = None, material: str | None = None) -> Terms:
        """The rules that hold here for a kind of reader and of material."""
        return terms(self.policies, self.scope(category=category, material=material))


async def by_code(session: Reading, code: str, *, on: date | None = None, at: datetime | None = None) -> Here:
    """Raises NotFound for an unknown branch, or one that does not exist on the day, or the day that is there at a moment."""
    here = _here((await session.execute(_BY_CODE, {"code": code})).mappings().first(), code)
    day = here.today(at) if at is not None else on
    if day is not None and not within(day, here.calendar.valid_from, here.calendar.valid_to):
        raise _no_such_branch(code)
    return here


async def by_id(session: Reading, branch_id: int) -> Here:
    return _here((await session.execute(_BY_ID, {"id": branch_id})).mappings().first(), str(branch_id))


def _no_such_branch(code: str) -> NotFound:
    return NotFound("branch_not_found", N_("「{code}」という館はありません。"), where="branch", code=code)


def _here(row: RowMapping | None, code: str) -> Here:
    if row is None:
        raise _no_such_branch(code)
    hours = tuple(
        Hours(weekday, time.fromisoformat(opens), time.fromisoformat(closes), _date(first), _date(last))
        for weekday, opens, closes, first, last in row["hours"] or ()
    )
    closures = tuple(
        Closure(date.fromisoformat(first), date.fromisoformat(last), yearly, reason)
        for first, last, yearly, reason in row["closures"] or ()
    )
    policies = tuple(
        Row(number, rule, Scope(branch, group, category, material), value, note)
        for number, rule, branch, group, category, material, value, note in row["policies"] or ()
    )
    return Here(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        zone=ZoneInfo(row["timezone"]),
        group_id=row["group_id"],
        organisation_ids=frozenset(row["organisations"]),
        school_ids=frozenset(row["schools"]),
        calendar=Calendar(hours, closures, row["valid_from"], row["valid_to"]),
        policies=policies,
    )


def _date(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
