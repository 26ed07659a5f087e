"""A title as it is shown: its reading above the kanji where wanted, and what was searched for marked. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from search.asking.query import Query
from search.text import highlight, ruby


class Piece(NamedTuple):
    """`reading` is empty over kana, and where readings are not wanted."""

    base: str
    reading: str
    marked: bool


Run = tuple[bool, tuple[tuple[str, str], ...]]


def face(title: str, reading: str, query: Query | None, *, with_reading: bool) -> list[Run]:
    """Runs (marked, pairs of base and reading) that joined give `title`.

    What a query found in the reading alone is marked over the kanji that are read so.
    """
    marks = _marks(title, query)
    is_heard = query is not None and not any(marks)  # or not found at all
    # Without readings exactly the letters are marked; readings stay whole.
    pairs = ruby(title, reading) if reading and (with_reading or is_heard) else ((title, ""),)
    if is_heard and query is not None:
        marks = _marks_by_sound(pairs, query)
    pieces = [piece if with_reading else Piece(piece.base, "", piece.marked) for piece in _pieces(pairs, marks)]
    return [(marked, tuple(_joined(list(run)))) for marked, run in groupby(pieces, key=lambda piece: piece.marked)]


def plain(text: str, query: Query | None) -> list[Run]:
    """Marked, without readings: subtitles, names."""
    return face(text, "", query, with_reading=False) if text else []


def _marks(title: str, query: Query | None) -> list[bool]:
    if query is None:
        return [False] * len(title)
    return [marked for text, marked in highlight(title, query) for _ in text]


def _marks_by_sound(pairs: tuple[tuple[str, str], ...], query: Query) -> list[bool]:
    sounds = [sound or base for base, sound in pairs]
    heard = _marks("".join(sounds), query)
    marks: list[bool] = []
    at = 0
    for (base, sound), spoken in zip(pairs, sounds, strict=True):
        here = heard[at : at + len(spoken)]
        at += len(spoken)
        # Of a word in kanji no part can be pointed at: it is marked when the greater part of its sound is.
        marks += [sum(here) * 2 > len(here)] * len(base) if sound else here
    return marks


def _pieces(pairs: tuple[tuple[str, str], ...], marks: list[bool]) -> Iterator[Piece]:
    at = 0
    for base, sound in pairs:
        here = marks[at : at + len(base)]
        at += len(base)
        if sound:
            yield Piece(base, sound, any(here))
            continue
        for marked, run in groupby(zip(base, here, strict=True), key=lambda pair: pair[1]):
            yield Piece("".join(letter for letter, _ in run), "", marked)


def _joined(pieces: list[Piece]) -> Iterator[tuple[str, str]]:
    """Neighbours without a reading become one."""
    for has_reading, run in groupby(pieces, key=lambda piece: bool(piece.reading)):
        if has_reading:
            yield from ((piece.base, piece.reading) for piece in run)
        else:
            yield "".join(piece.base for piece in run), ""
