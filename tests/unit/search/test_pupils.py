"""The pupils' view without a database: the board of kana, the picture shelves, readings over every kanji, which view is opened."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from catalog import ndc
from catalog.description import Agent
from library import furigana
from library.http.pages import environment
from library.i18n import texts
from search.lists.rules import Grade
from search.pupils import kana
from search.pupils.faces import CLASSES, spoken
from search.pupils.grades import BANDS, BY_GRADE
from search.pupils.shelves import BY_KEY, SHELVES, above, every
from search.pupils.view import View, twin
from search.pupils.words import shelves_called
from tests.unit.test_texts import said

ROOT = Path(__file__).resolve().parents[3]
ROOM = ("search/pupils/", "search/templates/kids/")


@pytest.mark.parametrize(
    ("written", "letters"),
    [
        ("い", "い"),
        ("いぬ", "いぬ"),
        ("イヌ", "いぬ"),
        ("ｲﾇ", "いぬ"),
        ("がぎ", "かき"),
        ("ぱっ", "はつ"),
        ("ー", ""),
        ("いぬこ", ""),
        ("犬", ""),
        ("a", ""),
        ("1", ""),
        ("い%", "い"),
        ("", ""),
        ("い" * 10_000, ""),
        ("\x00", ""),
    ],
)
def test_letters_in_an_address_are_those_of_the_board(written: str, letters: str) -> None:
    assert kana.tapped(written) == letters


def test_the_board_has_each_letter_once_in_rows_of_five() -> None:
    assert len(set(kana.LETTERS)) == len(kana.LETTERS) == 46
    assert max(len(row) for row in kana.ROWS) == 5
    assert all(kana.tapped(letter) in (letter, "お") for letter in kana.LETTERS)  # を sorts as お


@pytest.mark.parametrize(
    ("reading", "letters", "begins"),
    [("いぬのはなし", "いぬ", True), ("ガマガエル", "かま", True), ("ミヤザワ, ケンジ", "みや", True), ("うみ", "い", False)],
)
def test_a_reading_begins_as_in_a_dictionary(reading: str, letters: str, begins: bool) -> None:
    assert kana.begins(reading, letters) is begins
    assert not begins or any(reading.translate(_KATAKANA).startswith(one) for one in kana.spellings(letters))


_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def test_keys_between_the_ends_of_a_span_are_those_that_begin_so() -> None:
    first, after = kana.span("いぬ")
    keys = ["いにしえ", "いぬ", "いぬと", "いぬん", "いね", "うみ"]
    assert [one for one in keys if first <= one < after] == ["いぬ", "いぬと", "いぬん"]


def test_there_are_enough_shelves_and_no_key_twice() -> None:
    assert len(SHELVES) >= 24
    assert len(BY_KEY) == len(list(every()))
    assert all(re.fullmatch(r"[a-z-]+", key) for key in BY_KEY)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("のりもの", ["vehicles"]),
        ("ノリモノ", ["vehicles"]),
        ("乗り物の絵本", ["vehicles"]),
        ("えほん", ["picture-books"]),
        ("りょうり", ["food"]),
        ("うちゅう", ["space"]),
        ("むかしばなし", ["folktales"]),
        ("むかしのくらし", ["history"]),
        ("くらし", ["work", "history"]),
        ("いぬの ほん", ["dogs"]),
        ("犬", ["dogs"]),
        ("恐竜のはなし", ["dinosaurs"]),
        ("ホームズ", ["mysteries"]),
        ("すごい人", ["people"]),
        ("Dinosaurs", ["dinosaurs"]),
        ("おくりもの", []),
        ("", []),
        ("の", []),
    ],
)
def test_a_word_that_a_shelf_is_called_by_leads_to_the_shelf(words: str, keys: list[str]) -> None:
    found = [shelf.key for shelf in shelves_called(words, texts("en"))]
    assert found[: len(keys)] == keys
    assert bool(found) is bool(keys)


@pytest.mark.parametrize(("length", "is_over"), [(9, True), (10, False)])
def test_no_reading_stands_over_more_than_fits_a_line_of_a_narrow_phone(length: int, is_over: bool) -> None:
    pairs = (("字" * length, "じ" * length),)
    for module in ("search/kids/_parts.html", "library/macros/book.html"):
        drawn = environment().from_string(f"{{% from '{module}' import ruby %}}{{{{ ruby(pairs) }}}}").render(pairs=pairs)
        assert ("<ruby>" in drawn) is is_over
        assert ("じ" * length) in drawn


@pytest.mark.parametrize("key", BY_KEY)
def test_a_shelf_asks_for_something_that_exists(key: str) -> None:
    found = BY_KEY[key]
    assert found.every_ask()
    unknown = [number for ask in found.every_ask() for number in ask.classes if not _is_class(number)]
    assert unknown == []
    assert found.mark in {one.key for one in ndc.SHELVES}
    assert f'"{found.picture}"' in (ROOT / "search/templates/kids/_pictures.html").read_text(encoding="utf-8")
    whole = above(found)
    assert whole is None or found in whole.parts


def _is_class(number: str) -> bool:
    """「48」 stands for the division 480."""
    return ndc.find(number.ljust(3, "0")) is not None


def test_every_kanji_of_the_pupils_view_carries_its_reading() -> None:
    spoken_here = [text for text, path in said() if path.startswith(ROOM)]
    assert len(spoken_here) > 100
    assert {text: furigana.unread(text) for text in spoken_here if furigana.unread(text)} == {}


def test_the_templates_say_nothing_that_is_not_a_text() -> None:
    said_bare = {}
    for path in sorted((ROOT / "search/templates/kids").glob("*.html")):
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if found := re.findall(r"[ぁ-んァ-ヶ一-鿿]+", bare):
            said_bare[path.name] = found
    assert said_bare == {}


def test_readings_stand_over_their_kanji_and_are_said_once() -> None:
    text = "学校《がっこう》で <うけとる>"
    assert furigana.ruby(text) == '<ruby>学校<rp>（</rp><rt aria-hidden="true">がっこう</rt><rp>）</rp></ruby>で &lt;うけとる&gt;'
    assert furigana.plain(text) == "学校で <うけとる>"
    assert furigana.spoken(text) == "がっこうで <うけとる>"
    assert furigana.drawn(text, with_readings=True) == furigana.ruby(text)
    assert furigana.drawn(text, with_readings=False) == "学校で &lt;うけとる&gt;"


def test_main_classes_and_grades_are_all_there() -> None:
    assert sorted(CLASSES) == list("0123456789")
    assert [band.grade for band in BANDS] == list(Grade)
    assert all(band.rule for band in BANDS)
    assert set(BY_GRADE) == {"lower", "middle", "upper", "junior_high"}


@pytest.mark.parametrize(
    ("name", "reading", "pairs"),
    [
        ("宮沢, 賢治", "ミヤザワ, ケンジ", [("宮沢", "みやざわ"), ("賢治", "けんじ")]),
        ("いわさき, ちひろ", "イワサキ, チヒロ", [("いわさき", ""), ("ちひろ", "")]),
        ("無名氏", "", [("無名氏", "")]),
    ],
)
def test_family_and_given_name_are_read_each_by_itself(name: str, reading: str, pairs: list[tuple[str, str]]) -> None:
    assert list(spoken(Agent(name=name, reading=reading))) == pairs


@pytest.mark.parametrize(
    ("path", "view", "other"),
    [
        ("/records/12", View.PUPILS, "/kids/books/12"),
        ("/kids/books/12", View.FULL, "/records/12"),
        ("/lists/3", View.PUPILS, "/kids/lists/3"),
        ("/kids/lists/3", View.FULL, "/lists/3"),
        ("/search", View.PUPILS, "/kids"),
        ("/kids/kana/いぬ", View.FULL, "/"),
        ("//evil.example/records/1", View.FULL, "/"),
        ("https://evil.example", View.PUPILS, "/kids"),
        ("", View.FULL, "/"),
    ],
)
def test_a_switch_of_view_stays_with_the_book_and_in_this_service(path: str, view: View, other: str) -> None:
    assert twin(path, view) == other


def test_each_picture_is_used_or_stands_for_a_way_in() -> None:
    drawn = re.findall(r'^  "([a-z-]+)":', (ROOT / "search/templates/kids/_pictures.html").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(drawn) == len(set(drawn))
    assert set(chain((shelf.picture for shelf in every()), ("kana", "dice", "school"))) <= set(drawn)
