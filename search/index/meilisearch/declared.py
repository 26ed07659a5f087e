"""The settings of the index, declared here and compared with the server's."""

from __future__ import annotations

from typing import Any

from search.index.engine import MOST_COUNTED
from search.text.normal import VERSION

SCHEMA_VERSION = 2  # raised with every change of the fields; with the normaliser's version it decides whether an index still serves
VERSIONS: dict[str, int] = {"schema": SCHEMA_VERSION, "text": VERSION}

ISBN, TITLE, AUTHOR, TITLE_KANA, AUTHOR_KANA, OTHER, VOLUME, SINGLES = (
    "isbn",
    "title",
    "author",
    "title_kana",
    "author_kana",
    "x",
    "vol",
    "u",
)
ID, FORMS, ABOUT = "id", "forms", "about"
WORDS_SUM, PLACES_SUM = "words_sum", "places_sum"  # checksums of what was sent, by which an index is compared with the database
HELD, AVAILABLE, OPEN, SEEN_BY = "held", "avail", "open", "seen_by"
MATERIAL, LANGUAGE, AUDIENCE, NDC, NDC1, YEAR = "material", "language", "audience", "ndc_prefixes", "ndc1", "year"
HEADING = "head"
POPULARITY, ADDED, TITLE_SORT = "popularity", "added", "title_sort"

SEARCHABLE = (ISBN, TITLE, AUTHOR, TITLE_KANA, AUTHOR_KANA, OTHER, VOLUME, SINGLES)  # in the order of their weight
MOST_HITS = MOST_COUNTED + 1  # that one answer may hold, and count: one more than is said exactly

_EQUAL = {"facetSearch": False, "filter": {"equality": True, "comparison": False}}
_COMPARED = {"facetSearch": False, "filter": {"equality": True, "comparison": True}}

SETTINGS: dict[str, Any] = {
    "searchableAttributes": list(SEARCHABLE),
    "displayedAttributes": [ID, FORMS, POPULARITY, ABOUT, WORDS_SUM, PLACES_SUM],
    "filterableAttributes": [
        {
            "attributePatterns": [ID, HELD, AVAILABLE, OPEN, SEEN_BY, MATERIAL, LANGUAGE, AUDIENCE, NDC, NDC1, HEADING],
            "features": _EQUAL,
        },
        {"attributePatterns": [YEAR, ADDED], "features": _COMPARED},
    ],
    "sortableAttributes": sorted([ADDED, POPULARITY, TITLE_SORT, YEAR]),
    # Typing errors are forgiven by us: one letter of a code is another pair of characters.
    "rankingRules": ["sort", "words", "attributeRank", "wordPosition", f"{POPULARITY}:desc"],
    "typoTolerance": {"enabled": False},
    "prefixSearch": "disabled",  # beginnings are words of their own
    "facetSearch": False,
    "proximityPrecision": "byAttribute",  # a phrase then asks for its words in one attribute, in any order; pairs would fill the disk
    "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["jpn"]}],  # with one locale nothing is guessed
    "stopWords": [],
    "synonyms": {},
    "separatorTokens": [],
    "nonSeparatorTokens": [],
    "dictionary": [],
    "embedders": {},
    "distinctAttribute": None,
    "faceting": {"maxValuesPerFacet": 2000},
    "pagination": {"maxTotalHits": MOST_HITS},
    "searchCutoffMs": 800,
}


def differences(server: dict[str, Any]) -> list[str]:
    """The settings that the server has otherwise than declared; what it adds of its own does not matter."""
    return [name for name, value in SETTINGS.items() if not _holds(_ordered(name, server.get(name)), _ordered(name, value))]


def _ordered(name: str, value: Any) -> Any:
    """Without an order where it says nothing."""
    return sorted(value) if name in {"displayedAttributes", "sortableAttributes"} and isinstance(value, list) else value


def _holds(has: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(has, dict) and wanted:
        return all(_holds(has.get(name), value) for name, value in wanted.items())
    return bool(has == wanted)
