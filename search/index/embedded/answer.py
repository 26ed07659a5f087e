"""One question put to an opened index: matching, order, page, total and facets."""

from __future__ import annotations

import tantivy

from search.asking import rank
from search.asking.query import Query
from search.index.document import branch_of, sight_of
from search.index.embedded import fields
from search.index.embedded.plan import Plan
from search.index.engine import Filters, First, Found, Sort, silent
from search.index.terms import sights

_RELAXED_CANDIDATES = 200
_ORDERS = {
    Sort.NEWEST: (fields.ADDED, tantivy.Order.Desc),
    Sort.POPULAR: (fields.POPULARITY, tantivy.Order.Desc),
    Sort.TITLE: (fields.TITLE_SORT, tantivy.Order.Asc),
    Sort.YEAR: (fields.YEAR, tantivy.Order.Desc),
    Sort.OLDEST: (fields.YEAR, tantivy.Order.Asc),
}
_COUNTED = {
    "material": (fields.MATERIAL, 50),
    "ndc1": (fields.NDC1, 20),
    "language": (fields.LANGUAGE, 200),
    "audience": (fields.AUDIENCE, 20),
    "year": (fields.YEAR, 500),
}
_MOST_SPOTS = 5000
_MOST_CIRCLES = 1000


def answer(
    searcher: tantivy.Searcher,
    plan: Plan,
    query: Query,
    *,
    filters: Filters,
    page: int,
    per_page: int,
    sort: Sort,
    facets: bool,
    first: First = silent,
    near: bool = True,
) -> Found:
    clauses = plan.clauses(filters)
    matching = plan.matching(query)
    question = _Question(searcher, plan, query, (max(1, page) - 1) * per_page, per_page)
    ids, total = question.page(plan.narrowed(plan.strict(query), clauses), sort)
    relaxed = near and total == 0 and _nothing_holds_all(searcher, plan, query, matching, clauses)
    if relaxed:
        ids, total = question.nearest(plan.narrowed(plan.relaxed(query), clauses), sort)
    first(tuple(ids))
    return Found(
        ids=tuple(ids),
        total=total,
        total_is_exact=not relaxed,
        relaxed=relaxed,
        facets=_facets(searcher, plan, matching, filters, total) if facets and not relaxed else {},
        backend="embedded",
    )


def _nothing_holds_all(
    searcher: tantivy.Searcher, plan: Plan, query: Query, matching: tantivy.Query, clauses: dict[str, tantivy.Query]
) -> bool:
    """Strict finds nothing even without the reader's own filters: then near answers help. What may be seen stays applied."""
    if query.is_empty or query.isbn:
        return False
    seen = {name: clause for name, clause in clauses.items() if name == "seen_by"}
    if len(seen) == len(clauses):
        return True
    return bool(_total(searcher.search(plan.narrowed(matching, seen), limit=1)) == 0)


def _total(result: tantivy.SearchResult) -> int:
    return int(result.count)  # type: ignore[attr-defined]  # the stub of 0.27 leaves it out


class _Question:
    """The pages of one answer."""

    def __init__(self, searcher: tantivy.Searcher, plan: Plan, query: Query, offset: int, per_page: int) -> None:
        self._searcher = searcher
        self._plan = plan
        self._query = query
        self._offset = offset
        self._per_page = per_page

    def page(self, asked: tantivy.Query, sort: Sort) -> tuple[list[int], int]:
        if self._query.is_empty and sort is Sort.RELEVANCE:
            sort = Sort.POPULAR
        if sort is not Sort.RELEVANCE:
            return self._in_order(asked, sort)
        end = self._offset + self._per_page
        ids: list[int] = []
        total = None
        if self._offset < rank.RERANKED:
            ids, total = self._ranked(asked, rank.RERANKED, relaxed=False)
            ids = ids[self._offset : end]
        if end > rank.RERANKED and (total is None or total > rank.RERANKED):
            start = max(self._offset, rank.RERANKED)
            deeper = self._searcher.search(asked, limit=end - start, offset=start, weight_by_field=fields.WEIGHT)
            ids, total = [*ids, *self._records([address for _, address in deeper.hits])], _total(deeper)
        return ids, total or 0

    def nearest(self, asked: tantivy.Query, sort: Sort) -> tuple[list[int], int]:
        ids = self._ranked(asked, _RELAXED_CANDIDATES, relaxed=True)[0]
        if sort is not Sort.RELEVANCE:  # another order of the near ones, not of all that share a syllable
            return self._in_order(self._plan.these(ids), sort)
        return ids[self._offset : self._offset + self._per_page], len(ids)

    def _in_order(self, asked: tantivy.Query, sort: Sort) -> tuple[list[int], int]:
        field, order = _ORDERS[sort]
        result = self._searcher.search(asked, limit=self._per_page, offset=self._offset, order_by_field=field, order=order)
        return self._records([address for _, address in result.hits]), _total(result)

    def _ranked(self, asked: tantivy.Query, limit: int, *, relaxed: bool) -> tuple[list[int], int]:
        weight = None if relaxed else fields.WEIGHT
        result = self._searcher.search(asked, limit=limit, weight_by_field=weight)
        addresses = [address for _, address in result.hits]
        forms = [fields.exact_of(self._searcher.doc(address)) for address in addresses]
        candidates = zip(self._records(addresses), forms, strict=True)
        return rank.order(self._query, candidates, relaxed=relaxed), _total(result)

    def _records(self, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(number or 0) for number in self._searcher.fast_field_values(fields.RECORD, addresses)] if addresses else []


