"""Who has what in the made-up ward just now: visits to the desk with their loans, what came back lately, and the copies that travel."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from random import Random

from circulation.rules import due
from circulation.rules.policies import Terms
from library.demo.life.stock import Copy, Reader, Stock

WARD_LOANS = {"chuo": 280}
OTHER_WARD_LOANS = 88
FULL_SCHOOL_LOANS = {"s01": 120, "j01": 110}
OTHER_SCHOOL_LOANS = 7
MOST = {"resident": 8, "pupil": 5, "teacher": 6}  # what somebody takes, however much the rules allow
RETURNED, SENT_HOME = 110, 40


@dataclass(frozen=True)
class LoanRow:
    """A loan as it is stored; places are branch codes."""

    copy: Copy
    reader: Reader
    branch: str
    lent_at: datetime
    due_at: datetime
    renewals: int = 0
    renewed_at: datetime | None = None
    returned_at: datetime | None = None
    returned_branch: str | None = None
    cut_at: datetime | None = None


@dataclass(frozen=True)
class TransitRow:
    """A copy sent between two branches; `hold` counts among the plan's holds."""

    copy: Copy
    origin: str
    to: str
    sent_at: datetime
    arrived_at: datetime | None = None
    hold: int | None = None


class Visit(Enum):
    """What became of the loans of a visit: (how often, days ago beyond the loan's days: from, to)."""

    RUNNING = (78, None, None)
    RENEWED = (10, None, None)
    LATE = (8, 1, 29)
    VERY_LATE = (4, 30, 60)  # the reader has been stopped since

    @property
    def weight(self) -> int:
        return int(self.value[0] or 0)

    def days_over(self, random: Random) -> int:
        return random.randint(self.value[1] or 0, self.value[2] or 0)


