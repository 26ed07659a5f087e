"""Volumes as tokens: 「第3巻」「(3)」「三」「Ⅲ」「vol.3」 are all `3`, 「上巻」 is `上`; and titles without their volume."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from catalog.matching.normal import key
from catalog.matching.numerals import KANJI, value_of
from library.dates import ERAS

_NUMBER = rf"(?:\d{{1,4}}|[{KANJI}]{{1,5}}|[IVX]{{1,6}}(?![A-Za-z]))"
# A single Roman letter behind a title is as often a name: Malcolm X.
_SPACED_NUMBER = rf"(?:\d{{1,4}}|[{KANJI}]{{1,5}}|[IVX]{{2,6}})"
_UNIT = "(?:巻|冊|集|号|部|輯|編|篇|話|回|期|分冊|年度版|年版|年度|学年|年|月号|月)"
_LATIN = r"(?i:vol(?:ume)?s?|no|nr|v|bd|band|book|part|pt|teil|tome?|t|\#|№)"
_PART = re.compile(r"^[(\[〈<]?\s*(上|中|下|前|後|完|別)\s*(?:の?巻|編|篇|冊)?\s*[)\]〉>]?$")
_FIRST = re.compile(
    rf"""^[(\[〈<\#]?\s*(?P<bare>{_NUMBER})\s*[)\]〉>.]?$
    |^(?P<leading>\d{{1,4}}(?=[\s(.:,\-~・&/上中下前後]|[の之]\d)|[{KANJI}]{{1,3}}(?=[上中下]$)|[IVX]{{1,6}}(?=[\s.\-]\d))
    |第\s*(?P<ordinal>{_NUMBER})\s*{_UNIT}?
    |(?<![\dA-Za-z{KANJI}])(?P<counted>{_NUMBER})\s*{_UNIT}(?!目)
    |(?:巻|その|其)[の之]?[\s(\[]*(?P<named>{_NUMBER})
    |(?<![A-Za-z]){_LATIN}[.\s]*(?P<latin>\d{{1,4}}|(?i:[ivx]{{1,6}})(?![A-Za-z]))""",
    re.VERBOSE,
)
# What divides a volume again: 「第1期 2」「vol. 1, no. 2」「第3巻の1」; a number inside the words behind it does not.
_FURTHER = re.compile(
    rf"[\s.,:;・~&_/()\[\]〈〉<>の之\-]*(?:第|{_LATIN}[.\s]*)?"
    rf"(?P<further>\d{{1,3}}|[{KANJI}]{{1,3}}|[IVX]{{1,6}}(?![A-Za-z]))\s*{_UNIT}?(?=[\s)\]〉>.,:;\-上中下前後]|$)"
)
_PART_BEHIND = re.compile(r"[\s(\[〈<・.,の之\-]*(上|中|下|前|後)\s*(?:の?巻|編|篇|冊|半?期)?\s*[)\]〉>]?(?=[\s.,:;]|$)")
_TITLED = re.compile(r"([^()]*[^()\s])\s*\(([^()]+)\)")  # 「2013秋冬 (開催地は東京!)」
_YEAR_DIGITS = 4

_TAIL = re.compile(
    rf"""(?:\s*[(\[〈<【]\s*(?P<wrapped>(?:第\s*)?{_NUMBER}\s*{_UNIT}?|[上中下]\s*巻?|[前後][編篇]|{_LATIN}[.\s]*\d{{1,4}})\s*[)\]〉>】]
    |\s*(?P<counted>第\s*{_NUMBER}\s*(?:巻|冊|集|号|部|輯|回|期))
    |(?:[\s,:]+|\.\s+|(?<!\d)\.)(?P<spaced>{_SPACED_NUMBER}\s*{_UNIT}?|(?:巻|その|其)[の之]?\s*{_SPACED_NUMBER}|[別補]巻\s*\d{{0,2}}|[上中下]\s*巻?|[前後][編篇]|{_LATIN}[.\s]*\d{{1,4}})
    |(?P<attached>[上中下]巻|[前後][編篇]))\s*$""",
    re.VERBOSE,
)

_ONLY = re.compile(rf"[(\[〈<]?\s*(?:第\s*)?{_NUMBER}\s*{_UNIT}?\s*[)\]〉>]?")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u301c", "-"))


def volume_token(text: str) -> str:
    """One form for the volume that `text` (245 $n, $p, a column of a list) names; "" where `text` is empty.

    Every number that divides the set stays: 「第2期 第3巻」 → `2-3`, 「資料編 第1巻」 → `資料編1`; the title of a volume goes.
    """
    return _parted(text)[0]


def volume_words(text: str) -> str:
    """The title of a volume behind its number, as a key: 「第3巻 雪の女王」 → 「雪の女王」."""
    return _parted(text)[1]


@lru_cache(maxsize=16_384)
def _parted(text: str) -> tuple[str, str]:
    """The token, and the key of the words behind it."""
    text = _plain(text)
    if not text:
        return "", ""
    part = _PART.match(text)
    if part is not None:
        return part[1], ""
    titled = _TITLED.fullmatch(text)
    if titled is not None and not is_volume(titled[2]):
        token, words = _parted(titled[1])
        return token, words + key(titled[2])
    return _numbered(text)


def _numbered(text: str) -> tuple[str, str]:
    number = _FIRST.search(text)
    if number is None:
        return key(text), ""
    before, first = key(text[: number.start()]), value_of(next(group for group in number.groups() if group))
    if len(era := before[-2:]) == 2 and era in ERAS:
        before, first = before[:-2], first + ERAS[era]
    token = before + str(first)
    rest = text[number.end() :]
    while further := _FURTHER.match(rest):
        token += f"-{value_of(further['further'])}"
        rest = rest[further.end() :]
    behind = _PART_BEHIND.match(rest)
    if behind is not None:
        return token + behind[1], key(rest[behind.end() :])
    # 「2012年9月調査版」: what tells two issues of one year apart is seldom a number alone, so all of it counts.
    is_year = len(str(first)) == _YEAR_DIGITS
    if is_year and any(letter.isdigit() for letter in rest):
        return token + key(rest), ""
    return token, key(rest)


@lru_cache(maxsize=16_384)
def is_volume(text: str) -> bool:
    """Whether `text` names a volume and nothing else: 「上」「第3巻」「(2)」."""
    text = _plain(text)
    return bool(text) and (_PART.match(text) is not None or _ONLY.fullmatch(text) is not None)


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


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_DASHES).replace("元年", "1年").strip(" .,:;/")
