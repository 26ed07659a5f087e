"""Pages about places: which libraries there are, which are open now, and the days of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from babel.dates import format_skeleton
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from library import clock, i18n
from library.db import Database
from library.errors import N_
from library.http.pages import page
from library.http.requests import language
from library.places import store
from library.places.calendar import Calendar, Day, months_of, weeks_of
from library.places.store import BranchFacts
from library.settings import Settings

MONTHS = 2
WEEKDAYS = (N_("月"), N_("火"), N_("水"), N_("木"), N_("金"), N_("土"), N_("日"))  # 0 Monday … 6 Sunday, as everywhere
SUNDAY_FIRST = (6, 0, 1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Today:
    """A branch at this moment: until when it is open, or from when it will be, or on which day again; one of the three at most."""

    branch: BranchFacts
    day: Day
    open_until: time | None
    opens_at: time | None
    reopens: date | None


@dataclass(frozen=True)
class Month:
    """A month of a branch: weeks from Sunday, None for days of its neighbours."""

    name: str
    weeks: tuple[tuple[Day | None, ...], ...]


def today_at(branch: BranchFacts, calendar: Calendar, now: datetime) -> Today:
    """What a reader wants to know before leaving home."""
    local = now.astimezone(branch.zone)
    day = calendar.day(local.date())
    until = next((closes for opens, closes in day.openings if opens <= local.time() < closes), None)
    later = next((opens for opens, _ in day.openings if opens > local.time()), None) if until is None else None
    reopens = calendar.next_open_day(local.date() + timedelta(days=1)) if until is None and later is None else None
    return Today(branch, day, until, later, reopens)


def month_of(calendar: Calendar, first: date, language: str) -> Month:
    name = format_skeleton("yMMMM", first, locale=i18n.locale(language))
    return Month(name, tuple(tuple(calendar.day(day) if day else None for day in week) for week in weeks_of(first)))


@get("/places", include_in_schema=False)
async def places(
    request: Request[Any, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[str]:
    now = clock.now()
    async with database.reading() as session:
        branches = await store.branches(session, on=clock.today(settings.zone))
        calendars = await store.calendars(session, branches)
    found = [today_at(branch, calendars[branch.id], now) for branch in branches]
    return page(
        request,
        "library/places/places.html",
        ward=[one for one in found if one.branch.is_ward_library],
        schools=[one for one in found if not one.branch.is_ward_library],
    )


@get("/places/{code:str}", include_in_schema=False)
async def place(
    request: Request[Any, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings], code: FromPath[str]
) -> Response[str]:
    now = clock.now()
    async with database.reading() as session:
        branch = await store.branch(session, code)
        calendar = (await store.calendars(session, [branch]))[branch.id]
    today = now.astimezone(branch.zone).date()
    return page(
        request,
        "library/places/place.html",
        at=today_at(branch, calendar, now),
        today=today,
        months=[month_of(calendar, first, language(request)) for first in months_of(today, MONTHS)],
        week=[(WEEKDAYS[day.date.weekday()], day) for day in calendar.days(today, today + timedelta(days=6))],
        weekdays=[(WEEKDAYS[number], number) for number in SUNDAY_FIRST],
    )


handlers = (places, place)
