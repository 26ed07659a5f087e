"""Points on filters, counts and orders: each beside what was counted without any engine."""

from __future__ import annotations

from search.index.engine import Filters, Sort
from search.index.meilisearch import declared, plan
from search.index.meilisearch.contract.books import ALL, BRANCHES, COUNTED, EVERYONE, FEW, OWN, counts, meets, numbers
from search.index.meilisearch.contract.trial import Checks, Outcome, Trial, Tried


def _filtered(**how: object) -> Tried:
    """Books that meet the filters, all of them, up to what is counted."""
    filters = Filters(**({"seen_by": EVERYONE} | how))  # type: ignore[arg-type]  # a table of keywords

    def tried(trial: Trial) -> Outcome:
        expected = numbers(meets(filters))
        found = trial.find("", filters, per_page=50, sort=Sort.POPULAR)
        most = min(len(expected), declared.MOST_HITS)
        seen = sorted(found.ids) if len(expected) <= 50 else [number for number in found.ids if number not in expected]
        return (most, expected if len(expected) <= 50 else []), (found.total, seen)

    return tried


def _many_numbers(trial: Trial) -> Outcome:
    """A filter may name a thousand records."""
    every = [book.record_id for book in ALL][: declared.MOST_HITS - 1]
    return len(every), trial.answered(filter=[plan.these(every)], limit=0)["estimatedTotalHits"]


def _every_clause_counts(trial: Trial) -> Outcome:
    clauses = [plan.one_of(declared.MATERIAL, ["book"]), plan.one_of(declared.NDC1, ["9"]), f"{declared.YEAR} >= 1950"]
    return [4, 8], sorted(trial.ids(filter=clauses))


def _counted(facet: str, **how: object) -> Tried:
    """A facet's own filter does not narrow its counts; those beyond what is counted in hits are exact too."""
    filters = Filters(**({"seen_by": EVERYONE} | how))  # type: ignore[arg-type]  # a table of keywords
    own = {"year": ("year_from", "year_to"), "ndc1": ("ndc",)}.get(facet, (facet,))
    others = Filters(**({"seen_by": EVERYONE} | {name: value for name, value in how.items() if name not in own}))  # type: ignore[arg-type]

    def tried(trial: Trial) -> Outcome:
        seen = trial.find("", filters).facets[facet]
        return counts(meets(others), COUNTED[facet]), dict(sorted(seen.items()))

    return tried


def _branches(trial: Trial) -> Outcome:
    expected = counts(meets(Filters(seen_by=EVERYONE)), lambda book: {str(one) for one in book.held if one < BRANCHES + 1})
    seen = dict(sorted(trial.find("", Filters(seen_by=EVERYONE)).facets["branch"].items()))
    return (len(expected), expected), (len(seen), seen)


def _on_shelf(trial: Trial) -> Outcome:
    expected = len(numbers(meets(Filters(seen_by=EVERYONE, available=True))))
    return {"true": expected}, trial.find("", Filters(seen_by=EVERYONE)).facets["available"]


def _several_values(trial: Trial) -> Outcome:
    found = trial.answered(filter=[plan.these([1, 2, 4])], facets=[declared.NDC], limit=0)["facetDistribution"][declared.NDC]
    return {"9": 3, "91": 3, "913": 2, "911": 1}, {name: found.get(name, 0) for name in ("9", "91", "913", "911")}


def _sorted(sort: Sort, filters: Filters, expected: list[int]) -> Tried:
    def tried(trial: Trial) -> Outcome:
        return expected, list(trial.find("", filters, sort=sort).ids[: len(expected)])

    return tried


def _pages(trial: Trial) -> Outcome:
    """Pages follow each other without a gap and without a record twice."""
    filters = Filters(seen_by=EVERYONE, material=frozenset({"magazine"}))
    seen = [number for page in (1, 2, 3) for number in trial.find("山積みの本", filters, page=page, sort=Sort.POPULAR).ids]
    return sorted((book.record_id for book in ALL if book.material == "magazine"), reverse=True)[:60], seen


def _weight(trial: Trial) -> Outcome:
    """What stands in the title comes before what stands in a lesser field."""
    engine = trial.engine
    made = [{declared.ID: 92_001, declared.OTHER: "weighty"}, {declared.ID: 92_002, declared.TITLE: "weighty"}]
    engine.writing.wait(engine.writing.put(trial.name, made))
    seen = trial.ids(q='"weighty"', matchingStrategy="all")
    engine.remove([92_001, 92_002])
    return [92_002, 92_001], seen


_BOOKS = Filters(seen_by=EVERYONE, material=frozenset({"book"}))
_SHOWN = [book for book in FEW if book.material == "book" and 0 in book.seen_by]

FILTERS: Checks = (
    ("who may see it: everyone", _filtered()),
    ("who may see it: a school too", _filtered(seen_by=frozenset({0, OWN}))),
    ("who may see it: staff", _filtered(seen_by=None)),
    ("a branch", _filtered(branches=frozenset({2}))),
    ("several branches", _filtered(branches=frozenset({1, 2, 299}))),
    ("a branch whose copies others may not see", _filtered(branches=frozenset({5}), material=frozenset({"book"}))),
    ("on the shelf anywhere", _filtered(available=True)),
    ("on the shelf at a branch", _filtered(available=True, branches=frozenset({1, 3}))),
    ("kinds of material", _filtered(material=frozenset({"book", "audiobook"}))),
    ("a language", _filtered(language=frozenset({"eng"}))),
    ("a value with quotation marks and backslashes", _filtered(language=frozenset({'a" OR id > 0 OR "\\'}))),
    ("an audience", _filtered(audience=frozenset({"children", "teens"}))),
    ("a class by its first digits", _filtered(ndc=frozenset({"91"}))),
    ("classes of several lengths", _filtered(ndc=frozenset({"913.6", "7"}))),
    ("years from and to", _filtered(year_from=1923, year_to=1990)),
    ("several filters at once", _every_clause_counts),
    ("a thousand records by their numbers", _many_numbers),
)

FACETS: Checks = (
    *((f"{facet} is counted exactly", _counted(facet)) for facet in COUNTED),
    ("a facet that is filtered on counts what else there is", _counted("material", material=frozenset({"book"}))),
    ("years that are filtered on count what else there is", _counted("year", year_from=1990)),
    ("another facet is counted under the filter", _counted("language", material=frozenset({"book"}))),
    ("a facet has more than 200 values", _branches),
    ("a facet counts records with several values for each", _several_values),
    ("what is on the shelf is counted", _on_shelf),
)

ORDER: Checks = (
    ("popular first", _sorted(Sort.POPULAR, _BOOKS, sorted((b.record_id for b in _SHOWN), reverse=True))),
    ("added last, first", _sorted(Sort.NEWEST, _BOOKS, sorted(b.record_id for b in _SHOWN))),
    (
        "published last, first",
        _sorted(Sort.YEAR, _BOOKS, [b.record_id for b in sorted(_SHOWN, key=lambda b: -(b.year or 0))]),
    ),
    ("by title", _sorted(Sort.TITLE, _BOOKS, [b.record_id for b in sorted(_SHOWN, key=lambda b: (b.title_sort, -b.record_id))])),
    ("what has no year comes last", _sorted(Sort.YEAR, Filters(seen_by=EVERYONE, ndc=frozenset({"29", "37", "933"})), [8, 10])),
    ("pages follow each other", _pages),
    ("fields weigh in the order declared", _weight),
)
