"""Registering somebody at the desk: person, membership, card, guardian and the first code, in one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select

from library.db import Reading, Writing
from library.errors import N_, Invalid, NotAllowed, Problem
from library.identity import audit
from library.identity.models import AccountPerson, Card, Patron, Person
from library.identity.patrons import ages, cards, codes, reach
from library.identity.patrons.registration import application
from library.identity.patrons.registration.application import Application, Likeness
from library.identity.patrons.registration.lookalikes import MaybeRegistered, lookalikes
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places import store
from library.places.store import OrganisationFacts
from library.settings import Settings


@dataclass(frozen=True)
class Request:
    """What was typed and ticked. `seed`: what the set-up code follows from; `different`: look-alikes are known to be others."""

    typed: Mapping[str, str]
    seed: str
    different: bool = False
    note_confirmed: bool = False
    account: bool = True


@dataclass(frozen=True)
class Registered:
    """`code` is None when no account was asked for."""

    patron_id: int
    card: str
    valid_to: date | None
    code: codes.Issued | None


@dataclass(frozen=True)
class Found:
    """What the numbers and codes of an application stand for."""

    home_branch_id: int | None = None
    guardian: Card | None = None


async def register(session: Writing, settings: Settings, asked: Request, *, by: Viewer | None, today: date, now: datetime) -> Registered:
    """Raises Invalid with every problem at once, MaybeRegistered for look-alikes, Conflict when another has the card."""
    into = await organisation_for(session, by, asked.typed.get("organisation", ""), today=today)
    wanted, problems = application.read(asked.typed, kind=into.kind, today=today, note_confirmed=asked.note_confirmed)
    found, unknown = await resolved(session, asked.typed, by=by, today=today)
    if wanted is None or unknown:
        raise await _incomplete(session, asked.typed, into, (*problems, *unknown), today=today)
    if not asked.different and (similar := await lookalikes(session, wanted.likeness, viewer=by)):
        raise MaybeRegistered(similar)
    known = await _holder(session, wanted.card, wanted.likeness, into)
    patron = await _add(session, wanted, into, found, known, today=today)
    if known is None:
        await cards.issue(session, patron.person_id, wanted.card or await cards.next_number(session, settings))
    if found.guardian is not None:
        await put_in_charge(session, found.guardian, patron.person_id)
    account = await codes.account_of(session, patron.person_id)
    wants_code = asked.account and (account is None or account.password_hash is None)
    code = await codes.issue(session, settings, patron.person_id, seed=asked.seed, now=now) if wants_code else None
    card = await cards.of_person(session, patron.person_id)
    audit.record(
        session,
        by,
        "patron.registered",
        subject_kind="patron",
        subject_id=patron.id,
        category=wanted.category,
        proof=wanted.proof,
        known=known is not None,
    )
    return Registered(patron.id, card.number if card else "", wanted.valid_to, code)


async def organisation_for(session: Reading, by: Viewer | None, code: str, *, today: date) -> OrganisationFacts:
    """Whose member somebody becomes; the first in reach when none is named. Raises NotAllowed for one out of reach."""
    reachable = await reach.organisations(session, by, Permission.EDIT_PATRONS, on=today)
    chosen = next((one for one in reachable if code in ("", one.code)), None)
    if chosen is None and code:
        await store.organisation(session, code)  # NotFound, when there is none
    if chosen is None:
        raise NotAllowed("not_allowed", N_("この操作をする権限がありません。"), permission=Permission.EDIT_PATRONS.value)
    return chosen


async def resolved(session: Reading, typed: Mapping[str, str], *, by: Viewer | None, today: date) -> tuple[Found, tuple[Problem, ...]]:
    """Branch and guardian as they are named, with what cannot be found."""
    problems: list[Problem] = []
    home, guardian = None, None
    if code := typed.get("home_branch", "").strip():
        home = next((one.id for one in await store.branches(session, on=today) if one.code == code), None)
        if home is None:
            problems.append(Problem("home_branch", "branch_unknown", N_("この館は選べません。")))
    if number := _number(typed, "guardian_card"):
        guardian = await session.scalar(
            select(Card)
            .join(Patron, Patron.person_id == Card.person_id)
            .where(Card.number == number, Card.revoked_at.is_(None), reach.within(by, Permission.SEE_PATRONS))
            .limit(1)
        )
        if guardian is None:
            problems.append(
                Problem("guardian_card", "guardian_unknown", N_("このカードの利用者は見つかりません。先に保護者を登録してください。"))
            )
    return Found(home, guardian), tuple(problems)


async def _incomplete(
    session: Writing, typed: Mapping[str, str], into: OrganisationFacts, problems: tuple[Problem, ...], *, today: date
) -> Invalid:
    number = _number(typed, "card")
    taken = number and await session.scalar(select(Card.id).where(Card.number == number))
    if taken and await _holder(session, number, application.glanced(typed, today=today), into) is None:
        problems = (*problems, Problem("card", "card_number_taken", N_("このカード番号はすでに使われています。")))
    return incomplete(problems)


def incomplete(problems: tuple[Problem, ...]) -> Invalid:
    return Invalid("form_incomplete", N_("なおすところがあります。"), where=problems[0].where, problems=problems)


def _number(typed: Mapping[str, str], name: str) -> str:
    """A card's number; "" for one whose form is wrong, which the form says already."""
    try:
        return application.card_number(typed.get(name, ""))
    except Invalid:
        return ""


