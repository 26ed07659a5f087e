"""A MARC record between bytes and description: a leader and fields of subfields, in the order of the record."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from catalog.marc.outcome import RejectCode, UnreadableRecordError
from library.errors import N_

SUBFIELD = "\x1f"
FIELD_END = 0x1E
RECORD_END = 0x1D
LEADER_LENGTH = 24

# Stands for a byte that is no character while a record is decoded. A Unicode noncharacter, so no record means it; unlike
# U+FFFD, which records carry in good faith from an earlier loss.
BAD = "\ufdd0"
REPLACEMENT = "\ufffd"

# Content is read from these tags only; all others stay in the raw record.
TITLE_TAGS = ("130", "240", "242", "245", "246", "247", "730", "740")
AGENT_TAGS = ("100", "110", "111", "700", "710", "711")
SERIES_TAGS = ("440", "490", "800", "810", "811", "830")
SUBJECT_TAGS = ("600", "610", "611", "630", "648", "650", "651", "653", "655")
NOTE_TAGS = (
    *("500", "501", "502", "504", "505", "508", "511", "515", "518", "520", "521", "530", "533", "534", "538", "545"),
    *("546", "550", "580", "586"),
)
WANTED = frozenset(
    (
        *("001", "003", "006", "007", "008", "010", "015", "020", "022", "040", "041", "050", "082", "084"),
        *("200", "250", "260", "264", "300", "336", "337", "338", "856", "880"),
        *TITLE_TAGS,
        *AGENT_TAGS,
        *SERIES_TAGS,
        *SUBJECT_TAGS,
        *NOTE_TAGS,
    )
)
# A lost character in one of these makes another book of it, so the record is not taken.
IDENTIFYING = frozenset(("001", "015", "020", "245"))
ODD_SUBFIELD = N_("{tag}のサブフィールドの記号「{mark}」が英数字ではありません。")
# White space, and the direction marks that wrap Hebrew and Arabic fields.
SPACE = " \t\r\n\u3000\u00a0\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CODES = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Field:
    """A data field: indicators and (code, value) pairs; `parallels` are the 880s linked to it, `place` its place in the record."""

    __slots__ = ("ind1", "ind2", "parallels", "place", "script", "subfields", "tag")

    def __init__(self, tag: str, ind1: str, ind2: str, subfields: list[tuple[str, str]]) -> None:
        self.tag = tag
        self.ind1 = ind1
        self.ind2 = ind2
        self.subfields = subfields
        self.script = ""
        self.place = 0
        self.parallels: list[Field] = []

    def first(self, code: str) -> str:
        for have, value in self.subfields:
            if have == code:
                return value
        return ""

    def every(self, codes: str) -> list[str]:
        return [value for code, value in self.subfields if code in codes and value]

    def text(self) -> str:
        """All words of the field, without links and codes."""
        return " ".join(value for code, value in self.subfields if code not in "0124568uw")


class MarcRecord:
    """`control` holds 001-009 by tag (the first of each), `fields` the wanted data fields in order."""

    __slots__ = ("control", "fields", "leader")

    def __init__(self, leader: str, control: dict[str, str], fields: list[Field]) -> None:
        self.leader = leader
        self.control = control
        self.fields = fields


def is_composed(text: str) -> bool:
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def composed(text: str) -> str:
    return text if is_composed(text) else unicodedata.normalize("NFC", text)


def is_control(tag: str) -> bool:
    return tag < "010" and tag.isdigit()


def subfields_of(parts: Iterable[str], *, is_composed: bool) -> tuple[list[tuple[str, str]], str]:
    """The (code, value) pairs of a field's parts after the indicators, and the first impossible code ("" if none)."""
    pairs: list[tuple[str, str]] = []
    odd = ""
    for part in parts:
        code = part[:1]
        if code not in _CODES:
            if code in _CAPITALS:
                code = code.lower()
            else:
                odd = odd or part.strip()[:1]
                continue
        value = part[1:]
        pairs.append((code, (value if is_composed else composed(value)).strip(SPACE)))
    return pairs, odd


def lost_characters(tag: str, text: str) -> bool:
    """True where a character was lost and the field can live with it; raises where the field identifies the book."""
    if BAD not in text:
        return False
    at = text.index(BAD)
    identifies = tag in IDENTIFYING or (tag == "880" and SUBFIELD + "6245" in text)
    if identifies:
        raise UnreadableRecordError(RejectCode.BAD_ENCODING, N_("{tag}の{place}文字目に、読めない文字があります。"), tag=tag, place=at + 1)
    return True
