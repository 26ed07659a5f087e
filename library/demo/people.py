"""The made-up ward's people: residents, families, pupils with roll numbers, teachers and staff; the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import count
from random import Random

import msgspec

from library.demo.books.romaji import romaji
from library.demo.ward import COMBINED, Organisation, SchoolClass, branches, organisations
from library.identity.card.number import check_digit
from library.places.models import BranchRole, SchoolKind

FISCAL_YEAR = 2026
ADULTS = 400
FULL_SCHOOLS = {"s01": 18, "j01": 24}  # pupils a class; other schools have ten pupils in all
PUPILS_ELSEWHERE = 10


class Category(StrEnum):
    """As what a person belongs to an organisation."""

    RESIDENT = "resident"
    PUPIL = "pupil"
    TEACHER = "teacher"


class StaffRole(StrEnum):
    DESK = "desk"
    CATALOGUER = "cataloguer"
    WARD_ADMIN = "ward_admin"
    SCHOOL_LIBRARIAN = "school_librarian"


class CardKind(StrEnum):
    """The first two digits of a card number."""

    RESIDENT = "10"
    PUPIL = "20"
    TEACHER = "30"


class Person(msgspec.Struct, frozen=True):
    """A human of the made-up ward; `number` counts from 1. Staff who do not borrow have no card (empty)."""

    number: int
    family: str
    given: str
    family_kana: str
    given_kana: str
    born_on: date
    card: str = ""

    @property
    def name(self) -> str:
        return f"{self.family} {self.given}"

    @property
    def kana(self) -> str:
        return f"{self.family_kana} {self.given_kana}"

    @property
    def romaji(self) -> str:
        return f"{romaji(self.family_kana)}, {romaji(self.given_kana)}"

    @property
    def email(self) -> str:
        return f"p{self.number:05d}@komorebi.example"


class Membership(msgspec.Struct, frozen=True):
    """A person as a reader of an organisation; class and roll number for pupils, the serving branch for residents."""

    person: int
    organisation: str
    category: Category
    branch: str = ""
    school_class: str = ""
    roll_number: int | None = None


class Family(msgspec.Struct, frozen=True):
    guardian: int
    children: tuple[int, ...]


class StaffMember(msgspec.Struct, frozen=True):
    """`branch` is empty where the role covers the whole organisation. `login` is a name to sign in with."""

    person: int
    role: StaffRole
    organisation: str
    branch: str
    login: str


class Population(msgspec.Struct, frozen=True):
    persons: tuple[Person, ...]
    memberships: tuple[Membership, ...]
    families: tuple[Family, ...]
    staff: tuple[StaffMember, ...]


def card_number(kind: CardKind, serial: int) -> str:
    """Ten digits: two of the kind, seven of the serial number, the check digit."""
    body = f"{kind.value}{serial:07d}"
    return body + check_digit(body)


Names = tuple[tuple[str, str], ...]


@cache
def names() -> tuple[Names, Names]:
    """Family names and given names with their kana."""
    text = files("library.demo").joinpath("data/names.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    family = tuple((name, kana) for kind, name, kana in rows if kind == "family")
    given = tuple((name, kana) for kind, name, kana in rows if kind == "given")
    return family, given


class _Registry:
    """Gives out persons with numbers and cards in the order of asking."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed}:people")
        self.persons: list[Person] = []
        self._serials = {kind: count(1) for kind in CardKind}

    def register(self, born_on: date, *, family: tuple[str, str] | None = None, card: CardKind | None = None) -> Person:
        families, given_names = names()
        family_name, family_kana = family or self.random.choice(families)
        given, given_kana = self.random.choice(given_names)
        number = card_number(card, next(self._serials[card])) if card else ""
        person = Person(len(self.persons) + 1, family_name, given, family_kana, given_kana, born_on, number)
        self.persons.append(person)
        return person

    def birthday(self, youngest: int, oldest: int) -> date:
        """Of a grown-up between these ages in the fiscal year."""
        return date(FISCAL_YEAR - self.random.randint(youngest, oldest), 1, 1) + timedelta(days=self.random.randrange(365))

    def pupil_birthday(self, grade: str) -> date:
        """A school year is of those born from 2 April to 1 April."""
        years = int(grade[1:]) + (6 if grade.startswith("J") else 0)
        return date(FISCAL_YEAR - 6 - years, 4, 2) + timedelta(days=self.random.randrange(365))


_Seat = tuple[Organisation, SchoolClass]


def _seats(school: Organisation) -> list[_Seat]:
    """One for each pupil: a full school fills every class, another has a few pupils in every grade."""
    if school.code in FULL_SCHOOLS:
        return [(school, entry) for entry in school.classes for _ in range(FULL_SCHOOLS[school.code])]
    firsts = [entry for entry in school.classes if entry.section == 1]
    return [(school, firsts[place % len(firsts)]) for place in range(PUPILS_ELSEWHERE)]


