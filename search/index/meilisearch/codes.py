"""Tokens as words that no server's segmenter, language detector or normaliser can touch: letters a to p, four for a UTF-16 unit."""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 240  # letters; the server leaves out words above 250

_PLAIN = re.compile(r"[a-z]+|[0-9]+")
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def coded(text: str) -> str:
    """Every UTF-16 unit as four letters; texts stand in the same order as their codes."""
    return text.encode("utf-16-be", "surrogatepass").hex().translate(_LETTERS)[:LONGEST]


@lru_cache(maxsize=65536)
def word(token: str) -> str:
    """A token as a word: Latin words and numbers as they are, everything else coded."""
    return token[:LONGEST] if _PLAIN.fullmatch(token) else coded(token)


def volume(token: str) -> str:
    """A volume by itself, apart from the same letters in a title."""
    return "zv" + coded(token)[: LONGEST - 2]


def beginning(letters: str) -> str:
    """The beginning of a Latin word, apart from whole words."""
    return "zb" + coded(letters)[: LONGEST - 2]
