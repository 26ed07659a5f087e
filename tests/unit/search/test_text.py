"""Normal forms, skeletons, tokens and keys of text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from library.kana import sort_key
from search.text import anchored, kana_of, norm, phrase, reading_forms, skeleton, units, volume
from search.text.romaji import kana_of_words
from search.text.tokens import is_japanese
from search.text.variants import one_form

ANY = st.text(max_size=40)
JAPANESE = st.text(
    alphabet="ぁあいうえおおかがきけこさしじずせそたちっつづてとなのはばぱひふぶへほまみむもゃやゅゆょよりるろわゐゑをんゔァアカガッツヅヴヵヶーン"
    "・々ゝゞ学學国國澤邊 　ｱｶﾞﾊﾟｰ-〜「」12Ⅲaé",
    max_size=30,
)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("ＡＢＣ　１２３", "abc 123"),
        ("ｷﾞﾝｶﾞﾃﾂﾄﾞｳ", "ぎんがてつどう"),
        ("コーヒー", "こひ"),
        ("コ－ヒ〜", "こひ"),
        ("人々", "人人"),
        ("いすゞ", "いすず"),
        ("こゝろ", "こころ"),
        ("ヴァイオリン", "ばいおりん"),
        ("つづく", "つずく"),
        ("ゐなか", "いなか"),
        ("関ヶ原", "関け原"),
        ("宮澤賢治", "宮沢賢治"),
        ("渡邊・渡邉", "渡辺渡辺"),
        ("髙島屋", "高島屋"),
        ("斎藤", "斎藤"),
        ("齋藤", "斎藤"),
        ("斉藤", "斎藤"),
        ("夏目 漱石", "夏目漱石"),
        ("夏目, 漱石", "夏目漱石"),
        ("J・D・カー", "j dか"),
        ("Harry  Potter!", "harry potter"),
        ("Les Misérables", "les miserables"),
        ("C++", "c++"),
        ("？", "?"),
        ("ー", "ー"),
        ("辻\U000e0101村", "辻村"),
        ("か\u3099", "が"),
        ("", ""),
        (" \x00\u3000", ""),
        ("\ud800猫", "猫"),
    ],
)
def test_writings_of_one_text_have_one_normal_form(written: str, form: str) -> None:
    assert norm(written) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("コンピュータ", "コンピューター"),
        ("ソフトウエア", "ソフトウェア"),
        ("そせき", "そうせき"),
        ("おおかみ", "オーカミ"),
        ("けいえい", "ケーエー"),
        ("おかあさん", "オカーサン"),
        ("マッチ", "まち"),
        ("ひろを", "ひろお"),
    ],
)
def test_spellings_of_one_sound_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@given(ANY)
@example("っ々")
@example("\u1100\u0301\u1161")
@example("ﾞ")
@example("ー゙")
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert norm(norm(text)) == norm(text)
    assert skeleton(skeleton(text)) == skeleton(text)


@given(JAPANESE)
@settings(max_examples=300)
def test_normalising_japanese_twice_changes_nothing(text: str) -> None:
    assert norm(norm(text)) == norm(text)
    assert skeleton(skeleton(text)) == skeleton(text)


@given(st.one_of(ANY, JAPANESE))
def test_composed_and_decomposed_text_are_one(text: str) -> None:
    assert norm(unicodedata.normalize("NFC", text)) == norm(unicodedata.normalize("NFD", text))


@given(st.one_of(ANY, JAPANESE))
def test_text_with_a_letter_number_or_symbol_never_comes_out_empty(text: str) -> None:
    if any(unicodedata.category(c)[0] in "LNS" for c in text):
        assert norm(text)
        assert skeleton(text)
        assert anchored(text)


def test_the_table_of_variants_leads_every_form_to_a_last_one() -> None:
    forms = one_form()
    assert len(forms) >= 310
    assert not set(forms) & set(forms.values())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("銀河鉄道", ["^銀", "銀河", "河鉄", "鉄道", "道$"]),
        ("花", ["^花", "花$"]),
        ("阿Q正伝", ["^阿", "阿q", "q", "q正", "正伝", "伝$"]),
        ("Harry Potter", ["^harry", "harry", "potter", "potter$"]),
        ("第8の", ["^第", "第8", "8", "8の", "の$"]),
        ("", []),
    ],
)
def test_a_field_is_cut_into_pairs_with_marked_edges(text: str, tokens: list[str]) -> None:
    assert anchored(text) == tokens


@given(JAPANESE)
def test_a_text_of_japanese_alone_is_cut_as_any_other(text: str) -> None:
    bare = skeleton(text)
    begun, *_ = units(bare) or [""]
    if is_japanese(bare):
        assert anchored(text) == ["^" + begun, *phrase(bare), bare[-1] + "$"]
        assert units(bare) == list(bare)


VOLUMES = st.text(alphabet="刃の第巻集上下三十〇Ⅲvol.ivx#()（）[]123１２ 　\t\n、。a", max_size=12)


@example("刃 第3\t\n")
@given(VOLUMES)
@settings(max_examples=500)
def test_no_glued_volume_is_overlooked_for_how_its_title_ends(title: str) -> None:
    plain = volume._plain(title)
    assert volume._MAY_BE_GLUED.search(plain) or not volume._GLUED.match(plain)


@given(JAPANESE)
def test_a_piece_of_a_text_is_a_run_of_its_tokens(text: str) -> None:
    """Whatever stands between two units is found by its own tokens, one after the other."""
    whole = skeleton(text)
    found = units(whole)
    for first in range(len(found)):
        piece = phrase("".join(found[first : first + 4]))
        cut = anchored(whole)
        assert not piece or any(cut[at : at + len(piece)] == piece for at in range(len(cut)))


@pytest.mark.parametrize(
    ("reading", "forms"),
    [
        ("ワガハイ ワ ネコ デ アル", ("ワガハイ ワ ネコ デ アル", "ワガハイ ハ ネコ デ アル")),
        ("ムラ エ カエル", ("ムラ エ カエル", "ムラ ヘ カエル")),
        ("エ ホン", ("エ ホン",)),
        ("わがはいはねこである", ("わがはいはねこである",)),
        ("", ()),
    ],
)
def test_a_reading_is_also_indexed_with_particles_as_they_are_written(reading: str, forms: tuple[str, ...]) -> None:
    assert reading_forms(reading) == forms


@pytest.mark.parametrize(
    "ordered",
    [
        ["あ", "アー", "ああす", "い", "か", "が", "かあ", "きゃく", "きゃくま", "ん"],
        ["ギンガ テツドウ 2", "ギンガ テツドウ 10"],
        ["はは", "はば", "ばば", "ぱぱ"],
        ["abc", "あ", "亜"],
    ],
)
def test_sort_keys_stand_in_the_order_of_a_dictionary(ordered: list[str]) -> None:
    assert sorted(ordered, key=sort_key) == ordered


@pytest.mark.parametrize(
    ("word", "kana"),
    [
        ("natsume", "なつめ"),
        ("tetudou", "てつどう"),
        ("tetsudō", "てつどう"),
        ("matcha", "まっちゃ"),
        ("kappa", "かっぱ"),
        ("sempai", "せんぱい"),
        ("shin'ichi", "しんいち"),
        ("Ōe", "おうえ"),
        ("ginga-tetsudo", "ぎんがてつど"),
        ("zyosei", "じょせい"),
        ("harry", None),
        ("the", None),
        ("x", None),
        ("", None),
        ("猫", None),
    ],
)
def test_romaji_is_read_as_kana_only_when_all_of_it_is_romaji(word: str, kana: str | None) -> None:
    assert kana_of(word) == kana


def test_a_line_of_romaji_has_its_particles_both_ways() -> None:
    assert kana_of_words(["wagahai", "wa", "neko", "de", "aru"]) == ("わがはいはねこである", "わがはいわねこである")
    assert kana_of_words(["wagahai", "xyz"]) == ()
