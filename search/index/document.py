"""What an index keeps of one record: the same for every engine."""

from __future__ import annotations

import msgspec

ONLINE = 0  # stands among branch numbers for electronic titles, which are on no shelf; branches count from 1

_SIGHT = 100_000  # above every branch number


def spot(branch: int, sight: int) -> int:
    """A branch as one circle of viewers (a visibility number) sees copies there; for everyone it is the branch's own number."""
    return sight * _SIGHT + branch


def branch_of(spot: int) -> int:
    return spot % _SIGHT


def sight_of(spot: int) -> int:
    return spot // _SIGHT


class Phrase(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is suggested to somebody who types: a title, an author, a series, a subject. `key` is the same however it was written."""

    kind: str
    key: str
    text: str
    reading: str = ""
    heading: str = ""  # as catalogued, where that is not `text`


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record as readers look for it. Texts are as catalogued; engines cut their own tokens from them."""

    record_id: int
    work_id: int | None = None
    title: str = ""
    subtitle: str = ""
    volume: str = ""
    titles_other: tuple[str, ...] = ()
    title_readings: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    author_readings: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    series_readings: tuple[str, ...] = ()
    series_numbered: tuple[str, ...] = ()  # 「ポプラ新書 018」
    subjects: tuple[str, ...] = ()
    subject_readings: tuple[str, ...] = ()
    publisher: str = ""
    isbns: tuple[str, ...] = ()  # thirteen digits each
    ndc: tuple[str, ...] = ()  # numbers: "913.6"
    material: str = ""
    language: str = ""
    audience: str = ""
    year: int | None = None
    held: tuple[int, ...] = ()  # spots: branches (or ONLINE), each for those who may see its copies
    available: tuple[int, ...] = ()  # the same
    seen_by: tuple[int, ...] = ()  # visibility numbers
    popularity: int = 0  # loans and holds of late
    title_sort: str = ""  # by `library.kana.sort_key`
    added_on: int = 0  # days since 1970-01-01
    phrases: tuple[Phrase, ...] = ()  # by `search.suggest.phrases`
