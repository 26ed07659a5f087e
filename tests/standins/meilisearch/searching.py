"""A search request: what it may say, and its answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Container
from typing import Any

from tests.standins.meilisearch.declared import filterable
from tests.standins.meilisearch.filters import condition
from tests.standins.meilisearch.refusals import ApiError, unknown_field
from tests.standins.meilisearch.shelf import Document, Shelf

KNOWN = (
    "q", "offset", "limit", "page", "hitsPerPage", "attributesToRetrieve", "attributesToCrop", "cropLength", "cropMarker",
    "attributesToHighlight", "highlightPreTag", "highlightPostTag", "showMatchesPosition", "filter", "sort", "distinct", "facets",
    "matchingStrategy", "attributesToSearchOn", "rankingScoreThreshold", "locales", "hybrid", "vector", "retrieveVectors", "media",
    "personalize", "useNetwork", "showRankingScore", "showRankingScoreDetails", "showPerformanceDetails",
)  # fmt: skip
_CODES = {"limit": "limit", "offset": "offset", "page": "page", "hitsPerPage": "hits_per_page"}


def answer(shelf: Shelf, asked: dict[str, Any], *, index: str, faults: Container[str] = ()) -> dict[str, Any]:
    """Raises ApiError. Each of `faults` is one way to be wrong."""
    began = time.perf_counter()
    _check(asked, shelf)
    attributes = asked.get("attributesToSearchOn")
    strategy = "all" if "last" in faults else asked.get("matchingStrategy") or "last"
    kept = condition(asked.get("filter"), filterable(shelf.settings), index=index)
    order = [] if "sort" in faults else asked.get("sort") or []
    text = (asked.get("q") or "").replace('"', " " if "phrases" in faults else '"')
    found = shelf.found(text, strategy=strategy, attributes=attributes, sort=order)
    hits = [document for document in found if "filters" in faults or kept(document)]
    most = shelf.settings["pagination"]["maxTotalHits"]
    page, numbers = _page(hits[:most], len(hits), most, asked)
    took = int((time.perf_counter() - began) * 1000)
    result: dict[str, Any] = {"hits": [_shown(one, shelf, asked) for one in page], "query": asked.get("q") or "", "processingTimeMs": took}
    result |= numbers
    if asked.get("facets"):
        result |= _facets(hits[:100] if "facets" in faults else hits, asked["facets"], shelf)
    return result | {"requestUid": str(uuid.uuid4())}


def _check(asked: dict[str, Any], shelf: Shelf) -> None:
    for name in asked:
        if name not in KNOWN:
            raise unknown_field(name, KNOWN)
    for name, code in _CODES.items():
        value = asked.get(name)
        if isinstance(value, int) and value < 0:
            said = f"Invalid value type at `.{name}`: expected a positive integer, but found a negative integer: `{value}`"
            raise ApiError(400, f"invalid_search_{code}", said)
    sortable = shelf.settings["sortableAttributes"]
    for one in asked.get("sort") or ():
        name = one.partition(":")[0]
        if name not in sortable:
            raise ApiError(
                400, "invalid_search_sort", f"Attribute `{name}` is not sortable. Available sortable attributes are: {sortable}."
            )
    for name in asked.get("facets") or ():
        if name not in filterable(shelf.settings):
            raise ApiError(400, "invalid_search_facets", f"Invalid facet distribution: Attribute `{name}` is not filterable.")
    searchable = shelf.settings["searchableAttributes"]
    for name in asked.get("attributesToSearchOn") or ():
        if searchable != ["*"] and name not in searchable:
            raise ApiError(400, "invalid_search_attributes_to_search_on", f"Attribute `{name}` is not searchable.")


def _page(hits: list[Document], total: int, most: int, asked: dict[str, Any]) -> tuple[list[Document], dict[str, int]]:
    if "page" in asked or "hitsPerPage" in asked:
        per_page, page = asked.get("hitsPerPage", 20), asked.get("page", 1)
        counted = min(total, most)
        shown = hits[(page - 1) * per_page : page * per_page] if page else []
        pages = -(-counted // per_page) if per_page else 0
        return shown, {"hitsPerPage": per_page, "page": page, "totalPages": pages, "totalHits": counted}
    limit, offset = asked.get("limit", 20), asked.get("offset", 0)
    return hits[offset : offset + limit], {"limit": limit, "offset": offset, "estimatedTotalHits": min(total, most)}


def _shown(document: Document, shelf: Shelf, asked: dict[str, Any]) -> Document:
    displayed = shelf.settings["displayedAttributes"]
    wanted = asked.get("attributesToRetrieve") or ["*"]
    shown = {
        name: value for name, value in document.items() if ("*" in displayed or name in displayed) and ("*" in wanted or name in wanted)
    }
    return shown | ({"_rankingScore": 1.0} if asked.get("showRankingScore") else {})


def _facets(hits: list[Document], names: list[str], shelf: Shelf) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    stats: dict[str, dict[str, float]] = {}
    for name in names:
        found: dict[str, int] = {}
        numbers: list[float] = []
        for document in hits:
            value = document.get(name)
            for one in dict.fromkeys(value if isinstance(value, list) else [] if value is None else [value]):
                found[str(one)] = found.get(str(one), 0) + 1
                numbers += [float(one)] if isinstance(one, int | float) else []
        counts[name] = dict(sorted(found.items())[: shelf.settings["faceting"]["maxValuesPerFacet"]])
        if numbers:
            stats[name] = {"min": min(numbers), "max": max(numbers)}
    return {"facetDistribution": counts, "facetStats": stats}
