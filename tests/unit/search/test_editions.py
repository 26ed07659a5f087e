"""Records of one work told apart into editions."""

from __future__ import annotations

from search.editions import Row, editions


def row(number: int, volume: str, publisher: str, year: int | None) -> Row:
    return Row(number, volume, publisher, year, "adult", "book", "")


def test_volumes_stand_in_order_under_the_edition_they_are_of() -> None:
    new = [row(number, str(number), "青空社", 2022) for number in (11, 2, 1)]
    old = [row(number + 20, f"第{number}巻", "青空社", 2019) for number in (2, 11, 1)]
    other = [row(41, "上", "夕空社", 1998), row(42, "下", "夕空社", 1999)]
    found = editions([*other, *new, *old])
    assert [one.records for one in found] == [(1, 2, 11), (21, 22, 31), (41, 42)]
    assert [(one.publisher, one.first, one.last) for one in found] == [
        ("青空社", 2022, 2022),
        ("青空社", 2019, 2019),
        ("夕空社", 1998, 1999),
    ]


def test_what_has_no_volume_is_an_edition_of_its_own_and_the_newest_comes_first() -> None:
    years = {1: 1990, 2: 2020, 3: None, 4: 2020}
    found = editions(row(number, "", "青空社", year) for number, year in years.items())
    assert [one.records for one in found] == [(2,), (4,), (1,), (3,)]


def test_a_volume_that_comes_long_after_the_others_begins_another_edition() -> None:
    found = editions([row(1, "1", "青空社", 1970), row(2, "2", "青空社", 1972), row(3, "3", "青空社", 2015)])
    assert [one.records for one in found] == [(3,), (1, 2)]
