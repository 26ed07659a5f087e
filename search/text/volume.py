"""Volumes as readers type them (第3巻, (3), 三, Ⅲ, vol.3, 上) and as they hang on titles, brought to one token: v3, v上.

Matching reads volumes otherwise (catalog.matching.volume): what divides a set again must stay apart there, while here 「刃23」
may well mean the 23rd volume.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from catalog.matching.numerals import KANJI, is_well_formed_roman, value_of

_COUNTER = "巻|卷|冊|册|集|部|編|篇|号|號|輯|回|期|分冊|の巻"
_NUMBER = rf"\d{{1,4}}|[{KANJI}]{{1,5}}"
_ROMAN = "[ivx]{1,7}"
_ENDS = "".join({word[-1] for word in _COUNTER.split("|")})
_PARTS = "上|中|下|前|後|正|続|別|全"
_WHOLE = re.compile(
    rf"[(\[]?(?:第|其の|その|巻之?|卷之?|vol(?:ume)?\.?\s*|no\.?\s*|part\s*|book\s*|tome\s*|v\.\s*|#\s*)?"
    rf"(?P<number>{_NUMBER}|{_ROMAN})\s*(?:{_COUNTER})?[)\]]?"
)
_PART = re.compile(rf"[(\[]?(?P<part>{_PARTS})\s*(?:{_COUNTER})?[)\]]?")
# Glued at the end of a title only what cannot be anything else: a number with a mark of its own, or one that stands apart.
_GLUED = re.compile(
    rf"^(?P<rest>.*?[^\s\d]|.*?\d(?=\s))(?:\s*(?P<said>(?:第|vol(?:ume)?\.?\s*)(?:{_NUMBER})\s*(?:{_COUNTER})?|(?:{_NUMBER})\s*(?:{_COUNTER})|[(\[](?:{_NUMBER}|{_ROMAN}|{_PARTS})[)\]]"
    rf"|(?:{_PARTS})(?:巻|卷|冊|編|篇))|(?:\s+|(?<=[^\W\da-z]))(?P<number>\d{{1,4}})|\s+(?P<apart>{_ROMAN}|{_PARTS}|[{KANJI}]{{1,5}}))$"
)

_MAY_BE_GLUED = re.compile(rf"[\divx)\]{KANJI}{_ENDS}{_PARTS}]\s*$")  # most titles end otherwise, which is seen sooner


@lru_cache(maxsize=16384)
def volume_token(text: str) -> str | None:
    """The token of a statement that says a volume and nothing else; None where it says more, or nothing."""
    plain = _plain(text)
    if match := _WHOLE.fullmatch(plain):
        number = _value(match["number"])
        return None if number is None else f"v{number}"
    if match := _PART.fullmatch(plain):
        return "v" + match["part"]
    return None


@lru_cache(maxsize=16384)
def split_volume(title: str) -> tuple[str, str | None]:
    """A title and the volume token glued to its end: 「鬼滅の刃23巻」 → (「鬼滅の刃」, v23). The title as it is where there is none."""
    plain = _plain(title)
    match = _GLUED.match(plain) if _MAY_BE_GLUED.search(plain) else None
    if not match or volume_token(plain):
        return title, None
    token = volume_token(match["said"] or match["number"] or match["apart"])
    return (match["rest"], token) if token else (title, None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().strip(" \t\u3000.,、。:;")


def _value(number: str) -> int | None:
    """Nobody means a volume by letters that are no number: 「xix」 is one, 「iiii」 and 「vv」 are not."""
    if number.isascii() and not number.isdigit() and not is_well_formed_roman(number):
        return None
    return value_of(number)
