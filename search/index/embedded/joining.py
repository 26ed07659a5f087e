"""Indexes that were written side by side, made one: their segments moved into one folder, and told in its list of segments.

The library that writes an index can join two of them only in Rust. A segment is a handful of files named by its number, which is
drawn at random, and says nothing of its neighbours; so a list of segments is all that an index is beside its files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from search.index.embedded.shelf import write_atomically

_LIST, _FILES = "meta.json", ".managed.json"


class _Segment(msgspec.Struct, forbid_unknown_fields=True):
    segment_id: str
    max_doc: int
    deletes: msgspec.Raw


class _Index(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What an index says of itself; what would be lost by not knowing it is an error."""

    index_settings: msgspec.Raw
    segments: list[_Segment]
    schema: msgspec.Raw
    opstamp: int
    payload: str | None = None


def join(folder: Path, others: Sequence[Path]) -> None:
    """Takes every segment of other indexes of the same fields; nobody may write any of them. A crash leaves none of them whole.

    Raises ValueError where they do not fit together.
    """
    joined, held = _index(folder), _files(folder)
    for other in others:
        told = _index(other)
        if (told.schema, told.index_settings) != (joined.schema, joined.index_settings):
            raise ValueError(f"an index of other fields cannot be joined: {other.name}")
        joined.segments += told.segments
        joined.opstamp = max(joined.opstamp, told.opstamp)
        for file in _files(other) - {_LIST}:
            if (other / file).exists():  # the list may still name what a merge has removed
                (other / file).rename(folder / file)
                held.add(file)
    write_atomically(folder / _FILES, msgspec.json.encode(sorted(held)).decode())  # first: what it does not name is never removed
    write_atomically(folder / _LIST, msgspec.json.encode(joined).decode())


def check(folder: Path) -> None:
    """Raises ValueError where an index tells more of itself than is known here."""
    _index(folder)


def _index(folder: Path) -> _Index:
    return msgspec.json.decode((folder / _LIST).read_bytes(), type=_Index)


def _files(folder: Path) -> set[str]:
    return set(msgspec.json.decode((folder / _FILES).read_bytes(), type=list[str]))