def _households(seats: list[_Seat], random: Random) -> Iterator[list[_Seat]]:
    """Parts the seats of one neighbourhood into children of one house: one to three, never two in one grade."""
    waiting = list(seats)
    random.shuffle(waiting)
    while waiting:
        wanted = random.choices((1, 2, 3), (60, 32, 8))[0]
        household = [waiting.pop()]
        for seat in list(reversed(waiting)):
            if len(household) >= wanted:
                break
            if all(seat[1].grade != taken[1].grade for taken in household):
                household.append(seat)
                waiting.remove(seat)
        yield household


def _neighbourhoods() -> list[list[_Seat]]:
    """The seats of schools whose children live side by side: an elementary school and the junior high school it leads to."""
    schools = [school for school in organisations() if school.school is not None]
    elementary = [school for school in schools if school.school is SchoolKind.ELEMENTARY]
    junior_high = [school for school in schools if school.school is SchoolKind.JUNIOR_HIGH]
    areas = [_seats(school) for school in elementary]
    for place, school in enumerate(junior_high):
        areas[-1 if school.code in COMBINED else place].extend(_seats(school))
    return areas


def _enrol(registry: _Registry) -> tuple[list[tuple[Person, _Seat]], list[tuple[Family, Person]]]:
    """Pupils with their seats, and families with their guardian; a quarter of the pupils have no guardian who is a reader."""
    random = registry.random
    pupils: list[tuple[Person, _Seat]] = []
    families: list[tuple[Family, Person]] = []
    for seats in _neighbourhoods():
        for household in _households(seats, random):
            surname = random.choice(names()[0])
            children = [
                registry.register(registry.pupil_birthday(seat[1].grade), family=surname, card=CardKind.PUPIL) for seat in household
            ]
            pupils.extend(zip(children, household, strict=True))
            if random.random() < 0.75:
                guardian = registry.register(registry.birthday(36, 52), family=surname, card=CardKind.RESIDENT)
                families.append((Family(guardian.number, tuple(child.number for child in children)), guardian))
    return pupils, families


def _rolls(pupils: list[tuple[Person, _Seat]]) -> Iterator[Membership]:
    """Roll numbers follow the kana within a class, as schools have it."""
    classes: dict[str, list[tuple[Person, _Seat]]] = {}
    for pupil in pupils:
        classes.setdefault(pupil[1][1].code, []).append(pupil)
    for members in classes.values():
        members.sort(key=lambda pupil: (pupil[0].kana, pupil[0].number))
        for roll, (person, (school, entry)) in enumerate(members, 1):
            yield Membership(person.number, school.code, Category.PUPIL, school_class=entry.code, roll_number=roll)


def _teachers(registry: _Registry) -> Iterator[Membership]:
    """One for each class of a full school, three elsewhere; the classes they lead are named as long as there are any."""
    for school in organisations():
        if school.school is None:
            continue
        number = len(school.classes) if school.code in FULL_SCHOOLS else 3
        for entry in school.classes[:number]:
            person = registry.register(registry.birthday(24, 60), card=CardKind.TEACHER)
            yield Membership(person.number, school.code, Category.TEACHER, school_class=entry.code)


def _staff(registry: _Registry) -> Iterator[StaffMember]:
    def member(role: StaffRole, organisation: str, branch: str, login: str) -> StaffMember:
        return StaffMember(registry.register(registry.birthday(22, 62)).number, role, organisation, branch, login)

    for branch in branches():
        public = ("ward", BranchRole.WARD_LIBRARY) in branch.organisations
        for place in range(1, (5 if branch.code == "chuo" else 3) if public else 1):
            yield member(StaffRole.DESK, "ward", branch.code, f"desk.{branch.code}.{place}")
        school = next((code for code, role in branch.organisations if role is BranchRole.SCHOOL_LIBRARY), None)
        if school is not None:
            yield member(StaffRole.SCHOOL_LIBRARIAN, school, branch.code, f"school.{school}")
    for place in (1, 2, 3):
        yield member(StaffRole.CATALOGUER, "ward", "chuo", f"catalogue.{place}")
    for place in (1, 2):
        yield member(StaffRole.WARD_ADMIN, "ward", "", f"admin.{place}")


def population(seed: int) -> Population:
    """Some 600 pupils, their families, 400 other grown-ups, teachers and staff."""
    registry = _Registry(seed)
    serving = [branch.code for branch in branches() if ("ward", BranchRole.WARD_LIBRARY) in branch.organisations]
    memberships: list[Membership] = []
    pupils, families = _enrol(registry)
    memberships.extend(_rolls(pupils))
    adults = [registry.register(registry.birthday(18, 92), card=CardKind.RESIDENT) for _ in range(ADULTS)]
    residents = [guardian for _, guardian in families] + adults
    # Children of reading families are readers of the ward as well, with the same card.
    children = [number for family, _ in families for number in family.children]
    for number in [person.number for person in residents] + children:
        branch = registry.random.choice(serving)
        memberships.append(Membership(number, "ward", Category.RESIDENT, branch=branch))
    memberships.extend(_teachers(registry))
    staff = tuple(_staff(registry))
    return Population(tuple(registry.persons), tuple(memberships), tuple(family for family, _ in families), staff)
