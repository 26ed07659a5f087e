"""Accounts as viewers: what the tables say of an account, read in one go, since every request asks it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text

from library.db import Reading
from library.identity.models import Account, AccountRole
from library.identity.roles import Grant, Role
from library.identity.viewer import Schooling, Viewer
from library.places.models import OrganisationKind

# Lists as JSON beside the account's own row: one statement instead of five on the way to every answer.
_ACCOUNT = text(
    """
    SELECT a.id, a.login, a.display_name, a.language, a.show_ruby, a.view, a.disabled_at, b.id AS home_id, b.number AS home_number,
           (SELECT jsonb_agg(jsonb_build_array(r.role, r.organisation_id, r.branch_id, r.class_id) ORDER BY r.id)
              FROM account_role r WHERE r.account_id = a.id) AS grants,
           (SELECT jsonb_agg(jsonb_build_array(m.role = 'self', e.id, e.family_name, e.given_name, p.organisation_id, p.category, o.kind,
                                               coalesce(o.school_kind, ''), coalesce(c.grade, ''))
                             ORDER BY p.id)
              FROM account_person m
              JOIN person e ON e.id = m.person_id
              JOIN patron p ON p.person_id = e.id
              JOIN organisation o ON o.id = p.organisation_id
              LEFT JOIN school_class c ON c.id = p.class_id
             WHERE m.account_id = a.id
               AND (p.valid_from IS NULL OR p.valid_from <= :today) AND (p.valid_to IS NULL OR p.valid_to >= :today)) AS memberships,
           (SELECT jsonb_agg(DISTINCT jsonb_build_array(o.id, o.kind))
              FROM account_role r
              JOIN organisation o ON o.id = r.organisation_id
                OR o.id IN (SELECT bo.organisation_id FROM branch_organisation bo WHERE bo.branch_id = r.branch_id)
                OR o.id = (SELECT c.organisation_id FROM school_class c WHERE c.id = r.class_id)
             WHERE r.account_id = a.id) AS workplaces
      FROM account a LEFT JOIN branch b ON b.id = a.home_branch_id
     WHERE a.id = :account
    """
)


@dataclass(frozen=True)
class Membership:
    """One patron of a person an account acts for; `own` is the account's own person."""

    own: bool
    person_id: int
    family_name: str
    given_name: str
    organisation_id: int
    category: str
    organisation_kind: str
    school_kind: str
    grade: str

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}".strip()

    @property
    def school(self) -> bool:
        return self.organisation_kind == OrganisationKind.SCHOOL.value


async def staff_logins(session: Reading, among: Collection[str]) -> frozenset[str]:
    """Which of these the staff sign in by; a card must not have such a number, since one line of the sign-in page takes both."""
    held = select(AccountRole.account_id)
    return frozenset(await session.scalars(select(Account.login).where(Account.login.in_(among), Account.id.in_(held))))


async def viewer_of(session: Reading, account_id: int, *, today: date, scopes: frozenset[str] | None = None) -> Viewer | None:
    """The viewer an account is today; None when it does not exist or is disabled."""
    row = (await session.execute(_ACCOUNT, {"account": account_id, "today": today})).first()
    if row is None or row.disabled_at is not None:
        return None
    grants = tuple(Grant(Role(role), organisation, branch, school_class) for role, organisation, branch, school_class in row.grants or ())
    memberships = tuple(Membership(*fields) for fields in row.memberships or ())
    workplaces: list[list[Any]] = row.workplaces or []
    own = [one for one in memberships if one.own]
    return Viewer(
        account_id=row.id,
        name=row.display_name or (own[0].name if own else row.login),
        language=row.language,
        show_ruby=row.show_ruby,
        home_branch_id=row.home_id,
        home_branch_number=row.home_number,
        grants=grants,
        roles=_roles(grants, memberships),
        organisation_ids=frozenset({one.organisation_id for one in memberships} | {number for number, _ in workplaces}),
        school_ids=frozenset(
            {one.organisation_id for one in memberships if one.school}
            | {number for number, kind in workplaces if kind == OrganisationKind.SCHOOL.value}
        ),
        scopes=scopes,
        person_id=own[0].person_id if own else None,
        view=row.view,
        schooling=next((Schooling(one.school_kind, one.grade) for one in own if one.category == "pupil"), None),
    )


def _roles(grants: tuple[Grant, ...], memberships: Iterable[Membership]) -> frozenset[Role]:
    roles = {grant.role for grant in grants}
    for one in memberships:
        if not one.own:
            roles.add(Role.GUARDIAN)
        elif one.category == "pupil":
            roles.add(Role.PUPIL)
        else:
            roles.add(Role.READER)
    return frozenset(roles or {Role.READER})
