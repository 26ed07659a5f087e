"""What a source says of one publication, as plain values: the common shape of MARC, tables and hand-made records.

Every reader (MARC, tables, copy cataloguing) produces a `Description`; matching, the union record, pages and the index
consume it. Strings are NFC, stripped, without ISBD punctuation at their ends. An empty string or tuple means "not said".
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Material(StrEnum):
    """What kind of thing it is, as readers tell kinds apart (from leader/06-07, 007, 008 and 33x)."""

    BOOK = "book"
    SERIAL = "serial"
    MAP = "map"
    MUSIC_SCORE = "music_score"
    SOUND = "sound"
    VIDEO = "video"
    IMAGE = "image"
    KIT = "kit"
    OBJECT = "object"
    MANUSCRIPT = "manuscript"
    SOFTWARE = "software"
    EBOOK = "ebook"
    AUDIOBOOK = "audiobook"


class Audience(StrEnum):
    """For whom it is meant (MARC 008/22: a, b, c → children, d → young adult, j → children, e, f, g → adult)."""

    CHILDREN = "children"
    YOUNG_ADULT = "young_adult"
    ADULT = "adult"


class Title(msgspec.Struct, frozen=True, omit_defaults=True):
    """245: `main` = $a, `rest` = $b, `volume` = $n and $p, `responsibility` = $c. Readings are katakana as catalogued."""

    main: str = ""
    rest: str = ""
    volume: str = ""
    responsibility: str = ""
    reading: str = ""
    rest_reading: str = ""
    romaji: str = ""


class Agent(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person or body of 1xx or 7xx, in catalogue order: 「宮沢, 賢治」. `name` is display form without dates."""

    name: str
    reading: str = ""
    romaji: str = ""
    kind: str = "person"  # person | body | meeting
    dates: str = ""
    role: str = ""
    identifier: str = ""
    main: bool = False


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """490 or 830."""

    title: str
    reading: str = ""
    volume: str = ""
    issn: str = ""


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """6xx. `scheme` is the code of 650 $2 or of the second indicator (ndlsh, lcsh, bsh …), empty when not said."""

    term: str
    reading: str = ""
    scheme: str = ""
    kind: str = "topic"  # topic | place | person | body | title | genre


class ClassNumber(msgspec.Struct, frozen=True, omit_defaults=True):
    """`scheme` ndc, ndlc, ddc or lcc; `edition` of NDC "8", "9" or "10" ("" = not said)."""

    scheme: str
    number: str
    edition: str = ""


class Isbn(msgspec.Struct, frozen=True, omit_defaults=True):
    """`number` has 13 digits and a true check digit. `whole_set`: it names the set, not this volume."""

    number: str
    qualifier: str = ""
    whole_set: bool = False


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """5xx. `kind`: general, contents, abstract, audience, bibliography, language, award, other."""

    text: str
    kind: str = "general"


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """856 $u with its label ($y, $3 or $z)."""

    url: str
    label: str = ""


class Description(msgspec.Struct, frozen=True, omit_defaults=True):
    """One publication as one source describes it."""

    title: Title = Title()
    other_titles: tuple[Title, ...] = ()
    agents: tuple[Agent, ...] = ()
    edition: str = ""
    place: str = ""
    publisher: str = ""
    publisher_reading: str = ""
    published: str = ""  # as written: 「2007.12」「[昭和32]」
    year: int | None = None
    extent: str = ""
    size: str = ""
    material: Material = Material.BOOK
    language: str = ""  # MARC code of the text: jpn, eng …
    audience: Audience | None = None
    series: tuple[Series, ...] = ()
    subjects: tuple[Subject, ...] = ()
    classes: tuple[ClassNumber, ...] = ()
    isbns: tuple[Isbn, ...] = ()
    issns: tuple[str, ...] = ()
    nbn: str = ""  # national bibliography number (015; JPNO when the source is jnb)
    lccn: str = ""
    notes: tuple[Note, ...] = ()
    links: tuple[Link, ...] = ()
    accompanying: str = ""  # 300 $e: discs, maps and leaflets that travel with it (付属資料)
    original_language: str = ""  # 041 $h, for a translation
