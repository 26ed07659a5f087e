"""The made-up ward is complete, consistent and nobody's."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from library.demo.ward import Branch, BranchKind, branches, closed_days, organisations
from library.places.models import BranchRole, SchoolKind, SchoolMode

ORGANISATIONS = {organisation.code: organisation for organisation in organisations()}
BRANCHES = {branch.code: branch for branch in branches()}


def test_codes_and_numbers_are_short_ascii_and_never_doubled() -> None:
    for things in (organisations(), branches()):
        assert len({thing.code for thing in things}) == len({thing.number for thing in things}) == len(things)
        assert all(re.fullmatch(r"[a-z][a-z0-9]{2,8}", thing.code) for thing in things)
    assert all(0 < branch.number < 100 for branch in branches())
    assert all(organisation.number >= 100 for organisation in organisations())


def test_there_are_eighteen_elementary_and_eight_junior_high_schools_six_of_which_keep_their_system() -> None:
    schools = [organisation for organisation in organisations() if organisation.school]
    assert Counter(school.school for school in schools) == {SchoolKind.ELEMENTARY: 18, SchoolKind.JUNIOR_HIGH: 8}
    assert Counter(school.mode for school in schools) == {SchoolMode.REPLACE: 20, SchoolMode.COEXIST: 6}
    assert all(school.mext_code is None for school in schools)


def test_nine_libraries_a_counter_and_a_joint_place_serve_everyone() -> None:
    public = [branch for branch in branches() if ("ward", BranchRole.WARD_LIBRARY) in branch.organisations]
    assert Counter(branch.kind for branch in public) == {BranchKind.LIBRARY: 8, BranchKind.JOINT_USE: 2, BranchKind.COUNTER: 1}
    assert [branch.code for branch in branches() if not branch.holds_stock] == ["ekimae"]


def test_a_joint_use_place_belongs_to_the_ward_and_to_its_school() -> None:
    assert BRANCHES["keyaki"].organisations == (("ward", BranchRole.WARD_LIBRARY), ("j03", BranchRole.SCHOOL_LIBRARY))
    assert BRANCHES["hinata"].organisations == (("ward", BranchRole.WARD_LIBRARY), ("s05", BranchRole.SCHOOL_LIBRARY))


def test_every_school_has_exactly_one_library_and_the_combined_school_shares_one() -> None:
    owners = Counter(code for branch in branches() for code, role in branch.organisations if role is BranchRole.SCHOOL_LIBRARY)
    assert owners == {code: 1 for code in ORGANISATIONS if code != "ward"}
    assert [code for code, _ in BRANCHES["gakuen"].organisations] == ["s18", "j08"]


def test_every_school_has_classes_in_every_grade_and_one_to_three_of_them() -> None:
    for school in organisations():
        if school.school is None:
            continue
        grades = Counter(entry.grade for entry in school.classes)
        expected = [f"P{n}" for n in range(1, 7)] if school.school is SchoolKind.ELEMENTARY else ["J1", "J2", "J3"]
        assert list(grades) == expected
        assert set(grades.values()) <= {1, 2, 3}
    codes = [entry.code for school in organisations() for entry in school.classes]
    assert len(codes) == len(set(codes))


def test_names_are_in_japanese_with_a_katakana_reading_and_english() -> None:
    for name in [thing.name for thing in (*organisations(), *branches())]:
        assert re.fullmatch(r"[ァ-ヶー ]+", name.reading)
        assert name.en.isascii()


def _closed(branch: Branch) -> dict[date, str]:
    return dict(closed_days(branch, date(2027, 4, 1), date(2028, 3, 31)))


def test_a_ward_library_is_closed_on_its_weekday_on_the_tidying_day_and_over_new_year() -> None:
    closed = _closed(BRANCHES["suisha"])
    assert closed[date(2027, 4, 5)] == "休館日"
    assert closed[date(2027, 4, 15)] == "館内整理日"
    assert closed[date(2028, 1, 2)] == "年末年始"
    assert date(2027, 4, 22) not in closed
    assert date(2028, 1, 4) not in closed


def test_the_central_library_is_open_every_day_of_the_week() -> None:
    assert set(_closed(BRANCHES["chuo"]).values()) == {"館内整理日", "年末年始"}


def test_a_school_library_is_closed_at_the_weekend_and_in_the_holidays() -> None:
    closed = _closed(BRANCHES["s01"])
    assert closed[date(2027, 8, 11)] == "夏休み"
    assert closed[date(2027, 12, 31)] == "冬休み"
    assert closed[date(2027, 6, 5)] == "休館日"
    assert date(2027, 9, 1) not in closed
