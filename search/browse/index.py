"""The index to the classification, read by kana: from a word to where books about it stand."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency

from catalog import ndc
from library.http import requests
from library.http.pages import page as drawn
from library.i18n import Texts
from library.identity.viewer import Viewer
from library.kana import hiragana, is_kana, sort_key
from library.settings import Settings
from search.browse import kana
from search.sharing import public

LISTED = 150  # terms at once; more are opened by another kana
_LONGEST = 40


class Entry(NamedTuple):
    """A term of the index; `key` sorts it, as of clear and voiced kana alike."""

    key: str
    term: str
    reading: str
    number: str


class Beginning(NamedTuple):
    """Kana with which terms begin, and how many."""

    kana: str
    href: str
    terms: int


@cache
def entries() -> tuple[Entry, ...]:
    return tuple(sorted(Entry(_key(reading), term, hiragana(reading), number) for number, term, reading in ndc.all_terms()))


def _key(reading: str) -> str:
    return sort_key(reading).partition("\t")[0]


def begun(beginning: str) -> list[Entry]:
    """The terms that begin so, in the order of a dictionary."""
    found = entries()
    wanted = _key(beginning)
    start = bisect_left(found, (wanted,))
    end = bisect_left(found, (wanted + "\U0010ffff",))
    return list(found[start:end])


def holding(word: str) -> list[Entry]:
    """The terms in which a word that is no kana stands."""
    return [entry for entry in entries() if word in entry.term][: LISTED + 1]


def beginnings(found: list[Entry], beginning: str) -> list[Beginning]:
    """The next kana of terms that are too many to list."""
    length = len(_key(beginning)) + 1
    counted = Counter(entry.key[:length] for entry in found)
    return [Beginning(one, f"/browse/index?{urlencode({'kana': one})}", number) for one, number in sorted(counted.items())]


@get("/browse/index", include_in_schema=False)
async def index_page(request: Request[Viewer, Any, Any], settings: NamedDependency[Settings]) -> Response[str]:
    texts = requests.texts(request)
    words = _typed(request, "q")
    letters = hiragana(words or _typed(request, "kana"))
    found = begun(letters) if is_kana(letters) else holding(words) if words else []
    deeper = beginnings(found, letters) if len(found) > LISTED and is_kana(letters) and len(_key(letters)) < 4 else []
    chosen = {"q": words} if words else {"kana": letters} if letters else {}
    return drawn(
        request,
        "search/browse/index.html",
        section="shelves",
        typed=words,
        letters=letters,
        table=kana.table(_key(letters)[:1] if is_kana(letters) else ""),
        deeper=deeper,
        terms=[] if deeper else [_line(entry, texts) for entry in found[:LISTED]],
        is_cut=not deeper and len(found) > LISTED,
        canonical=f"{public.base(request, settings)}/browse/index{'?' + urlencode(chosen) if chosen else ''}",
    )


def _typed(request: Request[Any, Any, Any], name: str) -> str:
    given = request.query_params.get(name, "").translate(dict.fromkeys([*range(0x20), *range(0xD800, 0xE000)]))
    return " ".join(given.split())[:_LONGEST]


class Term(NamedTuple):
    """A term as it is shown, with the class it leads to."""

    term: str
    reading: str
    number: str
    words: str
    href: str


def _line(entry: Entry, texts: Texts) -> Term:
    words = ndc.label(entry.number, texts.language) or ndc.label(entry.number)
    return Term(entry.term, entry.reading, entry.number, words, f"/browse/ndc/{entry.number}")
