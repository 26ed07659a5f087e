"""When a branch is open: hours and closed days as values, questions about days and moments as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

YEAR = timedelta(days=365)
LOOK_AHEAD = 400  # days: longer than any holidays, shorter than forever for a branch that never opens


def within(day: date, first: date | None, last: date | None) -> bool:
    """Whether a day lies between two, both included; None is open-ended."""
    return (first is None or first <= day) and (last is None or day <= last)


@dataclass(frozen=True)
class Hours:
    """One opening of a weekday (0 Monday … 6 Sunday), as long as it is valid; both ends of the validity included."""

    weekday: int
    opens: time
    closes: time
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Closure:
    """Days closed, both ends included. `yearly` repeats month and day and may run over New Year."""

    first_day: date
    last_day: date
    yearly: bool
    reason: Mapping[str, str]

    def includes(self, day: date) -> bool:
        if not self.yearly:
            return self.first_day <= day <= self.last_day
        if self.last_day - self.first_day >= YEAR:
            return True
        first, last, at = (self.first_day.month, self.first_day.day), (self.last_day.month, self.last_day.day), (day.month, day.day)
        return first <= at <= last if first <= last else at >= first or at <= last


@dataclass(frozen=True)
class Day:
    """A day at a branch: its openings in order, none when closed; `reason` when a closed day says why."""

    date: date
    openings: tuple[tuple[time, time], ...]
    reason: Mapping[str, str] | None = None

    @property
    def is_open(self) -> bool:
        return bool(self.openings)


@dataclass(frozen=True)
class Calendar:
    """The openings and closures of one branch, those for all branches included; `valid_from/to` is the branch's own life."""

    hours: tuple[Hours, ...] = ()
    closures: tuple[Closure, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def day(self, day: date) -> Day:
        if not within(day, self.valid_from, self.valid_to):
            return Day(day, ())
        closure = next((closure for closure in self.closures if closure.includes(day)), None)
        if closure is not None:
            return Day(day, (), closure.reason)
        openings = sorted(
            (hours.opens, hours.closes)
            for hours in self.hours
            if hours.weekday == day.weekday() and within(day, hours.valid_from, hours.valid_to)
        )
        return Day(day, tuple(openings))

    def days(self, first: date, last: date) -> tuple[Day, ...]:
        """Every day from `first` to `last`, both included."""
        return tuple(self.day(first + timedelta(days=offset)) for offset in range((last - first).days + 1))

    def is_open(self, day: date) -> bool:
        return self.day(day).is_open

    def next_open_day(self, day: date) -> date | None:
        """This day if it is open, else the first open one after it; None when there is none in sight."""
        return next(
            (at for at in (day + timedelta(days=offset) for offset in range(LOOK_AHEAD)) if self.is_open(at)),
            None,
        )

    def is_open_at(self, moment: datetime, zone: ZoneInfo) -> bool:
        local = moment.astimezone(zone)
        return any(opens <= local.time() < closes for opens, closes in self.day(local.date()).openings)


def months_of(first: date, count: int) -> tuple[date, ...]:
    """The first days of `count` months, beginning with the month of `first`."""
    return tuple(date(first.year + (first.month - 1 + step) // 12, (first.month - 1 + step) % 12 + 1, 1) for step in range(count))


def weeks_of(month: date) -> tuple[tuple[date | None, ...], ...]:
    """The weeks of a month from Sunday to Saturday, as wall calendars in Japan show them; None outside the month."""
    first = month.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    before = (first.weekday() + 1) % 7
    cells: list[date | None] = [None] * before + [first + timedelta(days=offset) for offset in range((following - first).days)]
    cells += [None] * (-len(cells) % 7)
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))
