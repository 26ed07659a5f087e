"""The phrases that are suggested, in an index of their own beside that of the records: small documents, found by how they begin.

What stands here are hints. A phrase is offered only when the index of the records, which is always right, has something under it
that the viewer may see; so a phrase too many costs a look, and a crash between the two commits harms nobody.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import tantivy

from search.index.document import Phrase
from search.suggest.keys import keys
from search.suggest.phrases import KINDS
from search.suggest.ranking import Hint

_ID, _GRAM, _KEY, _SEEN_BY, _STANDING, _SAID = "id", "gram", "key", "seen_by", "standing", "said"
LONGEST_GRAM = 6  # longer beginnings are few, and looked up among the keys
_MOST_KEYS = 400  # with one beginning
# A hundred thousand phrases begin with one letter: those that stand high are under it a second time, and looked at first.
_HIGH, _HIGH_MARK, _SHORT = 256, "!", 2
_HEAP = 48_000_000  # bytes that a writer fills before it writes a segment
_FOLDER = "phrases"
_MARKS = dict(zip(KINDS, "tase", strict=True))
_WHOLE, _INSIDE = "^", "~"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Phrase).decode


class Weighed(NamedTuple):
    """A phrase with what is under it: how many records, how often they were lent of late, which circles see one of them."""

    phrase: Phrase
    records: int
    popularity: int
    seen_by: Collection[int]


def id_of(phrase: Phrase) -> bytes:
    return hashlib.blake2b(phrase.key.encode(), digest_size=8).digest()


def standing(weighed: Weighed) -> int:
    """How far up a phrase stands among those that begin alike: what is read much, then what is short."""
    return int(64 * math.log2(1 + weighed.records + weighed.popularity)) + max(0, 48 - 2 * len(weighed.phrase.text))


def folder(build: Path) -> Path:
    return build / _FOLDER


def any_of(schema: tantivy.Schema, asked: Iterable[tuple[str, Sequence[str | int]]]) -> tantivy.Query:
    """Any of some values of some fields. The library's own query for a set of terms takes forty times as long to set up."""
    terms = [tantivy.Query.term_query(schema, name, value) for name, values in asked for value in values]
    return terms[0] if len(terms) == 1 else tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])


def create(build: Path) -> None:
    folder(build).mkdir()
    tantivy.Index(_schema(), path=str(folder(build)))


def write(build: Path, phrases: Iterable[Weighed], *, heap: int = _HEAP) -> None:
    """All of a fresh build."""
    pen = Pen(tantivy.Index.open(str(folder(build))), heap=heap)
    for weighed in phrases:
        pen.add(weighed)
    pen.commit()
    pen.settle()


class Pen:
    """Writes phrases."""

    def __init__(self, index: tantivy.Index, *, heap: int = _HEAP) -> None:
        self._writer = index.writer(heap, 1)

    def add(self, weighed: Weighed) -> None:
        self._writer.add_document(_entry(weighed))

    def remove(self, number: bytes) -> None:
        self._writer.delete_documents_by_term(_ID, number.hex())

    def commit(self) -> None:
        self._writer.commit()

    def settle(self) -> None:
        """Wait for merges; the pen is empty afterwards."""
        self._writer.wait_merging_threads()


