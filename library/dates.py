"""Days as people in Japan write them: 2013-12-01, 2013/12/1, 2013年12月1日, 20131201, 平成25年12月1日, H25.12.1."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

# The year before the first of each era, so that base + n is the Western year.
ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "m": 1867, "t": 1911, "s": 1925, "h": 1988, "r": 2018}

_WESTERN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[t\s]\d{1,2}:\d{2}.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ERA = re.compile(r"(明治|大正|昭和|平成|令和|[mtshr])\.?(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def day(written: str) -> date | None:
    """The day somebody wrote, a time after it ignored; None when it is not a day that exists."""
    text = unicodedata.normalize("NFKC", written).strip().casefold()
    era = _ERA.fullmatch(re.sub(r"\s+", "", text))
    if era:
        year = ERAS[era[1]] + (1 if era[2] == "元" else int(era[2]))
        return _existing(year, int(era[3]), int(era[4]))
    western = _WESTERN.fullmatch(text) or _COMPACT.fullmatch(text)
    return _existing(int(western[1]), int(western[2]), int(western[3])) if western else None


def _existing(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
