"""The page of results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency

from library import clock
from library.db import Database
from library.errors import N_, Busy
from library.http import requests
from library.http.pages import page
from library.i18n import Texts
from library.identity.viewer import Viewer
from library.settings import Settings
from search import wanted
from search.asking import asked as reading
from search.asking.asked import Asked
from search.directory import Where
from search.edges import engine_of, parameters_of
from search.finding import Results, find
from search.index.engine import Sort
from search.instead import onward
from search.pages import going_on
from search.pages.books import book_of, wants_readings
from search.pages.face import plain
from search.pages.facets import facets_of, where_words, words_of
from search.pages.going_on import address
from search.pages.nearness import Standpoint
from search.sharing import public
from search.sharing.web import feed_of

SORTS: dict[Sort, str] = {
    Sort.RELEVANCE: N_("おすすめ順"),
    Sort.POPULAR: N_("よく読まれている順"),
    Sort.NEWEST: N_("新しく入った順"),
    Sort.YEAR: N_("出版年の新しい順"),
    Sort.OLDEST: N_("出版年の古い順"),
    Sort.TITLE: N_("書名の順"),
}
ELSEWHERE = "https://ndlsearch.ndl.go.jp/search?cs=bib&keyword="


@get("/search", include_in_schema=False)
async def results_page(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
) -> Response[str]:
    asked = reading.read(parameters_of(request))
    engine = engine_of(request)
    try:
        async with database.reading() as session:
            results = await find(session, engine, asked, viewer=viewer, grouped=True)
            ways = await onward(session, engine, results, viewer=viewer)
            advice = None if results.total else await wanted.advice(session, viewer=viewer, on=clock.today(settings.zone))
    except Busy as exc:
        return _not_ready(request, asked, exc)
    texts = requests.texts(request)
    year = clock.today(settings.zone).year
    return page(
        request,
        "search/results.html",
        **_context(results, viewer, texts, year=year),
        **going_on.context(ways, results, advice, texts),
        canonical=public.base(request, settings) + address(asked),
    )


def _not_ready(request: Request[Any, Any, Any], asked: Asked, exc: Busy) -> Response[str]:
    headers = {"Retry-After": str(exc.retry_after), "Cache-Control": "no-store"}
    return page(request, "search/not_ready.html", status_code=503, headers=headers, section="search", asked=asked)


def _context(results: Results, viewer: Viewer, texts: Texts, *, year: int) -> dict[str, Any]:
    asked = results.asked
    easy = wants_readings(viewer)
    standpoint = Standpoint(results.directory, viewer, texts)
    facets = [] if results.relaxed or not (results.total or asked.filters) else facets_of(results, year=year, texts=texts, easy=easy)
    return {
        "section": "search",
        "asked": asked,
        "results": results,
        "shown_query": plain(asked.text[:80], results.query),
        "books": [book_of(one, query=results.query, viewer=viewer, standpoint=standpoint, texts=texts) for one in results.hits],
        "facets": facets,
        "chips": _chips(results, standpoint, texts, easy=easy),
        "sorts": [(texts.gettext(words), address(replace(asked, sort=sort, page=1)), sort is asked.sort) for sort, words in SORTS.items()],
        "sorted_by": texts.gettext(SORTS[asked.sort]),
        "kept": [pair for pair in asked.pairs() if pair[0] in ("where", "available", "group")],
        "hidden": [pair for pair in asked.pairs() if pair[0] in ("q", "sort", "available", "group", *reading.HEADINGS)],
        "all_of_it": address(asked.without_filters()),
        "feed": feed_of(asked, texts),
        "page_address": lambda number: address(asked.with_page(number)),
        "saved_as": urlencode(asked.pairs()) if viewer.is_signed_in and not asked.is_empty else None,
        "first_page": address(asked.with_page(1)),
        "elsewhere": ELSEWHERE + quote(asked.text) if asked.text else None,
    }


def _chips(results: Results, standpoint: Standpoint, texts: Texts, *, easy: bool) -> list[tuple[str, str, bool]]:
    """The two questions asked most stay in their place; every other filter that is on follows."""
    asked = results.asked
    found = [(texts.gettext(N_("いま借りられる")), address(replace(asked, available=not asked.available, page=1)), asked.available)]
    if standpoint.has_own and Where.OWN not in asked.where:
        own = where_words(results.directory, texts)[Where.OWN]
        found.append((own, address(replace(asked, where=(*asked.where, Where.OWN), page=1)), False))
    if results.total > 1 or asked.by_work:
        found.append((texts.gettext(N_("版をまとめる")), address(replace(asked, by_work=not asked.by_work, page=1)), asked.by_work))
    return found + [(words, address(rest), True) for words, rest in words_of(asked, results.directory, texts, easy=easy)]
