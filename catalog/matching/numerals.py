"""Numbers as volumes, years and queries write them: 「3」「三」「二十三」「一二」「Ⅲ」 after compatibility forms are folded."""

from __future__ import annotations

KANJI = "〇零一二三四五六七八九十百"

_DIGITS = {"〇": 0, "零": 0, **{kanji: number for number, kanji in enumerate("一二三四五六七八九", 1)}}
_ROMAN = {"i": 1, "v": 5, "x": 10}


def value_of(written: str) -> int:
    """The value of digits, kanji of `KANJI`, or the Roman letters I, V, X in either case; nothing else may be given."""
    if written.isdecimal():
        return int(written)
    lower = written.lower()
    if all(letter in _ROMAN for letter in lower):
        values = [_ROMAN[letter] for letter in lower]
        return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True))
    return _kanji(written)


def is_well_formed_roman(written: str) -> bool:
    """Whether Roman letters are a number as it is written, up to 39: iv and xxix, but not iiii or vv."""
    tens, ones = divmod(value_of(written), 10)
    return written.lower() == "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones] and tens < 4


def _kanji(kanji: str) -> int:
    if "十" not in kanji and "百" not in kanji:
        return int("".join(str(_DIGITS[one]) for one in kanji))
    total, pending = 0, 0
    for one in kanji:
        if one in "十百":
            total += (pending or 1) * (10 if one == "十" else 100)
            pending = 0
        else:
            pending = _DIGITS[one]
    return total + pending
