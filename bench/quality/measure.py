"""How often the book that was meant is the first, or among the first five, and how early it comes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.quality.books import Book
from bench.quality.judged import Half, Judged, Way
from bench.quality.spelling import plain
from search.asking.query import parse
from search.index.engine import Engine, EngineUnavailable, Filters, Sort

SHOWN = 20
TRIES = 3
EVERYBODY = Filters(seen_by=frozenset({0}))
Found = tuple[int, ...]


@dataclass(frozen=True)
class Tally:
    """`at_1`, `at_5`: shares of queries with a right answer that early; `mrr`: the mean of one over the place of the first."""

    asked: int
    at_1: float
    at_5: float
    mrr: float


@dataclass
class Answers:
    """What one backend answered to every query, in order."""

    backend: str
    found: list[Found]
    milliseconds: list[float] = field(default_factory=list)

    def places(self, asked: Sequence[Judged]) -> list[int]:
        """Of the first right answer to each, from 1; 0 where it is not shown."""
        return [place_of(question, found) for question, found in zip(asked, self.found, strict=True)]


def ask(engine: Engine, backend: str, asked: Iterable[Judged], tell: Callable[[int], None] = lambda _: None) -> Answers:
    answers = Answers(backend, [])
    for at, question in enumerate(asked):
        began = time.perf_counter()
        found = first_of(engine, question.typed)
        answers.milliseconds.append(1000 * (time.perf_counter() - began))
        answers.found.append(found)
        tell(at)
    return answers


def first_of(engine: Engine, typed: str) -> Found:
    """The first records for what is typed; a server on a busy machine is asked again."""
    for left in reversed(range(TRIES)):
        try:
            found = engine.search(parse(typed), filters=EVERYBODY, page=1, per_page=SHOWN, sort=Sort.RELEVANCE, facets=False)
            return tuple(found.ids)
        except EngineUnavailable:
            if not left:
                raise
    return ()


def unfindable(
    engine: Engine, books: Iterable[Book], *, same: Mapping[str, int], tell: Callable[[int], None] = lambda _: None
) -> list[Book]:
    """Books that their own title does not find among the first; `same`: how many there are of each title, since of ties not all fit."""
    lost: list[Book] = []
    for at, book in enumerate(books):
        if book.number not in first_of(engine, book.title) and same[plain(book.title)] < SHOWN:
            lost.append(book)
        tell(at)
    return lost


def of_each_title(books: Iterable[Book]) -> Counter[str]:
    return Counter(plain(book.title) for book in books)


def place_of(question: Judged, found: Found) -> int:
    return next((at for at, number in enumerate(found, 1) if number in question.answers), 0)


def tally(places: Sequence[int]) -> Tally:
    number = max(1, len(places))
    return Tally(
        asked=len(places),
        at_1=sum(place == 1 for place in places) / number,
        at_5=sum(0 < place <= 5 for place in places) / number,
        mrr=sum(1 / place for place in places if place) / number,
    )


def by_way(asked: Sequence[Judged], answers: Answers, half: Half) -> dict[Way | None, Tally]:
    """Every way, and under None all of them."""
    placed = [(question.way, place) for question, place in zip(asked, answers.places(asked), strict=True) if question.half is half]
    found: dict[Way | None, Tally] = {way: tally([place for one, place in placed if one is way]) for way in Way}
    return found | {None: tally([place for _, place in placed])}


def agreement(one: Answers, other: Answers, *, first: int = 5) -> float:
    """The share of queries to which both gave the same first answers in the same order."""
    same = sum(a[:first] == b[:first] for a, b in zip(one.found, other.found, strict=True))
    return same / max(1, len(one.found))