async def _holder(session: Writing, number: str, wanted: Likeness, into: OrganisationFacts) -> Person | None:
    """Who holds the card that was read, when it is the same human and not a member here yet: a pupil whose school's card now serves
    at the ward's libraries too. Anybody else's card stays taken.
    """
    if not number or wanted.birth_date is None:
        return None
    same = (Card.number == number, Card.revoked_at.is_(None), Person.birth_date == wanted.birth_date)
    query = select(Person).join(Card, Card.person_id == Person.id).where(*same, Person.sort_key == wanted.sort_key)
    person: Person | None = await session.scalar(query.with_for_update(of=Person))
    if person is None:
        return None
    here = select(Patron.id).where(Patron.person_id == person.id, Patron.organisation_id == into.id).limit(1)
    return None if await session.scalar(here) else person


async def _add(
    session: Writing, wanted: Application, into: OrganisationFacts, found: Found, known: Person | None, *, today: date
) -> Patron:
    """The membership, and the person unless known; of a known one only what was not known yet is taken over."""
    person = known or Person(sort_key=wanted.sort_key)
    for name in OF_PERSON:
        if known is None or not getattr(known, name):
            setattr(person, name, getattr(wanted, name))
    session.add(person)
    await session.flush()
    patron = Patron(
        person_id=person.id,
        organisation_id=into.id,
        home_branch_id=found.home_branch_id,
        valid_from=today,
        valid_to=wanted.valid_to,
        **{name: getattr(wanted, name) for name in OF_PATRON},
    )
    session.add(patron)
    await session.flush()
    return patron


OF_PERSON = ("family_name", "given_name", "family_reading", "given_reading", "birth_date", "phone", "mail", "address")
OF_PATRON = ("category", "affiliation", "guardian_name", "contact_by", "proof", "note")


async def put_in_charge(session: Writing, guardian: Card, child_id: int) -> None:
    """Lets the guardian's account act for a child; the account is made, without a password, when there is none yet."""
    account = await codes.open_account(session, guardian.person_id, login=guardian.number)
    if guardian.person_id != child_id and await session.get(AccountPerson, (account.id, child_id)) is None:
        session.add(AccountPerson(account_id=account.id, person_id=child_id, role="guardian"))
        await session.flush()


async def release_grown(session: Writing, *, today: date) -> int:
    """Ends the care of those who have come of age: what they borrow is their own affair from then on. Returns how many."""
    grown = select(Person.id).where(Person.birth_date <= ages.of_age_when_born_by(today))
    care = delete(AccountPerson).where(AccountPerson.role == "guardian", AccountPerson.person_id.in_(grown))
    return len((await session.execute(care.returning(AccountPerson.person_id))).all())
