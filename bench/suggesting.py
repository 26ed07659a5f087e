"""Suggestions timed as a reader types, letter by letter; by itself with a catalogue of nothing but what can be suggested.

python -m bench.suggesting 1000000
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

from bench import machine
from bench.asking import EVERYONE
from bench.books import Author, Book, Books
from bench.host import Host, host
from bench.report import Line, percentile, spread
from bench.web import Answer, each, get_all
from library.db import Database
from library.demo.books.romaji import romaji
from library.kana import hiragana
from search.index import headings, news
from search.index.document import Document, Phrase
from search.index.embedded import EmbeddedEngine, shelf
from search.suggest import phrases
from search.suggest.typed import read

SECTION = "suggest"
API = "/api/v1/suggest"
AT_ONCE = 8
_WARMING = 30
_BATCH = 2_000


@dataclass(frozen=True)
class Stroke:
    """What stands in the box after one key."""

    kind: str
    text: str

    @property
    def path(self) -> str:
        return f"{API}?q={quote(self.text)}"


def strokes(books: Books, catalogue: int, number: int, seed: int) -> list[Stroke]:
    """`number` strokes of readers who type the beginning of a book that is there: kana, with letters waiting or not, kanji, romaji."""
    chance = Random(f"{seed}:strokes")
    found: list[Stroke] = []
    while len(found) < number:
        book = books.book(chance.randrange(catalogue))
        found += _typing(book, chance)
    return found[:number]


def _typing(book: Book, chance: Random) -> Iterator[Stroke]:
    """From the first key to the eighth at most; readers stop where they see it."""
    author = book.authors[0]
    kana = hiragana(book.title.reading).replace(" ", "")
    last = chance.choice((2, 3, 4, 5, 6, 8))
    if book.western:
        yield from _each("Latin", book.title.text, last)
    elif chance.random() < 0.2:
        yield from _each(
            "author", hiragana(author.reading.replace(", ", "")) if chance.random() < 0.6 else author.family + author.given, last
        )
    elif chance.random() < 0.2:
        yield from _each("romaji", romaji(book.title.reading).replace(" ", "").lower(), last)
    elif chance.random() < 0.4:
        yield from _each("kanji", book.title.text, last)
    else:
        for end in range(1, min(last, len(kana)) + 1):
            if waiting := romaji(kana[end : end + 1])[:1].lower():
                yield Stroke("kana and a letter", kana[:end] + waiting)
            yield Stroke("one kana" if end == 1 else "kana", kana[:end])


def _each(kind: str, text: str, last: int) -> Iterator[Stroke]:
    for end in range(1, min(last, len(text)) + 1):
        yield Stroke(f"one character, {kind}" if end == 1 else kind, text[:end])


def measure(where: Host, engine: EmbeddedEngine, port: int, books: Books, *, records: int, number: int) -> list[Line]:
    """With the catalogue that is there."""
    typed = strokes(books, records, number, books.seed)
    return [on_disk(where.data / "index"), *in_the_engine(engine, typed), *over_http(port, typed)]


def over_http(port: int, typed: Sequence[Stroke]) -> list[Line]:
    """Each stroke once alone and once among eight; then how the kinds differ."""
    paths = [stroke.path for stroke in typed]
    get_all(port, paths[:_WARMING], at_once=1)
    alone, _ = get_all(port, paths, at_once=1)
    crowd, seconds = get_all(port, paths, at_once=AT_ONCE)
    there = sum(bool(json.loads(answer.body)["suggestions"]) for answer in alone if answer.status == 200)
    kinds: dict[str, list[float]] = {}
    for stroke, answer in zip(typed, alone, strict=True):
        kinds.setdefault(stroke.kind, []).append(answer.whole)
    return [
        *spread(SECTION, "HTTP, one at a time", _times(alone), f"{there} of {len(alone)} strokes brought suggestions"),
        *spread(SECTION, f"HTTP, {AT_ONCE} at once", _times(crowd)),
        Line(SECTION, f"HTTP, {AT_ONCE} at once, answered", len(crowd) / seconds, "requests/s", len(crowd), "one web process"),
        *(Line(SECTION, f"  {kind} p95", percentile(sorted(times), 0.95), "ms", len(times)) for kind, times in sorted(kinds.items())),
    ]


def _times(answers: Sequence[Answer]) -> list[float]:
    return [answer.whole for answer in answers if answer.status == 200]


def in_the_engine(engine: EmbeddedEngine, typed: Sequence[Stroke]) -> list[Line]:
    """The same without HTTP."""
    each(lambda stroke: _timed(engine, stroke), typed[:_WARMING], 1)
    return [*spread(SECTION, "engine alone, one at a time", each(lambda stroke: _timed(engine, stroke), typed, 1))]


def _timed(engine: EmbeddedEngine, stroke: Stroke) -> float:
    began = time.perf_counter()
    engine.suggest(read(stroke.text), seen_by=EVERYONE)
    return 1000 * (time.perf_counter() - began)


def on_disk(folder: Path) -> Line:
    """The phrases of the index that serves."""
    build = shelf.current_build(folder)
    size = sum(path.stat().st_size for path in (build / "phrases").iterdir()) if build else 0
    return Line(
        SECTION,
        "phrases on disk",
        size / 1e6,
        "MB",
        1,
        "beside the index of the records; read through the page cache, shared by all processes",
    )


def document(number: int, book: Book) -> Document:
    """Of an invented book all that suggestions take; how much it is lent follows Zipf's law."""
    title = book.title.text
    said = [Phrase(phrases.TITLE, phrases.title_key(title), title, book.title.reading)]
    said += [_author(author, western=book.western) for author in book.authors]
    said += [Phrase("subject", headings.key(headings.Kind.SUBJECT, one.text), one.text, one.reading) for one in book.topics]
    if series := book.series.text:
        said.append(Phrase("series", headings.key(headings.Kind.SERIES, series), series, book.series.reading))
    popularity = min(int(Random(number).paretovariate(0.9)) - 1, 5_000)
    return Document(record_id=number + 1, work_id=number + 1, seen_by=(0, 1, 101), popularity=popularity, phrases=tuple(said))


