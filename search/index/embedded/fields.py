"""The fields of the embedded index and how a document fills them."""

from __future__ import annotations

import math
from hashlib import blake2b
from importlib.metadata import version

import msgspec
import tantivy

from search.asking import rank
from search.index import headings, terms
from search.index.document import Document
from search.index.embedded import suggested
from search.text.normal import VERSION

SCHEMA_VERSION = 9  # raised with every change of the fields; with the normaliser's version it decides whether an index still serves
VERSIONS = {"schema": SCHEMA_VERSION, "text": VERSION, "tantivy": version("tantivy")}

TITLE, AUTHOR, OTHER, TITLE_KANA, AUTHOR_KANA, SINGLES = "t", "a", "x", "y", "b", "u"
KEY, ISBN, VOLUME, NDC, NDC1, HEADING = "k", "i", "v", "ndc", "ndc1", "head"
HELD, AVAILABLE, OPEN, SEEN_BY = "held", "avail", "open", "seen_by"
MATERIAL, LANGUAGE, AUDIENCE, YEAR = "material", "language", "audience", "year"
WEIGHT, POPULARITY, ADDED, TITLE_SORT, RECORD, EXACT = "weight", "pop", "added", "title_sort", "id", "exact"
WORK, SUGGESTED = "work", "suggested"
SUM = "sum"  # of what was put, by which an index is compared with the database


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in (TITLE, AUTHOR, OTHER, TITLE_KANA, AUTHOR_KANA):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field(SINGLES, tokenizer_name="whitespace", index_option="basic")
    for name in (KEY, ISBN, VOLUME, NDC, HEADING):  # the key is text: deleting by an unsigned term deletes nothing, silently
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (NDC1, MATERIAL, LANGUAGE, AUDIENCE):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in (HELD, AVAILABLE, OPEN, SEEN_BY, YEAR):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in (WEIGHT, POPULARITY, ADDED, RECORD, WORK, SUM):
        builder.add_unsigned_field(name, fast=True)
    builder.add_text_field(TITLE_SORT, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_bytes_field(EXACT, stored=True)
    builder.add_bytes_field(SUGGESTED, stored=True)
    return builder.build()


def filled(document: Document) -> tantivy.Document:
    forms = rank.exact(document)
    entry = tantivy.Document()
    entry.add_text(KEY, str(document.record_id))
    entry.add_unsigned(RECORD, document.record_id)
    entry.add_unsigned(WORK, document.work_id or 0)
    entry.add_unsigned(SUM, sum_of(document))
    entry.add_text(TITLE, terms.spaced(terms.titles(document)))
    entry.add_text(AUTHOR, terms.spaced(document.authors))
    entry.add_text(OTHER, terms.spaced(terms.others(document)))
    entry.add_text(TITLE_KANA, terms.spaced(terms.title_readings(document)))
    entry.add_text(AUTHOR_KANA, terms.spaced(document.author_readings))
    entry.add_text(SINGLES, " ".join(terms.singles(document)))
    for volume in forms.volumes:
        entry.add_text(VOLUME, volume)
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
    entry.add_bytes(SUGGESTED, suggested.packed(document))
    return entry


def sum_of(document: Document) -> int:
    """A checksum of 63 bits."""
    return int.from_bytes(blake2b(msgspec.msgpack.encode(document), digest_size=8).digest(), "big") >> 1


def exact_of(entry: tantivy.Document) -> rank.Exact:
    packed = entry.get_first(EXACT)
    return rank.unpack(bytes(packed)) if packed is not None else rank.Exact()


def _add_filters(entry: tantivy.Document, document: Document) -> None:
    where = terms.places(document)
    for name, numbers in ((HELD, where.held), (AVAILABLE, where.available), (OPEN, where.open), (SEEN_BY, where.seen_by)):
        for number in numbers:
            entry.add_unsigned(name, number)
    for name, value in ((MATERIAL, document.material), (LANGUAGE, document.language), (AUDIENCE, document.audience)):
        if value:
            entry.add_text(name, value)
    for prefix in terms.ndc_prefixes(document):
        entry.add_text(NDC, prefix)
    for first in terms.ndc_firsts(document):
        entry.add_text(NDC1, first)
    for heading in dict.fromkeys((*headings.of(document), *(phrase.key for phrase in document.phrases))):
        entry.add_text(HEADING, heading)
    if document.year is not None and document.year >= 0:
        entry.add_unsigned(YEAR, document.year)