def _facets(searcher: tantivy.Searcher, plan: Plan, matching: tantivy.Query, filters: Filters, total: int) -> dict[str, dict[str, int]]:
    """All facets without a filter in one call under every filter; each filtered one by itself under all the others."""
    clauses = plan.clauses(filters)
    together = {name: counted for name, counted in _COUNTED.items() if name not in clauses}
    if not filters.branches:
        together["spots"] = (fields.AVAILABLE if filters.available else fields.HELD, _MOST_SPOTS)
    circles = sights(filters.seen_by)
    counts_open = not filters.branches and not filters.available and len(circles) == 1
    if counts_open:
        together["open"] = (fields.OPEN, _MOST_CIRCLES)
    asked = plan.narrowed(matching, clauses)
    found = _counted(searcher, asked, together)
    for name in _COUNTED.keys() & clauses.keys():
        found |= _counted(searcher, plan.narrowed(matching, _without(clauses, name)), {name: _COUNTED[name]})
    if filters.branches:
        found["branch"] = _branches_chosen(searcher, plan, matching, filters)
    else:
        field = fields.AVAILABLE if filters.available else fields.HELD
        found["branch"] = _by_branch(searcher, plan, asked, found.pop("spots"), field=field, filters=filters)
    if counts_open:
        on_shelf = found.pop("open").get(str(circles[0]), 0)
    elif filters.available:
        on_shelf = total
    else:
        on = plan.available(filters.branches, filters.seen_by)
        on_shelf = _total(searcher.search(plan.narrowed(matching, {**clauses, "available": on}), limit=1))
    found["available"] = {"true": on_shelf}
    return found


def _without(clauses: dict[str, tantivy.Query], name: str) -> dict[str, tantivy.Query]:
    return {other: clause for other, clause in clauses.items() if other != name}


def _branches_chosen(searcher: tantivy.Searcher, plan: Plan, matching: tantivy.Query, filters: Filters) -> dict[str, int]:
    """Records by branch where some are chosen: the counts ignore which."""
    clauses, field = _without(plan.clauses(filters), "branch"), fields.HELD
    if filters.available:  # where else it is on the shelf, not where else it belongs
        field, clauses["available"] = fields.AVAILABLE, plan.available(frozenset(), filters.seen_by)
    asked = plan.narrowed(matching, clauses)
    spots = _counted(searcher, asked, {"spots": (field, _MOST_SPOTS)})["spots"]
    return _by_branch(searcher, plan, asked, spots, field=field, filters=filters)


def _by_branch(
    searcher: tantivy.Searcher, plan: Plan, asked: tantivy.Query, spots: dict[str, int], *, field: str, filters: Filters
) -> dict[str, int]:
    """Counts of spots as counts of branches, for copies that the viewer may see."""
    seen = set(sights(filters.seen_by))
    counts: dict[int, list[int]] = {}
    for spot, count in spots.items():
        if sight_of(int(spot)) in seen:
            counts.setdefault(branch_of(int(spot)), []).append(count)
    found: dict[str, int] = {}
    for branch, parts in counts.items():
        if len(parts) == 1:
            found[str(branch)] = parts[0]
        else:  # the same record may be here for several circles to which the viewer belongs
            here = plan.narrowed(asked, {"branch": plan.at(field, [branch], filters.seen_by)})
            found[str(branch)] = _total(searcher.search(here, limit=1))
    return found


def _counted(searcher: tantivy.Searcher, asked: tantivy.Query, facets: dict[str, tuple[str, int]]) -> dict[str, dict[str, int]]:
    if not facets:
        return {}
    wanted = {name: {"terms": {"field": field, "size": size}} for name, (field, size) in facets.items()}
    counted = searcher.aggregate(asked, wanted)
    return {name: {_label(bucket["key"]): int(bucket["doc_count"]) for bucket in counted[name]["buckets"]} for name in facets}


def _label(key: str | float) -> str:
    return key if isinstance(key, str) else str(int(key))
