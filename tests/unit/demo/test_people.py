"""The made-up ward's people: deterministic, plausible, with true card numbers and roll numbers in the order of kana."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date

import pytest

from library.demo.people import CardKind, Category, StaffRole, card_number, check_digit, names, population
from library.demo.ward import branches, organisations

PEOPLE = population(3)
PERSONS = {person.number: person for person in PEOPLE.persons}
PUPILS = [member for member in PEOPLE.memberships if member.category is Category.PUPIL]
CLASSES = {entry.code: entry for school in organisations() for entry in school.classes}


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert population(3) == PEOPLE
    assert population(4) != PEOPLE


def test_there_are_enough_names_each_with_its_kana() -> None:
    family, given = names()
    assert len(set(family)) >= 120
    assert len(set(given)) >= 160
    assert all(re.fullmatch(r"[ァ-ヶー]+", kana) for _, kana in (*family, *given))


@pytest.mark.parametrize(("digits", "check"), [("12345678", "2"), ("0", "0"), ("100000001", "6"), ("200000001", "4")])
def test_the_check_digit_weighs_two_and_one_from_the_right_and_adds_digits(digits: str, check: str) -> None:
    assert check_digit(digits) == check


def test_a_card_number_says_its_kind_and_notices_a_wrong_digit() -> None:
    number = card_number(CardKind.PUPIL, 1)
    assert number == "2000000014"
    for place, digit in enumerate(number[:-1]):
        wrong = number[:place] + str((int(digit) + 1) % 10) + number[place + 1 : -1]
        assert check_digit(wrong) != number[-1]


def test_no_card_is_given_twice_and_only_readers_have_one() -> None:
    cards = [person.card for person in PEOPLE.persons if person.card]
    assert len(cards) == len(set(cards))
    assert {member.person for member in PEOPLE.memberships} == {person.number for person in PEOPLE.persons if person.card}


def test_about_six_hundred_pupils_fill_two_schools_and_sit_in_all_others() -> None:
    schools = Counter(member.organisation for member in PUPILS)
    assert len(PUPILS) == 600
    assert set(schools) == {school.code for school in organisations() if school.school}
    assert (schools["s01"], schools["j01"], schools["s07"]) == (216, 144, 10)


def test_roll_numbers_run_from_one_in_the_order_of_kana() -> None:
    rolls = defaultdict(list)
    for member in PUPILS:
        rolls[member.school_class].append((member.roll_number, PERSONS[member.person].kana))
    for members in rolls.values():
        members.sort()
        assert [roll for roll, _ in members] == list(range(1, len(members) + 1))
        assert [kana for _, kana in members] == sorted(kana for _, kana in members)


def test_a_pupil_is_of_the_age_of_the_grade_and_in_a_class_of_the_school() -> None:
    for member in PUPILS:
        entry = CLASSES[member.school_class]
        assert entry.code.startswith(f"{member.organisation}-")
        years = int(entry.grade[1:]) + (6 if entry.grade.startswith("J") else 0)
        born_on = PERSONS[member.person].born_on
        assert date(2020 - years, 4, 2) <= born_on <= date(2021 - years, 4, 1)


def test_children_of_a_family_share_the_name_and_are_in_different_grades() -> None:
    grades = {member.person: CLASSES[member.school_class].grade for member in PUPILS}
    assert Counter(len(family.children) for family in PEOPLE.families)[2] > 30
    for family in PEOPLE.families:
        guardian = PERSONS[family.guardian]
        assert guardian.born_on.year <= 1990
        assert {PERSONS[child].family for child in family.children} == {guardian.family}
        assert len({grades[child] for child in family.children}) == len(family.children)


def test_a_child_of_a_reading_family_is_a_reader_of_the_school_and_of_the_ward_with_one_card() -> None:
    child = PEOPLE.families[0].children[0]
    members = [member for member in PEOPLE.memberships if member.person == child]
    assert {member.category for member in members} == {Category.PUPIL, Category.RESIDENT}


def test_every_desk_has_staff_every_school_library_a_librarian_and_the_ward_its_administrators() -> None:
    roles = defaultdict(set)
    for member in PEOPLE.staff:
        roles[member.role].add(member.branch)
    public = {branch.code for branch in branches() if branch.organisations[0][0] == "ward"}
    assert roles[StaffRole.DESK] == public
    assert len(roles[StaffRole.SCHOOL_LIBRARIAN]) == 25
    assert roles[StaffRole.CATALOGUER]
    assert roles[StaffRole.WARD_ADMIN] == {""}
    logins = [member.login for member in PEOPLE.staff]
    assert len(set(logins)) == len(logins)
