"""Authors, subjects and series: lists by kana, and a page for each with all that stands under it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import text

from catalog import ndc
from catalog.description import Series
from library.db import Database, Reading
from library.errors import N_, NotFound
from library.http import requests
from library.http.pages import page as drawn
from library.i18n import Texts
from library.identity.viewer import Viewer
from library.kana import sort_key
from library.settings import Settings
from search.asking import asked as reading
from search.asking.asked import LAST_PAGE, PER_PAGE, Asked
from search.asking.query import Query
from search.browse import kana, volumes
from search.browse.volumes import Volume
from search.directory import directory_for
from search.edges import copy_of, engine_of, parameters_of
from search.finding import Shown, find, not_ready, shown
from search.index.embedded import EmbeddedEngine, Suggestion
from search.index.engine import MOST_COUNTED, Engine, EngineUnavailable, Filters, Found, Sort
from search.index.headings import Kind, key
from search.pages.books import book_of
from search.pages.nearness import Standpoint
from search.sharing import public
from search.sharing.web import feed_of
from search.suggest.keys import frame
from search.suggest.typed import read as typed

LISTED = 120
NARROWER = 40
_LONGEST = 60  # characters of what is looked up

_VOLUMES = text(
    "SELECT id, volume, title_sort, CAST(coalesce(description -> 'series', '[]') AS text) AS series FROM record WHERE id = ANY(:ids)"
)


class Order(NamedTuple):
    """An order that a page offers."""

    words: str
    href: str
    is_on: bool


class Line(NamedTuple):
    """A heading in a list."""

    text: str
    reading: str
    href: str
    records: int


class Words(NamedTuple):
    """What the pages of a kind say."""

    folder: str
    all_of_them: str
    look_up: str
    sorts: tuple[Sort, ...]


PAGES = {
    Kind.AUTHOR: Words("authors", N_("著者からえらぶ"), N_("名前の読みを入れる"), (Sort.TITLE, Sort.YEAR, Sort.OLDEST, Sort.POPULAR)),
    Kind.SUBJECT: Words("subjects", N_("件名からえらぶ"), N_("テーマの読みを入れる"), (Sort.POPULAR, Sort.YEAR, Sort.NEWEST, Sort.TITLE)),
    Kind.SERIES: Words("series", N_("シリーズからえらぶ"), N_("シリーズ名の読みを入れる"), ()),
}
_SORTS = {
    Sort.TITLE: N_("書名の順"),
    Sort.YEAR: N_("出版年の新しい順"),
    Sort.OLDEST: N_("出版年の古い順"),
    Sort.POPULAR: N_("よく読まれている順"),
    Sort.NEWEST: N_("新しく入った順"),
}


def href(kind: Kind, words: str) -> str:
    """The page of a heading. What an address's path cannot carry is searched for."""
    if "/" in words or words in (".", "..") or not words:
        return f"/search?{urlencode({kind.value: words})}"
    return f"/browse/{PAGES[kind].folder}/{quote(words, safe=',')}"


def _kind_of(request: Request[Any, Any, Any]) -> Kind:
    folder = request.scope["path"].split("/")[2]
    return next(kind for kind, words in PAGES.items() if words.folder == folder)


@get(["/browse/authors", "/browse/subjects", "/browse/series"], include_in_schema=False)
async def headings_page(
    request: Request[Viewer, Any, Any], viewer: NamedDependency[Viewer], settings: NamedDependency[Settings]
) -> Response[str]:
    """Under a letter, or what begins as typed; with neither, those that are read most."""
    kind = _kind_of(request)
    words = " ".join(request.query_params.get("q", "").translate(dict.fromkeys(range(0xD800, 0xE000))).split())[:_LONGEST]
    letter = request.query_params.get("kana", "")
    letter = letter if kana.is_letter(letter) and not words else ""
    ways = typed(words).ways if words else kana.beginnings(letter) if letter else kana.every_letter()
    try:
        found = await asyncio.to_thread(copy_of(request).begun, kind.value, ways, seen_by=viewer.sees, most=LISTED)
    except EngineUnavailable as exc:
        raise not_ready() from exc
    chosen = {"q": words} if words else {"kana": letter} if letter else {}
    path = f"/browse/{PAGES[kind].folder}"
    return drawn(
        request,
        "search/browse/headings.html",
        section="shelves",
        path=path,
        words=PAGES[kind],
        typed=words,
        letter=letter,
        table=kana.table(letter),
        lines=_lines(kind, found),
        is_cut=len(found) >= LISTED,
        canonical=f"{public.base(request, settings)}{path}{'?' + urlencode(chosen) if chosen else ''}",
    )


