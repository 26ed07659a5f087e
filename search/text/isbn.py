"""ISBN as readers type and catalogues write it, brought to thirteen verified digits."""

from __future__ import annotations

import re
import unicodedata

_NOT_ISBN = re.compile(r"[\s\-‐‑‒–—―−ー]+")
_LABEL = re.compile(r"^(?:isbn(?:-?1[03])?[:：]?)", re.IGNORECASE)


def isbn13(text: str) -> str | None:
    """Thirteen digits of a valid ISBN-10 or ISBN-13 (ISO 2108), whatever its width, hyphens and label; otherwise None."""
    bare = _LABEL.sub("", _NOT_ISBN.sub("", unicodedata.normalize("NFKC", text).strip())).upper()
    if len(bare) == 13 and bare.isascii() and bare.isdigit() and bare[:3] in {"978", "979"}:
        return bare if bare[12] == _check13(bare[:12]) else None
    if len(bare) == 10 and bare.isascii() and bare[:9].isdigit() and (bare[9].isdigit() or bare[9] == "X"):
        if bare[9] != _check10(bare[:9]):
            return None
        return "978" + bare[:9] + _check13("978" + bare[:9])
    return None


def _check13(twelve: str) -> str:
    return str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(twelve)) % 10)


def _check10(nine: str) -> str:
    rest = -sum(int(digit) * (10 - at) for at, digit in enumerate(nine)) % 11
    return "X" if rest == 10 else str(rest)
