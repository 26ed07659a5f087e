"""A phrase that no record holds, cut into words that some may."""

from __future__ import annotations

import pytest

from search.asking.parts import parts


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("江戸の暮らし", ("江戸", "暮らし")),
        ("江戸の町", ("江戸", "町")),
        ("雪の結晶の本", ("雪", "結晶")),
        ("やさしい料理の本", ("やさしい", "料理")),
        ("むかしのくらし", ("むかし", "くらし")),
        ("江戸時代の暮らしについて", ("江戸時代", "暮らし")),
        ("料理の作り方", ("料理", "作り方")),
        ("猫の出てくる童話", ("猫", "童話")),
        ("宇宙に関する本", ("宇宙",)),
        ("暮らしと仕事", ("暮らし", "仕事")),
        ("ロボットの作り方", ("ロボット", "作り方")),
        ("AIロボット入門", ("AI", "ロボット", "入門")),
        ("こどもの本", ("こども",)),
        ("くだもの図鑑", ("くだもの", "図鑑")),
        ("いのち", ("いのち",)),
        ("のりもの", ("のりもの",)),
        ("books about life in the Edo period", ("life", "Edo", "period")),
        ("本", ()),
        ("、の。", ()),
        ("", ()),
    ],
)
def test_a_phrase_is_cut_into_its_words(typed: str, words: tuple[str, ...]) -> None:
    assert parts(typed) == words
