"""Writing ISO 2709 records in UTF-8 and in MARC-8, fast enough for files of a hundred thousand."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from pymarc.marc8_mapping import CODESETS

Field = tuple[str, str]  # tag, and the data: control data, or indicators and subfields behind \x1f
Encode = Callable[[str], bytes]

_ANSEL, _EAST_ASIAN = 0x45, 0x31
_TO_EAST_ASIAN, _TO_LATIN = b"\x1b$1", b"\x1b(B"


def record(fields: Iterable[Field], encode: Encode, *, kind: str = "a") -> bytes:
    """One record, fields in the order given; leader/09 is true to the encoding."""
    directory, data, at = [], [], 0
    for tag, text in fields:
        content = encode(text) + b"\x1e"
        directory.append(f"{tag}{len(content):04d}{at:05d}")
        data.append(content)
        at += len(content)
    base = 24 + 12 * len(directory) + 1
    mark = "a" if encode is utf8 else " "
    leader = f"{base + at + 1:05d}n{kind}m {mark}22{base:05d} i 4500"
    return b"".join((leader.encode(), "".join(directory).encode(), b"\x1e", *data, b"\x1d"))


def utf8(text: str) -> bytes:
    return text.encode()


def marc8(text: str) -> bytes:
    """ASCII, ANSEL with its marks before their letters, EACC for Japanese; what EACC lacks as a numeric reference.

    Every subfield begins in Latin again, as the format wants it.
    """
    return text.encode() if text.isascii() else b"\x1f".join(_subfield(part) for part in text.split("\x1f"))


def _subfield(text: str) -> bytes:
    out: list[bytes] = []
    east_asian = False
    for character in unicodedata.normalize("NFC", text):
        code, wide = _encoded(character)
        if wide is not east_asian:
            out.append(_TO_EAST_ASIAN if wide else _TO_LATIN)
            east_asian = wide
        out.append(code)
    if east_asian:
        out.append(_TO_LATIN)
    return b"".join(out)


@cache
def _encoded(character: str) -> tuple[bytes, bool]:
    """The bytes of a character, and whether they belong to EACC."""
    if character.isascii():
        return character.encode(), False
    wide, latin = _tables()
    if character in wide:
        return wide[character].to_bytes(3, "big"), True
    letter, *marks = list(unicodedata.normalize("NFD", character))
    parts = [latin.get(mark, b"") for mark in marks] + [letter.encode() if letter.isascii() else latin.get(letter, b"")]
    return (b"".join(parts), False) if all(parts) else (f"&#x{ord(character):04X};".encode(), False)


@cache
def _tables() -> tuple[dict[str, int], dict[str, bytes]]:
    wide = {chr(point): code for code, (point, _) in sorted(CODESETS[_EAST_ASIAN].items(), reverse=True) if point}
    latin = {chr(point): bytes((code,)) for code, (point, _) in CODESETS[_ANSEL].items() if code >= 0x80}
    return wide, latin
