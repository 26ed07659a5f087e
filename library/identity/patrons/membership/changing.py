"""Changing a registration at the desk: what is known of somebody, the term, the card, the end. Each is one unit of work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select

from library import dates
from library.db import Writing
from library.errors import N_, Conflict, Invalid
from library.identity import audit
from library.identity.models import Account, Card, Patron, Person, SetUpCode
from library.identity.patrons import ages, cards, codes, reach
from library.identity.patrons.membership.dossier import fingerprint
from library.identity.patrons.registration import application, registering
from library.identity.patrons.registration.registering import OF_PATRON, OF_PERSON
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places.models import Organisation
from library.settings import Settings

Objection = Callable[[Writing, int], Awaitable[None]]  # (session, patron): raises Conflict when something still stands in the way

OBJECTIONS: list[Objection] = []  # to the end of a membership, such as books still out; other rooms give them where rooms are put together


async def _locked(session: Writing, viewer: Viewer, patron_id: int) -> tuple[Person, Patron]:
    """Person and membership, locked in this order, for whoever may change them."""
    patron = await reach.must_reach(session, viewer, Permission.EDIT_PATRONS, patron_id)
    person = await session.get_one(Person, patron.person_id, with_for_update=True, populate_existing=True)
    return person, await session.get_one(Patron, patron_id, with_for_update=True, populate_existing=True)


async def change(
    session: Writing, patron_id: int, typed: Mapping[str, str], *, seen: str, note_confirmed: bool, by: Viewer, today: date
) -> None:
    """Takes over what the form says. Raises Conflict when somebody changed it since `seen`, Invalid with every problem."""
    person, patron = await _locked(session, by, patron_id)
    if seen != fingerprint(person, patron):
        raise Conflict("changed_meanwhile", N_("ほかの人が先に変更しました。いまの内容を確かめて、もう一度直してください。"), where="seen")
    organisation = await session.get_one(Organisation, patron.organisation_id)
    wanted, problems = application.read(
        dict(typed) | {"valid_to": "", "card": ""},
        kind=organisation.kind,
        today=today,
        note_confirmed=note_confirmed,
        known=patron.category,
    )
    found, unknown = await registering.resolved(session, typed, by=by, today=today)
    if wanted is None or unknown:
        raise registering.incomplete((*problems, *unknown))
    changed = [name for name in OF_PERSON if getattr(person, name) != getattr(wanted, name)]
    changed += [name for name in OF_PATRON if getattr(patron, name) != getattr(wanted, name)]
    for name in OF_PERSON:
        setattr(person, name, getattr(wanted, name))
    for name in OF_PATRON:
        setattr(patron, name, getattr(wanted, name))
    person.sort_key = wanted.sort_key
    if patron.home_branch_id != found.home_branch_id:
        patron.home_branch_id = found.home_branch_id
        changed.append("home_branch")
    if found.guardian is not None:
        await registering.put_in_charge(session, found.guardian, person.id)
        changed.append("guardian")
    audit.record(session, by, "patron.changed", subject_kind="patron", subject_id=patron.id, fields=sorted(changed))


async def renew(session: Writing, patron_id: int, written: str, *, by: Viewer, today: date) -> date | None:
    """Sets the last day of the term: the one that is typed, else the category's from today. Who had left belongs again."""
    _, patron = await _locked(session, by, patron_id)
    day = dates.day(written) if written else application.default_validity(patron.category, today)
    if written and day is None:
        raise Invalid("not_a_day", N_("日付として読めません。"), where="valid_to")
    if day is not None and not today <= day <= ages.years_later(today, application.LONGEST_YEARS):
        years = application.LONGEST_YEARS
        raise Invalid("validity_range", N_("有効期限は、今日から{years}年先までの日にしてください。"), where="valid_to", years=years)
    patron.valid_to = day
    await session.flush()
    audit.record(session, by, "patron.renewed", subject_kind="patron", subject_id=patron.id, until=day.isoformat() if day else None)
    return day


async def replace_card(session: Writing, settings: Settings, patron_id: int, *, number: str, reason: str, by: Viewer, now: datetime) -> str:
    """Revokes the old card and issues another, the next number when none is scanned; returns the number.

    The number is also how somebody signs in, so the old one, which a stranger may have found, opens nothing any more.
    """
    person, patron = await _locked(session, by, patron_id)
    new = application.card_number(number)
    old = await cards.revoke(session, person.id, reason=reason, now=now)
    card = await cards.issue(session, person.id, new or await cards.next_number(session, settings))
    account = await codes.account_of(session, person.id)
    if account is not None and await _is_a_card(session, account, person):
        account.login = card.number
    audit.record(session, by, "patron.card_replaced", subject_kind="patron", subject_id=patron.id, reason=reason, revoked=len(old))
    return card.number


async def _is_a_card(session: Writing, account: Account, person: Person) -> bool:
    """Whether the account's login is the number of a card of this person, not a name of its own."""
    return await session.scalar(select(Card.id).where(Card.person_id == person.id, Card.number == account.login)) is not None


async def end(session: Writing, patron_id: int, *, by: Viewer, today: date) -> None:
    """Ends the membership as of yesterday; raises Conflict when it is over already, or when another room objects."""
    _, patron = await _locked(session, by, patron_id)
    if patron.valid_to is not None and patron.valid_to < today:
        raise Conflict("ended_already", N_("この登録は、もう終わっています。"))
    for object_to_ending in OBJECTIONS:
        await object_to_ending(session, patron_id)
    patron.valid_to = today - timedelta(days=1)
    await session.flush()
    audit.record(session, by, "patron.ended", subject_kind="patron", subject_id=patron.id)


async def give_code(session: Writing, settings: Settings, patron_id: int, *, seed: str, by: Viewer, now: datetime) -> codes.Issued:
    """A new set-up code for the slip. The password there may be goes on working until the code is used.

    Who signs in with it sees all of a person's memberships: a school gives none to a reader of the ward as well.
    """
    person, patron = await _locked(session, by, patron_id)
    if await reach.is_read_elsewhere(session, by, person.id):
        raise Conflict("code_by_ward", N_("区立図書館の利用者でもあるため、パスワードは区立図書館のカウンターで発行します。"))
    given = await codes.issue(session, settings, person.id, seed=seed, now=now)
    audit.record(session, by, "patron.code_issued", subject_kind="patron", subject_id=patron.id)
    return given


async def take_code_back(session: Writing, patron_id: int, *, by: Viewer) -> None:
    """Ends a code that went to the wrong hands; without one nothing happens."""
    person, patron = await _locked(session, by, patron_id)
    account = await codes.account_of(session, person.id)
    row = await session.get(SetUpCode, account.id) if account is not None else None
    if row is not None:
        await session.delete(row)
        audit.record(session, by, "patron.code_taken_back", subject_kind="patron", subject_id=patron.id)
