"""Counting the phrases of a catalogue while its index is built: spread over files by what they are, a part in memory at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from search.index.document import Document, Phrase
from search.index.embedded.phrasebook import Weighed

_FILES = 64
_FOLDER = "phrases-spool"
_LENGTH = 4  # bytes before each line


class _Line(msgspec.Struct, array_like=True, frozen=True):
    """`phrase` and `seen_by` as they are encoded: most are met again and need not be read again."""

    key: str
    phrase: msgspec.Raw
    has_reading: bool
    record: int
    popularity: int
    seen_by: msgspec.Raw


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Line).decode
_phrase = msgspec.msgpack.Decoder(Phrase).decode
_circles = msgspec.msgpack.Decoder(frozenset[int]).decode


class Spool:
    """Takes documents; when it is closed, `weighed` gives their phrases."""

    def __init__(self, build: Path) -> None:
        folder = build / _FOLDER
        folder.mkdir()
        self._files = [(folder / str(number)).open("wb", buffering=1 << 16) for number in range(_FILES)]

    def put(self, document: Document) -> None:
        record, popularity = document.record_id, document.popularity
        seen_by = msgspec.Raw(_encode(document.seen_by))
        for phrase in document.phrases:
            line = _encode(_Line(phrase.key, msgspec.Raw(_encode(phrase)), bool(phrase.reading), record, popularity, seen_by))
            self._files[crc32(phrase.key.encode()) % _FILES].write(len(line).to_bytes(_LENGTH, "big") + line)

    def close(self) -> None:
        for file in self._files:
            file.close()


def weighed(builds: Sequence[Path], *, share: int = 0, of: int = 1) -> Iterator[Weighed]:
    """The phrases that builds have spooled, or one share of them: each once, with what is under it in all the builds."""
    for number in range(share, _FILES, of):
        yield from _summed(line for build in builds for line in _lines(build / _FOLDER / str(number)))


def drop(build: Path) -> None:
    shutil.rmtree(build / _FOLDER, ignore_errors=True)


class _Sum:
    """What is under one phrase so far. `said` is it as its first record says it, of those that know a reading if any does."""

    __slots__ = ("popularity", "rank", "records", "said", "seen_by")

    def __init__(self) -> None:
        self.records = 0
        self.popularity = 0
        self.rank = (True, 1 << 63)
        self.said = msgspec.Raw()
        self.seen_by: set[bytes] = set()

    def add(self, line: _Line) -> None:
        self.records += 1
        self.popularity += line.popularity
        self.seen_by.add(bytes(line.seen_by))
        rank = (not line.has_reading, line.record)
        if rank < self.rank:
            self.rank, self.said = rank, line.phrase


def _summed(lines: Iterable[_Line]) -> Iterator[Weighed]:
    found: dict[str, _Sum] = {}
    circles: dict[bytes, frozenset[int]] = {}  # a handful
    for line in lines:
        each = found.get(line.key)
        if each is None:
            each = found[line.key] = _Sum()
        each.add(line)
    for each in found.values():
        seen = [circles.get(one) or circles.setdefault(one, _circles(one)) for one in each.seen_by]
        yield Weighed(_phrase(each.said), each.records, each.popularity, frozenset().union(*seen))


def _lines(path: Path) -> Iterator[_Line]:
    """None where a build had nothing to spool."""
    try:
        held = path.read_bytes()
    except FileNotFoundError:
        return
    at = 0
    while at < len(held):
        end = at + _LENGTH + int.from_bytes(held[at : at + _LENGTH], "big")
        yield _decode(memoryview(held)[at + _LENGTH : end])
        at = end
