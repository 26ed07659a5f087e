"""A reader at the desk: who it is, what they have, what waits for them, and what speaks against lending; one look, a few queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text

from circulation.refused import because
from circulation.rules import refusals
from circulation.rules.refusals import Standing
from circulation.store import readers
from circulation.store.branches import Here
from library.db import Reading
from library.errors import Because

_PANEL = text(
    """
    SELECT concat_ws(' ', e.family_reading, nullif(e.given_reading, '')) AS reading, p.note, c.name AS class_name, c.grade AS class_grade,
           (SELECT count(*) FROM loan WHERE patron_id = p.id AND returned_at IS NULL AND due_at < :now) AS overdue
      FROM patron p JOIN person e ON e.id = p.person_id LEFT JOIN school_class c ON c.id = p.class_id
     WHERE p.id = :patron
    """
)
_READY = text(
    """
    SELECT b.id = :branch AS is_here, b.name, count(*) AS copies, min(h.pickup_until) AS until
      FROM hold h JOIN branch b ON b.id = h.pickup_branch_id
     WHERE h.patron_id = :patron AND h.closed_at IS NULL AND h.waiting_since IS NOT NULL
     GROUP BY b.id ORDER BY b.id <> :branch, b.number
    """
)
# Who shares an account with this person and is a reader here too: children of a parent, parents and brothers of a child.
_FAMILY = text(
    """
    SELECT DISTINCT ON (e.sort_key, e.id) concat_ws(' ', e.family_name, nullif(e.given_name, '')) AS name, k.number AS card
      FROM account_person own
      JOIN account_person other ON other.account_id = own.account_id AND other.person_id <> own.person_id
      JOIN person e ON e.id = other.person_id
      JOIN patron p ON p.person_id = e.id AND p.organisation_id = ANY(:organisations)
      JOIN card k ON k.person_id = e.id AND k.revoked_at IS NULL
     WHERE own.person_id = :person
     ORDER BY e.sort_key, e.id, k.issued_at DESC
     LIMIT 12
    """
)


@dataclass(frozen=True)
class Ready:
    """Copies that wait for the reader at one branch; `until` is the first last day among them."""

    is_here: bool
    name: Mapping[str, str]
    copies: int
    until: date


@dataclass(frozen=True)
class Relative:
    name: str
    card: str


@dataclass(frozen=True)
class Visit:
    """`patron_id` is None for a card whose person is no member here; `reasons` are all that speak against any loan today."""

    card: str
    person_id: int
    patron_id: int | None
    name: str
    reasons: tuple[Because, ...]
    reading: str = ""
    category: str = ""
    grade: str = ""
    class_name: str = ""
    valid_to: date | None = None
    lent: int = 0
    limit: int = 0
    overdue: int = 0
    holds: int = 0
    ready: tuple[Ready, ...] = ()
    note: str = ""
    family: tuple[Relative, ...] = ()

    @property
    def last_four(self) -> str:
        return self.card[-4:]


async def visit(session: Reading, here: Here, card: str, *, now: datetime) -> Visit:
    """A card's reader as this branch's desk sees them. Raises NotFound for a number that is no card."""
    shown = await readers.by_card(session, card)
    today = here.today(now)
    reader = readers.meant(shown.memberships, lenders=here.organisation_ids, owner=None, today=today)
    if reader is None:
        reasons = refusals.membership(Standing(member=False, card_revoked=shown.revoked), today)
        return Visit(shown.card, shown.person_id, None, "", tuple(because(reason) for reason in reasons))
    terms = here.terms(category=reader.category)
    standing = await readers.standing(session, reader, zone=here.zone)
    reasons = (*refusals.membership(standing, today), *refusals.overdue(standing, terms, today))
    row = (await session.execute(_PANEL, {"patron": reader.id, "now": now})).one()
    ready = await session.execute(_READY, {"patron": reader.id, "branch": here.id}) if standing.holds else ()
    family = await session.execute(_FAMILY, {"person": reader.person_id, "organisations": list(here.organisation_ids)})
    return Visit(
        card=shown.card,
        person_id=shown.person_id,
        patron_id=reader.id,
        name=reader.name,
        reasons=tuple(because(reason) for reason in reasons),
        reading=row.reading,
        category=reader.category,
        grade=row.class_grade or "",
        class_name=row.class_name or "",
        valid_to=reader.valid_to,
        lent=standing.lent,
        limit=terms.loans_limit,
        overdue=row.overdue,
        holds=standing.holds,
        ready=tuple(Ready(one.is_here, one.name, one.copies, one.until) for one in ready),
        note=row.note,
        family=tuple(Relative(one.name, one.card) for one in family),
    )
