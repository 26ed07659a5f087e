"""The shelves by class: the tree of NDC with what stands there, and its index by word."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from catalog import ndc
from library.db import Database
from library.errors import N_, NotFound
from library.http import requests
from library.http.pages import page
from library.i18n import Texts
from library.identity.viewer import Viewer
from search import shelf
from search.asking.query import Query
from search.directory import directory_for
from search.edges import engine_of
from search.finding import count
from search.index.engine import Engine, EngineUnavailable, Filters, Sort
from search.pages.books import book_of, on_a_shelf, wants_readings
from search.pages.home import tiles
from search.pages.nearness import Standpoint

ON_THE_SHELF = 14
_CANDIDATES = 80  # the popular ones come in many editions
FOUND_IN_INDEX = 30
_LONGEST = 60  # characters of a word looked up
_NOTHING_TYPED = Query()


class Step(NamedTuple):
    """A class with its words and how many records stand in it and below; None while that is not known."""

    number: str
    words: str
    records: int | None
    href: str


@get("/browse/ndc", include_in_schema=False)
async def classes_page(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    texts = requests.texts(request)
    word = " ".join(request.query_params.get("q", "").translate(dict.fromkeys(range(0xD800, 0xE000))).split())[:_LONGEST]
    looked_up = ndc.lookup(word, limit=FOUND_IN_INDEX) if word else ()
    classes = looked_up or ndc.narrower()
    steps = await _steps(engine_of(request), classes, viewer, texts)
    return page(request, "search/classes.html", section="shelves", word=word, was_found=bool(looked_up), steps=steps, tiles=tiles(texts))


@get("/browse/ndc/{number:str}", include_in_schema=False)
async def class_page(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], number: FromPath[str]
) -> Response[str] | Redirect:
    texts = requests.texts(request)
    found = ndc.find(number) if len(number) <= 12 else None
    if found is None:
        raise NotFound("class_not_found", N_("その番号の分類はありません。"))
    if found.number != number:
        return Redirect(f"/browse/ndc/{found.number}", status_code=303)
    engine = engine_of(request)
    steps = await _steps(engine, ndc.narrower(found.number), viewer, texts)
    total, ids = await asyncio.to_thread(_standing, engine, found.number, viewer)
    async with database.reading() as session:
        standpoint = Standpoint(await directory_for(session, viewer), viewer, texts)
        records = await shelf.of_different_works(session, list(ids), viewer=viewer, most=ON_THE_SHELF)
    books = [book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in records]
    path = [(f"{step.number} {_words(step, texts)}", f"/browse/ndc/{step.number}") for step in ndc.path(found.number)]
    return page(
        request,
        "search/class.html",
        section="shelves",
        number=found.number,
        words=_words(found, texts),
        easy=ndc.easy_label(found.number, texts.language) if len(found.number) == 1 and wants_readings(viewer) else "",
        instead=found.instead,
        trail=[(texts.gettext(N_("分類")), "/browse/ndc"), *path[:-1], (path[-1][0], None)],
        steps=steps,
        total=total,
        books=on_a_shelf(books),
        terms=[term for term, _ in ndc.index_terms(found.number)][:40],
        beside=[
            Step(one.number, _words(one, texts), None, f"/browse/ndc/{one.number}")
            for one in ndc.neighbours(found.number)
            if len(found.number) > 1
        ],
        all_href=f"/search?{urlencode({'ndc': found.number})}",
    )


def _words(one: ndc.Ndc, texts: Texts) -> str:
    return (one.en if texts.language != "ja" else one.ja) or one.ja


async def _steps(engine: Engine, classes: Sequence[ndc.Ndc], viewer: Viewer, texts: Texts) -> list[Step]:
    counts = await asyncio.to_thread(_counts, engine, [one.number for one in classes], viewer)
    return [Step(one.number, _words(one, texts), counts.get(one.number), f"/browse/ndc/{one.number}") for one in classes]


def _counts(engine: Engine, numbers: Sequence[str], viewer: Viewer) -> dict[str, int]:
    """Records of each class and below it; nothing while there is no index, for the tree is of use without."""
    try:
        return {number: count(engine, _NOTHING_TYPED, _in_class(number, viewer)) for number in numbers}
    except EngineUnavailable:
        return {}


def _standing(engine: Engine, number: str, viewer: Viewer) -> tuple[int | None, tuple[int, ...]]:
    try:
        found = engine.search(
            _NOTHING_TYPED, filters=_in_class(number, viewer), page=1, per_page=_CANDIDATES, sort=Sort.POPULAR, facets=False
        )
    except EngineUnavailable:
        return None, ()
    return found.total, found.ids


def _in_class(number: str, viewer: Viewer) -> Filters:
    return Filters(seen_by=viewer.sees, ndc=frozenset({number}))
