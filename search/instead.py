"""Where a search that found nothing, or only what comes near, goes on: why it did, and the nearest searches that do find something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from catalog import ndc
from library.db import Reading
from library.identity.viewer import Viewer
from search.asking import classes
from search.asking.asked import Asked
from search.asking.parts import parts
from search.asking.query import Query, parse, stem
from search.finding import Results, count, find, not_ready
from search.index.engine import MOST_COUNTED, Engine, EngineUnavailable, Filters, Sort

MOST_WORDS = 4  # that are looked for one by one; with the parts of a phrase and the shelves, a search asks at most eighteen times more
_MOST_FEWER = 3
_MOST_SHELVES = 3  # a class, and the broader ones where nothing stands in it
_NOTHING_TYPED = Query()

Given = TypeVar("Given")
Said = TypeVar("Said")


class Why(StrEnum):
    """Why no record holds what was typed."""

    SLIP = "slip"  # nothing holds any of it as it is written
    NO_SUCH_VOLUME = "no_such_volume"  # the rest is found
    UNKNOWN_WORDS = "unknown_words"  # some words are found, the others nowhere
    NOT_TOGETHER = "not_together"  # each word may be found, never all in one record


class Way(StrEnum):
    OTHER_PLACES = "other_places"  # every other filter stays
    WITHOUT_FILTERS = "without_filters"
    WITHOUT_VOLUME = "without_volume"
    FEWER_WORDS = "fewer_words"
    SHELF = "shelf"  # the class of NDC that the words name


@dataclass(frozen=True)
class Instead:
    """A search that finds something; `total` as it will say it, counted to a thousand. `relaxed`: it finds what comes near."""

    way: Way
    asked: Asked
    total: int
    total_is_exact: bool
    relaxed: bool = False

    @property
    def number(self) -> str:
        """Of the shelf."""
        return self.asked.ndc[0] if self.way is Way.SHELF else ""


@dataclass(frozen=True)
class Onward:
    """`unknown`: the words that no record holds. `at`: branch code → records there, where only the places asked for have none.

    `plain`: what the words find without the filters that left nothing; one of `ways` only where it is not just near.
    """

    why: Why | None = None
    unknown: tuple[str, ...] = ()
    ways: tuple[Instead, ...] = ()
    plain: Instead | None = None
    at: Mapping[str, int] = field(default_factory=dict)


async def onward(session: Reading, engine: Engine, results: Results, *, viewer: Viewer) -> Onward:
    """Nothing for a search that found what was asked for. Raises Busy while there is no index."""
    asked = results.asked
    if (results.total and not results.relaxed) or (results.query.is_empty and not asked.filters):
        return Onward()
    looker = _Looker(engine, viewer)
    if not results.total and (asked.branch or asked.where):
        other = replace(asked, branch=(), where=(), by_work=False, page=1)
        found = await find(session, engine, other, viewer=viewer)
        if found.total and not found.relaxed:
            way = Instead(Way.OTHER_PLACES, other, found.total, found.total_is_exact)
            at = found.facets.get("branch", {})
            has_more = asked.filters > len(asked.branch) + len(asked.where)
            return Onward(ways=(way,), plain=await _asked_of(looker.without_filters, asked) if has_more else None, at=at)
    return await _asked_of(looker.on_from, results)


async def nearest(engine: Engine, viewer: Viewer, words: str) -> tuple[Instead, ...]:
    """Searches that find something of words that nothing holds: their parts, and the shelf. Raises Busy while there is no index."""
    return await _asked_of(_Looker(engine, viewer).nearest, words)


async def _asked_of(ask: Callable[[Given], Said], given: Given) -> Said:
    """Off the event loop. Raises Busy while there is no index."""
    try:
        return await asyncio.to_thread(ask, given)
    except EngineUnavailable as exc:
        raise not_ready() from exc


class _Looker:
    """Asks the engine how much there is."""

    def __init__(self, engine: Engine, viewer: Viewer) -> None:
        self._engine = engine
        self._sees = viewer.sees

    def on_from(self, results: Results) -> Onward:
        asked, query = results.asked, results.query
        plain = self.without_filters(asked) if not results.total and asked.filters else None
        if plain and not plain.relaxed:
            return Onward(ways=(plain,), plain=plain)
        onward = Onward() if query.isbn or query.is_empty else self._by_words(query)
        if results.total:
            return replace(onward, plain=plain)
        if not onward.ways and not query.isbn:
            onward = replace(onward, ways=tuple(self._by_parts(query)))
        shelf = self._shelf(query)
        return replace(onward, ways=(*onward.ways, *shelf), plain=plain)

    def nearest(self, words: str) -> tuple[Instead, ...]:
        query = parse(words)
        return (*self._by_parts(query), *self._shelf(query))

    def without_filters(self, asked: Asked) -> Instead | None:
        plain = replace(asked.without_filters(), by_work=False)
        query = parse(plain.text) if plain.text else _NOTHING_TYPED
        seen = Filters(seen_by=self._sees)
        found = self._engine.search(query, filters=seen, page=1, per_page=1, sort=Sort.NEWEST, facets=False)
        if not found.total:
            return None
        is_exact = found.total_is_exact and found.total <= MOST_COUNTED
        return Instead(Way.WITHOUT_FILTERS, plain, min(found.total, MOST_COUNTED), is_exact, relaxed=found.relaxed)

    def _by_words(self, query: Query) -> Onward:
        if (rest := stem(query)) and (ways := self._found(Way.WITHOUT_VOLUME, [Asked(text=rest)])):
            return Onward(Why.NO_SUCH_VOLUME, ways=tuple(ways))
        words = list(dict.fromkeys(query.typed.split()))
        if len(words) == 1:
            return Onward(Why.SLIP)
        if len(words) > MOST_WORDS:
            return Onward(Why.NOT_TOGETHER)
        alone = {word: self._records(Asked(text=word)) for word in words}
        known = [word for word in words if alone[word]]
        if not known:
            return Onward(Why.SLIP)
        unknown = tuple(word for word in words if not alone[word])
        fewer = self._fewer(known, alone, is_whole=not unknown)
        return Onward(Why.UNKNOWN_WORDS if unknown else Why.NOT_TOGETHER, unknown, tuple(fewer))

    def _fewer(self, known: list[str], alone: Mapping[str, int], *, is_whole: bool) -> list[Instead]:
        """All known words, all but one of them, or each by itself: the most that finds something."""
        rarest = sorted(known, key=lambda word: alone[word])
        singles = [_instead(Way.FEWER_WORDS, Asked(text=word), alone[word]) for word in rarest][:_MOST_FEWER]
        if len(known) == 1 or (is_whole and len(known) == 2):
            return singles
        together = [Asked(text=" ".join(words)) for words in (_but_one(known) if is_whole else [known])]
        return self._found(Way.FEWER_WORDS, together)[:_MOST_FEWER] or singles

    def _by_parts(self, query: Query) -> list[Instead]:
        """Of a phrase that no record holds, its words together, else each that some record holds."""
        words = [word for word in parts(query.typed) if word != query.typed][:MOST_WORDS]
        if len(words) > 1 and (together := self._found(Way.FEWER_WORDS, [Asked(text=" ".join(words))])):
            return together
        alone = {word: self._records(Asked(text=word)) for word in words}
        rarest = sorted((word for word in words if alone[word]), key=lambda word: alone[word])
        return [_instead(Way.FEWER_WORDS, Asked(text=word), alone[word]) for word in rarest]

    def _shelf(self, query: Query) -> Iterator[Instead]:
        said = parts(query.typed)
        named = classes.nearest(query) or (classes.nearest(parse(" ".join(said))) if len(said) > 1 else None)
        path = [step.number for step in ndc.path(named.number)] if named else []
        for number in path[::-1][:_MOST_SHELVES]:
            asked = Asked(ndc=(number,))
            if total := self._records(asked):
                yield _instead(Way.SHELF, asked, total)
                return

    def _found(self, way: Way, searches: Iterable[Asked]) -> list[Instead]:
        return [_instead(way, asked, total) for asked in searches if (total := self._records(asked))]

    def _records(self, asked: Asked) -> int:
        query = parse(asked.text) if asked.text else _NOTHING_TYPED
        return count(self._engine, query, Filters(seen_by=self._sees, ndc=frozenset(asked.ndc)))


def _but_one(words: list[str]) -> Iterator[list[str]]:
    for at in range(len(words)):
        yield [*words[:at], *words[at + 1 :]]


def _instead(way: Way, asked: Asked, total: int) -> Instead:
    return Instead(way, asked, min(total, MOST_COUNTED), total_is_exact=total <= MOST_COUNTED)
