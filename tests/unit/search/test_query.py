"""How what a reader typed is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.asking.query import LONGEST, parse


def test_words_become_terms_and_the_whole_is_asked_too() -> None:
    query = parse("夏目　漱石")
    assert [term.text for term in query.terms] == ["夏目", "漱石"]
    assert query.whole[0].tokens == ("^夏", "夏目", "目漱", "漱石", "石$")


def test_romaji_is_an_alternative_beside_the_latin_word() -> None:
    (term,) = parse("ginga").terms
    assert [(way.kind, way.skeleton) for way in term.alternatives] == [("plain", "ginga"), ("romaji", "ぎんが")]


def test_a_lone_character_has_no_pair() -> None:
    (term,) = parse("花").terms
    assert term.alternatives[0].tokens == ()


def test_a_volume_is_asked_for_beside_its_text() -> None:
    query = parse("鬼滅の刃 23巻")
    assert query.volume == "v23"
    assert query.without_volume == "鬼滅の刃"
    assert query.terms[-1].volume == "v23"
    assert query.terms[-1].alternatives[0].tokens == ("23", "23巻")


def test_a_glued_volume_is_an_alternative() -> None:
    (term,) = parse("鬼滅の刃23巻").terms
    assert [(way.kind, way.skeleton, way.volume) for way in term.alternatives] == [
        ("plain", "鬼滅の刃23巻", None),
        ("volume", "鬼滅の刃", "v23"),
    ]


def test_an_isbn_is_known_as_one() -> None:
    assert parse(" ISBN 4-00-310101-4 ").isbn == "9784003101018"


@pytest.mark.parametrize("nothing", ["", "  ", "\u3000", "\x00\x07", '""', "\ud800"])
def test_a_query_without_a_visible_character_is_empty(nothing: str) -> None:
    assert parse(nothing).is_empty


@pytest.mark.parametrize(
    "typed", ["？", "ー", "☆", "々", "🐈", "👩‍👩‍👧", "C++", "「", '"猫', "猫\x00犬", "a" * 999, "㍿" * 150, "\ud83d猫", "' OR 1=1 --", "^$"]
)
def test_odd_queries_are_safe_and_not_empty(typed: str) -> None:
    query = parse(typed)
    assert not query.is_empty
    query.text.encode("utf-8")


def test_punctuation_between_words_is_no_word() -> None:
    assert [term.text for term in parse("阿Q - 正伝 ！").terms] == ["阿q", "正伝"]


def test_a_long_query_is_cut_and_says_so() -> None:
    query = parse("銀河 " * 500)
    assert query.clipped
    assert len(query.text) <= LONGEST
    assert parse("猫" * 5000).clipped
    assert not parse("銀河鉄道の夜").clipped


@given(st.text(max_size=300))
def test_every_text_makes_a_query_within_the_limits(text: str) -> None:
    query = parse(text)
    assert sum(len(term.text) for term in query.terms) <= LONGEST
    assert len(query.terms) <= 12
    for term in query.terms:
        assert term.text
        assert term.alternatives
