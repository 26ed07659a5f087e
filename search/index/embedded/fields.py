"""The fields of the embedded index and how a document fills them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from importlib.metadata import version

import tantivy

from search import rank
from search.index.document import Document, branch_of, sight_of, spot
from search.text.kana import reading_forms
from search.text.normal import VERSION, bones, norm
from search.text.tokens import edged, is_word, units
from search.text.volume import split_volume

SCHEMA_VERSION = 2  # raised with every change of the fields; with the normaliser's version it decides whether an index still serves
VERSIONS = {"schema": SCHEMA_VERSION, "text": VERSION, "tantivy": version("tantivy")}

TITLE, AUTHOR, OTHER, TITLE_KANA, AUTHOR_KANA, SINGLES = "t", "a", "x", "y", "b", "u"
KEY, ISBN, VOLUME, NDC, NDC1 = "k", "i", "v", "ndc", "ndc1"
HELD, AVAILABLE, OPEN, SEEN_BY = "held", "avail", "open", "seen_by"
MATERIAL, LANGUAGE, AUDIENCE, YEAR = "material", "language", "audience", "year"
WEIGHT, POPULARITY, ADDED, TITLE_SORT, RECORD, EXACT = "weight", "pop", "added", "title_sort", "id", "exact"

FOR_STAFF = 50  # beside the visibility numbers: those who see all

_LONGEST_PREFIX = 8


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in (TITLE, AUTHOR, OTHER, TITLE_KANA, AUTHOR_KANA):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field(SINGLES, tokenizer_name="whitespace", index_option="basic")
    for name in (KEY, ISBN, VOLUME, NDC):  # the key is text: deleting by an unsigned term deletes nothing, silently
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (NDC1, MATERIAL, LANGUAGE, AUDIENCE):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in (HELD, AVAILABLE, OPEN, SEEN_BY, YEAR):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in (WEIGHT, POPULARITY, ADDED, RECORD):
        builder.add_unsigned_field(name, fast=True)
    builder.add_text_field(TITLE_SORT, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_bytes_field(EXACT, stored=True)
    return builder.build()


def filled(document: Document) -> tantivy.Document:
    forms = rank.exact(document)
    entry = tantivy.Document()
    entry.add_text(KEY, str(document.record_id))
    entry.add_unsigned(RECORD, document.record_id)
    titles = _titles(document)
    entry.add_text(TITLE, _tokens(titles))
    entry.add_text(AUTHOR, _tokens(document.authors))
    entry.add_text(OTHER, _tokens([*document.series, *document.subjects, document.publisher, *document.subject_readings]))
    readings = [*document.title_readings, *document.series_readings]
    entry.add_text(TITLE_KANA, _tokens(form for reading in readings for form in reading_forms(reading)))
    entry.add_text(AUTHOR_KANA, _tokens(document.author_readings))
    entry.add_text(SINGLES, " ".join(_singles([*titles, *document.authors, *document.series, document.publisher])))
    if forms.volume:
        entry.add_text(VOLUME, forms.volume)
    for isbn in document.isbns:
        entry.add_text(ISBN, isbn)
    _add_filters(entry, document)
    entry.add_unsigned(
        WEIGHT, 6 + min(26, int(4 * math.log2(1 + max(0, document.popularity))))
    )  # × 1 to 1.7: the engine takes log2(2 + weight)
    entry.add_unsigned(POPULARITY, max(0, document.popularity))
    entry.add_unsigned(ADDED, max(0, document.added_on))
    entry.add_text(TITLE_SORT, document.title_sort or "\uffff")
    entry.add_bytes(EXACT, rank.pack(forms))
    return entry


def exact_of(entry: tantivy.Document) -> rank.Exact:
    packed = entry.get_first(EXACT)
    return rank.unpack(bytes(packed)) if packed is not None else rank.Exact()


def _add_filters(entry: tantivy.Document, document: Document) -> None:
    for name, spots in ((HELD, document.held), (AVAILABLE, document.available)):
        for number in {*spots, *(spot(branch_of(one), FOR_STAFF) for one in spots)}:
            entry.add_unsigned(name, number)
    open_to = {sight_of(one) for one in document.available}
    for name, sights in ((SEEN_BY, set(document.seen_by)), (OPEN, {*open_to, FOR_STAFF} if open_to else set())):
        for sight in sights:
            entry.add_unsigned(name, sight)
    for name, value in ((MATERIAL, document.material), (LANGUAGE, document.language), (AUDIENCE, document.audience)):
        if value:
            entry.add_text(name, value)
    for prefix in {number[:length] for number in document.ndc for length in range(1, len(number) + 1)}:
        entry.add_text(NDC, prefix)
    for first in {number[0] for number in document.ndc if number}:
        entry.add_text(NDC1, first)
    if document.year is not None and document.year >= 0:
        entry.add_unsigned(YEAR, document.year)


def _titles(document: Document) -> list[str]:
    """Every written form of the title; what stands before a glued volume is a whole title too."""
    stem, glued = split_volume(document.title)
    said = document.volume if document.volume and rank.volume_of(document.volume) != document.volume else ""
    return [text for text in (document.title, stem if glued else "", document.subtitle, said, *document.titles_other) if text]


def _tokens(texts: Iterable[str]) -> str:
    """Tokens of several texts in one field; their edge marks keep phrases from running across."""
    return " ".join(token for text in texts if text for token in edged(bones(norm(text))))


def _singles(texts: Iterable[str]) -> set[str]:
    """Characters by themselves, and the beginnings of Latin words."""
    found: set[str] = set()
    for text in texts:
        for unit in units(bones(norm(text))):
            if unit == " ":
                continue
            if is_word(unit) and len(unit) > 1:
                found.update(unit[:length] for length in range(2, min(len(unit), _LONGEST_PREFIX) + 1))
            else:
                found.add(unit)
    return found
