"""The classification as data: hierarchy, labels, marks on spines, and finding a class by a word."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import pytest

from catalog import ndc

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT.parent / "shared/data/ndc"


@pytest.mark.parametrize(
    ("raw", "prefix", "number"),
    [
        ("913.6", "", "913.6"),
        ("NDC 913.6", "", "913.6"),
        ("NDC K913", "K", "913"),
        ("NDC(9)913", "", "913"),
        ("NDC9 913.6", "", "913.6"),
        ("NDC9版 913", "", "913"),
        ("NDC10:007.6", "", "007.6"),
        ("NDC913.6", "", "913.6"),
        ("K913", "K", "913"),
        ("k 913", "K", "913"),
        ("Ｋ９１３．６", "K", "913.6"),
        ("児913", "K", "913"),
        ("E", "E", ""),
        ("絵", "E", ""),
        ("E913", "E", "913"),
        ("R031", "R", "031"),
        ("913.6/ナ", "", "913.6"),
        ("NDC K913 933", "K", "913"),
        (" 007 ", "", "007"),
        ("", "", ""),
        ("1234", "", ""),
        ("ヤマダ", "", ""),
        ("QA76", "QA", "76"),
        ("ABC", "", ""),
    ],
)
def test_a_mark_is_read_from_what_stands_on_the_spine_or_in_a_list(raw: str, prefix: str, number: str) -> None:
    assert ndc.parse_mark(raw) == ndc.Mark(prefix, number)
    assert ndc.normalise(raw) == (number or None)


def test_only_the_marks_for_children_are_juvenile() -> None:
    assert [raw for raw in ("K913", "E", "J913", "R913", "913") if ndc.parse_mark(raw).juvenile] == ["K913", "E", "J913"]


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        ("913.6", ["9", "91", "913", "913.6"]),
        ("913", ["9", "91", "913"]),
        ("9", ["9"]),
        ("007", ["0", "007"]),
        ("210.4", ["2", "21", "210.4"]),
        ("726.6", ["7", "72", "726", "726.6"]),
        ("", []),
        ("xyz", []),
    ],
)
def test_the_path_leads_from_the_main_class_down_without_saying_a_thing_twice(number: str, steps: list[str]) -> None:
    assert [step.number for step in ndc.path(number)] == steps


def test_a_class_that_does_not_exist_is_called_as_the_nearest_broader_one() -> None:
    assert ndc.label("779.1399") == ndc.label("779.13") == "落語"


def test_a_label_without_english_is_told_in_english_by_a_broader_class() -> None:
    assert ndc.label("913.6", "en") == "Fiction. Romance. Novel"
    assert ndc.label("9", "en") == "Literature"


def test_every_class_has_a_path_that_starts_at_its_main_class_and_a_label_in_both_languages() -> None:
    pending = list(ndc.narrower())
    seen = 0
    while pending:
        entry = pending.pop()
        seen += 1
        steps = ndc.path(entry.number)
        assert steps[0].number == entry.number[0]
        assert steps[-1] == entry
        assert ndc.label(entry.number)
        assert ndc.label(entry.number, "en")
        pending.extend(ndc.narrower(entry.number))
    assert seen > 11_000


def test_the_ten_main_classes_are_the_narrower_of_nothing() -> None:
    assert [entry.number for entry in ndc.narrower()] == list("0123456789")


def test_an_alternative_number_is_known_but_not_offered() -> None:
    alternative = ndc.find("007.638")
    assert alternative is not None
    assert alternative.instead
    assert alternative not in ndc.narrower(alternative.broader)


def test_neighbours_stand_under_the_same_class_and_leave_the_asker_out() -> None:
    numbers = [entry.number for entry in ndc.neighbours("913")]
    assert "912" in numbers
    assert "914" in numbers
    assert "913" not in numbers


@pytest.mark.parametrize(
    ("term", "number"),
    [
        ("料理", "596"),
        ("りょうり", "596"),
        ("リョウリ", "596"),
        ("ﾘｮｳﾘ", "596"),
        ("恐竜", "457.87"),
        ("きょうりゅう", "457.87"),
        ("らくご", "779.13"),
        ("さっかー", "783.47"),
        ("えほん", "726.6"),
        ("絵本", "726.6"),
        ("宇宙", "440"),
    ],
)
def test_a_class_is_found_by_the_word_a_reader_says(term: str, number: str) -> None:
    assert number in [entry.number for entry in ndc.lookup(term)]


def test_what_is_called_exactly_so_comes_before_what_only_begins_so() -> None:
    assert next(entry.number for entry in ndc.lookup("らくご")) == "779.13"
    assert len(ndc.lookup("か", limit=5)) == 5


def test_nothing_is_found_by_nothing() -> None:
    assert ndc.lookup("") == ndc.lookup(" 　") == ndc.lookup("ぬるぬるぬる") == ()


@pytest.mark.parametrize(
    ("raw", "words", "hue"),
    [("913.6", "ものがたり", 222), ("K933", "ものがたり", 222), ("E", "えほん", 20), ("E913", "えほん", 20), ("031", "しらべる本", 46)],
)
def test_pupils_read_the_class_in_easy_words_and_see_its_colour(raw: str, words: str, hue: int) -> None:
    assert ndc.easy_label(raw) == words
    assert ndc.hue(raw) == hue


def test_a_book_without_a_class_has_no_shelf() -> None:
    assert ndc.shelf_of("") is None
    assert ndc.easy_label("ヤ") == ""
    assert ndc.hue("") is None


def test_the_table_is_what_its_derivation_makes_of_the_source() -> None:
    if not SOURCES.is_dir():
        pytest.skip("the NDC source files are not on this machine")
    spec = importlib.util.spec_from_file_location("derive_ndc", ROOT / "catalog/data/derive_ndc.py")
    assert spec is not None
    assert spec.loader is not None
    derivation = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derivation)
    shipped = gzip.decompress((ROOT / "catalog/data/ndc9.tsv.gz").read_bytes()).decode().splitlines()
    assert derivation.derive(SOURCES / "ndc9.zip", SOURCES / "ndc8.zip") == shipped
