"""Whose registrations somebody may see or change: those of the organisations they work for, or that run their branch."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, false, or_, select, true

from library.db import Reading
from library.errors import N_, NotAllowed, NotFound
from library.identity.models import Patron
from library.identity.roles import GRANTED, Permission
from library.identity.viewer import Viewer
from library.places import store
from library.places.models import BranchOrganisation, Organisation, OrganisationKind
from library.places.store import OrganisationFacts


def within(viewer: Viewer | None, permission: Permission) -> ColumnElement[bool]:
    """Memberships in reach, as a condition on Patron; None (the command line) reaches all."""
    if viewer is None:
        return true()
    if not viewer.can(permission):
        return false()
    reach: list[ColumnElement[bool]] = []
    for grant in viewer.grants:
        if permission not in GRANTED[grant.role]:
            continue
        if grant.everywhere:
            return true()
        if grant.organisation_id is not None:
            reach.append(Patron.organisation_id == grant.organisation_id)
        elif grant.branch_id is not None:
            runs = select(BranchOrganisation.organisation_id).where(BranchOrganisation.branch_id == grant.branch_id)
            reach.append(Patron.organisation_id.in_(runs))
        else:
            reach.append(Patron.class_id == grant.class_id)
    return or_(false(), *reach)


async def organisations(session: Reading, viewer: Viewer | None, permission: Permission, *, on: date) -> tuple[OrganisationFacts, ...]:
    """The organisations for whose members somebody has a permission, the ward first."""
    every = await store.organisations(session, on=on)
    if viewer is None:
        return every
    if not viewer.can(permission):
        return ()
    granting = [grant for grant in viewer.grants if permission in GRANTED[grant.role]]
    if any(grant.everywhere for grant in granting):
        return every
    numbers = {grant.organisation_id for grant in granting}
    branches = [grant.branch_id for grant in granting if grant.branch_id is not None]
    runs = select(BranchOrganisation.organisation_id).where(BranchOrganisation.branch_id.in_(branches))
    numbers |= set(await session.scalars(runs))
    return tuple(one for one in every if one.id in numbers)


async def must_reach(session: Reading, viewer: Viewer | None, permission: Permission, patron_id: int) -> Patron:
    """The membership; NotFound when there is none, NotAllowed when it is another's to look after."""
    patron = await session.get(Patron, patron_id)
    if patron is None:
        raise NotFound("patron_not_found", N_("この利用者は登録されていません。"), where="patron")
    if not await reaches(session, viewer, permission, patron_id):
        raise NotAllowed("not_allowed", N_("この操作をする権限がありません。"), permission=permission.value)
    return patron


async def reaches(session: Reading, viewer: Viewer | None, permission: Permission, patron_id: int) -> bool:
    """Whether somebody has a permission for this membership."""
    return bool(await session.scalar(select(within(viewer, permission)).where(Patron.id == patron_id)))


async def is_read_elsewhere(session: Reading, viewer: Viewer, person_id: int) -> bool:
    """Whether a person is a reader of the ward too, out of the viewer's reach."""
    ward = select(Organisation.id).where(Organisation.kind == OrganisationKind.WARD.value)
    others = select(Patron.id).where(Patron.person_id == person_id, Patron.organisation_id.in_(ward))
    return await session.scalar(others.where(~within(viewer, Permission.EDIT_PATRONS)).limit(1)) is not None
