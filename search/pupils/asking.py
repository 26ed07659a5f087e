"""What stands on a picture shelf: its questions put to the engine, and one list of records made of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from search.asking.query import Alternative, Query, Term, parse
from search.finding import not_ready
from search.index.engine import MOST_COUNTED, Engine, EngineUnavailable, Filters, Sort
from search.index.headings import Kind, key
from search.pupils.shelves import Ask
from search.text.normal import bones, norm
from search.text.tokens import edged

EVERYTHING = Ask()
_MOST_WAYS = 12  # spellings that every engine asks for in one question
_TYPED = 80  # of each circle: as many as are put in exact order


class Stood(msgspec.Struct, frozen=True):
    """Records in the order in which they are shown; there are more where `is_whole` is not."""

    ids: tuple[int, ...]
    is_whole: bool = True


def standing(engine: Engine, asks: Iterable[Ask], filters: Iterable[Filters], *, sort: Sort = Sort.POPULAR) -> Stood:
    """What any of `asks` finds under the first of `filters`, then what the second adds, and so on. Raises Busy while there is no index."""
    questions = [(query, ask) for ask in asks for query in questions_of(ask)]
    ids: dict[int, None] = {}
    is_whole = True
    try:
        for narrow in filters:
            for query, ask in questions:
                found = engine.search(query, filters=narrowed(narrow, ask), page=1, per_page=MOST_COUNTED, sort=sort, facets=False)
                if not found.relaxed:  # what only comes near the words does not belong on a shelf
                    ids.update(dict.fromkeys(found.ids))
                    is_whole = is_whole and found.total <= MOST_COUNTED
    except EngineUnavailable as exc:
        raise not_ready() from exc
    return Stood(tuple(ids), is_whole)


def answering(engine: Engine, query: Query, filters: Iterable[Filters]) -> tuple[Stood, bool]:
    """What answers something typed, the first circle first; and whether that only comes near it. Raises Busy while there is no index."""
    exact: dict[int, None] = {}
    near: dict[int, None] = {}
    is_whole = True
    try:
        for narrow in filters:
            found = engine.search(query, filters=narrow, page=1, per_page=_TYPED, sort=Sort.RELEVANCE, facets=False)
            (near if found.relaxed else exact).update(dict.fromkeys(found.ids))
            is_whole = is_whole and (found.relaxed or found.total <= _TYPED)
    except EngineUnavailable as exc:
        raise not_ready() from exc
    return Stood(tuple(exact or near), is_whole), bool(near and not exact)


def narrowed(filters: Filters, ask: Ask) -> Filters:
    written = frozenset(key(Kind.AUTHOR, name) for name in ask.writers)
    return msgspec.structs.replace(filters, ndc=frozenset(ask.classes), material=frozenset(ask.kinds), headings=written)


def questions_of(ask: Ask) -> Iterator[Query]:
    """Together they ask for any of the words, wherever it stands in title, reading or subject; without words, for everything."""
    if not ask.words:
        yield Query()
        return
    # Not what only sounds so after a particle: 「と+バケツ」 is no おばけ.
    ways = [way for word in ask.words for term in parse(word).terms for way in term.alternatives if way.kind == "plain"]
    for some in _in_parts(ways):
        yield _any_of(some)


def beginnings(spellings: Sequence[str]) -> Iterator[Query]:
    """Titles and names that begin with one of these."""
    for some in _in_parts([_first(spelled) for spelled in spellings]):
        yield _any_of(some)


def _in_parts(ways: Sequence[Alternative]) -> Iterator[Sequence[Alternative]]:
    for start in range(0, len(ways), _MOST_WAYS):
        yield ways[start : start + _MOST_WAYS]


def _any_of(ways: Sequence[Alternative]) -> Query:
    whole = Alternative(ways[0].text, ways[0].skeleton, tuple(edged(ways[0].skeleton)))
    return Query(typed=ways[0].text, text=ways[0].text, terms=(Term(ways[0].text, tuple(ways)),), whole=(whole,))


def _first(spelled: str) -> Alternative:
    text = norm(spelled)
    bare = bones(text)
    return Alternative(text, bare, tuple(edged(bare)[:-1]))
