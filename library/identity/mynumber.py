"""Knowing an Individual Number (マイナンバー) when one is typed where it must not be, so that it is never taken in.

The library has no right to ask for the number or keep it (番号法 第15条, 第20条). Only its check digit is computed (総務省令第85号
第5条); about one in eleven other 12-digit numbers passes too, which is the price of never storing a real one.
"""

from __future__ import annotations

import re
import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー_・./,、:"), "-")
_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# In fours as it is printed, in threes, in halves, or digit by digit.
_TWELVE = re.compile(r"(?<!\d)(?:\d{4}[ -]{0,3}\d{4}[ -]{0,3}\d{4}|\d{3}(?:[ -]{1,3}\d{3}){3}|\d{6}[ -]{1,3}\d{6}|\d(?:[ -]\d){11})(?!\d)")


def is_valid(digits: str) -> bool:
    """Whether twelve digits carry the check digit of an Individual Number."""
    body = [int(digit) for digit in digits[10::-1]]
    rest = sum(digit * (place + 1 if place <= 6 else place - 5) for place, digit in enumerate(body, start=1)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def occurs_in(text: str) -> bool:
    """Whether the text holds something that can be an Individual Number, in any width, with spaces or dashes between."""
    if len(text) < 12:
        return False
    plain = unicodedata.normalize("NFKC", text).translate(_UNSEEN).translate(_DASHES)
    plain = re.sub(r"\s", " ", plain)
    return any(is_valid(re.sub(r"\D", "", found[0])) for found in _TWELVE.finditer(plain))