def _lines(kind: Kind, found: Iterable[Suggestion]) -> list[Line]:
    """In the order of a dictionary."""
    ordered = sorted(found, key=lambda one: sort_key(one.phrase.reading or one.phrase.text))
    return [Line(one.phrase.text, one.phrase.reading, href(kind, _named(kind, one)), one.records) for one in ordered]


def _named(kind: Kind, one: Suggestion) -> str:
    """As it is shown, where that leads to the same heading; else as it is catalogued."""
    shown_as = one.phrase.text
    return shown_as if key(kind, shown_as) == one.phrase.key else one.phrase.heading or shown_as


@get(["/browse/authors/{words:str}", "/browse/subjects/{words:str}"], include_in_schema=False)
async def heading_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    words: FromPath[str],
) -> Response[str]:
    """All works of an author, all that is about a subject."""
    kind = _kind_of(request)
    texts = requests.texts(request)
    plain = _plain(words)
    asked = _asked(kind, plain, parameters_of(request))
    async with database.reading() as session:
        results = await find(session, engine_of(request), asked, viewer=viewer)
        directory = results.directory
    if not results.total:
        raise _nothing_there()
    known, below = await asyncio.to_thread(_known, copy_of(request), kind, plain, viewer)
    standpoint = Standpoint(directory, viewer, texts)
    return drawn(
        request,
        "search/browse/heading.html",
        **_said(known, below, kind=kind, words=plain, base=public.base(request, settings), texts=texts),
        results=results,
        books=[book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in results.hits],
        sorts=_sorts(kind, plain, asked, texts),
        page_address=lambda number: _address(kind, plain, asked.sort, number),
        classes=_classes(plain, texts) if kind is Kind.SUBJECT else [],
        feed=feed_of(asked, texts),
        narrowing=f"/search?{urlencode({kind.value: plain})}",
    )


def _plain(words: str) -> str:
    return " ".join(words.translate(dict.fromkeys([*range(0x20), *range(0xD800, 0xE000)], " ")).split())[: reading.LONGEST_HEADING]


def _nothing_there() -> NotFound:
    return NotFound("heading_not_found", N_("その見出しの本は見つかりません。"))


def _asked(kind: Kind, words: str, parameters: Any) -> Asked:
    said = reading.read({name: parameters[name] for name in ("sort", "page") if name in parameters})
    sort = said.sort if said.sort in PAGES[kind].sorts else PAGES[kind].sorts[0]
    heading = {kind.value: (words,)}
    return Asked(**heading, by_work=True, sort=sort, page=said.page)  # type: ignore[arg-type]  # a heading's own field


def _sorts(kind: Kind, words: str, asked: Asked, texts: Texts) -> list[Order]:
    return [Order(texts.gettext(_SORTS[sort]), _address(kind, words, sort, 1), sort is asked.sort) for sort in PAGES[kind].sorts]


def _address(kind: Kind, words: str, sort: Sort | None, number: int) -> str:
    first = PAGES[kind].sorts[0] if PAGES[kind].sorts else None
    said = {"sort": sort.value if sort and sort is not first else "", "page": number if number > 1 else ""}
    kept = {name: value for name, value in said.items() if value}
    return f"{href(kind, words)}?{urlencode(kept)}" if kept else href(kind, words)


def _classes(words: str, texts: Texts) -> list[tuple[str, str]]:
    """Where books about it stand, by the index of the classification."""
    found = [one for one in ndc.lookup(words, limit=6) if one.ja or one.en]
    return [(f"{one.number} {ndc.label(one.number, texts.language) or one.ja}", f"/browse/ndc/{one.number}") for one in found]


