"""What kind of thing a record describes, from its leader and the fixed fields 006-008 and 33x."""

from __future__ import annotations

from typing import Final

from catalog.description import Audience, Material
from catalog.marc.record import Field, MarcRecord

_BY_TYPE: Final = {
    "a": Material.BOOK,
    "t": Material.MANUSCRIPT,
    "c": Material.MUSIC_SCORE,
    "d": Material.MUSIC_SCORE,
    "e": Material.MAP,
    "f": Material.MAP,
    "g": Material.VIDEO,
    "i": Material.SOUND,
    "j": Material.SOUND,
    "k": Material.IMAGE,
    "m": Material.SOFTWARE,
    "o": Material.KIT,
    "p": Material.KIT,
    "r": Material.OBJECT,
}
_AUDIENCES: Final = {
    **dict.fromkeys("abcj", Audience.CHILDREN),
    "d": Audience.YOUNG_ADULT,
    **dict.fromkeys("efg", Audience.ADULT),
}
# 008/22 means the audience for these types of record only; for serials and maps the place has another meaning.
_WITH_AUDIENCE: Final = frozenset("acdgijkmortd")
# 008/23 says the form for texts and music, 008/29 for pictures, films, maps and objects.
_FORM_AT_29: Final = frozenset("efgkor")
# RDA carriers that overrule a leader which says only "text".
_BY_CARRIER: Final = {"v": Material.VIDEO, "s": Material.SOUND}


def is_serial(record: MarcRecord) -> bool:
    return record.leader[6:7] == "a" and record.leader[7:8] in "bis"


def material(record: MarcRecord, by_tag: dict[str, list[Field]]) -> Material:
    kind = record.leader[6:7]
    found = _BY_TYPE.get(kind, Material.BOOK)
    if is_serial(record):
        return Material.SERIAL
    if found is Material.BOOK and "338" in by_tag:
        found = _carried(by_tag, found)
    if found in (Material.BOOK, Material.SOFTWARE, Material.SOUND) and _is_online(record, by_tag):
        if found is Material.SOUND:
            return Material.AUDIOBOOK if kind == "i" else found
        if found is Material.BOOK or _is_text(record, by_tag):
            return Material.EBOOK
    return found


def _carried(by_tag: dict[str, list[Field]], found: Material) -> Material:
    """Only a first carrier counts: a book with a disc names the disc second."""
    carrier = by_tag["338"][0]
    code = carrier.first("b")
    return _BY_CARRIER.get(code[:1], found) if len(code) == 2 else found


def _is_online(record: MarcRecord, by_tag: dict[str, list[Field]]) -> bool:
    if record.control.get("007", "")[:2] == "cr":
        return True
    fixed = record.control.get("008", "")
    place = 29 if record.leader[6:7] in _FORM_AT_29 else 23
    if fixed[place : place + 1] == "o" or (fixed[place : place + 1] == "s" and record.leader[6:7] == "a"):
        return True
    if any(field.first("b") == "cr" or field.first("a") == "online resource" for field in by_tag.get("338", [])):
        return True
    return any("electronic resource" in field.first("h") or "電子資料" in field.first("h") for field in by_tag.get("245", []))


def _is_text(record: MarcRecord, by_tag: dict[str, list[Field]]) -> bool:
    """A computer file that is a document (008/26) or declared as text (336)."""
    return record.control.get("008", "")[26:27] == "d" or any(field.first("b") == "txt" for field in by_tag.get("336", []))


def audience(record: MarcRecord) -> Audience | None:
    if record.leader[6:7] not in _WITH_AUDIENCE or is_serial(record):
        return None
    return _AUDIENCES.get(record.control.get("008", "")[22:23])


def language(record: MarcRecord, by_tag: dict[str, list[Field]]) -> tuple[str, str]:
    """The language of the text and, for a translation, that of the original (041 $h)."""
    code = record.control.get("008", "")[35:38]
    code = code if code.isascii() and code.isalpha() and code not in ("und", "mul", "zxx", "xxx") else ""
    original = ""
    for field in by_tag.get("041", []):
        if field.ind2 != "7":
            code = code or field.first("a")[:3].lower()
            original = original or field.first("h")[:3].lower()
    return code.lower(), original
