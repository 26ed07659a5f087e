"""What is written on a copy when a disc or a map is missing."""

from __future__ import annotations

from datetime import date

from circulation.counter.parts import known_missing, with_missing, without_missing

DAY = date(2026, 11, 24)


def test_a_missing_part_is_noted_with_day_and_place_beside_what_was_written_before() -> None:
    note = with_missing("表紙にしみ", "CD 1", on=DAY, at="中央図書館")
    assert note == "表紙にしみ\n付属資料不足 2026-11-24 中央図書館: CD 1"
    assert known_missing(note)


def test_a_copy_has_one_such_line_at_most() -> None:
    twice = with_missing(with_missing("", "CD 1", on=DAY, at="西図書館"), "CD 1", on=DAY, at="中央図書館")
    assert twice == "付属資料不足 2026-11-24 中央図書館: CD 1"


def test_a_part_that_is_found_strikes_its_line_and_nothing_else() -> None:
    assert without_missing(with_missing("表紙にしみ", "CD 1", on=DAY, at="中央図書館")) == "表紙にしみ"
    assert not known_missing("表紙にしみ")
