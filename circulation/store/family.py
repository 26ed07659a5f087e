"""Those whom an account acts for: its own person and the children in its care, each with memberships and the places they usually use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import text

from circulation.store.readers import Reader, Shown
from library.db import Reading
from library.errors import N_, NotFound

_FAMILY = text(
    """
    SELECT a.role = 'self' AS own, e.id AS person, concat_ws(' ', e.family_name, nullif(e.given_name, '')) AS person_name,
           p.id, p.person_id, p.organisation_id, p.category, p.valid_from, p.valid_to, coalesce(c.number, '') AS card,
           coalesce(c.revoked, false) AS card_revoked, e.birth_date, coalesce(s.grade, '') AS grade, o.kind AS organisation_kind,
           p.home_branch_id
      FROM account_person a
      JOIN person e ON e.id = a.person_id
      LEFT JOIN LATERAL (SELECT number, revoked_at IS NOT NULL AS revoked FROM card WHERE person_id = e.id
                          ORDER BY revoked_at IS NOT NULL, issued_at DESC, id DESC LIMIT 1) c ON true
      LEFT JOIN patron p ON p.person_id = e.id
      LEFT JOIN organisation o ON o.id = p.organisation_id
      LEFT JOIN school_class s ON s.id = p.class_id
     WHERE a.account_id = :account
     ORDER BY a.role <> 'self', e.birth_date, e.id, p.id
    """
)
_SHOWN_ELSEWHERE = frozenset({"own", "person", "person_name", "home_branch_id"})


@dataclass(frozen=True)
class Member:
    """One of them. `homes`: the usual pickup branch of each membership that has one, by patron."""

    name: str
    own: bool
    shown: Shown
    homes: Mapping[int, int]

    @property
    def person_id(self) -> int:
        return self.shown.person_id

    @property
    def patron_ids(self) -> tuple[int, ...]:
        return tuple(one.id for one in self.shown.memberships)


async def of_account(session: Reading, account_id: int) -> tuple[Member, ...]:
    """One's own person first, then the children, the oldest first; also those without a card or a membership."""
    rows = (await session.execute(_FAMILY, {"account": account_id})).mappings().all()
    found = []
    for _, group in groupby(rows, key=lambda row: row["person"]):
        of_person = list(group)
        first = of_person[0]
        belongs = [row for row in of_person if row["id"] is not None]
        memberships = tuple(
            Reader(**{key: value for key, value in row.items() if key not in _SHOWN_ELSEWHERE}, name=first["person_name"])
            for row in belongs
        )
        shown = Shown(first["card"], first["person"], first["card_revoked"], memberships)
        homes = {row["id"]: row["home_branch_id"] for row in belongs if row["home_branch_id"] is not None}
        found.append(Member(first["person_name"], first["own"], shown, homes))
    return tuple(found)


async def member(session: Reading, account_id: int | None, person_id: int) -> Member:
    """Raises NotFound for anybody the account does not act for, whether there is such a person or not."""
    if account_id is not None:
        for one in await of_account(session, account_id):
            if one.person_id == person_id:
                return one
    raise NotFound("person_not_found", N_("この人の本は、このログインでは見られません。"), where="person")
