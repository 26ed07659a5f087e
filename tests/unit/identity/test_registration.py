"""What is read from a registration: days of birth, names and readings, categories, numbers that must not be taken in."""

from __future__ import annotations

from datetime import date

import pytest

from library.errors import Invalid
from library.identity.patrons import ages, cards, names
from library.identity.patrons.registration import application
from library.identity.patrons.registration.lookalikes import plain_address

TODAY = date(2026, 11, 23)
MY_NUMBER = "123456789018"
GOOD = {
    "family_name": "森",
    "given_name": "花子",
    "family_reading": "もり",
    "given_reading": "ﾊﾅｺ",
    "birth_date": "S45.3.2",
    "address": "渋谷区神宮前1-4-1",
    "phone": "03-1234-5678",
    "proof": "licence",
}


def problems(typed: dict[str, str], kind: str = "ward") -> dict[str, str]:
    return {problem.where: problem.code for problem in application.read(typed, kind=kind, today=TODAY)[1]}


def read(**typed: str) -> application.Application:
    found, wrong = application.read(GOOD | typed, kind="ward", today=TODAY)
    assert found is not None, [problem.code for problem in wrong]
    return found


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1970-03-02", date(1970, 3, 2)),
        ("1970/3/2", date(1970, 3, 2)),
        ("1970年3月2日", date(1970, 3, 2)),
        ("19700302", date(1970, 3, 2)),
        ("S45.3.2", date(1970, 3, 2)),
        ("s 45. 3. 2", date(1970, 3, 2)),
        ("Ｓ４５．３．２", date(1970, 3, 2)),
        ("昭45.3.2", date(1970, 3, 2)),
        ("昭和45年3月2日", date(1970, 3, 2)),
        ("S450302", date(1970, 3, 2)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("R元.5.1", date(2019, 5, 1)),
        ("令和8年11月23日", date(2026, 11, 23)),
        ("T15.12.24", date(1926, 12, 24)),
        ("H12.2.29", date(2000, 2, 29)),
    ],
)
def test_a_birthday_is_read_in_western_years_and_in_those_of_an_era(written: str, day: date) -> None:
    assert ages.birth_date(written, today=TODAY) == day


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("昭和70年1月1日", "era_has_no_such_day"),
        ("S64.1.8", "era_has_no_such_day"),
        ("H1.1.7", "era_has_no_such_day"),
        ("平成31年5月1日", "era_has_no_such_day"),
        ("R9.1.1", "birth_date_to_come"),
        ("2026-11-24", "birth_date_to_come"),
        ("1900-01-01", "birth_date_too_early"),
        ("1970-02-30", "birth_date_form"),
        ("3月2日", "birth_date_form"),
        ("きのう", "birth_date_form"),
    ],
)
def test_a_day_that_cannot_be_a_birthday_says_why(written: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        ages.birth_date(written, today=TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(1970, 3, 2), date(2026, 3, 1), 55),
        (date(1970, 3, 2), date(2026, 3, 2), 56),
        (date(2004, 2, 29), date(2025, 2, 28), 20),
        (date(2004, 2, 29), date(2025, 3, 1), 21),
    ],
)
def test_an_age_counts_whole_years(birth: date, today: date, years: int) -> None:
    assert ages.age(birth, today) == years


@pytest.mark.parametrize(
    ("birth", "today", "child"),
    [
        (date(2014, 4, 2), date(2027, 3, 31), True),
        (date(2014, 4, 2), date(2027, 4, 1), False),
        (date(2014, 4, 1), date(2026, 3, 31), True),  # born on 1 April: a school year earlier
        (date(2014, 4, 1), date(2026, 4, 1), False),
        (date(2026, 11, 1), date(2026, 11, 23), True),
    ],
)
def test_somebody_is_a_child_until_elementary_school_ends(birth: date, today: date, child: bool) -> None:
    assert ages.is_child(birth, today) is child


