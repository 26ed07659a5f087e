"""A phrase cut into the words it is made of, for when no record holds it whole: 「江戸の暮らし」 is 江戸 and 暮らし. Pure."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 40  # letters of a phrase that are looked at
_KANJI, _KANA, _KATAKANA = "々〇㐀-䶿一-鿿", "ぁ-ゖ", "ァ-ヺー"
# What joins words and is none itself. Of kana alone の is the sign where whole words stand on both sides: くだもの, こども are one.
_JOINED = re.compile(
    rf"(?:に関する|に関係する|についての?|にまつわる|(?:の|が)?出てくる|のための|向けの?|むけの?|[、。,.!?「」『』()])"
    rf"|(?<=[{_KANJI}{_KATAKANA}])(?:の|や|と)(?=[{_KANJI}{_KANA}{_KATAKANA}])"
    rf"|(?<=[{_KANA}])(?<!も)の(?=[{_KANJI}{_KATAKANA}])|(?<=ども)の(?=[{_KANJI}{_KATAKANA}])"
    rf"|(?<=[{_KANA}]{{2}})(?:(?<!も)|(?<=ども))の(?=[{_KANA}]{{2}})"
)
# A kanji after kana begins a word; so does each change between kanji, katakana and letters. Kana after kanji end one: 暮らし, 作り方.
_CHANGE = re.compile(
    rf"(?<=[{_KANA}])(?![方物手口屋者]$)(?=[{_KANJI}{_KATAKANA}])|(?<=[{_KANJI}])(?=[{_KATAKANA}])|(?<=[{_KATAKANA}])(?=[{_KANJI}{_KANA}])"
    rf"|(?<=[{_KANJI}{_KANA}{_KATAKANA}])(?=[a-zA-Z])|(?<=[a-zA-Z])(?=[{_KANJI}{_KANA}{_KATAKANA}])"
)
_PARTICLES = re.compile(rf"(?<=[{_KANJI}{_KATAKANA}a-zA-Z])(?:から|まで|より|って|[のをがはにへとでもや])$|(?<=[{_KANA}]{{2}})[をが]$")
_AND = re.compile(rf"^([{_KANJI}].*[{_KANA}]{{2}})[とや]$")  # 暮らしと; 人びと is one word
_NOTHING = """
    本 ほん 書籍 図書 資料 こと もの ため ある いる する について 関する
    a an the of on in for to by and with about book books title titles
"""
_SAY_NOTHING = frozenset(_NOTHING.split())


def parts(typed: str) -> tuple[str, ...]:
    """The words of a phrase in their order, each once; what says only that a book is meant is none of them."""
    text = unicodedata.normalize("NFKC", typed[:_LONGEST])
    pieces = [piece for word in _JOINED.sub(" ", text).split() for piece in _CHANGE.sub(" ", word).split()]
    bare = (_AND.sub(r"\1", _PARTICLES.sub("", piece)) for piece in pieces)
    return tuple(dict.fromkeys(piece for piece in bare if _is_a_word(piece)))


def _is_a_word(piece: str) -> bool:
    if piece.casefold() in _SAY_NOTHING or not re.search(r"\w", piece):
        return False
    return len(piece) > 1 or re.fullmatch(f"[{_KANJI}]", piece) is not None
