"""Where a search goes on that found nothing of what was asked for, as links in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from catalog import ndc
from library.i18n import Texts, in_language
from search.asking.asked import Asked
from search.directory import Where
from search.finding import Results
from search.instead import Instead, Onward, Way
from search.wanted import Advice

_MOST_BRANCHES = 6


class Link(NamedTuple):
    """`kind` says how the words are to be read: a search's, a shelf's, a branch's name. `total`: records behind it."""

    kind: str
    words: str
    href: str
    total: int
    total_is_exact: bool = True


def context(onward: Onward, results: Results, advice: Advice | None, texts: Texts) -> dict[str, Any]:
    """What the template of nothing found is given."""
    other = next((one for one in onward.ways if one.way is Way.OTHER_PLACES), None)
    return {
        "why": onward.why.value if onward.why else "",
        "unknown": onward.unknown,
        "other_places": link_of(other, texts) if other else None,
        "without": onward.plain,
        "without_href": address(onward.plain.asked) if onward.plain else "",
        "ways": [link_of(one, texts) for one in onward.ways if one.way not in (Way.OTHER_PLACES, Way.WITHOUT_FILTERS)],
        "at": _at(onward, other.asked, results, texts) if other else [],
        "advice": advice,
    }


def link_of(one: Instead, texts: Texts) -> Link:
    if one.way is not Way.SHELF:
        return Link(one.way.value, one.asked.text, address(one.asked), one.total, one.total_is_exact)
    words = ndc.label(one.number, texts.language) or ndc.label(one.number)
    return Link(one.way.value, f"{one.number} {words}", f"/browse/ndc/{one.number}", one.total, one.total_is_exact)


def _at(onward: Onward, asked: Asked, results: Results, texts: Texts) -> list[Link]:
    """Branches that have it, the nearest first."""
    places = sorted(results.directory.places, key=lambda one: (Where.OWN not in one.where, Where.WARD not in one.where, one.number))
    return [
        Link("branch", in_language(one.name, texts.language), address(replace(asked, branch=(one.code,))), onward.at[one.code])
        for one in places
        if onward.at.get(one.code)
    ][:_MOST_BRANCHES]


def address(asked: Asked) -> str:
    """The page of a search."""
    pairs = asked.pairs()
    return f"/search?{urlencode(pairs)}" if pairs else "/search"
