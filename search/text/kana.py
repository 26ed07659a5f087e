"""Readings: the forms under which they are indexed, and the key by which they are sorted."""

from __future__ import annotations

import re
import unicodedata

_PARTICLES = {"ワ": "ハ", "エ": "ヘ", "ヲ": "オ", "わ": "は", "え": "へ", "を": "お"}


def reading_forms(reading: str) -> tuple[str, ...]:
    """A catalogued reading and, where it parts words, its form with particles as they are written.

    Catalogues write 「ワガハイ ワ ネコ デ アル」 (NDL rules for readings), readers type わがはいはねこである.
    """
    words = reading.split()
    if not words:
        return ()
    written = [_PARTICLES.get(word, word) if at else word for at, word in enumerate(words)]
    return (reading,) if written == words else (reading, " ".join(written))


_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_CLEAR = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔゐゑを", "かきくけこさしすせそたちつてとはひふへほはひふへほうゐゑを"
)
_VOWELS = {
    "あ": "あかがさざただなはばぱまやらわ",
    "い": "いきぎしじちぢにひびぴみりゐ",
    "う": "うゔくぐすずつづぬふぶぷむゆる",
    "え": "えけげせぜてでねへべぺめれゑ",
    "お": "おこごそぞとどのほぼぽもよろを",
}
_VOWEL_OF = {kana: vowel for vowel, row in _VOWELS.items() for kana in row}
_NUMBERS = re.compile(r"\d+")
_DROPPED = re.compile(r"[\W_]+")


def sort_key(kana: str) -> str:
    """A key whose order by code point is the order of a Japanese dictionary (after JIS X 4061, its first two levels).

    Long marks count as the vowel they lengthen, small and voiced kana as large and clear ones; what is left equal is parted by
    voicing after a tab. Numbers sort by value. Latin comes before kana, kana before kanji.
    """
    text = unicodedata.normalize("NFKC", kana).lower().translate(_TO_HIRAGANA)
    spelled: list[str] = []
    for character in text.translate(_LARGE):
        spelled.append(_VOWEL_OF.get(spelled[-1], "") if character == "ー" and spelled else character)
    full = _NUMBERS.sub(lambda match: match[0].zfill(6), _DROPPED.sub("", "".join(spelled)))
    clear = full.translate(_CLEAR)
    return clear if clear == full else f"{clear}\t{full}"
