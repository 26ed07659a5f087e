"""MARC-8 to Unicode, by the code tables of pymarc, telling where a byte means nothing instead of passing over it."""

from __future__ import annotations

import re
import unicodedata

from pymarc.marc8_mapping import CODESETS, ODD_MAP

from catalog.marc.record import BAD

BASIC_LATIN = 0x42
ANSEL = 0x45
EAST_ASIAN = 0x31
ESCAPE = 0x1B

_ASCII_RUN = re.compile(rb"[\x20-\x7e]+")
_REFERENCE = re.compile(r"&#x([0-9A-Fa-f]{2,6});")
# LC's technique 1 escapes: a letter stands alone and returns at `s`.
_SHORT = {0x67: 0x67, 0x62: 0x62, 0x70: 0x70, 0x73: BASIC_LATIN}
# Non-sorting marks are dropped, joiners have their Unicode twins.
_CONTROL = {0x88: "", 0x89: "", 0x98: "", 0x9C: "", 0x8D: "\u200d", 0x8E: "\u200c", 0x09: " ", 0x0A: " ", 0x0D: " "}


def decode(data: bytes) -> str:
    """The text of one subfield, composed; `BAD` stands where bytes mean nothing."""
    if data.isascii() and ESCAPE not in data and b"&#x" not in data:
        return data.decode("ascii")
    text = _Decoder(data).run()
    if "&#x" in text:
        text = _REFERENCE.sub(_referred, text)
    return unicodedata.normalize("NFC", text)


def _referred(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if 0x20 <= number < 0x110000 and not 0xD800 <= number < 0xE000 else BAD


class _Decoder:
    """Working sets G0 and G1 and the marks that wait for their letter (in MARC-8 the mark comes first)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.g0 = BASIC_LATIN
        self.g1 = ANSEL
        self.out: list[str] = []
        self.marks: list[str] = []

    def run(self) -> str:
        data = self.data
        while self.at < len(data):
            byte = data[self.at]
            if byte == ESCAPE:
                self._switch()
            elif self.g0 == BASIC_LATIN and 0x20 <= byte < 0x7F:
                found = _ASCII_RUN.match(data, self.at)
                assert found is not None
                self._write(found.group().decode("ascii"))
                self.at = found.end()
            elif byte == 0x20:
                self._write(" ")
                self.at += 1
            elif byte < 0x20 or 0x7F <= byte < 0xA0:
                self._write(_CONTROL.get(byte, BAD))
                self.at += 1
            else:
                self._character(byte)
        self.out.extend(self.marks)
        return "".join(self.out)

    def _write(self, text: str) -> None:
        if self.marks and text:
            text = text[0] + "".join(self.marks) + text[1:]
            self.marks.clear()
        self.out.append(text)

    def _character(self, byte: int) -> None:
        table = self.g1 if byte >= 0x80 else self.g0
        code = byte
        if table == EAST_ASIAN:
            three = self.data[self.at : self.at + 3]
            self.at += 3
            if len(three) < 3:
                self._write(BAD)
                return
            code = int.from_bytes(bytes(one & 0x7F for one in three), "big")
        else:
            self.at += 1
        found = CODESETS.get(table, {}).get(code)
        if found is None:
            odd = ODD_MAP.get(code)
            self._write(BAD if odd is None else chr(odd))
        elif found[1]:
            self.marks.append(chr(found[0]))
        else:
            self._write(chr(found[0]))

    def _switch(self) -> None:
        data, at = self.data, self.at
        following = data[at + 1 : at + 4]
        kind = following[:1]
        if kind and kind[0] in _SHORT:
            self.g0 = _SHORT[kind[0]]
            self.at = at + 2
            return
        second = kind == b"$" and following[1:2] in (b",", b")", b"-")
        final = following[2:3] if second else following[1:2]
        into_g1 = kind in (b")", b"-") or (second and following[1:2] in (b")", b"-"))
        if kind not in (b"(", b",", b")", b"-", b"$") or not final or final[0] not in CODESETS:
            self._write(BAD)
            self.at = at + 1
            return
        if into_g1:
            self.g1 = final[0]
        else:
            self.g0 = final[0]
        self.at = at + (4 if second else 3)
