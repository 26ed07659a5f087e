"""Years from dates as they stand on title pages: western, of Japanese eras, in kanji numerals, in brackets or doubt."""

from __future__ import annotations

import re
import unicodedata

# Year of the era's first year. Edo eras from 1789 on: older books come with western dates beside them.
ERAS = {
    "寛政": 1789,
    "享和": 1801,
    "文化": 1804,
    "文政": 1818,
    "天保": 1830,
    "弘化": 1844,
    "嘉永": 1848,
    "安政": 1854,
    "万延": 1860,
    "文久": 1861,
    "元治": 1864,
    "慶応": 1865,
    "慶應": 1865,
    "明治": 1868,
    "大正": 1912,
    "昭和": 1926,
    "平成": 1989,
    "令和": 2019,
    "M": 1868,
    "T": 1912,
    "S": 1926,
    "H": 1989,
    "R": 2019,
}
EARLIEST, LATEST = 1000, 2099

_WESTERN = re.compile(r"(?<!\d)(1\d{3}|20\d{2})(?!\d)")
_PACKED = re.compile(r"(?<!\d)(1[5-9]\d{2}|20\d{2})(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])?(?!\d)")
_ERA = re.compile("(" + "|".join(name for name in ERAS if len(name) > 1) + r")\s*(元|\d{1,2}|[一二三四五六七八九十]{1,4})")
_INITIAL = re.compile(r"(?<![A-Za-z])([MTSHR])\.?\s*(元|\d{1,2})(?![\dA-Za-z])", re.IGNORECASE)
_KANJI_YEAR = re.compile("[一二][〇零一二三四五六七八九]{3}")
_DIGITS = {"〇": "0", "零": "0", **{kanji: str(number) for number, kanji in enumerate("一二三四五六七八九", 1)}}


def year_of(text: str) -> int | None:
    """The first year that `text` names, None where it names none: 「[昭和32]」 1957, 「c1977」 1977, 「S32.5」 1957."""
    if not text:
        return None
    found = _WESTERN.search(text)
    if found is not None:
        return int(found[1])
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        found = _WESTERN.search(text)
        if found is not None:
            return int(found[1])
    found = _ERA.search(text) or _INITIAL.search(text)
    if found is not None:
        return ERAS[found[1].upper()] + kanji_number(found[2]) - 1
    found = _KANJI_YEAR.search(text)
    if found is not None:
        return int("".join(_DIGITS[kanji] for kanji in found[0]))
    found = _PACKED.search(text)
    return int(found[1]) if found else None


def kanji_number(text: str) -> int:
    """「三十二」 32, 「元」 1, 「12」 12; numbers under 100."""
    if text == "元":
        return 1
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int("".join(_DIGITS.get(kanji, "0") for kanji in text) or 0)
    return (int(_DIGITS.get(tens[-1:], "1")) if tens else 1) * 10 + (int(_DIGITS.get(ones[:1], "0")) if ones else 0)


def year_of_008(text: str) -> int | None:
    digits = text[7:11]
    if len(digits) == 4 and digits.isascii() and digits.isdigit() and EARLIEST <= int(digits) <= LATEST:
        return int(digits)
    return None
