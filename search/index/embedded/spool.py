"""Counting the phrases of a catalogue while its index is built: spread over files by what they are, a part in memory at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from search.index.document import Document, Phrase
from search.index.embedded.phrasebook import Weighed, id_of

_FILES = 64
_FOLDER = "phrases-spool"


class _Line(msgspec.Struct, array_like=True, frozen=True):
    phrase: Phrase
    popularity: int
    seen_by: tuple[int, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Line).decode


class Spool:
    """Takes documents, then gives their phrases, each once with what is under it."""

    def __init__(self, build: Path) -> None:
        self._folder = build / _FOLDER
        self._folder.mkdir()
        self._files = [(self._folder / str(number)).open("wb", buffering=1 << 16) for number in range(_FILES)]

    def put(self, document: Document) -> None:
        for phrase in document.phrases:
            line = _encode(_Line(phrase, document.popularity, document.seen_by))
            self._files[id_of(phrase)[0] % _FILES].write(len(line).to_bytes(4, "big") + line)

    def weighed(self) -> Iterator[Weighed]:
        """Nothing can be put afterwards."""
        self._close()
        for number in range(_FILES):
            yield from _summed(self._folder / str(number))
        self.drop()

    def drop(self) -> None:
        self._close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _close(self) -> None:
        for file in self._files:
            file.close()


def _summed(path: Path) -> Iterator[Weighed]:
    found: dict[str, list[int]] = {}
    first: dict[str, Phrase] = {}
    seen: dict[str, frozenset[int]] = {}
    circles: dict[frozenset[int], frozenset[int]] = {}  # a handful; kept once
    for line in _lines(path):
        key = line.phrase.key
        kept = first.setdefault(key, line.phrase)
        if not kept.reading and line.phrase.reading:
            first[key] = line.phrase
        counts = found.setdefault(key, [0, 0])
        counts[0] += 1
        counts[1] += line.popularity
        both = seen.get(key, frozenset()).union(line.seen_by)
        seen[key] = circles.setdefault(both, both)
    for key, phrase in first.items():
        records, popularity = found[key]
        yield Weighed(phrase, records, popularity, seen[key])


def _lines(path: Path) -> Iterator[_Line]:
    with path.open("rb") as file:
        while length := file.read(4):
            yield _decode(file.read(int.from_bytes(length, "big")))
