"""Accounts as viewers: what the tables say of an account, read in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import or_, select

from library.db import Reading
from library.identity.models import Account, AccountPerson, AccountRole, Patron, Person
from library.identity.roles import Grant, Role
from library.identity.viewer import Viewer
from library.places.models import Branch, BranchOrganisation, Organisation, OrganisationKind, SchoolClass


async def staff_logins(session: Reading, among: Collection[str]) -> frozenset[str]:
    """Which of these the staff sign in by; a card must not have such a number, since one line of the sign-in page takes both."""
    held = select(AccountRole.account_id)
    return frozenset(await session.scalars(select(Account.login).where(Account.login.in_(among), Account.id.in_(held))))


async def viewer_of(session: Reading, account_id: int, *, today: date, scopes: frozenset[str] | None = None) -> Viewer | None:
    """The viewer an account is today; None when it does not exist or is disabled."""
    account = await session.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        return None
    grants = await _grants(session, account_id)
    memberships = await _memberships(session, account_id, today)
    workplaces = await _workplaces(session, grants)
    home = await session.get(Branch, account.home_branch_id) if account.home_branch_id else None
    persons = {row.person_id for row in memberships if row.own}
    return Viewer(
        account_id=account.id,
        name=account.display_name or next((row.name for row in memberships if row.own), account.login),
        language=account.language,
        show_ruby=account.show_ruby,
        home_branch_id=home.id if home else None,
        home_branch_number=home.number if home else None,
        grants=grants,
        roles=_roles(grants, memberships),
        organisation_ids=frozenset({row.organisation_id for row in memberships} | {place for place, _ in workplaces}),
        school_ids=frozenset(
            {row.organisation_id for row in memberships if row.school} | {place for place, school in workplaces if school}
        ),
        scopes=scopes,
        person_id=next(iter(persons), None),
    )


class Membership:
    """One patron of a person an account acts for."""

    def __init__(self, person_id: int, name: str, organisation_id: int, category: str, *, own: bool, school: bool) -> None:
        self.person_id = person_id
        self.name = name
        self.organisation_id = organisation_id
        self.category = category
        self.own = own
        self.school = school


def _roles(grants: tuple[Grant, ...], memberships: Iterable[Membership]) -> frozenset[Role]:
    roles = {grant.role for grant in grants}
    for row in memberships:
        if not row.own:
            roles.add(Role.GUARDIAN)
        elif row.category == "pupil":
            roles.add(Role.PUPIL)
        else:
            roles.add(Role.READER)
    return frozenset(roles or {Role.READER})


async def _grants(session: Reading, account_id: int) -> tuple[Grant, ...]:
    rows = await session.scalars(select(AccountRole).where(AccountRole.account_id == account_id).order_by(AccountRole.id))
    return tuple(Grant(Role(row.role), row.organisation_id, row.branch_id, row.class_id) for row in rows)


async def _memberships(session: Reading, account_id: int, today: date) -> tuple[Membership, ...]:
    rows = await session.execute(
        select(
            AccountPerson.role, Person.id, Person.family_name, Person.given_name, Patron.organisation_id, Patron.category, Organisation.kind
        )
        .join(Person, Person.id == AccountPerson.person_id)
        .join(Patron, Patron.person_id == Person.id)
        .join(Organisation, Organisation.id == Patron.organisation_id)
        .where(
            AccountPerson.account_id == account_id,
            or_(Patron.valid_from.is_(None), Patron.valid_from <= today),
            or_(Patron.valid_to.is_(None), Patron.valid_to >= today),
        )
        .order_by(Patron.id)
    )
    return tuple(
        Membership(
            row.id,
            f"{row.family_name} {row.given_name}".strip(),
            row.organisation_id,
            row.category,
            own=row.role == "self",
            school=row.kind == OrganisationKind.SCHOOL.value,
        )
        for row in rows
    )


async def _workplaces(session: Reading, grants: tuple[Grant, ...]) -> set[tuple[int, bool]]:
    """The organisations in which somebody works, and whether each is a school."""
    organisations = {grant.organisation_id for grant in grants if grant.organisation_id is not None}
    branches = {grant.branch_id for grant in grants if grant.branch_id is not None}
    classes = {grant.class_id for grant in grants if grant.class_id is not None}
    if branches:
        found = await session.scalars(select(BranchOrganisation.organisation_id).where(BranchOrganisation.branch_id.in_(branches)))
        organisations |= set(found)
    if classes:
        organisations |= set(await session.scalars(select(SchoolClass.organisation_id).where(SchoolClass.id.in_(classes))))
    if not organisations:
        return set()
    rows = await session.execute(select(Organisation.id, Organisation.kind).where(Organisation.id.in_(organisations)))
    return {(row.id, row.kind == OrganisationKind.SCHOOL.value) for row in rows}
