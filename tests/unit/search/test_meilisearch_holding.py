"""A hit that has the pairs of a word, but not the word, is told from one that holds it."""

from __future__ import annotations

from typing import Any

import pytest

from search.asking import rank
from search.asking.query import parse
from search.index.meilisearch import holding
from tests.integration.search.test_embedded import book


@pytest.mark.parametrize(
    ("typed", "title", "more", "is_mistaken"),
    [
        ("東京都", "東京と京都", {}, True),
        ("東京都", "東京都の歩き方", {}, False),
        ("東京都", "東京と京都", {"subjects": ("東京都",)}, False),
        ("東京 京都", "東京と京都", {}, False),
        ("日本人", "日本の本人確認", {}, True),
        ("日本人 確認", "日本の本人確認", {}, True),
        ("花", "花の本", {}, False),
        ("銀河鐵道", "銀河鉄道の夜", {}, False),
        ("ginga tetsudo", "銀河鉄道の夜", {"title_readings": ("ギンガ テツドウ ノ ヨル",)}, False),
        ("宮沢賢治 銀河", "銀河鉄道の夜", {"authors": ("宮沢, 賢治",)}, False),
        ("鬼滅の刃 23", "鬼滅の刃", {"volume": "23"}, False),
        ("harry pott", "Harry Potter", {}, False),
        ("9784003101018", "東京", {}, False),
    ],
)
def test_scattered_pieces_are_no_word(typed: str, title: str, more: dict[str, Any], is_mistaken: bool) -> None:
    assert holding.mistaken(parse(typed), rank.exact(book(1, title, **more))) is is_mistaken


def test_what_cannot_be_told_is_kept() -> None:
    assert not holding.mistaken(parse("青春編"), rank.exact(book(1, "東京", volume="上巻 青春編")))


@pytest.mark.parametrize(("typed", "may"), [("花", False), ("銀河", False), ("東京都", True), ("a", False), ("", False)])
def test_only_words_of_several_pairs_can_be_scattered(typed: str, may: bool) -> None:
    assert holding.may_mistake(parse(typed)) is may
