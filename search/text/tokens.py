"""Tokens of a skeleton: overlapping pairs of characters, whole Latin words and numbers, marks at the edges of a field.

A *unit* is one Japanese character, one symbol, one Latin word or one number. Neighbouring units give a pair unless a space
stands between them; a Latin word or number is also a token by itself. 「阿Q正伝」 → 阿q q q正 正伝: a lone character between two
runs lives in its pairs, so no query has to leave it out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from search.text.normal import JAPANESE, bones, norm

BEGIN = "^"
END = "$"

_UNITS = re.compile(f"[{JAPANESE}]|[0-9]+|[^\\W0-9_{JAPANESE}]+| |.", re.DOTALL)
_WORD = re.compile(f"[^\\W_{JAPANESE}]")
_ALL_JAPANESE = re.compile(f"[{JAPANESE}]+")


def units(skeleton: str) -> list[str]:
    """Units in order; a space stands for itself."""
    return _UNITS.findall(skeleton)


@lru_cache(maxsize=16384)
def is_word(unit: str) -> bool:
    """A Latin word or a number: a token by itself."""
    return _WORD.match(unit) is not None


def is_japanese(skeleton: str) -> bool:
    """Nothing but Japanese characters, as most are: each of them is a unit."""
    return _ALL_JAPANESE.fullmatch(skeleton) is not None


def phrase(skeleton: str) -> list[str]:
    """Tokens in order without edges: a piece of a field holds them one after the other wherever it stands.

    Empty for a single character, which has no pair: ask for it by its edges or among the single characters.
    """
    return _cut(_UNITS.findall(skeleton))


def anchored(text: str) -> list[str]:
    """Tokens of a whole field, with its begin and end marked."""
    return edged(bones(norm(text)))


def edged(skeleton: str) -> list[str]:
    """`anchored` of a text that is a skeleton already."""
    if is_japanese(skeleton):
        return [BEGIN + skeleton[0], *map(str.__add__, skeleton, skeleton[1:]), skeleton[-1] + END]
    found = _UNITS.findall(skeleton)
    if not found:
        return []
    return [BEGIN + found[0], *_cut(found), found[-1] + END]


def _cut(found: list[str]) -> list[str]:
    tokens: list[str] = []
    before = ""
    for unit in found:
        if unit == " ":
            before = ""
            continue
        if before:
            tokens.append(before + unit)
        if len(unit) > 1 or is_word(unit):
            tokens.append(unit)
        before = unit
    return tokens
