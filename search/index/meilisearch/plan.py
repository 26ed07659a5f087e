"""A query and its filters as the server is asked them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product

import msgspec

from search.asking import query as typed
from search.index.document import spot
from search.index.engine import Filters
from search.index.headings import by_kind
from search.index.meilisearch import codes, declared
from search.index.terms import sights

MOST_PARTS = 12  # combinations of spellings that are asked for
_MOST_RELAXED = 10  # the server looks at no more words of a query
_ROTATIONS = 4  # it drops words from the end, so each start forgives a slip in another place
_MOST_WAYS = 3


class Strict(msgspec.Struct, frozen=True):
    """`parts`: together they find all that answers. `first`: found by a part too, and must be among the candidates."""

    parts: tuple[str, ...]
    first: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()  # where to look; everywhere when empty


def strict(query: typed.Query) -> Strict:
    if query.isbn:
        return Strict((quoted([query.isbn]),), attributes=(declared.ISBN,))
    if not query.terms:
        return Strict(("",))
    spellings = [_spellings(term) for term in query.terms]
    combined = sorted(product(*(range(len(one)) for one in spellings)), key=sum) if _few(spellings) else [(0,) * len(spellings)]
    parts = [" ".join(ways[at] for ways, at in zip(spellings, chosen, strict=True)) for chosen in islice(combined, MOST_PARTS)]
    if len(query.terms) > 1:
        parts += [quoted(way.tokens[1:-1]) for way in query.whole if len(way.tokens) > 2]
    return Strict(tuple(dict.fromkeys(parts)), first=tuple(quoted(way.tokens) for way in query.whole))


def _few(spellings: Sequence[Sequence[str]]) -> bool:
    """Twelve words with two spellings each have four thousand combinations; nobody types romaji for that long."""
    count = 1
    for ways in spellings:
        count *= len(ways)
    return count <= 1000


def _spellings(term: typed.Term) -> list[str]:
    found: list[str] = []
    for way in term.alternatives:
        if way.kind == "volume" and way.volume:
            found.append(f'{quoted(way.tokens)} "{codes.volume(way.volume)}"')
        else:
            found.append(quoted(way.tokens or (way.skeleton,)))
    if term.volume:
        found.append(f'"{codes.volume(term.volume)}"')
    if term.prefix:
        found.append(f'"{codes.beginning(term.prefix)}"')
    return list(dict.fromkeys(found))


def relaxed(query: typed.Query) -> list[str]:
    """Words of which the last may be missing, from several starting points."""
    asked: list[str] = []
    for way in [*query.whole, *query.near][:_MOST_WAYS]:
        tokens = [codes.word(token) for token in (way.tokens[1:-1] or way.tokens)][:_MOST_RELAXED]
        starts = sorted({len(tokens) * step // _ROTATIONS for step in range(_ROTATIONS)})
        asked += [" ".join(tokens[start:] + tokens[:start]) for start in starts]
    return list(dict.fromkeys(asked))


def quoted(tokens: Iterable[str]) -> str:
    """The tokens in a row."""
    return '"' + " ".join(map(codes.word, tokens)) + '"'


def clauses(filters: Filters) -> dict[str, str]:
    """Facet name → what it asks for; `seen_by` beside them belongs to no facet and is always there."""
    found = {"seen_by": one_of(declared.SEEN_BY, map(str, sights(filters.seen_by)))}
    if filters.branches:
        found["branch"] = at(declared.HELD, filters.branches, filters.seen_by)
    if filters.available:
        found["available"] = available(filters.branches, filters.seen_by)
    for name, field, values in (
        ("material", declared.MATERIAL, filters.material),
        ("language", declared.LANGUAGE, filters.language),
        ("audience", declared.AUDIENCE, filters.audience),
        ("ndc1", declared.NDC, filters.ndc),
    ):
        if values:
            found[name] = one_of(field, sorted(values))
    years = [f"{declared.YEAR} >= {filters.year_from}"] if filters.year_from is not None else []
    years += [f"{declared.YEAR} <= {filters.year_to}"] if filters.year_to is not None else []
    if years:
        found["year"] = " AND ".join(years)
    for kind, keys in by_kind(filters.headings).items():
        found[f"heading {kind}"] = one_of(declared.HEADING, keys)
    if filters.added_from is not None:
        found["added"] = f"{declared.ADDED} >= {filters.added_from}"
    return found


def available(branches: frozenset[int], seen_by: frozenset[int] | None) -> str:
    return at(declared.AVAILABLE, branches, seen_by) if branches else one_of(declared.OPEN, map(str, sights(seen_by)))


def at(field: str, branches: Iterable[int], seen_by: frozenset[int] | None) -> str:
    """At one of the branches, with copies there that these viewers may see."""
    return one_of(field, (str(spot(branch, sight)) for branch in sorted(branches) for sight in sights(seen_by)))


def these(records: Iterable[int]) -> str:
    return one_of(declared.ID, map(str, records))


def one_of(field: str, values: Iterable[str]) -> str:
    return f"{field} IN [{', '.join(_text(value) for value in values)}]"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def without(asked: dict[str, str], name: str) -> dict[str, str]:
    return {other: clause for other, clause in asked.items() if other != name}
