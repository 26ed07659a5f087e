"""Settings of an index: their defaults, how they are read back, and what is refused."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.standins.meilisearch.refusals import ApiError, unknown_field

NAMES = (
    "displayedAttributes", "searchableAttributes", "filterableAttributes", "sortableAttributes", "foreignKeys", "rankingRules", "stopWords",
    "nonSeparatorTokens", "separatorTokens", "dictionary", "synonyms", "distinctAttribute", "proximityPrecision", "typoTolerance",
    "faceting", "pagination", "embedders", "searchCutoffMs", "localizedAttributes", "facetSearch", "prefixSearch", "chat",
)  # fmt: skip
RULES = frozenset({"words", "typo", "sort", "proximity", "attribute", "attributeRank", "wordPosition", "exactness"})
_CUSTOM = re.compile(r"[\w.-]+:(asc|desc)")

DEFAULTS: dict[str, Any] = {
    "displayedAttributes": ["*"],
    "searchableAttributes": ["*"],
    "filterableAttributes": [],
    "sortableAttributes": [],
    "rankingRules": ["words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness"],
    "stopWords": [],
    "nonSeparatorTokens": [],
    "separatorTokens": [],
    "dictionary": [],
    "synonyms": {},
    "distinctAttribute": None,
    "proximityPrecision": "byWord",
    "typoTolerance": {
        "enabled": True,
        "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
        "disableOnWords": [],
        "disableOnAttributes": [],
        "disableOnNumbers": False,
    },
    "faceting": {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "alpha"}},
    "pagination": {"maxTotalHits": 1000},
    "embedders": {},
    "searchCutoffMs": None,
    "localizedAttributes": None,
    "facetSearch": True,
    "prefixSearch": "indexingTime",
}


def fresh() -> dict[str, Any]:
    return copy.deepcopy(DEFAULTS)


def checked(patch: dict[str, Any]) -> dict[str, Any]:
    """The patch as a task's details show it. Raises ApiError."""
    for name in patch:
        if name not in NAMES:
            raise unknown_field(name, NAMES)
    for at, rule in enumerate(patch.get("rankingRules") or ()):
        if rule not in RULES and not _CUSTOM.fullmatch(rule):
            said = f"Invalid value at `.rankingRules[{at}]`: `{rule}` ranking rule is invalid. Valid ranking rules are words, typo, sort,"
            raise ApiError(400, "invalid_settings_ranking_rules", f"{said} proximity, attribute, exactness and custom ranking rules.")
    shown = copy.deepcopy(patch)
    if "sortableAttributes" in shown:
        shown["sortableAttributes"] = sorted(shown["sortableAttributes"] or ())
    typo = shown.get("typoTolerance")
    if typo and "disableOnAttributes" in typo:
        typo["disableOnAttributes"] = sorted(typo["disableOnAttributes"])
    return shown


def merged(now: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A setting that is an object takes the keys given, any other is replaced; null resets."""
    result = copy.deepcopy(now)
    for name, value in patch.items():
        if value is None:
            result[name] = copy.deepcopy(DEFAULTS.get(name))
        elif isinstance(value, dict) and name in {"typoTolerance", "faceting", "pagination"}:
            result[name] = {**(result[name] or {}), **value}
        else:
            result[name] = value
    return result


def filterable(settings: dict[str, Any]) -> dict[str, bool]:
    """Attribute → whether it may be compared by order too."""
    found: dict[str, bool] = {}
    for one in settings["filterableAttributes"]:
        if isinstance(one, str):
            found[one] = True
        else:
            found |= dict.fromkeys(one["attributePatterns"], one["features"]["filter"]["comparison"])
    return found
