"""The books of a series in the order of their volumes, and the numbers that are not there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from catalog.description import Series
from catalog.matching.volume import volume_token
from search.index.headings import Kind, key

_NUMBER = re.compile(r"\d+")
_PARTS = {"上": 1, "前": 1, "中": 2, "下": 3, "後": 3}
_MOST_GAPS = 200  # numbers between two volumes; more is another numbering: years, or numbers of a whole publisher's list


class Volume(NamedTuple):
    """A record with its place in the series; `number` None where it is not counted."""

    record_id: int
    words: str
    number: int | None
    order: tuple[float, ...]


def volume_of(record_id: int, series: Iterable[Series], own: str, series_key: str) -> Volume:
    """The volume said with the series, else the record's `own`: a series may be called as its books are."""
    words = next((one.volume for one in series if key(Kind.SERIES, one.title) == series_key and one.volume), "") or own
    token = volume_token(words)
    numbers = [int(one) for one in _NUMBER.findall(token)]
    part = next((value for sign, value in _PARTS.items() if sign in token), 0)
    order = (*numbers, part) if numbers else (float("inf"), part)
    return Volume(record_id, words, numbers[0] if numbers else None, order)


def in_order(volumes: Iterable[tuple[Volume, str]]) -> list[Volume]:
    """By number; what has none comes last, by its title's sort key, which stands beside each."""
    return [volume for volume, _ in sorted(volumes, key=lambda pair: (pair[0].order, pair[1], pair[0].record_id))]


def gaps(volumes: Sequence[Volume]) -> list[tuple[int, int]]:
    """Spans of numbers, both ends included, between the first volume and the last that are not there."""
    there = sorted({one.number for one in volumes if one.number is not None})
    spans = [(lower + 1, upper - 1) for lower, upper in pairwise([0, *there] if there and there[0] <= _MOST_GAPS else there)]
    return [(first, last) for first, last in spans if first <= last and last - first < _MOST_GAPS]
