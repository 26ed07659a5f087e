"""What the desk's one field takes, by its form alone."""

from __future__ import annotations

import pytest

from circulation.rules.scans import Command, Kind, Leaning, Scan, classified

READ = [
    ("", Kind.NOTHING, "", None),
    ("  　", Kind.NOTHING, "", None),
    ("\0", Kind.NOTHING, "", None),
    ("?", Kind.COMMAND, "help", None),
    ("？", Kind.COMMAND, "help", None),
    ("/", Kind.COMMAND, "help", None),
    ("/TODAY ", Kind.COMMAND, "today", None),
    ("／ｄｕｅ", Kind.COMMAND, "due", None),
    ("/hold-shelf", Kind.COMMAND, "hold-shelf", None),
    ("/nosuch", Kind.COMMAND, "nosuch", None),
    ("A1000000016A", Kind.NUMBER, "1000000016", Leaning.CARD),
    ("a1000000016b", Kind.NUMBER, "1000000016", Leaning.CARD),
    ("C300001008C", Kind.NUMBER, "300001008", Leaning.ITEM),
    ("D12-34$D", Kind.NUMBER, "12-34$", Leaning.ITEM),
    ("1000000016", Kind.NUMBER, "1000000016", None),
    (" １０００ ０００ ０１６ ", Kind.NUMBER, "1000000016", None),
    ("000007", Kind.NUMBER, "000007", None),
    ("B-chuo-17", Kind.NUMBER, "B-chuo-17", None),
    ("03-1234-5678", Kind.NUMBER, "03-1234-5678", None),  # a phone number: no table of numbers has it, then people are asked
    ("4003101014", Kind.NUMBER, "4003101014", None),  # ten digits are a card or a copy before they are an old ISBN
    ("9784003101018", Kind.ISBN, "9784003101018", None),
    ("978-4-00-310101-8", Kind.ISBN, "9784003101018", None),
    ("9784003101019", Kind.NUMBER, "9784003101019", None),  # its check digit does not hold: no ISBN
    ("1920093007000", Kind.JACKET, "1920093007000", None),
    ("4910123456789", Kind.JACKET, "4910123456789", None),
    ("にしだ ゆう", Kind.WORDS, "にしだ ゆう", None),
    ("ﾆｼﾀﾞ", Kind.WORDS, "ニシダ", None),
    ("西田", Kind.WORDS, "西田", None),
    ("Abc", Kind.WORDS, "Abc", None),
]


@pytest.mark.parametrize(("text", "kind", "read", "leans"), READ)
def test_what_is_scanned_or_typed_is_told_apart_by_its_form(text: str, kind: Kind, read: str, leans: Leaning | None) -> None:
    assert classified(text) == Scan(kind, read, leans)


def test_every_command_is_known_by_its_name() -> None:
    assert [classified(f"/{one}").command for one in Command] == list(Command)


def test_a_command_nobody_knows_is_none() -> None:
    assert classified("/lend-all").command is None
    assert classified("lend").command is None


def test_a_text_of_any_length_is_cut_and_never_taken_for_a_number() -> None:
    assert len(classified("あ" * 5000).text) <= 200
    assert classified("1" * 41).kind is Kind.WORDS
