"""What every engine makes of a document: the tokens of its texts, and the values it is filtered by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from search.asking import rank
from search.index.document import Document, branch_of, sight_of, spot
from search.text.kana import reading_forms
from search.text.normal import bones, norm
from search.text.tokens import edged, is_japanese, is_word, units
from search.text.volume import split_volume

FOR_STAFF = 50  # beside the visibility numbers: those who see all

LONGEST_PREFIX = 8


def sights(seen_by: frozenset[int] | None) -> list[int]:
    """The circles of viewers to which somebody belongs."""
    return [FOR_STAFF] if seen_by is None else sorted(seen_by)


def titles(document: Document) -> list[str]:
    """Every written form of the title; what stands before a glued volume is a whole title too."""
    stem, glued = split_volume(document.title)
    said = document.volume if document.volume and rank.volume_of(document.volume) != document.volume else ""
    return [text for text in (document.title, stem if glued else "", document.subtitle, said, *document.titles_other) if text]


def others(document: Document) -> list[str]:
    return [*document.series, *document.series_numbered, *document.subjects, document.publisher, *document.subject_readings]


def title_readings(document: Document) -> list[str]:
    return [form for reading in (*document.title_readings, *document.series_readings) for form in reading_forms(reading)]


def tokens(texts: Iterable[str]) -> list[str]:
    """Tokens of several texts in one field; their edge marks keep phrases from running across."""
    return spaced(texts).split()


def spaced(texts: Iterable[str]) -> str:
    """`tokens` in one text, a space between them."""
    return " ".join([_spaced(text) for text in texts if text])


@lru_cache(maxsize=32768)  # names, publishers, subjects and series come again and again
def _spaced(text: str) -> str:
    return " ".join(edged(bones(norm(text))))


@lru_cache(maxsize=32768)
def _singles_of(text: str) -> frozenset[str]:
    frame = bones(norm(text))
    if is_japanese(frame):
        return frozenset(frame)
    return frozenset().union(*map(_alone, units(frame)))


@lru_cache(maxsize=16384)
def _alone(unit: str) -> tuple[str, ...]:
    if is_word(unit) and len(unit) > 1:
        return tuple(unit[:length] for length in range(2, min(len(unit), LONGEST_PREFIX) + 1))
    return (unit,) if unit != " " else ()


def singles(document: Document) -> set[str]:
    """Characters by themselves, and the beginnings of Latin words."""
    written = (*titles(document), *document.authors, *document.series, document.publisher)
    return set().union(*map(_singles_of, written))


class Places(msgspec.Struct, frozen=True):
    """Where copies are and who may see them: all that changes when one is lent."""

    held: list[int]  # spots, those of staff among them
    available: list[int]
    open: list[int]  # circles for which a copy is on the shelf
    seen_by: list[int]


def places(document: Document) -> Places:
    open_to = {sight_of(one) for one in document.available}
    return Places(
        held=_for_staff_too(document.held),
        available=_for_staff_too(document.available),
        open=sorted({*open_to, FOR_STAFF}) if open_to else [],
        seen_by=sorted(set(document.seen_by)),
    )


def _for_staff_too(spots: Sequence[int]) -> list[int]:
    return sorted({*spots, *(spot(branch_of(one), FOR_STAFF) for one in spots)})


def ndc_prefixes(document: Document) -> list[str]:
    return sorted({number[:length] for number in document.ndc for length in range(1, len(number) + 1)})


def ndc_firsts(document: Document) -> list[str]:
    return sorted({number[0] for number in document.ndc if number})
