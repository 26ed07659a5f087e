"""Suggestions on this host: phrases that begin as typed, each looked up among the records that the viewer may see; and how they follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import tantivy

from search.index.document import Document, Phrase
from search.index.embedded import fields, suggested
from search.index.embedded.phrasebook import Pen, Phrasebook, Weighed, any_of, id_of
from search.suggest.phrases import KINDS, TITLE
from search.suggest.ranking import MOST, SHARES, Hint, chosen, compared, enough
from search.suggest.typed import Typed

_EDITIONS = 20  # looked at to tell whether records of one title are one work
_CIRCLES = 1000


class Suggestion(msgspec.Struct, frozen=True):
    """A phrase with the number of records under it; `record` where they are one record, or editions of one work, which is `work`."""

    phrase: Phrase
    records: int
    record: int | None = None
    work: int | None = None


class Suggesting:
    """Answers from one opened build; `searcher` is that of the records."""

    def __init__(self, book: Phrasebook, searcher: tantivy.Searcher, schema: tantivy.Schema, seen_by: frozenset[int] | None) -> None:
        self._book = book
        self._searcher = searcher
        self._schema = schema
        self._seen_by = seen_by

    def answer(self, typed: Typed, *, most: int = MOST) -> list[Suggestion]:
        """Letters that wait for their vowel count as its beginning, or are passed over where nothing begins so."""
        return self._chosen(typed.ways, typed.sought, most) or self._chosen(typed.without, typed.sought, most)

    def begun(self, kind: str, ways: Sequence[str], *, most: int) -> list[Suggestion]:
        """All of a kind that begin in one of the ways, the highest standing first, each with its records."""
        hints = self._book.beginning(kind, ways, whole=True, seen_by=self._seen_by, most=most)
        return [found for hint in hints if (found := self._look(hint.phrase)) is not None]

    def of_key(self, key: str) -> Suggestion | None:
        """The phrase of a heading's key, where the viewer may see a record under it."""
        phrase = self._book.named(id_of(Phrase("", key, "")))
        return self._look(phrase) if phrase is not None else None

    def _chosen(self, ways: tuple[str, ...], sought: tuple[str, ...], most: int) -> list[Suggestion]:
        return chosen((compared(hint, sought) for hint in self._hints(ways)), self._look, most=most) if ways else []

    def _hints(self, ways: tuple[str, ...]) -> Iterator[Hint]:
        yield from self._book.exactly(ways, seen_by=self._seen_by, most=MOST)
        for kind in KINDS:
            share = 2 * SHARES[kind] + 2
            begin = list(self._book.beginning(kind, ways, whole=True, seen_by=self._seen_by, most=share))
            yield from begin
            if not enough(begin, kind):
                yield from self._book.beginning(kind, ways, whole=False, seen_by=self._seen_by, most=share)

    def _look(self, phrase: Phrase) -> Suggestion | None:
        query = tantivy.Query.term_query(self._schema, fields.HEADING, phrase.key)
        if self._seen_by is not None:
            seen = any_of(self._schema, ((fields.SEEN_BY, sorted(self._seen_by)),))
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, seen)])
        if phrase.kind != TITLE:
            records = _count(self._searcher.search(query, limit=1))
            return Suggestion(phrase, records) if records else None
        found = self._searcher.search(query, limit=_EDITIONS, order_by_field=fields.POPULARITY)
        return Suggestion(phrase, _count(found), *self._one_work(found)) if _count(found) else None

    def _one_work(self, found: tantivy.SearchResult) -> tuple[int | None, int | None]:
        """The edition read most, and the work that all are of; neither where they are of several."""
        addresses = [address for _, address in found.hits]
        if len(addresses) > 1:
            works = set(self._searcher.fast_field_values(fields.WORK, addresses))
            if len(works) > 1 or works & {0, None}:
                return None, None
        [record] = self._searcher.fast_field_values(fields.RECORD, addresses[:1])
        [work] = self._searcher.fast_field_values(fields.WORK, addresses[:1])
        return int(record or 0), int(work or 0) or None


def _count(result: tantivy.SearchResult) -> int:
    return int(result.count)  # type: ignore[attr-defined]  # the stub of 0.27 leaves it out


class Following:
    """Keeps the phrases at the heels of the records: what a change touches is counted anew once the records are committed."""

    def __init__(self, records: tantivy.Index, book: Phrasebook) -> None:
        self._records = records
        self._searcher = records.searcher()
        self._book = book
        self._pen: Pen | None = None
        self._touched: dict[bytes, Phrase | None] = {}

    def put(self, document: Document) -> None:
        before = self._before(document.record_id)
        if before == suggested.packed(document):
            return
        self._touch(before)
        self._touched |= {id_of(phrase): phrase for phrase in document.phrases}

    def remove(self, record: int) -> None:
        self._touch(self._before(record))

    def commit(self) -> None:
        """After the records' own commit."""
        self._records.reload()
        self._searcher = self._records.searcher()
        if not self._touched:
            return
        pen = self._pen = self._pen or Pen(self._book.index)
        self._book.reload()
        for number, phrase in self._touched.items():
            known = self._known(number, phrase)
            pen.remove(number)
            if known is not None and (weighed := self._weighed(known)) is not None:
                pen.add(weighed)
        pen.commit()
        self._touched.clear()

    def _known(self, number: bytes, phrase: Phrase | None) -> Phrase | None:
        """As said last; a reading that only another record gives is kept."""
        if phrase is not None and phrase.reading:
            return phrase
        return self._book.named(number) or phrase

    def _touch(self, pack: bytes) -> None:
        for number in suggested.ids(pack):
            self._touched.setdefault(number, None)

    def _before(self, record: int) -> bytes:
        query = tantivy.Query.term_query(self._records.schema, fields.KEY, str(record))
        for _, address in self._searcher.search(query, limit=1, count=False).hits:
            return bytes(self._searcher.doc(address).get_first(fields.SUGGESTED) or b"")
        return b""

    def _weighed(self, phrase: Phrase) -> Weighed | None:
        query = tantivy.Query.term_query(self._records.schema, fields.HEADING, phrase.key)
        counted = self._searcher.aggregate(
            query,
            {
                "records": {"value_count": {"field": fields.RECORD}},
                "popularity": {"sum": {"field": fields.POPULARITY}},
                "seen_by": {"terms": {"field": fields.SEEN_BY, "size": _CIRCLES}},
            },
        )
        records = int(counted["records"]["value"])
        if not records:
            return None
        circles = [int(bucket["key"]) for bucket in counted["seen_by"]["buckets"]]
        return Weighed(phrase, records, int(counted["popularity"]["value"]), circles)