@dataclass
class Visits:
    """Visits one after the other; what each reader has is counted, so that none gets what the rules refuse."""

    stock: Stock
    random: Random
    left_out: frozenset[str]  # cards with a story of their own
    loans: list[LoanRow] = field(default_factory=list)
    transits: list[TransitRow] = field(default_factory=list)
    _lent: Counter[int] = field(default_factory=Counter)
    _titles: set[tuple[int, int]] = field(default_factory=set)
    _stopped: set[int] = field(default_factory=set)
    _waiting: set[int] = field(default_factory=set)
    _pools: dict[tuple[str, str], list[Copy]] = field(default_factory=dict)
    _terms: dict[tuple[str, str, str], Terms] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.readers = [one for one in self.stock.readers if one.card not in self.left_out]
        self.by_branch: dict[str, list[Reader]] = defaultdict(list)
        for one in self.readers:
            self.by_branch[one.branch].append(one)
        self.residents = [one for one in self.readers if one.organisation == "ward"]
        pools: dict[tuple[str, str], list[Copy]] = defaultdict(list)
        for copy in self.stock.copies:
            pools[copy.branch, copy.owner].append(copy)
        for pool in pools.values():
            self.random.shuffle(pool)
        self._pools = pools

    def terms(self, branch: str, category: str, material: str) -> Terms:
        key = (branch, category, material)
        if key not in self._terms:
            self._terms[key] = self.stock.places[branch].terms(category=category, material=material)
        return self._terms[key]

    def copy_for(self, reader: Reader, branch: str) -> Copy | None:
        """A copy of the reader's organisation that stands at a branch and whose title the reader does not have yet."""
        pool = self._pools.get((branch, reader.organisation), [])
        while pool:
            copy = pool.pop()
            if copy.id not in self.stock.taken and copy.record_id not in self.stock.closed_titles:
                return self.stock.take(copy)
        return None

    def may_take(self, reader: Reader, branch: str, copies: int = 1) -> bool:
        limit = min(self.terms(branch, reader.category, "book").loans_limit, MOST[reader.category])
        return reader.id not in self._stopped and self._lent[reader.id] + copies <= limit

    def has(self, reader: Reader, record_id: int) -> bool:
        return (reader.id, record_id) in self._titles

    def waits_for(self, reader: Reader, record_id: int) -> None:
        """From now on the reader neither borrows this title nor is stopped."""
        self._titles.add((reader.id, record_id))
        self._waiting.add(reader.id)

    def everyone(self) -> None:
        """Fills every library's share of open loans."""
        for branch, place in self.stock.places.items():
            public = any(copy.owner == "ward" for copy in self._pools.get((branch, "ward"), ()))
            if public:
                self._fill(branch, WARD_LOANS.get(branch, OTHER_WARD_LOANS), "ward")
            if place.school_ids:
                self._fill(branch, FULL_SCHOOL_LOANS.get(branch, OTHER_SCHOOL_LOANS * len(place.school_ids)), "school")

    def _fill(self, branch: str, wanted: int, side: str) -> None:
        own = [one for one in self.by_branch[branch] if (one.organisation == "ward") == (side == "ward")]
        made, tries = 0, 0
        while made < wanted and tries < wanted * 20:
            tries += 1
            abroad = side == "ward" and self.random.random() < 0.2
            reader = self.random.choice(self.residents if abroad or not own else own)
            made += self._visit(reader, branch, min(self.random.choices((1, 2, 3, 4, 5), (30, 28, 20, 12, 10))[0], wanted - made))

    def _visit(self, reader: Reader, branch: str, copies: int) -> int:
        visit = self.random.choices(list(Visit), [one.weight for one in Visit])[0]
        if not self.may_take(reader, branch):
            return 0
        terms = self.terms(branch, reader.category, "book")
        days_ago = self.random.randint(1, terms.loan_days)
        if visit is Visit.RENEWED:
            days_ago = self.random.randint(terms.loan_days - 6, terms.loan_days + 12)
        elif visit is not Visit.RUNNING:
            days_ago = terms.loan_days + visit.days_over(self.random)
        day = self.stock.open_day(branch, days_ago)
        # Over long holidays the last open day may lie so far back that whoever borrowed then has been stopped since.
        stopped = (self.stock.today(branch) - day).days - terms.loan_days >= terms.overdue_block_days
        if stopped and (self._lent[reader.id] or reader.id in self._waiting):
            return 0
        lent_at = self.stock.moment(branch, day, self.random)
        made = 0
        while made < copies and self.may_take(reader, branch):
            copy = self.copy_for(reader, branch)
            if copy is None:
                break
            if not self.has(reader, copy.record_id):
                self.lend(copy, reader, branch, lent_at + timedelta(seconds=9 * made), renewed=visit is Visit.RENEWED)
                made += 1
        if made and stopped:
            self._stopped.add(reader.id)
        return made

    def lend(self, copy: Copy, reader: Reader, branch: str, lent_at: datetime, *, renewed: bool = False) -> LoanRow:
        """One open loan, due as the desk would have said; renewed once where that was still possible."""
        here, terms = self.stock.places[branch], self.terms(branch, reader.category, copy.material)
        due_at = due.due(lent_at, days=terms.loan_days, hours=terms.loan_hours, calendar=here.calendar, zone=here.zone).at
        row = LoanRow(copy, reader, branch, lent_at, due_at)
        if renewed and terms.renewals:
            row = self._renewed(row, terms)
        self.loans.append(row)
        self._lent[reader.id] += 1
        self._titles.add((reader.id, copy.record_id))
        return row

    def _renewed(self, row: LoanRow, terms: Terms) -> LoanRow:
        here, now = self.stock.places[row.branch], self.stock.now
        first, last = row.lent_at + timedelta(hours=12), min(row.due_at, now - timedelta(hours=2))
        if last <= first:
            return row
        at = first + (last - first) * self.random.uniform(0.6, 1)
        at = at.replace(microsecond=0)
        later = due.renewed(row.due_at, at, days=terms.renewal_days, hours=terms.loan_hours, calendar=here.calendar, zone=here.zone)
        return LoanRow(row.copy, row.reader, row.branch, row.lent_at, later.at, 1, at) if later.at > row.due_at else row

    def lately_returned(self) -> None:
        """What came back on the last open days; who had it is known until the retention after the return is over."""
        public = [code for code, place in self.stock.places.items() if (code, "ward") in self._pools and place.organisation_ids]
        for number in range(RETURNED + SENT_HOME):
            branch = self.random.choice(public)
            reader = self.random.choice(self.residents)
            copy = self.copy_for(reader, branch)
            if copy is None:
                continue
            elsewhere = number >= RETURNED
            back_at = self.random.choice([code for code in public if code != branch]) if elsewhere else branch
            row = self._came_back(copy, reader, branch, back_at, days=(0, 1) if elsewhere else (0, 0, 1, 1, 2))
            self.loans.append(row)
            if elsewhere and row.returned_at is not None:
                self.transits.append(TransitRow(copy, back_at, copy.branch, row.returned_at))

    def _came_back(self, copy: Copy, reader: Reader, branch: str, back_at: str, *, days: tuple[int, ...]) -> LoanRow:
        here, there = self.stock.places[branch], self.stock.places[back_at]
        returned_at = self.stock.moment(back_at, self.stock.open_days(back_at)[self.random.choice(days)], self.random)
        ago = (self.stock.today(branch) - returned_at.astimezone(here.zone).date()).days
        lent_at = self.stock.moment(branch, self.stock.open_day(branch, ago + self.random.randint(2, 15)), self.random)
        terms = self.terms(branch, reader.category, copy.material)
        due_at = due.due(lent_at, days=terms.loan_days, hours=terms.loan_hours, calendar=here.calendar, zone=here.zone).at
        keep = there.terms().retention_days
        cut_at = due.forgotten_at(returned_at, open_days=keep, calendar=there.calendar, zone=there.zone)
        return LoanRow(copy, reader, branch, lent_at, due_at, returned_at=returned_at, returned_branch=back_at, cut_at=cut_at)
