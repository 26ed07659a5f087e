"""The table of kana by which lists are opened: rows, their letters, and what begins with each. Pure."""

from __future__ import annotations

from typing import NamedTuple

from library.kana import hiragana, katakana

ROWS = ("あいうえお", "かきくけこ", "さしすせそ", "たちつてと", "なにぬねの", "はひふへほ", "まみむめも", "やゆよ", "らりるれろ", "わ")
_VOICED = dict(
    zip(
        "かきくけこさしすせそたちつてと",
        ("が", "ぎ", "ぐ", "げ", "ご", "ざ", "じ", "ず", "ぜ", "ぞ", "だ", "じ", "ず", "で", "ど"),
        strict=True,
    )
)
_HALF_VOICED = {"は": ("ば", "ぱ"), "ひ": ("び", "ぴ"), "ふ": ("ぶ", "ぷ"), "へ": ("べ", "ぺ"), "ほ": ("ぼ", "ぽ")}


class Letter(NamedTuple):
    """A kana of the table; `is_chosen`: the list shown is its."""

    kana: str
    is_chosen: bool


def table(chosen: str) -> list[list[Letter]]:
    return [[Letter(kana, kana == chosen) for kana in row] for row in ROWS]


def is_letter(kana: str) -> bool:
    return len(kana) == 1 and any(kana in row for row in ROWS)


def beginnings(kana: str) -> tuple[str, ...]:
    """What stands under a letter: か also opens が, は also ば and ぱ, as in any Japanese index."""
    return (kana, *_HALF_VOICED.get(kana, (_VOICED[kana],) if kana in _VOICED else ()))


def every_letter() -> tuple[str, ...]:
    return tuple(one for row in ROWS for kana in row for one in beginnings(kana))


def letter_of(reading: str) -> str:
    """The letter of the table under which a reading stands; empty for what does not begin with kana."""
    first = hiragana(katakana(reading.strip())[:1])
    return next((kana for row in ROWS for kana in row if first in beginnings(kana)), "")
