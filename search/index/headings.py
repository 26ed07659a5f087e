"""Headings under which records stand together: an author, a subject, a series; each as one key, however it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from search.index.document import Document
from search.text.normal import norm

_LONGEST = 120  # characters of a key; the index server cuts values at 468 bytes
_PARTS = re.compile(r"\s*(?:--|－－|――)\s*")


class Kind(StrEnum):
    AUTHOR = "author"
    SUBJECT = "subject"
    SERIES = "series"


@lru_cache(maxsize=65536)
def key(kind: Kind, words: str) -> str:
    """「宮澤, 賢治」 and 「宮沢賢治」 are one author, 「コンピューター」 and 「コンピュータ」 one subject."""
    return f"{kind.value[:2]}:{norm(words)}"[:_LONGEST]


def kind_of(heading: str) -> str:
    """What parts the keys of one kind from those of another."""
    return heading.partition(":")[0]


def by_kind(headings: Iterable[str]) -> dict[str, list[str]]:
    """Keys of one kind are alternatives, those of several kinds all hold."""
    found: dict[str, list[str]] = {}
    for heading in sorted(headings):
        found.setdefault(kind_of(heading), []).append(heading)
    return found


def of(document: Document) -> list[str]:
    """Every heading of a record; a subject with subdivisions stands under its first parts too."""
    found = [key(Kind.AUTHOR, form) for author in document.authors for form in author_forms(author)]
    found += [key(Kind.SUBJECT, part) for subject in document.subjects for part in leading_parts(subject)]
    found += [key(Kind.SERIES, series) for series in document.series]
    return list(dict.fromkeys(found))


def author_forms(name: str) -> list[str]:
    """ "Carroll, Lewis" is also asked for as "Lewis Carroll"."""
    family, comma, given = name.partition(",")
    return [name, f"{given.strip()} {family.strip()}"] if comma and name.isascii() else [name]


@lru_cache(maxsize=16384)
def leading_parts(subject: str) -> tuple[str, ...]:
    """「日本 -- 歴史 -- 年表」 → 日本, 日本 -- 歴史, 日本 -- 歴史 -- 年表."""
    parts = _PARTS.split(subject)
    return tuple(" -- ".join(parts[:end]) for end in range(1, len(parts) + 1) if parts[0])
