"""What a row of a patron file says: numbers, names in any form, school classes, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from library import tabular
from library.errors import Invalid
from library.identity.patrons.incoming.file import Entry, Finding, read, refuse_forbidden

MY_NUMBER = "1234 5678 9018"


def row(surplus: int = 0, **cells: Any) -> tabular.Row:
    return tabular.Row(2, cells, surplus)


def entry(school: str | None = None, **cells: Any) -> Entry:
    found, findings = read(row(**{"number": "7", "name": "森 春子"} | cells), school=school)
    assert found is not None, findings
    return found


def refusals(school: str | None = None, **cells: Any) -> list[tuple[str, str]]:
    found, findings = read(row(**{"number": "7", "name": "森 春子"} | cells), school=school)
    assert found is None
    return [(one.column, one.code) for one in findings if one.rejects]


@pytest.mark.parametrize(
    ("cells", "family", "given"),
    [
        ({"name": "森 春子"}, "森", "春子"),
        ({"name": "森　春子"}, "森", "春子"),
        ({"name": "森春子"}, "森春子", ""),
        ({"name": "Maria del Mar"}, "Maria", "del Mar"),
        ({"name": "", "family_name": "森", "given_name": "春子"}, "森", "春子"),
        ({"name": "別人", "family_name": "森", "given_name": "春子"}, "森", "春子"),
    ],
)
def test_names_come_in_one_column_or_two(cells: dict[str, str], family: str, given: str) -> None:
    found = entry(**cells)
    assert (found.family_name, found.given_name) == (family, given)


@pytest.mark.parametrize("reading", ["もり はるこ", "モリ　ハルコ", "ﾓﾘ ﾊﾙｺ"])
def test_readings_are_kept_as_katakana_whatever_was_typed(reading: str) -> None:
    found = entry(reading=reading)
    assert (found.family_reading, found.given_reading) == ("モリ", "ハルコ")


@pytest.mark.parametrize(
    ("cells", "number", "card"),
    [
        ({"number": "００１２ ３４"}, "001234", "001234"),
        ({"number": "A12", "card": "99"}, "a12", "99"),
        ({"number": "", "card": "A1234B"}, "1234", "1234"),
    ],
)
def test_one_number_serves_as_both_where_only_one_is_given(cells: dict[str, str], number: str, card: str) -> None:
    found = entry(**cells)
    assert (found.number, found.card) == (number, card)


@pytest.mark.parametrize(
    ("school", "written", "grade"),
    [
        ("elementary", "5", "P5"),
        ("elementary", "５年", "P5"),
        ("elementary", "小5", "P5"),
        ("elementary", "P5", "P5"),
        ("junior_high", "2年生", "J2"),
        ("combined", "6", "P6"),
        ("combined", "7", "J1"),
        ("combined", "中3", "J3"),
    ],
)
def test_grades_are_read_as_each_kind_of_school_counts_them(school: str, written: str, grade: str) -> None:
    found = entry(school=school, grade=written, **{"class": "1組", "roll_number": "１２"})
    assert (found.grade, found.class_name, found.roll_number) == (grade, "1組", 12)


def test_the_ward_has_no_classes() -> None:
    assert entry(grade="nonsense", roll_number="x").grade is None


@pytest.mark.parametrize(
    ("school", "cells", "expected"),
    [
        (None, {"number": ""}, [("number", "number_missing")]),
        (None, {"number": "00001008あ"}, [("number", "number_form")]),
        (None, {"reading": "森 春子"}, [("reading", "reading_form")]),
        (None, {"birth_date": "きのう"}, [("birth_date", "not_a_day")]),
        (None, {"phone": "なし"}, [("phone", "phone_form")]),
        (None, {"mail": "mori@"}, [("mail", "mail_form")]),
        ("elementary", {"grade": "7"}, [("grade", "grade_form")]),
        ("elementary", {"class": "1"}, [("grade", "grade_missing")]),
        ("elementary", {"roll_number": "0"}, [("roll_number", "roll_number_form")]),
        (None, {"number": "", "mail": "x", "phone": "y"}, [("number", "number_missing"), ("phone", "phone_form")]),
    ],
)
def test_a_cell_that_cannot_be_rejects_its_row_and_is_named(school: str | None, cells: dict[str, str], expected: list[Any]) -> None:
    assert refusals(school=school, **cells) == expected


def test_a_row_with_more_cells_than_headers_is_not_trusted() -> None:
    found, findings = read(row(surplus=1, number="7", name="森"), school=None)
    assert found is None
    assert findings[0].code == "row_shifted"


@pytest.mark.parametrize("column", ["number", "card", "name", "reading", "phone", "mail", "address", "category", "class", "birth_date"])
def test_an_individual_number_is_refused_in_every_registration_field_and_never_repeated(column: str) -> None:
    found, findings = read(row(**{"number": "7", "name": "森", "note": "x"} | {column: MY_NUMBER}), school="elementary")
    assert found is None
    assert [(one.row, one.column, one.code) for one in findings] == [(2, column, "my_number")]
    assert "9018" not in repr(findings)


def test_in_a_note_it_is_warned_of_and_left_out() -> None:
    found, findings = read(row(number="7", name="森", note=f"番号 {MY_NUMBER}"), school=None)
    assert found is not None
    assert found.note is None
    assert [(one.column, one.code, one.rejects) for one in findings] == [("note", "my_number_in_note", False)]
    assert "9018" not in repr(findings)


def test_a_column_for_individual_numbers_stops_the_whole_file() -> None:
    with pytest.raises(Invalid, match="マイナンバー"):
        refuse_forbidden(tabular.Mapping({"number": "利用者番号", "my_number": "マイナンバー"}, (), ()))


@pytest.mark.parametrize(
    ("written", "category"), [("在住", "resident"), ("児童・生徒", "pupil"), ("Teacher", "teacher"), ("教 職 員", "teacher"), ("", None)]
)
def test_categories_are_known_by_their_words(written: str, category: str | None) -> None:
    assert entry(category=written).category == category


def test_an_unknown_category_is_said_and_does_not_keep_anybody_out() -> None:
    found, findings = read(row(number="7", name="森", category="faculty"), school=None)
    assert found is not None
    assert found.category is None
    assert findings == (Finding(2, "category", "category_unknown", findings[0].sentence, rejects=False),)


def test_empty_cells_say_nothing() -> None:
    found = entry(phone="", mail="", address="", birth_date="", valid_to="", note="")
    assert (found.phone, found.mail, found.address, found.birth_date, found.valid_to, found.note) == (None,) * 6


def test_days_of_the_file_are_read() -> None:
    found = entry(birth_date="平成27年4月2日", valid_to="2013-12-01")
    assert (found.birth_date, found.valid_to) == (date(2015, 4, 2), date(2013, 12, 1))
