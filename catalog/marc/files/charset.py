"""Which character encoding a transmission record really has, whatever its leader says, and the text of its fields."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from enum import StrEnum

from catalog.marc.files import marc8
from catalog.marc.record import BAD


class Charset(StrEnum):
    UTF8 = "UTF-8"
    MARC8 = "MARC-8"
    CP932 = "Shift_JIS"


Decode = Callable[[bytes], str]

_KANA = re.compile("[ぁ-んァ-ヶ]")
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return BAD, error.end


BAD_BYTES = "catalog.marc.bad_bytes"
codecs.register_error(BAD_BYTES, _mark_bad)


def detect(raw: bytes, *, says_utf8: bool) -> Charset:
    escapes = marc8.ESCAPE in raw
    if raw.isascii():
        return Charset.MARC8 if not says_utf8 and (escapes or b"&#x" in raw) else Charset.UTF8
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _broken_utf8(raw, says_utf8=says_utf8)
    # Diacritics of MARC-8 stand before an ASCII letter, which is never valid UTF-8: what decodes is UTF-8.
    return Charset.MARC8 if escapes and not says_utf8 else Charset.UTF8


def _broken_utf8(raw: bytes, *, says_utf8: bool) -> Charset:
    as_utf8 = raw.decode("utf-8", BAD_BYTES)
    bad = as_utf8.count(BAD)
    good = sum(1 for character in as_utf8 if character > "\x7f") - bad
    if says_utf8 and good > bad:
        return Charset.UTF8
    clean_marc8 = BAD not in marc8.decode(raw.translate(None, b"\x1d\x1e\x1f"))
    if clean_marc8 and (not says_utf8 or good == 0):
        return Charset.MARC8
    if _looks_like_cp932(raw):
        return Charset.CP932
    return Charset.UTF8 if says_utf8 or good > bad else Charset.MARC8


def _looks_like_cp932(raw: bytes) -> bool:
    """True for the export of an old Japanese system: all of it decodes, with kana in it, and mostly to kana and kanji."""
    if marc8.ESCAPE in raw:
        return False
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    beyond = sum(1 for character in text if character > "\x7f")
    return len(_KANA.findall(text)) >= 3 and len(_JAPANESE.findall(text)) * 2 > beyond


def _utf8(data: bytes) -> str:
    return data.decode("utf-8", BAD_BYTES)


def _cp932(data: bytes) -> str:
    return data.decode("cp932", BAD_BYTES)


def _marc8_field(data: bytes) -> str:
    if data.isascii() and marc8.ESCAPE not in data and b"&#x" not in data:
        return data.decode("ascii")
    # The character sets start afresh at every subfield, and indicators and codes are always ASCII.
    parts = data.split(b"\x1f")
    rest = [part[:1].decode("ascii", BAD_BYTES) + marc8.decode(part[1:]) for part in parts[1:]]
    return "\x1f".join([parts[0].decode("ascii", BAD_BYTES), *rest])


DECODERS: dict[Charset, Decode] = {Charset.UTF8: _utf8, Charset.MARC8: _marc8_field, Charset.CP932: _cp932}
