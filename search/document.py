"""What an index keeps of one record: the same for every engine."""

from __future__ import annotations

import msgspec

EVERYONE = 0
ANY_SCHOOL_MEMBER = 1
FIRST_ORGANISATION = 100  # visibility numbers from here on name one organisation each
ONLINE = 0  # stands among branch numbers for electronic titles, which are on no shelf; branches count from 1


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
    subjects: tuple[str, ...] = ()
    subject_readings: tuple[str, ...] = ()
    publisher: str = ""
    isbns: tuple[str, ...] = ()  # thirteen digits each
    ndc: tuple[str, ...] = ()  # numbers: "913.6"
    material: str = ""
    language: str = ""
    audience: str = ""
    year: int | None = None
    held: tuple[int, ...] = ()  # branch numbers, or ONLINE
    available: tuple[int, ...] = ()  # the same
    seen_by: tuple[int, ...] = ()  # visibility numbers: EVERYONE, ANY_SCHOOL_MEMBER, or one organisation
    popularity: int = 0  # loans and holds of late
    title_sort: str = ""  # by `library.kana.sort_key`
    added_on: int = 0  # days since 1970-01-01
