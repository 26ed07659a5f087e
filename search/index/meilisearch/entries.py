"""A record as a document of the server: coded words, filters, and the exact forms that ranking compares."""

from __future__ import annotations

from collections.abc import Container, Iterable
from hashlib import blake2b
from typing import Any

import msgspec

from search.asking import rank
from search.index import headings, terms
from search.index.document import Document
from search.index.meilisearch import codes, declared
from search.index.standing import Standing, reason_of
from search.text.normal import bones, norm
from search.text.tokens import is_word, units

ABOUT_ID = 0  # the document that says what the index is and how far it has followed; seen by nobody who searches


def whole(document: Document) -> dict[str, Any]:
    """Every field, the empty ones too: the server keeps those that are not sent."""
    forms = rank.exact(document)
    words = {
        declared.TITLE: _words(terms.tokens(terms.titles(document))),
        declared.AUTHOR: _words(terms.tokens(document.authors)),
        declared.OTHER: _words(terms.tokens(terms.others(document))),
        declared.TITLE_KANA: _words(terms.tokens(terms.title_readings(document))),
        declared.AUTHOR_KANA: _words(terms.tokens(document.author_readings)),
        declared.SINGLES: " ".join(sorted(_singles(document))),
        declared.VOLUME: " ".join(map(codes.volume, forms.volumes)),
        declared.ISBN: list(document.isbns),
        declared.MATERIAL: document.material,
        declared.LANGUAGE: document.language,
        declared.AUDIENCE: document.audience,
        declared.NDC: terms.ndc_prefixes(document),
        declared.NDC1: terms.ndc_firsts(document),
        declared.HEADING: headings.of(document),
        declared.YEAR: document.year if document.year is not None and document.year >= 0 else None,
        declared.ADDED: max(0, document.added_on),
        declared.TITLE_SORT: codes.coded(document.title_sort or "\uffff"),
        declared.FORMS: rank.pack(msgspec.structs.replace(forms, popularity=0)).decode(),
    }
    return {**words, declared.WORDS_SUM: _sum(words), **availability(document)}


def availability(document: Document) -> dict[str, Any]:
    """What changes when a copy is lent or comes back."""
    where = terms.places(document)
    said = {
        declared.ID: document.record_id,
        declared.HELD: [str(spot) for spot in where.held],
        declared.AVAILABLE: [str(spot) for spot in where.available],
        declared.OPEN: [str(sight) for sight in where.open],
        declared.SEEN_BY: [str(sight) for sight in sorted({*where.seen_by, terms.FOR_STAFF})],
        declared.POPULARITY: max(0, document.popularity),
    }
    return {**said, declared.PLACES_SUM: _sum(said)}


def _sum(said: dict[str, Any]) -> str:
    return blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=8).hexdigest()


def made(found: Iterable[Document], lent_only: Container[int] = ()) -> tuple[dict[int, dict[str, Any]], dict[int, str]]:
    """What is sent for each record, for some of them only their availability; and of which none can be made, with the reason."""
    ready: dict[int, dict[str, Any]] = {}
    failed: dict[int, str] = {}
    for one in found:
        try:
            ready[one.record_id] = availability(one) if one.record_id in lent_only else whole(one)
        except Exception as exc:
            failed[one.record_id] = reason_of(exc)
    return ready, failed


class About(msgspec.Struct, frozen=True):
    """What an index was made with, the cursor that it has reached, and how it stands."""

    versions: dict[str, int] = {}
    cursor: str | None = None
    standing: Standing = Standing()


def about(said: About) -> dict[str, Any]:
    return {declared.ID: ABOUT_ID, declared.ABOUT: msgspec.json.encode(said).decode()}


def read_about(document: dict[str, Any] | None) -> About:
    try:
        return msgspec.json.decode((document or {}).get(declared.ABOUT) or b"", type=About)
    except msgspec.MsgspecError:
        return About()


def forms_of(hit: dict[str, Any]) -> rank.Exact:
    """The exact forms of a hit, with the popularity of the moment."""
    forms = rank.unpack((hit.get(declared.FORMS) or "[]").encode())
    return msgspec.structs.replace(forms, popularity=int(hit.get(declared.POPULARITY) or 0))


def _words(tokens: Iterable[str]) -> str:
    return " ".join(map(codes.word, tokens))


def _singles(document: Document) -> set[str]:
    """Single characters, the first and last of readings among them, and beginnings of Latin words."""
    found = {codes.beginning(one) if is_word(one) and len(one) > 1 else codes.word(one) for one in terms.singles(document)}
    for reading in (*terms.title_readings(document), *document.author_readings):
        if cut := units(bones(norm(reading))):
            found.update(codes.word(one) for one in (cut[0], cut[-1]) if len(one) == 1)
    return found
