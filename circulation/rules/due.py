"""Days and moments of lending at one branch: when a loan is due, how long a hold waits, when the reader is forgotten. Pure.

Due is 23:59:59 at the lending branch; a due date on a closed day moves to the next open one, over a whole run of closed days. A
branch that is never open lends by plain days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from library.places.calendar import Calendar

LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True)
class Due:
    """`moved_from` is the closed day it would have been."""

    at: datetime
    moved_from: date | None = None


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, LAST_SECOND, zone)


def due(now: datetime, *, days: int, hours: int, calendar: Calendar, zone: ZoneInfo) -> Due:
    """When a loan that begins `now` is due; hours, when set, count instead of days and know no closed day."""
    if hours:
        return Due(now + timedelta(hours=hours))
    plain = now.astimezone(zone).date() + timedelta(days=days)
    day = calendar.next_open_day(plain) or plain
    return Due(end_of_day(day, zone), plain if day != plain else None)


def renewed(due_at: datetime, now: datetime, *, days: int, hours: int, calendar: Calendar, zone: ZoneInfo) -> Due:
    """A renewal counts from the day of renewal (Setagaya and most neighbours do so), never to an earlier day."""
    later = due(now, days=days, hours=hours, calendar=calendar, zone=zone)
    return later if later.at > due_at else Due(due_at)


def no_later(than: Due, until: date | None, *, today: date, zone: ZoneInfo) -> Due:
    """A copy that somebody has only until a day is lent on no longer; one that is kept past its day goes for today."""
    if until is None:
        return than
    last = end_of_day(max(until, today), zone)
    return than if than.at <= last else Due(last)


def open_days_after(day: date, count: int, calendar: Calendar) -> date:
    """The `count`-th open day after a day; plain days at a branch that is never open."""
    at = day
    for _ in range(count):
        following = calendar.next_open_day(at + timedelta(days=1))
        if following is None:
            return day + timedelta(days=count)
        at = following
    return at


def forgotten_at(now: datetime, *, open_days: int, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """When the link from a returned loan to its reader is cut: at the close of the branch's `open_days`-th open day after; 0 = at once."""
    if open_days == 0:
        return now
    day = open_days_after(now.astimezone(zone).date(), open_days, calendar)
    openings = calendar.day(day).openings
    return datetime.combine(day, openings[-1][1] if openings else LAST_SECOND, zone)


def returned_on(scanned: date, calendar: Calendar, *, from_box: bool) -> date:
    """The day a return counts for: a book found in the return box came on the last open day before."""
    if not from_box:
        return scanned
    for back in range(1, 60):
        day = scanned - timedelta(days=back)
        if calendar.is_open(day):
            return day
    return scanned
