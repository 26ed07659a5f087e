"""Kana in Latin letters as national catalogues of Japan write it: Hepburn, long vowels short, for the made-up records."""

from __future__ import annotations

import re

_ROWS = {
    "a": "アカサタナハマヤラワガザダバパァャヮ",
    "i": "イキシチニヒミリギジヂビピィヰ",
    "u": "ウクスツヌフムユルグズヅブプゥュヴ",
    "e": "エケセテネヘメレゲゼデベペェヱ",
    "o": "オコソトノホモヨロヲゴゾドボポォョ",
}
_CONSONANTS = {
    **dict.fromkeys("カキクケコ", "k"),
    **dict.fromkeys("サスセソ", "s"),
    "シ": "sh",
    **dict.fromkeys("タテト", "t"),
    "チ": "ch",
    "ツ": "ts",
    **dict.fromkeys("ナニヌネノ", "n"),
    **dict.fromkeys("ハヒヘホ", "h"),
    "フ": "f",
    **dict.fromkeys("マミムメモ", "m"),
    **dict.fromkeys("ヤユヨ", "y"),
    **dict.fromkeys("ラリルレロ", "r"),
    "ワ": "w",
    **dict.fromkeys("ガギグゲゴ", "g"),
    **dict.fromkeys("ザズヅゼゾ", "z"),
    **dict.fromkeys("ジヂ", "j"),
    **dict.fromkeys("ダデド", "d"),
    **dict.fromkeys("バビブベボ", "b"),
    **dict.fromkeys("パピプペポ", "p"),
    "ヴ": "v",
}
_SYLLABLES = {kana: _CONSONANTS.get(kana, "") + vowel for vowel, row in _ROWS.items() for kana in row} | {
    "ン": "n",
    "ー": "",
    "・": " ",
    "ヷ": "va",
    "ヸ": "vi",
    "ヹ": "ve",
    "ヺ": "vo",
}
_KANA = re.compile(r"(ッ?)([ァ-ヺ・ー])([ャュョァィゥェォヮ]?)")


def _syllable(match: re.Match[str]) -> str:
    doubled, kana, small = match.groups()
    if kana == "ッ":
        return ""
    sound = _SYLLABLES.get(kana, kana)
    if small:
        vowel = _SYLLABLES[small][-1]
        glide = "y" if small in "ャュョ" and sound[:-1] not in {"sh", "ch", "j"} else ""
        sound = (sound[:-1] or sound) + glide + vowel
    if doubled:
        sound = ("t" if sound.startswith("ch") else sound[:1]) + sound
    return sound


def romaji(katakana: str) -> str:
    """「ミヤザワ」 → Miyazawa, 「テツドウ」 → Tetsudo; anything but katakana stays."""
    text = _KANA.sub(_syllable, katakana).strip()
    text = re.sub(r"(?<=o)[uo]|(?<=u)u", "", text)
    text = re.sub(r"n(?=[bmp])", "m", text)
    return text[:1].upper() + text[1:]
