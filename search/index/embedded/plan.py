"""A query and its filters as the embedded engine asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from tantivy import FieldType, Occur, Query, Schema

from search.asking import query as typed
from search.index.document import spot
from search.index.embedded import fields
from search.index.engine import Filters
from search.index.headings import by_kind
from search.index.terms import sights

_BOOSTS = ((fields.TITLE, 3.0), (fields.AUTHOR, 2.5), (fields.TITLE_KANA, 1.5), (fields.AUTHOR_KANA, 1.5), (fields.OTHER, 0.7))
_LINKED_FIELDS = ((fields.TITLE, 2.0), (fields.TITLE_KANA, 1.0), (fields.OTHER, 0.5))
_EDGES = ((fields.TITLE, 1.5), (fields.AUTHOR, 1.2), (fields.TITLE_KANA, 1.0), (fields.AUTHOR_KANA, 0.8))
_WHOLE = ((fields.TITLE, 6.0), (fields.AUTHOR, 4.0), (fields.TITLE_KANA, 4.0), (fields.AUTHOR_KANA, 3.0))
_FIELD_BEGINS = 1 / 3  # of the boost for being the whole field
_MOST_RELAXED_TOKENS = 24
_FEW = 100
_FIRST_YEAR, _LAST_YEAR = 0, 9999
_LAST_DAY = 10**7


class Plan:
    """Builds queries for one schema."""

    def __init__(self, schema: Schema) -> None:
        self._term: Callable[[str, str | int], Query] = partial(Query.term_query, schema)
        self._in_a_row: Callable[[str, list[str]], Query] = partial(Query.phrase_query, schema)
        self._schema = schema

    def strict(self, query: typed.Query) -> Query:
        """What is `matching`; being a whole field, or its beginning, counts more."""
        matching = self.matching(query)
        if query.isbn or not query.terms:
            return matching
        edges = [part for way in query.whole for field, boost in _WHOLE for part in self._whole(field, way.tokens, boost)]
        return Query.boolean_query([(Occur.Must, matching), (Occur.Should, Query.disjunction_max_query(edges))])

    def matching(self, query: typed.Query) -> Query:
        """Every term is held, or the query as one text: what is found, without its order."""
        if query.isbn:
            return self._term(fields.ISBN, query.isbn)
        if not query.terms:
            return Query.all_query()
        matching = Query.boolean_query([(Occur.Must, self._held(term)) for term in query.terms])
        joined = [self._phrase(field, way.tokens[1:-1], boost) for way in query.whole for field, boost in _BOOSTS if len(way.tokens) > 2]
        if len(query.terms) > 1 and joined:
            matching = Query.disjunction_max_query([matching, *joined])
        return matching

    def relaxed(self, query: typed.Query) -> Query:
        """Half of the tokens in any place: one wrong character spoils two pairs of a whole title."""
        ways = []
        for way in (*query.whole, *query.near):
            tokens = way.tokens[:_MOST_RELAXED_TOKENS]
            parts = [Query.disjunction_max_query([Query.boost_query(self._term(f, t), boost) for f, boost in _BOOSTS]) for t in tokens]
            inner = max(1, len(tokens) - 2)  # the edges help to find, and are not asked for
            ways.append(Query.boolean_query([(Occur.Should, part) for part in parts], minimum_number_should_match=(inner + 1) // 2))
        return Query.disjunction_max_query(ways)

    def narrowed(self, query: Query, clauses: dict[str, Query]) -> Query:
        """`query` within all clauses, which do not touch its scores."""
        if not clauses:
            return query
        # What is on the shelf at a branch is held there; to look for each of many branches once is enough.
        asked = [clause for name, clause in clauses.items() if name != "branch" or "available" not in clauses]
        return Query.boolean_query([(Occur.Must, query), *((Occur.Must, Query.const_score_query(clause, 0.0)) for clause in asked)])

    def these(self, record_ids: Sequence[int]) -> Query:
        return self._any(fields.KEY, [str(record) for record in record_ids])

    def clauses(self, filters: Filters) -> dict[str, Query]:
        """Facet name → what it asks for; `seen_by` beside them belongs to no facet and is always there unless all may be seen."""
        found: dict[str, Query] = {}
        if filters.seen_by is not None:
            found["seen_by"] = self._any(fields.SEEN_BY, sorted(filters.seen_by))
        if filters.branches:
            found["branch"] = self.at(fields.HELD, filters.branches, filters.seen_by)
        if filters.available:
            found["available"] = self.available(filters.branches, filters.seen_by)
        for name, field, values in (
            ("material", fields.MATERIAL, filters.material),
            ("language", fields.LANGUAGE, filters.language),
            ("audience", fields.AUDIENCE, filters.audience),
            ("ndc1", fields.NDC, filters.ndc),
        ):
            if values:
                found[name] = self._any(field, sorted(values))
        if filters.year_from is not None or filters.year_to is not None:
            found["year"] = self._years(filters.year_from, filters.year_to)
        for kind, keys in by_kind(filters.headings).items():
            found[f"heading {kind}"] = self._any(fields.HEADING, keys)
        if filters.added_from is not None:
            found["added"] = Query.range_query(self._schema, fields.ADDED, FieldType.Unsigned, max(0, filters.added_from), _LAST_DAY)
        return found

    def available(self, branches: frozenset[int], seen_by: frozenset[int] | None) -> Query:
        return self.at(fields.AVAILABLE, branches, seen_by) if branches else self._any(fields.OPEN, sights(seen_by))

    def at(self, field: str, branches: Iterable[int], seen_by: frozenset[int] | None) -> Query:
        """At one of the branches, with copies there that these viewers may see."""
        return self._any(field, sorted(spot(branch, sight) for branch in branches for sight in sights(seen_by)))

    def _any(self, field: str, values: Sequence[str | int]) -> Query:
        if not values:
            return Query.empty_query()
        return self._term(field, values[0]) if len(values) == 1 else self._any_of(field, values)

    def _any_of(self, field: str, values: Sequence[str | int]) -> Query:
        """The library's own query for a set of terms is slow to set up, so a few are joined one by one."""
        if len(values) > _FEW:
            return Query.term_set_query(self._schema, field, values)
        return Query.boolean_query([(Occur.Should, self._term(field, value)) for value in values])

    def _years(self, first: int | None, last: int | None) -> Query:
        low = max(_FIRST_YEAR, _FIRST_YEAR if first is None else first)
        high = min(_LAST_YEAR, _LAST_YEAR if last is None else last)
        if low > high:
            return Query.empty_query()
        return Query.range_query(self._schema, fields.YEAR, FieldType.Unsigned, low, high)

    def _held(self, term: typed.Term) -> Query:
        ways: list[Query] = []
        for way in term.alternatives:
            if way.kind == "linked":
                ways += [self._phrase(field, way.tokens, boost) for field, boost in _LINKED_FIELDS]
            elif way.kind == "volume" and way.volume:
                stem = Query.disjunction_max_query([self._phrase(field, way.tokens, boost) for field, boost in _BOOSTS])
                ways.append(Query.boolean_query([(Occur.Must, stem), (Occur.Must, self._term(fields.VOLUME, way.volume))]))
            elif way.tokens:
                ways += [self._phrase(field, way.tokens, boost) for field, boost in _BOOSTS]
            else:
                ways += self._single(way.skeleton)
        if term.volume:
            ways.append(Query.boost_query(self._term(fields.VOLUME, term.volume), 2.0))
        if term.prefix:
            ways.append(Query.boost_query(self._term(fields.SINGLES, term.prefix), 0.3))
        return Query.disjunction_max_query(ways)

    def _single(self, character: str) -> list[Query]:
        edges = [(f"^{character}", 1.0), (f"{character}$", 0.6)]
        found = [Query.boost_query(self._term(field, token), boost * share) for field, boost in _EDGES for token, share in edges]
        return [Query.boost_query(self._term(fields.SINGLES, character), 0.5), *found]

    def _whole(self, field: str, tokens: tuple[str, ...], boost: float) -> list[Query]:
        return [self._phrase(field, tokens, boost), self._phrase(field, tokens[:-1], boost * _FIELD_BEGINS)]

    def _phrase(self, field: str, tokens: Sequence[str], boost: float) -> Query:
        found = self._term(field, tokens[0]) if len(tokens) == 1 else self._in_a_row(field, list(tokens))
        return Query.boost_query(found, boost)
