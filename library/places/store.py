"""Branches with their organisations and calendars, read as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from library.db import Reading
from library.errors import N_, NotFound
from library.places.calendar import Calendar, Closure, Hours, within
from library.places.models import (
    Branch,
    BranchOrganisation,
    BranchRole,
    ClosedDay,
    OpeningHours,
    Organisation,
    OrganisationKind,
    Translated,
)


@dataclass(frozen=True)
class OrganisationFacts:
    """Who runs a library; `branch_role` is what it is to the branch it was read with."""

    id: int
    code: str
    kind: str
    name: Translated
    branch_role: str | None = None


@dataclass(frozen=True)
class BranchFacts:
    """A place that lends, with those who run it; a joint-use branch is a ward library and a school's at once."""

    id: int
    code: str
    number: int
    name: Translated
    reading: str
    holds_stock: bool
    address: str
    phone: str
    timezone: str
    valid_from: date | None
    valid_to: date | None
    organisations: tuple[OrganisationFacts, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_ward_library(self) -> bool:
        return any(one.branch_role == BranchRole.WARD_LIBRARY.value for one in self.organisations)

    @property
    def is_school_library(self) -> bool:
        return any(one.branch_role == BranchRole.SCHOOL_LIBRARY.value for one in self.organisations)

    @property
    def is_joint_use(self) -> bool:
        return self.is_ward_library and self.is_school_library


async def branches(session: Reading, *, on: date) -> tuple[BranchFacts, ...]:
    """The branches that exist on a day, by their numbers."""
    rows = await session.scalars(select(Branch).order_by(Branch.number))
    return await _with_organisations(session, [row for row in rows if within(on, row.valid_from, row.valid_to)])


async def branch(session: Reading, code: str) -> BranchFacts:
    """A branch by its code, also one that is closed for good; NotFound when there is none."""
    row = await session.scalar(select(Branch).where(Branch.code == code))
    if row is None:
        raise NotFound("branch_not_found", N_("「{code}」という館はありません。"), where="branch", code=code)
    return (await _with_organisations(session, [row]))[0]


async def organisations(session: Reading, *, on: date) -> tuple[OrganisationFacts, ...]:
    """The organisations that exist on a day: the ward first, then schools by code."""
    rows = await session.scalars(select(Organisation).order_by(Organisation.kind != OrganisationKind.WARD.value, Organisation.code))
    return tuple(OrganisationFacts(row.id, row.code, row.kind, row.name) for row in rows if within(on, row.valid_from, row.valid_to))


async def organisation(session: Reading, code: str) -> OrganisationFacts:
    """An organisation by its code; NotFound when there is none."""
    row = await session.scalar(select(Organisation).where(Organisation.code == code))
    if row is None:
        raise NotFound("organisation_not_found", N_("「{code}」という機関はありません。"), where="organisation", code=code)
    return OrganisationFacts(row.id, row.code, row.kind, row.name)


async def codes(session: Reading, organisation_ids: Iterable[int]) -> tuple[str, ...]:
    """The codes of some organisations, in order."""
    return tuple(await session.scalars(select(Organisation.code).where(Organisation.id.in_(organisation_ids)).order_by(Organisation.code)))


async def calendars(session: Reading, wanted: Iterable[BranchFacts]) -> dict[int, Calendar]:
    """The calendars of some branches by branch id, closed days of all branches included; two queries however many."""
    places = {one.id: one for one in wanted}
    hours: dict[int, list[Hours]] = defaultdict(list)
    for row in await session.scalars(select(OpeningHours).where(OpeningHours.branch_id.in_(places))):
        hours[row.branch_id].append(Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_to))
    own: dict[int, list[Closure]] = defaultdict(list)
    everywhere: list[Closure] = []
    closed = select(ClosedDay).where(or_(ClosedDay.branch_id.is_(None), ClosedDay.branch_id.in_(places))).order_by(ClosedDay.id)
    for day in await session.scalars(closed):
        target = everywhere if day.branch_id is None else own[day.branch_id]
        target.append(Closure(day.first_day, day.last_day, day.yearly, day.reason))
    return {
        number: Calendar(tuple(hours[number]), (*own[number], *everywhere), place.valid_from, place.valid_to)
        for number, place in places.items()
    }


async def _with_organisations(session: Reading, rows: list[Branch]) -> tuple[BranchFacts, ...]:
    found = await session.execute(
        select(BranchOrganisation.branch_id, BranchOrganisation.role, Organisation)
        .join(Organisation, Organisation.id == BranchOrganisation.organisation_id)
        .where(BranchOrganisation.branch_id.in_([row.id for row in rows]))
        .order_by(Organisation.code)
    )
    owners: dict[int, list[OrganisationFacts]] = defaultdict(list)
    for branch_id, role, owner in found:
        owners[branch_id].append(OrganisationFacts(owner.id, owner.code, owner.kind, owner.name, role))
    return tuple(
        BranchFacts(
            row.id,
            row.code,
            row.number,
            row.name,
            row.reading,
            row.holds_stock,
            row.address,
            row.phone,
            row.timezone,
            row.valid_from,
            row.valid_to,
            tuple(owners[row.id]),
        )
        for row in rows
    )
