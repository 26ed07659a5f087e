"""JSON about places: the branches and their open days, for everyone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from library import clock
from library.db import Database
from library.errors import N_, Invalid
from library.places import store
from library.places.store import BranchFacts
from library.settings import Settings

LONGEST = 366  # days of one answer


class OrganisationView(msgspec.Struct, frozen=True):
    """Who runs a branch; `role` is ward_library or school_library."""

    code: str
    name: dict[str, str]
    role: str


class BranchView(msgspec.Struct, frozen=True):
    """A place that lends. Names are by language; `holds_stock` is false for a counter."""

    code: str
    number: int
    name: dict[str, str]
    reading: str
    holds_stock: bool
    address: str
    phone: str
    timezone: str
    organisations: list[OrganisationView]

    @classmethod
    def of(cls, one: BranchFacts) -> BranchView:
        owners = [OrganisationView(owner.code, owner.name, owner.branch_role or "") for owner in one.organisations]
        return cls(one.code, one.number, one.name, one.reading, one.holds_stock, one.address, one.phone, one.timezone, owners)


class BranchList(msgspec.Struct, frozen=True):
    branches: list[BranchView]


class DayView(msgspec.Struct, frozen=True):
    """`hours`: openings as [from, to] in local time, none when closed; `reason` by language, where one is given."""

    date: date
    open: bool
    hours: list[tuple[str, str]]
    reason: dict[str, str] | None


class CalendarView(msgspec.Struct, frozen=True):
    branch: str
    timezone: str
    days: list[DayView]


@get("/api/v1/branches", tags=["places"])
async def branches(database: NamedDependency[Database], settings: NamedDependency[Settings]) -> BranchList:
    """All branches that exist today, by number."""
    async with database.reading() as session:
        found = await store.branches(session, on=clock.today(settings.zone))
    return BranchList([BranchView.of(one) for one in found])


@get("/api/v1/branches/{code:str}/calendar", tags=["places"])
async def calendar(
    database: NamedDependency[Database],
    code: FromPath[str],
    first: Annotated[date | None, QueryParameter(name="from", description="First day, today when absent")] = None,
    last: Annotated[date | None, QueryParameter(name="to", description="Last day, included; 30 days later when absent")] = None,
) -> CalendarView:
    """The open and closed days of a branch, at most a year of them."""
    async with database.reading() as session:
        branch = await store.branch(session, code)
        days = (await store.calendars(session, [branch]))[branch.id]
    begin = first or clock.today(branch.zone)
    end = last or min(begin, date.max - timedelta(days=LONGEST)) + timedelta(days=30)
    if not begin <= end or (end - begin).days >= LONGEST:
        raise Invalid("days_range", N_("from から to までは、順に並んだ{limit}日以内にしてください。"), where="to", limit=LONGEST)
    return CalendarView(
        branch.code,
        branch.timezone,
        [
            DayView(
                day.date,
                day.is_open,
                [(f"{opens:%H:%M}", f"{closes:%H:%M}") for opens, closes in day.openings],
                dict(day.reason) if day.reason else None,
            )
            for day in days.days(begin, end)
        ],
    )


handlers = (branches, calendar)
