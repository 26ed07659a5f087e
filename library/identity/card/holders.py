"""Whose cards an account may show: its own person's and its children's, and whether each is good today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from library.db import Reading
from library.identity.models import AccountPerson, Card, Patron, Person
from library.places.calendar import within


class Standing(StrEnum):
    """Whether a card can be shown; every other value than valid says why not."""

    VALID = "valid"
    NO_CARD = "no_card"
    REVOKED = "revoked"
    ENDED = "ended"
    NOT_YET = "not_yet"
    NOT_REGISTERED = "not_registered"


@dataclass(frozen=True)
class Membership:
    """When somebody belongs to one library; None is open at that end."""

    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Holder:
    """A person and the card to show for them. `number` is None unless `standing` is valid; `until` is the last day, None when open."""

    person_id: int
    name: str
    own: bool
    standing: Standing
    number: str | None
    until: date | None


def standing_of(memberships: Sequence[Membership], *, has_card: bool, had_card: bool, today: date) -> Standing:
    """A card is good while it is not revoked and its person belongs to some library."""
    if not memberships:
        return Standing.NOT_REGISTERED
    if not any(within(today, one.valid_from, one.valid_to) for one in memberships):
        to_come = any(one.valid_from is not None and one.valid_from > today for one in memberships)
        return Standing.NOT_YET if to_come else Standing.ENDED
    if has_card:
        return Standing.VALID
    return Standing.REVOKED if had_card else Standing.NO_CARD


def last_day(memberships: Iterable[Membership], today: date) -> date | None:
    """When the last of today's memberships ends; None while one is open or there is none."""
    days = [one.valid_to for one in memberships if within(today, one.valid_from, one.valid_to)]
    ending = [day for day in days if day is not None]
    return max(ending) if ending and len(ending) == len(days) else None


async def holders(session: Reading, account_id: int, *, today: date) -> tuple[Holder, ...]:
    """The account's own person first, then the children in its care, the oldest first; empty for staff without a membership."""
    rows = await session.execute(
        select(AccountPerson.role, Person.id, Person.family_name, Person.given_name)
        .join(Person, Person.id == AccountPerson.person_id)
        .where(AccountPerson.account_id == account_id)
        .order_by(AccountPerson.role != "self", Person.birth_date, Person.id)
    )
    people = rows.all()
    ids = [row.id for row in people]
    memberships = await _memberships(session, ids)
    valid, had = await _cards(session, ids)
    found = []
    for row in people:
        belongs = memberships[row.id]
        standing = standing_of(belongs, has_card=row.id in valid, had_card=row.id in had, today=today)
        number = valid[row.id] if standing is Standing.VALID else None
        name = f"{row.family_name} {row.given_name}".strip()
        found.append(Holder(row.id, name, row.role == "self", standing, number, last_day(belongs, today)))
    return tuple(found)


async def _memberships(session: Reading, person_ids: Iterable[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = defaultdict(list)
    rows = await session.execute(select(Patron.person_id, Patron.valid_from, Patron.valid_to).where(Patron.person_id.in_(person_ids)))
    for row in rows:
        found[row.person_id].append(Membership(row.valid_from, row.valid_to))
    return found


async def _cards(session: Reading, person_ids: Iterable[int]) -> tuple[dict[int, str], set[int]]:
    """The newest card of each person that is not revoked, and who ever had one."""
    rows = await session.execute(
        select(Card.person_id, Card.number, Card.revoked_at).where(Card.person_id.in_(person_ids)).order_by(Card.issued_at, Card.id)
    )
    valid: dict[int, str] = {}
    had: set[int] = set()
    for row in rows:
        had.add(row.person_id)
        if row.revoked_at is None:
            valid[row.person_id] = row.number
    return valid, had