class Phrasebook:
    """One opened build's phrases."""

    def __init__(self, build: Path) -> None:
        self.index = tantivy.Index.open(str(folder(build)))
        self.index.config_reader(reload_policy="manual")
        self._searcher = self.index.searcher()

    @property
    def size(self) -> int:
        return self._searcher.num_docs

    def reload(self) -> None:
        self.index.reload()
        self._searcher = self.index.searcher()

    def check(self) -> None:
        """Read a little of every kind of file."""
        for _, address in self._searcher.search(tantivy.Query.all_query(), limit=1000, order_by_field=_STANDING).hits:
            self._said(address)
        for name in (_ID, _GRAM, _KEY):
            self._searcher.search(tantivy.Query.regex_query(self.index.schema, name, "t.し"), limit=1)

    def named(self, number: bytes) -> Phrase | None:
        """The phrase of an id."""
        query = tantivy.Query.term_query(self.index.schema, _ID, number.hex())
        return next((self._said(address) for _, address in self._searcher.search(query, limit=1, count=False).hits), None)

    def beginning(self, kind: str, ways: Sequence[str], *, whole: bool, seen_by: frozenset[int] | None, most: int) -> Iterator[Hint]:
        """Phrases of a kind that begin in one of the ways, or have a later word that does; the highest standing first."""
        mark = _MARKS[kind] + (_WHOLE if whole else _INSIDE)
        found: list[tuple[Phrase, int]] = []
        if all(len(way) <= _SHORT for way in ways):
            found = list(self._best(self._begins(_HIGH_MARK + mark, ways), seen_by, most))
        if len(found) < most:
            found = list(self._best(self._begins(mark, ways), seen_by, most))
        for phrase, stands in found:
            yield Hint(phrase, stands, is_whole=whole)

    def exactly(self, ways: Sequence[str], *, seen_by: frozenset[int] | None, most: int) -> Iterator[Hint]:
        """Phrases of any kind that are what was asked, however many begin with it."""
        query = any_of(self.index.schema, ((_KEY, [mark + _WHOLE + way for mark in _MARKS.values() for way in ways]),))
        for phrase, stands in self._best(query, seen_by, most):
            yield Hint(phrase, stands, is_exact=True)

    def _best(self, query: tantivy.Query, seen_by: frozenset[int] | None, most: int) -> Iterator[tuple[Phrase, int]]:
        if seen_by is not None:
            seen = any_of(self.index.schema, ((_SEEN_BY, sorted(seen_by)),))
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, seen)])
        for stands, address in self._searcher.search(query, limit=most, count=False, order_by_field=_STANDING).hits:
            yield self._said(address), stands

    def _begins(self, mark: str, ways: Sequence[str]) -> tantivy.Query:
        grams = [mark + way for way in ways if len(way) <= LONGEST_GRAM]
        longer = [key for way in ways if len(way) > LONGEST_GRAM for key in self._keys(mark + way)]
        return any_of(self.index.schema, ((_GRAM, grams), (_KEY, longer)))

    def _keys(self, beginning: str) -> list[str]:
        return [key for key, _ in self._searcher.terms_with_prefix(_KEY, beginning, limit=_MOST_KEYS)]

    def _said(self, address: tantivy.DocAddress) -> Phrase:
        return _decode(bytes(self._searcher.doc(address).get_first(_SAID) or b""))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(_ID, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_GRAM, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field(_KEY, tokenizer_name="whitespace", index_option="basic")
    builder.add_unsigned_field(_SEEN_BY, indexed=True)
    builder.add_unsigned_field(_STANDING, fast=True)
    builder.add_bytes_field(_SAID, stored=True)
    return builder.build()


def _entry(weighed: Weighed) -> tantivy.Document:
    phrase = weighed.phrase
    entry = tantivy.Document()
    entry.add_text(_ID, id_of(phrase).hex())
    found = [(_MARKS[phrase.kind] + place, key) for place, those in zip((_WHOLE, _INSIDE), keys(phrase), strict=True) for key in those]
    grams = {mark + key[:end] for mark, key in found for end in range(1, min(len(key), LONGEST_GRAM) + 1)}
    stands = standing(weighed)
    if stands >= _HIGH:
        grams |= {_HIGH_MARK + mark + key[:end] for mark, key in found for end in range(1, min(len(key), _SHORT) + 1)}
    entry.add_text(_GRAM, " ".join(grams))
    entry.add_text(_KEY, " ".join(mark + key for mark, key in found if mark.endswith(_WHOLE) or len(key) > LONGEST_GRAM))
    for number in weighed.seen_by:
        entry.add_unsigned(_SEEN_BY, number)
    entry.add_unsigned(_STANDING, stands)
    entry.add_bytes(_SAID, _encode(phrase))
    return entry
