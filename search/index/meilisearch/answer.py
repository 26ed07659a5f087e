"""One question put to the server: matching, order, page, total and facets, in one to three requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from search.asking import rank
from search.asking.query import Query
from search.index.document import branch_of, sight_of
from search.index.engine import Filters, First, Found, Sort, silent
from search.index.meilisearch import declared, holding, plan
from search.index.meilisearch.entries import forms_of
from search.index.terms import FOR_STAFF, sights

Ask = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]

BACKEND = "meilisearch"
_RELAXED_HITS = 60
_ORDERS = {
    Sort.NEWEST: f"{declared.ADDED}:desc",
    Sort.POPULAR: f"{declared.POPULARITY}:desc",
    Sort.TITLE: f"{declared.TITLE_SORT}:asc",
    Sort.YEAR: f"{declared.YEAR}:desc",
    Sort.OLDEST: f"{declared.YEAR}:asc",
}
_COUNTED = {
    "material": declared.MATERIAL,
    "ndc1": declared.NDC1,
    "language": declared.LANGUAGE,
    "audience": declared.AUDIENCE,
    "year": declared.YEAR,
}
_CANDIDATE = [declared.ID, declared.FORMS, declared.POPULARITY]


def answer(
    ask: Ask,
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
    if query.is_empty and sort is Sort.RELEVANCE:
        sort = Sort.POPULAR
    question = _Question(ask, query, filters)
    matched = question.matched(candidates=sort is Sort.RELEVANCE)
    offset = (max(1, page) - 1) * per_page
    if near and not matched.total and question.nothing_holds_all():
        return _nearest(question, offset=offset, per_page=per_page, sort=sort)
    if sort is Sort.RELEVANCE:
        ids = question.ranked(matched, offset, per_page)
    else:
        ids = question.in_order(matched.base, sort, offset, per_page) if matched.total else []
    first(tuple(ids))
    return Found(
        ids=tuple(ids),
        total=matched.total,
        total_is_exact=matched.is_exact,
        facets=_Facets(question, question.base_without_filters(matched)).counted() if facets else {},
        backend=BACKEND,
    )


def _nearest(question: _Question, *, offset: int, per_page: int, sort: Sort) -> Found:
    ids = question.near()
    page = ids[offset : offset + per_page]
    if sort is not Sort.RELEVANCE and ids:  # another order of the near ones
        page = question.in_order(_Base("", plan.these(ids)), sort, offset, per_page)
    return Found(ids=tuple(page), total=len(ids), total_is_exact=False, relaxed=True, backend=BACKEND)


class _Base(msgspec.Struct, frozen=True):
    """What is matched, as one search: a text, or the records found by several."""

    text: str
    records: str = ""  # a filter
    attributes: tuple[str, ...] = ()

    def asked(self, clauses: dict[str, str], **more: Any) -> dict[str, Any]:
        every = [*clauses.values(), *([self.records] if self.records else [])]
        on = {"attributesToSearchOn": list(self.attributes)} if self.attributes else {}
        return {"q": self.text, "filter": every, "matchingStrategy": "all", **on, **more}


class _Matched(msgspec.Struct, frozen=True):
    """`productive`: the parts that found something."""

    base: _Base
    total: int
    is_exact: bool
    productive: tuple[str, ...]
    candidates: tuple[tuple[int, rank.Exact], ...] = ()


class _Question:
    def __init__(self, ask: Ask, query: Query, filters: Filters) -> None:
        self._ask = ask
        self._query = query
        self.filters = filters
        self.clauses = plan.clauses(filters)
        self._strict = plan.strict(query)
        self._may_mistake = not query.isbn and holding.may_mistake(query)

    def ask(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return self._ask(queries) if queries else []

    def matched(self, *, candidates: bool) -> _Matched:
        """What holds every word, by all spellings of the query."""
        parts = self._strict.parts
        limit, shown = (rank.RERANKED, _CANDIDATE) if candidates or self._may_mistake else (0, [declared.ID])
        asked = [
            self._part(text, limit=limit, attributesToRetrieve=shown) for text in (*parts, *(self._strict.first if candidates else ()))
        ]
        answered = self.ask(asked)
        totals = {part: int(one["estimatedTotalHits"]) for part, one in zip(parts, answered, strict=False)}
        productive = tuple(part for part in parts if totals[part])
        first_ones = [*answered[len(parts) :], *answered[: len(parts)]]  # whole fields before pieces
        found = _forms(first_ones)
        if max(totals.values()) <= limit and len(held := self._held(found)) < len(found):
            return _Matched(_Base("", plan.these(held)), len(held), True, productive, tuple(held.items()))
        if len(productive) < 2:
            return self._matched_by_one(productive, totals, found)
        ids = list(found) if max(totals.values()) <= limit else self._union(productive, self.clauses)
        is_whole = max(totals.values()) < declared.MOST_HITS
        total = len(ids) if is_whole else max(len(ids), *totals.values())
        return _Matched(_Base("", plan.these(ids)), total, is_whole, productive, tuple(found.items()))

    def _held(self, found: dict[int, rank.Exact]) -> dict[int, rank.Exact]:
        """Without those that have the words of the query in scattered pieces only."""
        if not self._may_mistake:
            return found
        return {number: forms for number, forms in found.items() if not holding.mistaken(self._query, forms)}

    def _matched_by_one(self, productive: tuple[str, ...], totals: dict[str, int], found: dict[int, rank.Exact]) -> _Matched:
        text = productive[0] if productive else self._strict.parts[0]
        total = totals[text]
        return _Matched(_Base(text, attributes=self._strict.attributes), total, True, productive, tuple(found.items()))

    def base_without_filters(self, matched: _Matched) -> _Base:
        """For counts that leave one filter out: several spellings are asked again under no filter of the reader's."""
        one_spelling = len(matched.productive) < 2 and len(self._strict.parts) < 2
        if (one_spelling and not self._may_mistake) or (len(self.clauses) == 1 and (one_spelling or matched.base.records)):
            return matched.base
        seen = {"seen_by": self.clauses["seen_by"]}
        held, are_all = self._held_within(seen)
        if are_all:
            return _Base("", plan.these(held))
        if one_spelling:
            return _Base(self._strict.parts[0], attributes=self._strict.attributes)
        ids = self._union(self._strict.parts, seen)
        return _Base("", plan.these(ids)) if 0 < len(ids) < declared.MOST_HITS else matched.base

    def _held_within(self, clauses: dict[str, str]) -> tuple[list[int], bool]:
        """What holds the query under these clauses, and whether that is all there is."""
        asked = [self._part(text, clauses, limit=rank.RERANKED, attributesToRetrieve=_CANDIDATE) for text in self._strict.parts]
        answered = self.ask(asked)
        are_all = all(int(one["estimatedTotalHits"]) <= rank.RERANKED for one in answered)
        return list(self._held(_forms(answered))), are_all

    def _union(self, parts: Iterable[str], clauses: dict[str, str]) -> list[int]:
        asked = [self._part(text, clauses, limit=declared.MOST_HITS, attributesToRetrieve=[declared.ID]) for text in parts]
        return list(dict.fromkeys(int(hit[declared.ID]) for one in self.ask(asked) for hit in one["hits"]))[: declared.MOST_HITS]

    def ranked(self, matched: _Matched, offset: int, per_page: int) -> list[int]:
        """The first ones in our order, what is deeper in the server's, less what was shown before."""
        head = rank.order(self._query, matched.candidates)
        end = offset + per_page
        if end <= len(head) or len(head) >= matched.total:
            return head[offset:end]
        before = set(head)
        deeper = [number for number in self._union(matched.productive, self.clauses) if number not in before]
        return [*head, *deeper][offset:end]

    def in_order(self, base: _Base, sort: Sort, offset: int, per_page: int) -> list[int]:
        asked = base.asked(self.clauses, sort=[_ORDERS[sort]], offset=offset, limit=per_page, attributesToRetrieve=[declared.ID])
        return [int(hit[declared.ID]) for hit in self.ask([asked])[0]["hits"]]

    def nothing_holds_all(self) -> bool:
        """Not even without the reader's own filters: then near answers help. What may be seen stays applied."""
        if self._query.is_empty or self._query.isbn:
            return False
        if len(self.clauses) == 1:
            return True
        held, are_all = self._held_within({"seen_by": self.clauses["seen_by"]})
        return are_all and not held

    def near(self) -> list[int]:
        kept = list(self.clauses.values())
        asked = [
            {"q": text, "filter": kept, "matchingStrategy": "last", "limit": _RELAXED_HITS, "attributesToRetrieve": _CANDIDATE}
            for text in plan.relaxed(self._query)
        ]
        return rank.order(self._query, _forms(self.ask(asked)).items(), relaxed=True)

    def _part(self, text: str, clauses: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        return _Base(text, attributes=self._strict.attributes).asked(self.clauses if clauses is None else clauses, **more)


def _forms(answers: Iterable[dict[str, Any]]) -> dict[int, rank.Exact]:
    """Record → its exact forms, in the order of the answers."""
    found: dict[int, rank.Exact] = {}
    for one in answers:
        for hit in one["hits"]:
            number = int(hit[declared.ID])
            if number not in found and declared.FORMS in hit:
                found[number] = forms_of(hit)
    return found


class _Facets:
    """The counts of a facet that is filtered on ignore that facet's own filter."""

    def __init__(self, question: _Question, base: _Base) -> None:
        self._question = question
        self._base = base
        self._filters = question.filters
        self._clauses = question.clauses

    def counted(self) -> dict[str, dict[str, int]]:
        filtered = [name for name in _COUNTED if name in self._clauses]
        free = [name for name in _COUNTED if name not in self._clauses]
        field, at_branches = self._branches()
        on_shelf = plan.without(self._clauses, "available")
        on_shelf["available"] = plan.available(self._filters.branches, self._filters.seen_by)
        answered = self._question.ask(
            [
                self._asked(self._clauses, free),
                *(self._asked(plan.without(self._clauses, name), [name]) for name in filtered),
                self._base.asked(at_branches, facets=[field], limit=0),
                self._base.asked(on_shelf, facets=[declared.SEEN_BY], limit=0),
            ]
        )
        found = {name: _counts(answered[0], _COUNTED[name]) for name in free}
        for name, one in zip(filtered, answered[1:], strict=False):
            found[name] = _counts(one, _COUNTED[name])
        found["branch"] = self._by_branch(_counts(answered[-2], field), field, at_branches)
        found["available"] = {"true": _all_of(answered[-1])}
        return found

    def _asked(self, clauses: dict[str, str], names: Sequence[str]) -> dict[str, Any]:
        return self._base.asked(clauses, facets=[_COUNTED[name] for name in names], limit=0)

    def _branches(self) -> tuple[str, dict[str, str]]:
        """Where else it is on the shelf when only that is asked for, else where it belongs."""
        clauses = plan.without(self._clauses, "branch")
        if not self._filters.available:
            return declared.HELD, clauses
        return declared.AVAILABLE, clauses | {"available": plan.available(frozenset(), self._filters.seen_by)}

    def _by_branch(self, spots: dict[str, int], field: str, clauses: dict[str, str]) -> dict[str, int]:
        """Only copies that the viewer may see count."""
        seen = set(sights(self._filters.seen_by))
        parts: dict[int, list[int]] = {}
        for spot, count in spots.items():
            if sight_of(int(spot)) in seen:
                parts.setdefault(branch_of(int(spot)), []).append(count)
        found = {str(branch): counts[0] for branch, counts in parts.items()}
        several = [branch for branch, counts in parts.items() if len(counts) > 1]  # the same record may be there for several circles
        asked = [
            self._base.asked(clauses | {"branch": plan.at(field, [branch], self._filters.seen_by)}, facets=[declared.SEEN_BY], limit=0)
            for branch in several
        ]
        for branch, one in zip(several, self._question.ask(asked), strict=True):
            found[str(branch)] = _all_of(one)
        return found


def _counts(answered: dict[str, Any], field: str) -> dict[str, int]:
    return {value: int(count) for value, count in answered.get("facetDistribution", {}).get(field, {}).items() if value}


def _all_of(answered: dict[str, Any]) -> int:
    """Every record is seen by the staff; the server's own totals end at the most hits."""
    return _counts(answered, declared.SEEN_BY).get(str(FOR_STAFF), 0)
