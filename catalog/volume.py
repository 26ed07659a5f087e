"""Volumes as tokens: 「第3巻」「(3)」「三」「Ⅲ」「vol.3」 are all `3`, 「上巻」 is `上`; and titles without their volume."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from catalog.normal import key

_KANJI = "〇零一二三四五六七八九十百"
_NUMBER = rf"(?:\d{{1,4}}|[{_KANJI}]{{1,5}}|[IVX]{{1,6}}(?![A-Za-z]))"
# A single Roman letter behind a title is as often a name: Malcolm X.
_SPACED_NUMBER = rf"(?:\d{{1,4}}|[{_KANJI}]{{1,5}}|[IVX]{{2,6}})"
_UNIT = "(?:巻|冊|集|号|部|輯|編|篇|話|分冊|年度版|年版|年度|年)"
_LATIN = r"(?i:vol(?:ume)?|vols|no|nr|v|bd|band|book|part|pt|tome?|t|\#|№)"
_PART = re.compile(r"^[(\[〈<]?\s*(上|中|下|前|後|完|別)\s*(?:の?巻|編|篇|冊)?\s*[)\]〉>]?$")
_COUNTED = re.compile(rf"第\s*({_NUMBER})\s*{_UNIT}?|(?<![\dA-Za-z{_KANJI}])({_NUMBER})\s*{_UNIT}(?!目)")
_LATIN_COUNTED = re.compile(rf"(?<![A-Za-z]){_LATIN}[.\s]*(\d{{1,4}}|[ivx]{{1,6}}(?![A-Za-z]))", re.IGNORECASE)
_BARE = re.compile(rf"^[(\[〈<#]?\s*({_NUMBER})\s*[)\]〉>.]?$")
_LEADING = re.compile(r"^(\d{1,4})(?=[\s(.:,])")
_PART_BEHIND = re.compile(r"[\s(\[〈<・](上|中|下|前|後)\s*(?:巻|編|篇)?\s*[)\]〉>]?$")

_TAIL = re.compile(
    rf"""(?:\s*[(\[〈<【]\s*(?P<wrapped>(?:第\s*)?{_NUMBER}\s*{_UNIT}?|[上中下]\s*巻?|[前後][編篇]|{_LATIN}[.\s]*\d{{1,4}})\s*[)\]〉>】]
    |\s*(?P<counted>第\s*{_NUMBER}\s*(?:巻|冊|集|号|部|輯))
    |[\s.,:]+(?P<spaced>{_SPACED_NUMBER}\s*{_UNIT}?|[上中下]\s*巻?|[前後][編篇]|{_LATIN}[.\s]*\d{{1,4}})
    |(?P<attached>[上中下]巻|[前後][編篇]))\s*$""",
    re.VERBOSE,
)

_DIGITS = {"〇": 0, "零": 0, **{kanji: number for number, kanji in enumerate("一二三四五六七八九", 1)}}
_ROMAN = {"I": 1, "V": 5, "X": 10}


@lru_cache(maxsize=16_384)
def volume_token(text: str) -> str:
    """One form for the volume that `text` (245 $n, $p, a column of a list) names; "" where `text` is empty."""
    text = unicodedata.normalize("NFKC", text).strip(" .,:;/")
    if not text:
        return ""
    part = _PART.match(text)
    if part is not None:
        return part[1]
    number = _BARE.match(text) or _LATIN_COUNTED.search(text) or _COUNTED.search(text) or _LEADING.match(text)
    if number is None:
        return key(text)
    token = str(_value(next(group for group in number.groups() if group)))
    behind = _PART_BEHIND.search(text)
    return token + (behind[1] if behind else "")


@lru_cache(maxsize=65_536)
def without_volume(title: str) -> tuple[str, str]:
    """A title as (core, volume token): 「海辺のカフカ 上」 → (「海辺のカフカ」, `上`); a title that is all number stays whole."""
    folded = unicodedata.normalize("NFKC", title).strip()
    found = _TAIL.search(folded)
    if found is None or not key(folded[: found.start()]):
        return folded, ""
    core = folded[: found.start()].rstrip(" .,:;")
    token = volume_token(next(group for group in found.groups() if group))
    deeper = _TAIL.search(core)
    if token in ("上", "中", "下", "前", "後") and deeper is not None and key(core[: deeper.start()]):
        inner = volume_token(next(group for group in deeper.groups() if group))
        return core[: deeper.start()].rstrip(" .,:;"), inner + token
    return core, token


def _value(digits: str) -> int:
    if digits.isdecimal():
        return int(digits)
    upper = digits.upper()
    if all(letter in _ROMAN for letter in upper):
        values = [_ROMAN[letter] for letter in upper]
        return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True))
    return _kanji_value(digits)


def _kanji_value(kanji: str) -> int:
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
