"""Kana for comparing and sorting names: one order, whichever kana somebody typed."""

from __future__ import annotations

import re
import unicodedata

_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_CLEAR = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔゐゑを", "かきくけこさしすせそたちつてとはひふへほはひふへほうゐゑを"
)
_ROWS = {
    "あ": "あかがさざただなはばぱまやらわ",
    "い": "いきぎしじちぢにひびぴみりゐ",
    "う": "うゔくぐすずつづぬふぶぷむゆる",
    "え": "えけげせぜてでねへべぺめれゑ",
    "お": "おこごそぞとどのほぼぽもよろを",
}
_VOWEL_OF = {kana: vowel for vowel, row in _ROWS.items() for kana in row}
_DIGITS = re.compile(r"\d+")
_NOT_SORTED = re.compile(r"[\W_]+")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30faー・\s]+")


def sort_key(kana: str) -> str:
    """A key whose order by code point is that of a Japanese dictionary (JIS X 4061, its first two levels).

    Long marks count as the vowel they lengthen, small and voiced kana as large and clear ones; what is left equal is parted by
    voicing after a tab. Numbers sort by value. Latin comes before kana, kana before kanji.
    """
    folded = unicodedata.normalize("NFKC", kana).lower().translate(_TO_HIRAGANA)
    spelled: list[str] = []
    for character in folded.translate(_LARGE):
        spelled.append(_VOWEL_OF.get(spelled[-1], "") if character == "ー" and spelled else character)
    full = _DIGITS.sub(lambda match: match[0].zfill(6), _NOT_SORTED.sub("", "".join(spelled)))
    clear = full.translate(_CLEAR)
    return clear if clear == full else f"{clear}\t{full}"


def katakana(written: str) -> str:
    """Hiragana and half-width kana as full-width katakana; the rest as it is, in compatibility form."""
    return unicodedata.normalize("NFKC", written).translate(_TO_KATAKANA)


def hiragana(written: str) -> str:
    """Katakana and half-width kana as hiragana, for those who learn to read; the rest as it is, in compatibility form."""
    return unicodedata.normalize("NFKC", written).translate(_TO_HIRAGANA)


def is_kana(written: str) -> bool:
    """Whether there is nothing but kana, long marks, middle dots and space, and something at all."""
    return bool(written.strip()) and _KANA.fullmatch(unicodedata.normalize("NFKC", written)) is not None
