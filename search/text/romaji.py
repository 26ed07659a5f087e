"""Romaji (Hepburn, Kunrei, with or without macrons) back to kana."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_VOWEL_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "g": "がぎぐげご", "s": "さしすせそ", "z": "ざじずぜぞ", "t": "たちつてと", "d": "だぢづでど",
    "n": "なにぬねの", "h": "はひふへほ", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "m": "まみむめも", "r": "らりるれろ",
}  # fmt: skip
_Y_ROWS = {
    "k": "き",
    "g": "ぎ",
    "s": "し",
    "z": "じ",
    "t": "ち",
    "d": "ぢ",
    "n": "に",
    "h": "ひ",
    "b": "び",
    "p": "ぴ",
    "m": "み",
    "r": "り",
}
_OTHERS_TABLE = """
ya:や yu:ゆ yo:よ wa:わ wo:を wi:うぃ we:うぇ shi:し sha:しゃ shu:しゅ sho:しょ she:しぇ
chi:ち cha:ちゃ chu:ちゅ cho:ちょ che:ちぇ tsu:つ tsa:つぁ fu:ふ fa:ふぁ fi:ふぃ fe:ふぇ fo:ふぉ
ji:じ ja:じゃ ju:じゅ jo:じょ je:じぇ va:ば vi:び vu:ぶ ve:べ vo:ぼ dji:ぢ dzu:づ
kwa:くゎ gwa:ぐゎ
"""
_OTHERS = dict(pair.split(":") for pair in _OTHERS_TABLE.split())


def _syllables() -> dict[str, str]:
    table = {consonant + vowel: kana for consonant, row in _VOWEL_ROWS.items() for vowel, kana in zip("aiueo", row, strict=True)}
    table |= {
        f"{consonant}y{vowel}": kana + small for consonant, kana in _Y_ROWS.items() for vowel, small in zip("auo", "ゃゅょ", strict=True)
    }
    return table | _OTHERS


SYLLABLES = _syllables()
_SHAPE = re.compile(r"[a-z][a-z'’\-]*")
_STEP = re.compile(
    r"(?P<syllable>" + "|".join(sorted(SYLLABLES, key=len, reverse=True)) + ")"
    r"|(?P<double>([bcdfghjkmpqrstvwyz])(?=\3)|t(?=ch))"
    r"|(?P<n>n(?:['’\-]|(?=[^aiueoy]|$))|m(?=[bmp]))"
    r"|(?P<h>(?<=o)h(?=[^aiueo]|$))|(?P<mark>['’\-])"
)
_LONG = str.maketrans({"ā": "aa", "ī": "ii", "ū": "uu", "ē": "ee", "ō": "ou", "â": "aa", "î": "ii", "û": "uu", "ê": "ee", "ô": "ou"})
_PARTICLES = {"wa": "は", "e": "へ", "o": "を"}


@lru_cache(maxsize=8192)
def kana_of(word: str) -> str | None:
    """Hiragana of a word that parses wholly as romaji, otherwise None. A macron or circumflex is a long vowel: ō → おう."""
    kana, unread = _read(word)
    return kana if kana and not unread else None


def nearly_kana_of(word: str) -> str | None:
    """Hiragana of a word that is romaji but for a slip: three kana or more, and at most a quarter of the letters unread."""
    kana, unread = _read(word)
    return kana if len(kana) >= 3 and 4 * unread <= len(word) else None


def _read(word: str) -> tuple[str, int]:
    """What can be read, and the number of letters passed over."""
    composed = unicodedata.normalize("NFKC", word.lower()).translate(_LONG)
    plain = "".join(c for c in unicodedata.normalize("NFKD", composed) if not unicodedata.combining(c))
    if not _SHAPE.fullmatch(plain) or plain == "n":
        return "", len(plain)
    kana: list[str] = []
    at = unread = 0
    while at < len(plain):
        step = _STEP.match(plain, at)
        if step:
            kana.append(SYLLABLES[step["syllable"]] if step["syllable"] else "っ" if step["double"] else "ん" if step["n"] else "")
        else:
            unread += 1
        at = step.end() if step else at + 1
    return "".join(kana), unread


def kana_of_words(words: list[str]) -> tuple[str, ...]:
    """Kana of a whole romaji line, as spoken and with its particles as written (wa は, e へ, o を); empty where a word is none."""
    spoken = [kana_of(word) for word in words]
    if not words or any(kana is None for kana in spoken):
        return ()
    said = [kana or "" for kana in spoken]
    written = [_PARTICLES.get(word.lower(), kana) if at else kana for at, (word, kana) in enumerate(zip(words, said, strict=True))]
    return tuple(dict.fromkeys(("".join(written), "".join(said))))
