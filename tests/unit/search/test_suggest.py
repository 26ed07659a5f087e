"""Suggestions: what is being typed, under which beginnings phrases stand, and which of them are offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.description import Agent, Description, Series, Subject, Title
from search.index.document import Phrase
from search.suggest import phrases
from search.suggest.keys import frame, keys
from search.suggest.ranking import MOST, Hint, chosen, compared
from search.suggest.typed import read

GINGA = Phrase("title", "ti:銀河鉄道の夜", "銀河鉄道の夜", "ギンガ テツドウ ノ ヨル")
SOSEKI = Phrase("author", "au:夏目漱石", "夏目漱石", "ナツメ, ソウセキ", "夏目, 漱石")


@pytest.mark.parametrize(
    "typed",
    [
        *("ぎ", "ぎん", "ぎんが", "ギンガ", "ｷﾞﾝｶﾞ", "ぎんがてつどう", "ぎんがてつどうのよる", "銀", "銀河鉄道の", "銀河鐵道"),
        *("g", "gi", "gin", "ging", "ginga", "ginga t", "ginga tetsudou no y", "gingatetu", "ｇｉｎ"),
        *("ぎんがt", "ぎんがｔ", "ぎんがts", "ぎんがてつd", "ぎんg", "ぎn"),
    ],
)
def test_a_title_is_met_by_every_beginning_of_it_in_any_script_with_or_without_letters_that_wait_for_their_vowel(typed: str) -> None:
    said = read(typed)
    assert any(key.startswith(way) for key in keys(GINGA).whole for way in (*said.ways, *said.without)), said


@pytest.mark.parametrize(
    ("typed", "ways", "without"),
    [
        ("しょう", {"しよ"}, ()),
        ("shou", {"shou", "しよ"}, ()),
        ("sh", {"sh", "し"}, ()),
        ("s", {"s", "さ", "し", "す", "せ", "そ"}, ()),
        ("ky", {"ky", "きや", "きゆ", "きよ"}, ()),
        ("gakk", {"gakk", "がか", "がき", "がく", "がけ", "がこ"}, ()),
        ("n", {"n", "な", "に", "ぬ", "ね", "の", "ん"}, ()),
        ("shim", {"shim", "しま", "しみ", "しむ", "しめ", "しも", "しん"}, ()),
        ("harry pot", {"harrypot"}, ()),
        ("ぎんがt", {"ぎんがt", "ぎんがた", "ぎんがち", "ぎんがつ", "ぎんがて", "ぎんがと"}, ("ぎんが",)),
        ("ぎんがq", {"ぎんがq"}, ("ぎんが",)),
        ("阿Q", {"阿q"}, ("阿",)),
        ("第8の", {"第8の"}, ()),
        ("渋", {"渋"}, ()),
        ("", set(), ()),
        (" \u3000\x00", set(), ()),
    ],
)
def test_what_is_typed_stands_for_all_that_it_may_become(typed: str, ways: set[str], without: tuple[str, ...]) -> None:
    said = read(typed)
    assert (set(said.ways), said.without) == (ways, without)


@given(st.text())
def test_any_text_at_all_is_a_few_short_beginnings(typed: str) -> None:
    said = read(typed * 50)
    assert len(said.ways) <= 12
    assert all(0 < len(way) <= 24 for way in (*said.ways, *said.without))


@pytest.mark.parametrize(
    ("phrase", "typed", "whole"),
    [
        (GINGA, "てつどう", False),
        (GINGA, "よる", False),
        (GINGA, "夜", False),
        (Phrase("title", "", "走れメロス", "ハシレ メロス"), "メロス", False),
        (Phrase("title", "", "銀河鉄道の夜", "ギンガテツドウノヨル"), "よる", False),
        (Phrase("title", "", "吾輩は猫である", "ワガハイ ワ ネコ デ アル"), "わがはいは", True),
        (Phrase("title", "", "Harry Potter and the stone"), "potter", False),
        (SOSEKI, "なつめそうせき", True),
        (SOSEKI, "夏目そう", True),
        (SOSEKI, "そうせき", False),
        (SOSEKI, "漱石 夏", False),
        (Phrase("author", "", "Lewis Carroll", "", "Carroll, Lewis"), "lewis", True),
        (Phrase("author", "", "ルイス・キャロル", "", "キャロル, ルイス"), "きゃろ", True),
        (Phrase("subject", "", "昆虫 -- 図鑑", "コンチュウ -- ズカン"), "ずかん", False),
    ],
)
def test_a_phrase_is_met_by_its_later_words_and_a_name_by_either_part(phrase: Phrase, typed: str, whole: bool) -> None:
    found = keys(phrase)
    assert any(key.startswith(frame(typed)) for key in found.whole) is whole
    assert any(key.startswith(frame(typed)) for key in (*found.whole, *found.inside))


def test_particles_begin_nothing() -> None:
    assert not [key for key in keys(GINGA).inside if key.startswith("の")]


def test_a_record_gives_its_title_authors_series_and_subjects_each_once_as_spoken() -> None:
    said = Description(
        title=Title(main="こころ", reading="ココロ"),
        agents=(
            Agent("夏目, 漱石", "ナツメ, ソウセキ"),
            Agent("夏目漱石"),
            Agent("キャロル, ルイス"),
            Agent("Carroll, Lewis"),
            Agent("架空堂", kind="body"),
        ),
        series=(Series("名作選", "メイサクセン"),),
        subjects=(Subject("日本文学 -- 歴史", "ニホン ブンガク -- レキシ"), Subject("日本文学", "ニホン ブンガク")),
    )
    assert [(one.kind, one.text, one.reading) for one in phrases.of(said)] == [
        ("title", "こころ", "ココロ"),
        ("author", "夏目漱石", "ナツメ, ソウセキ"),
        ("author", "ルイス・キャロル", ""),
        ("author", "Lewis Carroll", ""),
        ("author", "架空堂", ""),
        ("series", "名作選", "メイサクセン"),
        ("subject", "日本文学", "ニホン ブンガク"),
        ("subject", "日本文学 -- 歴史", "ニホン ブンガク -- レキシ"),
    ]


def hint(kind: str, text: str, standing: int = 0, **more: bool) -> Hint:
    return Hint(Phrase(kind, f"{kind}:{text}", text), standing, **more)


def offered(*hints: Hint, hidden: str = "") -> list[str]:
    return chosen(hints, lambda phrase: phrase.text if phrase.text not in hidden else None)


def test_what_was_typed_comes_first_then_what_begins_so_then_later_words_each_by_standing() -> None:
    hints = (
        hint("title", "あ", 900, is_whole=False),
        hint("title", "い", 10),
        hint("title", "う", 20),
        hint("title", "え", 1, is_exact=True),
    )
    assert offered(*hints) == ["え", "う", "い", "あ"]


def test_a_phrase_met_twice_is_offered_once_and_one_that_may_not_be_seen_makes_room_for_the_next() -> None:
    hints = [hint("title", letter, 100 - place) for place, letter in enumerate("あいうえおかきくけこ")]
    assert offered(*hints, *hints) == list("あいうえおかきく")
    assert offered(*hints, hidden="いう") == list("あえおかきくけこ")


def test_every_kind_has_its_best_however_much_others_are_read() -> None:
    authors = [hint("author", f"人{place}", 900 - place) for place in range(6)]
    titles = [hint("title", f"本{place}", 500 - place) for place in range(9)]
    found = offered(*authors, *titles, hint("series", "選", 1), hint("subject", "題", 2))
    assert len(found) == MOST
    assert {"選", "題", "人0", "人1", "人2", "本0"} <= set(found)
    assert "人3" not in found


def test_a_kind_whose_best_only_sounds_as_long_waits_behind_those_written_so() -> None:
    titles = [hint("title", f"少{place}", as_written=True) for place in range(9)]
    plant = hint("subject", "植物", 500)
    assert offered(*titles, plant).index("植物") == MOST - 1


def test_letter_for_letter_comes_before_what_only_sounds_as_long() -> None:
    person = Phrase("title", "a", "少年", "ショウネン")
    plant = Phrase("title", "b", "植物", "ショクブツ")
    assert [compared(Hint(one, 0), ("しょう",)).as_written for one in (person, plant)] == [True, False]


def test_the_whole_name_of_a_writer_who_is_read_comes_before_what_only_sounds_as_long() -> None:
    record = Hint(Phrase("title", "ti:創生記", "創生記", "ソウセイキ"), 106, is_exact=True)
    begins = Hint(Phrase("title", "ti:漱石の人物", "漱石の人物", "ソウセキノジンブツ"), 200)
    writer = Hint(SOSEKI, 500, is_whole=False)
    unread = Hint(Phrase("author", "au:青空そうせき", "青空そうせき", "アオゾラ, ソウセキ", "青空, そうせき"), 90, is_whole=False)
    for typed, others in (("そうせき", ["漱石の人物", "創生記", "青空そうせき"]), ("soseki", ["創生記", "漱石の人物", "青空そうせき"])):
        hints = [compared(hint, read(typed).sought) for hint in (record, begins, writer, unread)]
        assert chosen(hints, lambda phrase: phrase.text) == ["夏目漱石", *others], typed