@pytest.mark.parametrize(
    ("written", "reading"),
    [("もり", "モリ"), ("ﾓﾘ", "モリ"), ("モリ", "モリ"), ("ｶﾞｯｺｳ", "ガッコウ"), ("  モリ　ハナコ ", "モリ ハナコ"), ("ヴァン", "ヴァン")],
)
def test_a_reading_becomes_full_width_katakana(written: str, reading: str) -> None:
    assert names.reading(written) == reading


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {}),
        ({"family_reading": "", "given_reading": ""}, {"family_reading": "reading_missing", "given_reading": "reading_missing"}),
        ({"family_name": "森 花子", "given_name": "", "family_reading": "もり はなこ", "given_reading": ""}, {}),
        ({"family_name": "Nguyễn", "given_name": "Thị Hoa", "family_reading": "", "given_reading": ""}, {}),
        ({"family_reading": "森"}, {"family_reading": "reading_form"}),
        ({"family_name": ""}, {"family_name": "name_missing"}),
        ({"birth_date": ""}, {"birth_date": "birth_date_missing"}),
        ({"birth_date": "", "category": "group", "proof": ""}, {}),
        ({"category": "commuter"}, {"affiliation": "affiliation_missing"}),
        ({"category": "pupil"}, {"category": "category_unknown"}),
        ({"category": "child"}, {"category": "not_a_child", "guardian_card": "guardian_missing"}),
        ({"birth_date": "H30.5.5"}, {"guardian_card": "guardian_missing"}),
        ({"guardian_card": "1000000003"}, {"guardian_card": "guardian_of_adult"}),
        ({"birth_date": "H30.5.5", "guardian_name": "森 太郎", "proof": ""}, {}),
        ({"proof": ""}, {"proof": "proof_missing"}),
        ({"proof": "none"}, {"proof": "proof_missing"}),
        ({"proof": "passport"}, {"proof": "proof_unknown"}),
        ({"phone": "12"}, {"phone": "phone_form"}),
        ({"phone": "０３ー１２３４ー５６７８"}, {}),
        ({"phone": "+81 3 1234 5678"}, {}),
        ({"mail": "x"}, {"mail": "mail_form"}),
        ({"contact_by": "mail"}, {"mail": "mail_missing"}),
        ({"contact_by": "phone", "phone": ""}, {"phone": "phone_missing"}),
        ({"contact_by": "fax"}, {"contact_by": "contact_unknown"}),
        ({"card": "9784003101018"}, {"card": "card_is_isbn"}),
        ({"valid_to": "2026-11-22"}, {"valid_to": "validity_range"}),
        ({"valid_to": "いつか"}, {"valid_to": "not_a_day"}),
        ({"valid_to": "2126-01-01"}, {"valid_to": "validity_range"}),
        ({"address": "あ" * 301}, {"address": "too_long"}),
    ],
)
def test_every_problem_is_said_at_once_beside_its_field(typed: dict[str, str], wrong: dict[str, str]) -> None:
    assert problems(GOOD | typed) == wrong


@pytest.mark.parametrize("name", application.TOLD)
@pytest.mark.parametrize("written", [MY_NUMBER, "1234 5678 9018", "１２３４－５６７８－９０１８"])
def test_an_individual_number_is_refused_in_every_field_that_is_told(name: str, written: str) -> None:
    assert problems(GOOD | {name: written}).get(name) == "my_number"
    assert name in application.holding_a_number({name: written})


@pytest.mark.parametrize("name", ["card", "guardian_card"])
def test_a_card_of_twelve_digits_is_a_card(name: str) -> None:
    assert name not in problems(GOOD | {"birth_date": "H30.5.5", "guardian_name": "森 太郎", name: MY_NUMBER})


def test_an_individual_number_in_the_note_must_be_removed_or_known_to_be_something_else() -> None:
    noted = GOOD | {"note": f"会員 {MY_NUMBER}"}
    assert problems(noted) == {"note": "my_number_in_note"}
    found, wrong = application.read(noted, kind="ward", today=TODAY, note_confirmed=True)
    assert wrong == ()
    assert found is not None


@pytest.mark.parametrize(
    ("category", "birth", "becomes"),
    [
        ("", "S45.3.2", "resident"),
        ("resident", "H30.5.5", "child"),
        ("neighbour", "H30.5.5", "child"),
        ("accessibility", "H30.5.5", "accessibility"),
        ("neighbour", "S45.3.2", "neighbour"),
    ],
)
def test_the_category_of_a_child_follows_from_its_age(category: str, birth: str, becomes: str) -> None:
    assert read(category=category, birth_date=birth, guardian_name="森 太郎").category == becomes


def test_a_registration_lasts_as_long_as_its_category_says_unless_a_day_is_typed() -> None:
    assert read().valid_to == date(2028, 11, 22)
    assert read(valid_to="R9.3.31").valid_to == date(2027, 3, 31)
    assert read(category="interlibrary").valid_to is None
    assert application.default_validity("resident", date(2028, 2, 29)) == date(2030, 2, 28)


@pytest.mark.parametrize(("prefix", "serial", "number"), [("10", 1, "1000000016"), ("10", 1234567, "1012345672"), ("7", 42, "700000425")])
def test_an_issued_number_ends_in_its_check_digit(prefix: str, serial: int, number: str) -> None:
    assert cards.numbered(prefix, serial) == number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("神宮前1-4-1", "神宮前１丁目４番１号", True),
        ("神宮前1丁目4番地1", "神宮前 1-4-1", True),
        ("神宮前1-4-1", "神宮前1-4-11", False),
        ("西原3-2-101", "西原3ー2ー101", True),
    ],
)
def test_addresses_are_the_same_however_their_numbers_are_written(one: str, other: str, same: bool) -> None:
    assert (plain_address(one) == plain_address(other)) is same