def _said(known: Suggestion | None, below: list[Suggestion], *, kind: Kind, words: str, base: str, texts: Texts) -> dict[str, Any]:
    """What every page of a heading says: its name as catalogued, the way to it, what stands below it."""
    name = known.phrase.text if known else words
    voice = known.phrase.reading if known else ""
    path = f"/browse/{PAGES[kind].folder}"
    letter = kana.letter_of(voice or name)
    steps: list[tuple[str, str | None]] = [(texts.gettext(PAGES[kind].all_of_them), path)]
    steps += [(letter, f"{path}?{urlencode({'kana': letter})}")] if letter else []
    return {
        "section": "shelves",
        "kind": kind.value,
        "name": name,
        "voice": voice.replace(",", ""),
        "trail": [*steps, (name, None)],
        "narrower": _lines(kind, below),
        "canonical": base + href(kind, _named(kind, known) if known else words),
    }


def _known(copy: EmbeddedEngine, kind: Kind, words: str, viewer: Viewer) -> tuple[Suggestion | None, list[Suggestion]]:
    """The heading itself, and those that divide it. Neither is needed to show what stands under it."""
    try:
        known = copy.of_key(key(kind, words), seen_by=viewer.sees)
        if kind is not Kind.SUBJECT or known is None:
            return known, []
        begun = copy.begun(kind.value, [frame(known.phrase.text)], seen_by=viewer.sees, most=4 * NARROWER)
    except EngineUnavailable:
        return None, []
    return known, [one for one in begun if one.phrase.text.startswith(f"{known.phrase.text} -- ")][:NARROWER]


class Standing(NamedTuple):
    """A book in its place in a series."""

    words: str
    book: Any


@get("/browse/series/{words:str}", include_in_schema=False)
async def series_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    words: FromPath[str],
) -> Response[str]:
    """The volumes in their order, with those that are missing told."""
    texts = requests.texts(request)
    plain = _plain(words)
    number = min(reading.read({name: parameters_of(request)[name] for name in ("page",) if name in parameters_of(request)}).page, LAST_PAGE)
    found = await asyncio.to_thread(_all_of, engine_of(request), key(Kind.SERIES, plain), viewer)
    if not found.total:
        raise _nothing_there()
    known, below = await asyncio.to_thread(_known, copy_of(request), Kind.SERIES, plain, viewer)
    async with database.reading() as session:
        directory = await directory_for(session, viewer)
        ordered = await _ordered(session, found.ids, key(Kind.SERIES, plain))
        here = ordered[(number - 1) * PER_PAGE : number * PER_PAGE]
        records = await shown(session, [one.record_id for one in here], viewer=viewer)
    standpoint = Standpoint(directory, viewer, texts)
    return drawn(
        request,
        "search/browse/series.html",
        **_said(known, below, kind=Kind.SERIES, words=plain, base=public.base(request, settings), texts=texts),
        total=found.total,
        standing=_standing(here, records, viewer, standpoint, texts),
        gaps=[str(first) if first == last else f"{first}–{last}" for first, last in volumes.gaps(ordered)],
        pages=min(-(-len(ordered) // PER_PAGE), LAST_PAGE),
        page=number,
        page_address=lambda asked: _address(Kind.SERIES, plain, None, asked),
        feed=feed_of(Asked(series=(plain,)), texts),
        narrowing=f"/search?{urlencode({'series': plain})}",
    )


def _all_of(engine: Engine, heading: str, viewer: Viewer) -> Found:
    filters = Filters(seen_by=viewer.sees, headings=frozenset({heading}))
    try:
        return engine.search(Query(), filters=filters, page=1, per_page=MOST_COUNTED, sort=Sort.TITLE, facets=False)
    except EngineUnavailable as exc:
        raise not_ready() from exc


async def _ordered(session: Reading, ids: Sequence[int], heading: str) -> list[Volume]:
    rows = await session.execute(_VOLUMES, {"ids": list(ids)})
    return volumes.in_order((volumes.volume_of(row.id, _series(row.series), row.volume, heading), row.title_sort) for row in rows)


_series = msgspec.json.Decoder(tuple[Series, ...]).decode


def _standing(here: Sequence[Volume], records: Sequence[Shown], viewer: Viewer, standpoint: Standpoint, texts: Texts) -> list[Standing]:
    words = {one.record_id: one.words for one in here}
    return [Standing(words[one.id], book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts)) for one in records]


handlers = (headings_page, heading_page, series_page)
