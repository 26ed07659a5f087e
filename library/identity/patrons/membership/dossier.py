"""One patron as the desk sees it: who, since when and until when, cards, family, class. Nothing of other organisations."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from library.db import Reading
from library.errors import N_, NotFound
from library.identity.card import picture
from library.identity.models import Account, AccountPerson, AccountRole, Card, Patron, Person
from library.identity.patrons import cards, codes, names, reach
from library.identity.patrons.registration.registering import OF_PATRON, OF_PERSON
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places.models import Branch, Organisation, SchoolClass, Translated


@dataclass(frozen=True)
class Membership:
    """A membership in reach; `is_this` is the one the page is about."""

    patron_id: int
    organisation: Translated
    category: str
    valid_from: date | None
    valid_to: date | None
    is_this: bool


@dataclass(frozen=True)
class CardLine:
    number: str
    issued_at: datetime
    revoked_at: datetime | None
    revoked_reason: str


@dataclass(frozen=True)
class Relative:
    """A guardian or child; `patron_id` is None where nobody here may open the page."""

    name: str
    patron_id: int | None


@dataclass(frozen=True)
class SignIn:
    """Whether somebody can sign in: with a password, with a code that waits, or not yet. Staff are managed elsewhere."""

    has_password: bool = False
    code_until: datetime | None = None
    disabled: bool = False
    is_staff: bool = False


@dataclass(frozen=True)
class Dossier:
    """`person` and `patron` are rows as they are; `seen` tells whether somebody changed them meanwhile."""

    person: Person
    patron: Patron
    organisation: Organisation
    home: Branch | None
    school_class: SchoolClass | None
    memberships: tuple[Membership, ...]
    cards: tuple[CardLine, ...]
    guardians: tuple[Relative, ...]
    children: tuple[Relative, ...]
    sign_in: SignIn

    @property
    def name(self) -> str:
        return names.whole(self.person.family_name, self.person.given_name)

    @property
    def reading(self) -> str:
        return names.whole(self.person.family_reading, self.person.given_reading)

    @property
    def card(self) -> str:
        return next((one.number for one in self.cards if one.revoked_at is None), "")

    @property
    def seen(self) -> str:
        return fingerprint(self.person, self.patron)


@dataclass(frozen=True)
class Slip:
    """What is printed for a new patron."""

    patron_id: int
    person_id: int
    name: str
    card: str
    organisation: Translated
    valid_to: date | None

    @property
    def bars(self) -> str:
        """The card number as NW-7; "" where that cannot write it."""
        return picture.nw7_svg(self.card, title=self.card) if picture.is_codable(self.card) else ""

    @property
    def printed(self) -> str:
        return picture.printed(self.card)


def fingerprint(person: Person, patron: Patron) -> str:
    """Differs as soon as anything that can be edited does."""
    values = [getattr(person, name) for name in OF_PERSON] + [getattr(patron, name) for name in (*OF_PATRON, "home_branch_id")]
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]


async def slip(session: Reading, patron_id: int) -> Slip:
    row = (
        await session.execute(
            select(Patron, Person, Organisation.name.label("organisation"))
            .join(Person, Person.id == Patron.person_id)
            .join(Organisation, Organisation.id == Patron.organisation_id)
            .where(Patron.id == patron_id)
        )
    ).first()
    if row is None:
        raise NotFound("patron_not_found", N_("この利用者は登録されていません。"), where="patron")
    card = await cards.of_person(session, row.Person.id)
    name = names.whole(row.Person.family_name, row.Person.given_name)
    return Slip(patron_id, row.Person.id, name, card.number if card else "", row.organisation, row.Patron.valid_to)


async def dossier(session: Reading, viewer: Viewer, patron_id: int, *, now: datetime) -> Dossier:
    """Raises NotFound and NotAllowed as `reach.must_reach` does."""
    patron = await reach.must_reach(session, viewer, Permission.SEE_PATRONS, patron_id)
    person = await session.get_one(Person, patron.person_id)
    rows = await session.scalars(select(Card).where(Card.person_id == person.id).order_by(Card.issued_at.desc(), Card.id.desc()))
    return Dossier(
        person,
        patron,
        await session.get_one(Organisation, patron.organisation_id),
        await session.get(Branch, patron.home_branch_id) if patron.home_branch_id else None,
        await session.get(SchoolClass, patron.class_id) if patron.class_id else None,
        await _memberships(session, viewer, patron),
        tuple(CardLine(row.number, row.issued_at, row.revoked_at, row.revoked_reason) for row in rows),
        await _relatives(session, viewer, person.id, role="guardian"),
        await _relatives(session, viewer, person.id, role="self"),
        await _sign_in(session, person.id, now=now),
    )


async def _memberships(session: Reading, viewer: Viewer, this: Patron) -> tuple[Membership, ...]:
    rows = await session.execute(
        select(Patron, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Patron.organisation_id)
        .where(Patron.person_id == this.person_id, reach.within(viewer, Permission.SEE_PATRONS))
        .order_by(Patron.id)
    )
    return tuple(
        Membership(row.Patron.id, row.organisation, row.Patron.category, row.Patron.valid_from, row.Patron.valid_to, row.Patron is this)
        for row in rows
    )


async def _relatives(session: Reading, viewer: Viewer, person_id: int, *, role: str) -> tuple[Relative, ...]:
    """For role "guardian" who looks after this person, for "self" whom this person looks after."""
    own, other = AccountPerson.__table__.alias(), AccountPerson.__table__.alias()
    wanted = "self" if role == "guardian" else "guardian"
    people = (
        select(other.c.person_id)
        .join(own, own.c.account_id == other.c.account_id)
        .where(own.c.person_id == person_id, own.c.role == role, other.c.role == wanted)
    )
    open_to = select(Patron.person_id, Patron.id).where(reach.within(viewer, Permission.SEE_PATRONS)).subquery()
    rows = await session.execute(
        select(Person.family_name, Person.given_name, Person.id, open_to.c.id.label("patron"))
        # Whose guardian somebody is at other places stays there; who looks after a child here is known here.
        .join(open_to, open_to.c.person_id == Person.id, isouter=role == "guardian")
        .where(Person.id.in_(people))
        .order_by(Person.sort_key, Person.id, open_to.c.id)
    )
    found: dict[int, Relative] = {}
    for row in rows:
        found.setdefault(row.id, Relative(names.whole(row.family_name, row.given_name), row.patron))
    return tuple(found.values())


async def _sign_in(session: Reading, person_id: int, *, now: datetime) -> SignIn:
    account: Account | None = await codes.account_of(session, person_id)
    if account is None:
        return SignIn()
    staff = await session.scalar(select(AccountRole.id).where(AccountRole.account_id == account.id).limit(1))
    return SignIn(
        account.password_hash is not None,
        await codes.is_waiting(session, account.id, now=now),
        account.disabled_at is not None,
        staff is not None,
    )