def _author(author: Author, *, western: bool) -> Phrase:
    shown = f"{author.given} {author.family}" if western else author.family + author.given
    return Phrase("author", headings.key(headings.Kind.AUTHOR, author.heading), shown, author.reading, author.heading)


def alone(records: int, number: int, seed: int) -> list[Line]:
    """The service with an index of `records` invented books, of which there is nothing but what is suggested."""
    books = Books(seed)
    with host() as where:
        lines = asyncio.run(_indexed(where, books, records))
        typed = strokes(books, records, number, seed)
        engine = EmbeddedEngine(where.data / "index")
        lines += [on_disk(where.data / "index"), *in_the_engine(engine, typed)]
        with where.serving() as web:
            lines += over_http(web.port, typed)
            lines.append(Line(SECTION, "web process after the strokes", (machine.memory(web.pid) or 0) / 1e6, "MB", number, "now"))
        return lines


async def _indexed(where: Host, books: Books, records: int) -> list[Line]:
    """Told to follow the empty database from where it is, so that the service takes it as its own."""
    engine = EmbeddedEngine(where.data / "index")
    began = time.perf_counter()
    build = engine.build_beside(threads=1)
    for start in range(0, records, _BATCH):
        build.put(document(number, books.book(number)) for number in range(start, min(start + _BATCH, records)))
    database = Database(where.url, pooled=False)
    async with database.reading() as session:
        build.commit(str(await news.begun_now(session)))
    await database.close()
    put = time.perf_counter() - began
    engine.swap(build)
    wrote = time.perf_counter() - began - put
    engine.close()
    return [
        Line(SECTION, "records put", records / put, "records/s", records, f"{put:.0f} s, with making the books up"),
        Line(SECTION, "phrases counted and written", wrote, "s", records, "at the end of the build"),
        Line(SECTION, "at most in memory", (machine.peak_memory()) / 1e6, "MB", records, "this process, building"),
    ]


if __name__ == "__main__":
    for line in alone(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_500, 20260401):
        print(f"{line.what:45} {line.value:12.2f} {line.unit:12} n {line.n:,} {line.note}")
