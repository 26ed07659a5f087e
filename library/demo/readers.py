"""The made-up people as persons, patrons, cards and accounts; everybody's password is the demo's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from library.db import Writing, copy_in
from library.demo.people import FISCAL_YEAR, Population, population
from library.identity.models import Account, AccountRole
from library.identity.roles import Role
from library.identity.signing_in import passwords
from library.kana import sort_key

PASSWORD = "komorebi-demo"  # noqa: S105 - printed when the demo starts
EVERYTHING = "demo"  # the staff member with every role


@dataclass(frozen=True)
class SignIn:
    """One sign-in to try: who it is in words, and what to type."""

    kind: str
    login: str
    name: str


async def people(session: Writing, seed: int) -> None:
    """Adds everybody in one transaction."""
    made = population(seed)
    digest = await passwords.hashed(PASSWORD)
    organisations = {row.code: row.id for row in await session.execute(text("SELECT code, id FROM organisation"))}
    branches = {row.code: row.id for row in await session.execute(text("SELECT code, id FROM branch"))}
    persons = await _persons(session, made)
    await _memberships(session, made, persons, organisations, branches)
    await _reader_accounts(session, made, persons, digest)
    for member in made.staff:
        account = Account(login=member.login, display_name=_name(made, member.person), password_hash=digest)
        session.add(account)
        await session.flush()
        # The ward's cataloguers sit in one library and look after every record.
        everywhere = member.organisation == "ward" and (not member.branch or member.role.value == Role.CATALOGUER.value)
        session.add(
            AccountRole(
                account_id=account.id,
                role=member.role.value,
                branch_id=branches[member.branch] if member.branch and not everywhere else None,
                organisation_id=None if member.branch or everywhere else organisations[member.organisation],
            )
        )
    demo = Account(login=EVERYTHING, display_name="見本 なんでも係", password_hash=digest)
    session.add(demo)
    await session.flush()
    for role in (Role.WARD_ADMIN, Role.CATALOGUER, Role.DESK, Role.SCHOOL_LIBRARIAN, Role.TEACHER, Role.COURIER, Role.KIOSK):
        session.add(AccountRole(account_id=demo.id, role=role.value))


async def _persons(session: Writing, made: Population) -> dict[int, int]:
    """Number in the population → id."""
    rows = await session.scalars(
        text("SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM generate_series(1, :count)"), {"count": len(made.persons)}
    )
    ids = dict(zip((one.number for one in made.persons), rows.all(), strict=True))
    await copy_in(
        session,
        "person",
        ("id", "family_name", "given_name", "family_reading", "given_reading", "sort_key", "birth_date", "phone", "mail", "address"),
        [
            (
                ids[one.number],
                one.family,
                one.given,
                one.family_kana,
                one.given_kana,
                sort_key(f"{one.family_kana} {one.given_kana}"),
                one.born_on,
                "",
                "",
                "",
            )
            for one in made.persons
        ],
    )
    await copy_in(
        session, "card", ("person_id", "number", "revoked_reason"), [(ids[one.number], one.card, "") for one in made.persons if one.card]
    )
    return ids


async def _memberships(
    session: Writing, made: Population, persons: dict[int, int], organisations: dict[str, int], branches: dict[str, int]
) -> None:
    rows = await session.execute(
        text(
            "SELECT o.code, c.grade, c.name, c.id FROM school_class c JOIN organisation o ON o.id = c.organisation_id"
            " WHERE school_year = :year"
        ),
        {"year": FISCAL_YEAR},
    )
    from library.demo import ward

    codes = {(one.code, c.grade, c.name): c.code for one in ward.organisations() for c in one.classes}
    classes = {codes[row.code, row.grade, row.name]: row.id for row in rows}
    await copy_in(
        session,
        "patron",
        ("person_id", "organisation_id", "category", "class_id", "roll_number", "home_branch_id", "note"),
        [
            (
                persons[one.person],
                organisations[one.organisation],
                one.category.value,
                classes.get(one.school_class),
                one.roll_number,
                branches.get(one.branch),
                "",
            )
            for one in made.memberships
        ],
    )


async def _reader_accounts(session: Writing, made: Population, persons: dict[int, int], digest: str) -> None:
    """One account for each person with a card, named by the card's number; guardians also act for their children."""
    holders = [one for one in made.persons if one.card]
    rows = await session.scalars(
        text("SELECT nextval(pg_get_serial_sequence('account', 'id')) FROM generate_series(1, :count)"), {"count": len(holders)}
    )
    accounts = dict(zip((one.number for one in holders), rows.all(), strict=True))
    pupils = {one.person for one in made.memberships if one.category.value == "pupil"}
    branches = await session.execute(
        text(
            "SELECT p.person_id, bo.branch_id FROM patron p JOIN branch_organisation bo ON bo.organisation_id = p.organisation_id"
            " WHERE p.category = 'pupil' AND bo.role = 'school_library'"
        )
    )
    schools = {row.person_id: row.branch_id for row in branches}
    await copy_in(
        session,
        "account",
        ("id", "login", "display_name", "password_hash", "language", "show_ruby", "home_branch_id"),
        [(accounts[one.number], one.card, "", digest, "ja", one.number in pupils, schools.get(persons[one.number])) for one in holders],
    )
    guarding = [
        (accounts[family.guardian], persons[child], "guardian")
        for family in made.families
        for child in family.children
        if family.guardian in accounts
    ]
    own = [(accounts[one.number], persons[one.number], "self") for one in holders]
    await copy_in(session, "account_person", ("account_id", "person_id", "role"), own + guarding)


def _name(made: Population, number: int) -> str:
    return next(f"{one.family} {one.given}" for one in made.persons if one.number == number)


def sign_ins(seed: int) -> tuple[SignIn, ...]:
    """One sign-in for each kind of user."""
    made = population(seed)
    by_number = {one.number: one for one in made.persons}
    guardians = {family.guardian for family in made.families}

    def reader(kind: str, category: str, *, guardian: bool = False) -> SignIn:
        member = next(
            one
            for one in made.memberships
            if one.category.value == category and by_number[one.person].card and (one.person in guardians) == guardian
        )
        person = by_number[member.person]
        return SignIn(kind, person.card, f"{person.family} {person.given}")

    def staff(kind: str, role: str, organisation: str = "ward") -> SignIn:
        member = next(one for one in made.staff if one.role.value == role and one.organisation == organisation)
        return SignIn(kind, member.login, _name(made, member.person))

    school = next(one.organisation for one in made.memberships if one.category.value == "pupil")
    return (
        reader("resident", "resident"),
        reader("guardian", "resident", guardian=True),
        reader("pupil", "pupil"),
        staff("desk", "desk"),
        staff("cataloguer", "cataloguer"),
        staff("school librarian", "school_librarian", school),
        staff("ward admin", "ward_admin"),
        SignIn("every staff role", EVERYTHING, "見本 なんでも係"),
    )
