"""What can be lent in the made-up ward and who borrows, read from the tables in an order that does not depend on row numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import text

from circulation.store import branches
from circulation.store.branches import Here
from library.db import Reading

BACK = 120  # days of the calendar that are looked at

_COPIES = text(
    """
    SELECT i.id, i.record_id, i.barcode, o.code AS owner, o.id AS owner_id, b.code AS branch, r.material, left(r.ndc, 3) AS ndc,
           i.location_mark AS mark
      FROM item i JOIN organisation o ON o.id = i.organisation_id JOIN branch b ON b.id = i.branch_id JOIN record r ON r.id = i.record_id
     WHERE i.withdrawn_on IS NULL AND i.missing_since IS NULL AND NOT i.in_library_only
       AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id)
     ORDER BY o.code, i.barcode
    """
)
_READERS = text(
    """
    SELECT p.id, p.person_id, o.code AS organisation, o.id AS organisation_id, p.category, c.number AS card, e.birth_date,
           coalesce(s.grade, '') AS grade,
           coalesce(h.code, (SELECT min(b.code) FROM branch_organisation bo JOIN branch b ON b.id = bo.branch_id
                              WHERE bo.organisation_id = o.id AND bo.role = 'school_library')) AS branch
      FROM patron p JOIN person e ON e.id = p.person_id JOIN organisation o ON o.id = p.organisation_id
      JOIN card c ON c.person_id = e.id AND c.revoked_at IS NULL
      LEFT JOIN school_class s ON s.id = p.class_id LEFT JOIN branch h ON h.id = p.home_branch_id
     WHERE p.valid_to IS NULL AND p.valid_from IS NULL
     ORDER BY c.number, o.code
    """
)


class Copy(NamedTuple):
    """A copy that may leave its library. `owner` and `branch` are codes, `mark` is the first part of the call number (K, E, B …)."""

    id: int
    record_id: int
    barcode: str
    owner: str
    owner_id: int
    branch: str
    material: str
    ndc: str
    mark: str


class Reader(NamedTuple):
    """A membership with a card. `branch` is where it borrows most: the home branch, or the school's library."""

    id: int
    person_id: int
    organisation: str
    organisation_id: int
    category: str
    card: str
    birth_date: date | None
    grade: str
    branch: str


@dataclass
class Stock:
    """Copies that are still free for a use, readers, and every branch with its calendar and rules. `now` is the moment of loading."""

    now: datetime
    copies: tuple[Copy, ...]
    readers: tuple[Reader, ...]
    places: dict[str, Here]
    taken: set[int] = field(default_factory=set)
    closed_titles: set[int] = field(default_factory=set)  # records that a told story needs undisturbed
    _days: dict[str, tuple[date, ...]] = field(default_factory=dict)

    def today(self, branch: str) -> date:
        return self.places[branch].today(self.now)

    def open_days(self, branch: str) -> tuple[date, ...]:
        """The days before today on which a branch was open, the latest first; every day at one that never opens."""
        if branch not in self._days:
            calendar, today = self.places[branch].calendar, self.today(branch)
            days = [today - timedelta(days=back) for back in range(1, BACK)]
            self._days[branch] = tuple(day for day in days if calendar.is_open(day)) or tuple(days)
        return self._days[branch]

    def open_day(self, branch: str, days_ago: int) -> date:
        """The last open day that lies at least so many days back."""
        wanted = self.today(branch) - timedelta(days=days_ago)
        return next((day for day in self.open_days(branch) if day <= wanted), self.open_days(branch)[-1])

    def moment(self, branch: str, day: date, random: Random) -> datetime:
        """Some minute of a day while the branch is open."""
        here = self.places[branch]
        openings = here.calendar.day(day).openings
        opens, closes = openings[0] if openings else (time(10), time(16))
        first, last = opens.hour * 60 + opens.minute + 5, closes.hour * 60 + closes.minute - 5
        minute = random.randint(first, max(first, last))
        return datetime.combine(day, time(minute // 60, minute % 60, random.randrange(60)), here.zone)

    def free(self, copies: Iterable[Copy]) -> Iterator[Copy]:
        return (one for one in copies if one.id not in self.taken)

    def take(self, copy: Copy) -> Copy:
        self.taken.add(copy.id)
        return copy

    def at_branches(self) -> dict[str, list[Copy]]:
        found: dict[str, list[Copy]] = defaultdict(list)
        for one in self.copies:
            found[one.branch].append(one)
        return found

    def of_title(self) -> dict[int, list[Copy]]:
        found: dict[int, list[Copy]] = defaultdict(list)
        for one in self.copies:
            found[one.record_id].append(one)
        return found


async def read(session: Reading, now: datetime) -> Stock:
    copies = tuple(Copy(*row) for row in await session.execute(_COPIES))
    readers = tuple(Reader(*row) for row in await session.execute(_READERS))
    codes = await session.scalars(text("SELECT code FROM branch ORDER BY number"))
    return Stock(now, copies, readers, {code: await branches.by_code(session, code) for code in codes})
