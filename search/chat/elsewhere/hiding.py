"""What is taken out of words before they leave: numbers, addresses and names that say who somebody is. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

HIDDEN = "[…]"

_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_LINK = re.compile(r"https?://\S+")
_DIGITS = re.compile(r"\+?\d(?:[\s().\-]{0,3}\d){4,}")  # five digits and more, however they are parted: cards, phones, dates of birth
SHORTEST = 2


def hidden(text: str, names: Iterable[str] = ()) -> str:
    """The text with what identifies somebody replaced; widths and dashes folded so that nothing slips through in another form."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _LINK.sub(HIDDEN, _MAIL.sub(HIDDEN, plain))
    folded = re.sub(r"(?<=\d)[‐‑‒–—―−ー](?=\d)", "-", plain)
    found = _DIGITS.sub(HIDDEN, folded)
    parts = {part for whole in names for part in (whole, *whole.split())}
    for name in sorted(parts, key=len, reverse=True):
        if len(name) >= SHORTEST:
            found = re.sub(re.escape(unicodedata.normalize("NFKC", name)), HIDDEN, found, flags=re.IGNORECASE)
    return found
