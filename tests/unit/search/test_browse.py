"""Browsing without a database: weeks, kana, the index to the classification, volumes in order."""

from __future__ import annotations

from datetime import date

import pytest

from catalog.description import Series
from search.browse import index, kana, volumes
from search.browse.arrivals import read_week, week_of
from search.browse.headings import href
from search.index.headings import Kind, key


@pytest.mark.parametrize(
    ("written", "monday"),
    [
        ("2026-W47", date(2026, 11, 16)),
        ("2026-W01", date(2025, 12, 29)),
        ("2020-W53", date(2020, 12, 28)),
        ("2026-W53", date(2026, 12, 28)),
        ("2025-W53", None),
        ("2026-W00", None),
        ("0000-W01", None),
        ("9999-W51", date(9999, 12, 20)),
        ("9999-W52", None),
        ("2026-47", None),
        ("２０２６-W47", None),
    ],
)
def test_weeks_are_those_of_the_calendar(written: str, monday: date | None) -> None:
    week = read_week(written)
    assert (week.monday if week else None) == monday
    if week:
        assert str(week) == written
        assert week_of(week.sunday) == week


def test_a_letter_opens_its_voiced_ones_too() -> None:
    assert kana.beginnings("か") == ("か", "が")
    assert kana.beginnings("は") == ("は", "ば", "ぱ")
    assert kana.beginnings("ん") == ("ん",)
    assert [kana.letter_of(one) for one in ("ミヤザワ, ケンジ", "ガ", "ぱん", "Carroll", "")] == ["み", "か", "は", "", ""]
    assert [kana.is_letter(one) for one in ("か", "が", "かき", "")] == [True, False, False, False]


def test_typing_kana_finds_the_terms_of_the_index() -> None:
    found = index.begun("こんちゅう")
    assert ("昆虫", "486") in [(entry.term, entry.number) for entry in found]
    assert all(entry.reading.startswith("こんちゅう") for entry in found)
    assert index.begun("コンチュウ") == found
    assert "恐竜（古生物学）" in {entry.term for entry in index.holding("恐竜")}
    assert index.begun("んん") == []


def test_terms_that_are_many_open_by_their_next_kana() -> None:
    found = index.begun("し")
    deeper = index.beginnings(found, "し")
    assert sum(one.terms for one in deeper) == len(found) > index.LISTED
    assert all(one.kana.startswith("し") for one in deeper)


def ordered(*said: tuple[str, str]) -> list[volumes.Volume]:
    """Of (volume in the series, volume of the record)."""
    made = [
        (volumes.volume_of(number, (Series("岩波少年文庫", volume=one),), own, key(Kind.SERIES, "岩波少年文庫")), f"{number:03}")
        for number, (one, own) in enumerate(said, start=1)
    ]
    return volumes.in_order(made)


def test_volumes_stand_in_the_order_of_their_numbers() -> None:
    found = ordered(("10", ""), ("第2巻", ""), ("", "上"), ("", "3"), ("第2巻 下", ""), ("別巻", ""), ("2 上", ""), ("", ""))
    assert [one.record_id for one in found] == [2, 7, 5, 4, 1, 6, 8, 3]
    assert volumes.gaps(found) == [(1, 1), (4, 9)]


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [((1, 2, 3), []), ((2, 5), [(1, 1), (3, 4)]), ((), []), ((2011, 2013), [(2012, 2012)]), ((1, 1000), []), ((3, 3), [(1, 2)])],
)
def test_missing_volumes_are_told_unless_the_numbers_mean_something_else(numbers: tuple[int, ...], missing: list[tuple[int, int]]) -> None:
    assert volumes.gaps(ordered(*((str(number), "") for number in numbers))) == missing


@pytest.mark.parametrize(
    ("kind", "words", "leads_to"),
    [
        (Kind.AUTHOR, "宮沢賢治", "/browse/authors/%E5%AE%AE%E6%B2%A2%E8%B3%A2%E6%B2%BB"),
        (Kind.SUBJECT, "a?b#c", "/browse/subjects/a%3Fb%23c"),
        (Kind.SERIES, "and/or", "/search?series=and%2For"),
        (Kind.SERIES, "..", "/search?series=.."),
    ],
)
def test_a_heading_has_an_address_whatever_it_is_called(kind: Kind, words: str, leads_to: str) -> None:
    assert href(kind, words) == leads_to
