"""What is shown of a text: the marked words of a query, and the reading over its kanji."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.asking.query import parse
from search.text import highlight, ruby, skeleton
from search.text.alignment import Aligned

JAPANESE = st.text(alphabet="ぁあいうおがきこじずそっつづとのはばもゃょをんアガッヴァー・々ゝゞ学國邊 　ｶﾞﾊﾟｰ-〜「」12aé", max_size=25)


def marked(text: str, typed: str) -> str:
    return "".join(f"[{piece}]" if hit else piece for piece, hit in highlight(text, parse(typed)))


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("銀河鉄道の夜", "鐵道", "銀河[鉄道]の夜"),
        ("銀河鉄道の夜", "夜 銀河", "[銀河]鉄道の[夜]"),
        ("コーヒーの時間", "ｺｰﾋ", "[コーヒー]の時間"),
        ("宮沢, 賢治", "宮澤賢治", "[宮沢, 賢治]"),
        ("もりのおばけ", "おばけ", "もりの[おばけ]"),
        ("Harry Potter", "pot", "Harry [Pot]ter"),
        ("The Heart of Art", "art", "The Heart of [Art]"),
        ("こころ", "kokoro", "[こころ]"),
        ("ガラスの仮面", "仮免", "ガラスの仮面"),
        ("猫", "", "猫"),
    ],
)
def test_the_words_of_a_query_are_marked_in_the_text_as_written(text: str, typed: str, shown: str) -> None:
    assert marked(text, typed) == shown


@given(st.one_of(JAPANESE, st.text(max_size=30)), JAPANESE)
def test_marking_loses_no_character(text: str, typed: str) -> None:
    assert "".join(piece for piece, _ in highlight(text, parse(typed))) == text


@given(JAPANESE)
def test_the_aligned_skeleton_is_the_skeleton(text: str) -> None:
    aligned = Aligned(text)
    assert len(aligned.at) == len(aligned.text)
    assert aligned.at == sorted(aligned.at)
    if aligned.text and any(c.isalpha() and c not in "ーっッｰ" for c in text):
        assert aligned.text == skeleton(text)


@pytest.mark.parametrize(
    ("title", "reading", "pairs"),
    [
        ("銀河鉄道の夜", "ギンガ テツドウ ノ ヨル", [("銀河鉄道", "ぎんがてつどう"), ("の", ""), ("夜", "よる")]),
        ("吾輩は猫である", "ワガハイ ワ ネコ デ アル", [("吾輩", "わがはい"), ("は", ""), ("猫", "ねこ"), ("である", "")]),
        ("お菓子の家", "おかしのいえ", [("お", ""), ("菓子", "かし"), ("の", ""), ("家", "いえ")]),
        ("走れメロス", "はしれメロス", [("走", "はし"), ("れメロス", "")]),
        ("母の野原", "ハハ ノ ノハラ", [("母", "はは"), ("の", ""), ("野原", "のはら")]),
        ("「花」", "はな", [("「", ""), ("花", "はな"), ("」", "")]),
        (
            "女郎買に行つた男",
            "ジョロウカイ ニ イッタ オトコ",
            [("女郎買", "じょろうかい"), ("に", ""), ("行", "い"), ("つた", ""), ("男", "おとこ")],
        ),
        ("阿Q正伝", "あキューせいでん", [("阿Q正伝", "あきゅーせいでん")]),
        ("野の野", "のののの", [("野の野", "のののの")]),
        ("銀河", "", [("銀河", "")]),
        ("こころ", "ココロ", [("こころ", "")]),
        ("", "", []),
    ],
)
def test_a_reading_is_spread_over_the_kanji_where_it_is_certain(title: str, reading: str, pairs: list[tuple[str, str]]) -> None:
    assert list(ruby(title, reading)) == pairs


@given(st.one_of(JAPANESE, st.text(max_size=30)), st.one_of(JAPANESE, st.text(max_size=30)))
def test_a_reading_loses_no_character_of_its_title(title: str, reading: str) -> None:
    assert "".join(base for base, _ in ruby(title, reading)) == title
