"""Taking ISBD punctuation off the ends of fields, and telling scripts apart."""

from __future__ import annotations

import re

_TAIL = re.compile(r"(?:\s+[:;/=+]|[,:;/]|\s)+$")
_MARKS = frozenset(":;/=+, \t\u3000\u00a0")
_ABBREVIATED = re.compile(
    r"(?:^|[\s.,(\-&])(?:[A-Za-zÀ-ÖØ-öø-ÿ]|[JS]r|[Ee]tc|[Ee]d|[Ee]ds|[Ii]nc|[Cc]o|[Cc]orp|[Ll]td|[Vv]ol|[Nn]o|[Pp]t|St|Dr|Mr|Mrs|Ph|[Dd]ept|[Uu]niv|[Bb]ros|al|cm|ca)\.$"
)

_HAN = re.compile("[々〆\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_HIRAGANA = re.compile("[\u3041-\u309f]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d]")
# Letters of any script but Latin; punctuation of the CJK block and general punctuation are in both.
_NOT_LATIN = re.compile(
    "[\u0370-\u1dff\u2c00-\u2dff\u3005-\u3007\u3041-\ufaff\ufb1d-\ufdff\ufe70-\ufefc\uff66-\uffdc\U00010000-\U0003ffff]"
)
_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}


def bare(text: str) -> str:
    """The text without the ISBD marks and the full stop at its end; an initial, an abbreviation and 「...」 keep theirs."""
    last = text[-1:]
    if not last:
        return text
    if last in _MARKS:
        text = _TAIL.sub("", text)
        last = text[-1:]
    if last == "." and not text.endswith("..") and (len(text) < 2 or text[-2] > "\x7f" or not _ABBREVIATED.search(text)):
        text = _TAIL.sub("", text[:-1])
    return text


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def has_hiragana(text: str) -> bool:
    return _HIRAGANA.search(text) is not None


def has_kana(text: str) -> bool:
    return _KANA.search(text) is not None


def is_latin(text: str) -> bool:
    return text.isascii() or _NOT_LATIN.search(text) is None


def katakana(text: str) -> str:
    return text if text.isascii() else text.translate(_TO_KATAKANA)
