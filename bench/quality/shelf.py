"""The books as the index keeps them: Japanese records read as an import reads them, works of the list described by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace

import msgspec

from bench.quality.books import FIRST_OF_MARC, JAPAN_MARC, Book
from catalog import marc
from catalog.description import Agent, ClassNumber, Description, Isbn, Series, Title
from catalog.records.composing import columns
from search.index.document import Document
from search.index.gather import EPOCH, document_of

EVERYBODY = frozenset({0})


def documents(books: Sequence[Book]) -> list[Document]:
    made = [_document(book.number, _described(book)) for book in books if book.number < FIRST_OF_MARC]
    return [*made, *_of_japan_marc()] if any(book.number >= FIRST_OF_MARC for book in books) else made


def _of_japan_marc() -> Iterator[Document]:
    with JAPAN_MARC.open("rb") as file:
        for taken in marc.read(file):
            if isinstance(taken, marc.Read):
                yield _document(FIRST_OF_MARC + taken.position, taken.description)


def _document(number: int, description: Description) -> Document:
    said = columns(description) | {"description": msgspec.json.encode(description), "id": number}
    return document_of(SimpleNamespace(**said, work_id=None, popularity=0, created_at=EPOCH), ())


def _described(book: Book) -> Description:
    return Description(
        title=Title(main=book.title, rest=book.subtitle, volume=book.volume, reading=book.reading, rest_reading=book.subtitle_reading),
        agents=tuple(_agents(book)),
        series=tuple(Series(title, volume=number) for title, number in book.series),
        isbns=(Isbn(book.isbn),) if book.isbn else (),
        classes=tuple(ClassNumber("ndc", number, "9") for number in book.ndc),
        language="jpn",
    )


def _agents(book: Book) -> Iterable[Agent]:
    readings = [*book.author_readings, *[("", "")] * len(book.authors)]
    for at, (name, reading) in enumerate(zip(book.authors, readings, strict=False)):
        yield Agent(", ".join(filter(None, name)), ", ".join(filter(None, reading)), main=not at)
