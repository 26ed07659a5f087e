"""Forms for comparing: text without what differs by hand, ISBNs as 13 digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NOT_ISBN = re.compile(r"[^0-9Xx]")
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_ISBN_DIGITS = 13


def isbn13(text: str) -> str:
    """The 13 digits of an ISBN of 10 or 13 digits, or of an SBN of 9, "" where the check digit does not hold."""
    digits = _NOT_ISBN.sub("", unicodedata.normalize("NFKC", text) if not text.isascii() else text).upper()
    if len(digits) == 9 and digits.isdigit():
        digits = "0" + digits
    if len(digits) == 10 and digits[:9].isdigit():
        total = sum((10 - place) * (10 if digit == "X" else int(digit)) for place, digit in enumerate(digits))
        if total % 11:
            return ""
        body = "978" + digits[:9]
        return body + _check_digit(body)
    if len(digits) == _ISBN_DIGITS and digits.isdigit() and digits[:3] in ("978", "979") and _check_digit(digits[:12]) == digits[12]:
        return digits
    return ""


def _check_digit(body: str) -> str:
    return str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


@lru_cache(maxsize=65_536)
def key(text: str) -> str:
    """Letters and digits only, compatibility forms, case, marks and kana folded: 「宮沢, 賢治」 → 「宮沢賢治」."""
    if text.isascii():
        return "".join(character for character in text.lower() if character.isalnum())
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA)
    if any("\u00c0" <= character <= "\u024f" or "\u1e00" <= character <= "\u1eff" for character in folded):
        parts = unicodedata.normalize("NFD", folded)
        # Marks go from Latin letters only: in kana a voiced mark is another sound.
        folded = "".join(character for character in parts if not "\u0300" <= character <= "\u036f")
        folded = unicodedata.normalize("NFC", folded)
    return "".join(character for character in folded if character.isalnum() or character == "ー")
