"""The pages of the pupils' view: picture shelves, two kana, grades, chance, and the switch between the views."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from catalog.description import Agent
from library import clock
from library.db import Database, Reading
from library.errors import N_, Busy, NotFound
from library.http import forms
from library.identity.signing_in import own_account
from library.identity.viewer import Viewer
from library.settings import Settings
from search.asking.asked import read
from search.edges import engine_of
from search.index.engine import Engine
from search.pupils import grades, kana, picking, recommended, shelves, view
from search.pupils import words as typed
from search.pupils.faces import Pairs, spoken
from search.pupils.picking import Count, Picked
from search.pupils.shelves import Ask, Shelf
from search.pupils.sights import Sight, sight
from search.pupils.view import View

_LONGEST = 100  # characters of a name in an address


class Tile(NamedTuple):
    """A shelf as a picture to press; `works`: how many stand there."""

    href: str
    name: str
    mark: str
    picture: str
    works: Count


class Key(NamedTuple):
    """A letter of the board; without an address it leads nowhere."""

    letter: str
    href: str | None


@get("/kids", include_in_schema=False)
async def home(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        counts = await _counts(session, database, engine_of(request), seen)
    own = grades.own(viewer)
    return seen.page(
        "home.html",
        section="kids",
        tiles=_tiles(shelves.SHELVES, counts),
        is_ready=bool(counts),
        bands=grades.BANDS,
        own_band=grades.BY_GRADE[own] if own else None,
    )


@get("/kids/shelves/{key:str}", include_in_schema=False)
async def shelf(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], key: FromPath[str]
) -> Response[str]:
    found = shelves.BY_KEY.get(key)
    if found is None:
        raise NotFound("shelf_not_found", N_("そのたなは、ありません。"))
    engine = engine_of(request)
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        picked = await picking.on_shelf(session, engine, found, seen.looking, available=seen.now)
        counts = await _counts(session, database, engine, seen) if found.parts else {}
        books = await seen.faces(session, picked.page(seen.number))
    whole = shelves.above(found)
    return seen.page(
        "shelf.html",
        section="kids",
        shelf=found,
        above=whole,
        tiles=_tiles(found.parts, counts),
        **seen.listed(picked, books),
    )


@get("/kids/grades/{grade:str}", include_in_schema=False)
async def grade_page(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    grade: FromPath[str],
) -> Response[str]:
    band = grades.BY_GRADE.get(grade)
    if band is None:
        raise NotFound("grade_not_found", N_("その がくねんの ページは、ありません。"))
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        if band.asks:
            picked = await picking.from_asks(session, engine_of(request), band.asks, seen.looking, available=seen.now)
        else:
            picked = await picking.of_junior_high(session, seen.looking, available=seen.now)
        books = await seen.faces(session, picked.page(seen.number))
        lists = await recommended.to_grade(session, viewer, band.grade, today=clock.today(settings.zone)) if seen.number == 1 else ()
    faces = [(one.title, [seen.eyes.face(book) for book in one.books]) for one in lists]
    return seen.page("grade.html", section="kids", band=band, bands=grades.BANDS, lists=faces, **seen.listed(picked, books))


@get("/kids/kana", include_in_schema=False)
async def board(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        rows = await _board(session, database, seen, "")
    return seen.page("kana.html", section="kana", letters="", rows=rows)


@get("/kids/kana/{letters:str}", include_in_schema=False)
async def by_kana(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], letters: FromPath[str]
) -> Response[str] | Redirect:
    tapped = kana.tapped(letters)
    if not tapped:
        raise NotFound("kana_not_found", N_("あいうえおの もじを、ひとつか ふたつ えらんでください。"))
    if tapped != letters:
        return Redirect(f"/kids/kana/{quote(tapped)}", status_code=303)
    engine = engine_of(request)
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        rows = await _board(session, database, seen, tapped) if len(tapped) < kana.MOST else []
        picked = await picking.by_kana(session, tapped, seen.looking, available=seen.now)
        books = await seen.faces(session, picked.page(seen.number))
        writers = await _writers(session, engine, seen, tapped) if len(tapped) > 1 and seen.number == 1 else ()
    people = [(f"/kids/writers?{_named(one)}", spoken(one)) for one in writers]
    return seen.page("kana.html", section="kana", letters=tapped, rows=rows, people=people, **seen.listed(picked, books))


@get("/kids/writers", include_in_schema=False)
async def writer(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    name = read({"q": [request.query_params.get("name", "")[:_LONGEST]]}).text
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        asks = [Ask(writers=(name,))] if name else []
        picked = await picking.from_asks(session, engine_of(request), asks, seen.looking, available=seen.now)
        books = await seen.faces(session, picked.page(seen.number))
    said: Pairs = next((book.writer for book in books if "".join(base for base, _ in book.writer) == name.replace(", ", "")), ((name, ""),))
    return seen.page("writer.html", section="kids", writer=said, **seen.listed(picked, books, name=name))


@get("/kids/find", include_in_schema=False)
async def find(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    words = read({"q": [request.query_params.get("q", "")]}).text
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        called = typed.shelves_called(words, seen.texts)
        tiles = _tiles(called, await _counts(session, database, engine_of(request), seen)) if called else []
        picked = await typed.answering(session, engine_of(request), words, seen.looking) if words else Picked(())
        if tiles and picked.is_near:
            picked = Picked(())  # the shelf is what was meant
        books = await seen.faces(session, picked.page(seen.number))
    listed = seen.listed(picked, books, q=words)
    return seen.page("find.html", section="kids", words=words, tiles=tiles, is_near=picked.is_near, **listed)


@get("/kids/dice", include_in_schema=False)
async def dice(
    *, request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        picked = await picking.by_chance(session, engine_of(request), seen.looking)
        books = await seen.faces(session, picked.ids)
    return seen.page("dice.html", section="dice", books=books, headers={"Cache-Control": "no-store"})


@post("/kids/view", include_in_schema=False)
async def switch(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Redirect:
    """Kept with the account of whoever is signed in, else in the browser; then the same thing in the other view, where it has one."""
    form = await forms.read(request)
    wanted = View.FULL if form.text("view") == View.FULL else View.PUPILS
    if viewer.account_id is not None:
        async with database.transaction() as session:
            await own_account.choose_view(session, viewer.account_id, wanted.value)
    cookies = [] if viewer.is_signed_in else [view.cookie(wanted, settings)]
    return Redirect(view.twin(form.text("from"), wanted), status_code=303, cookies=cookies)


def _tiles(some: tuple[Shelf, ...], counts: dict[str, Count]) -> list[Tile]:
    """Those that hold something."""
    return [Tile(f"/kids/shelves/{one.key}", one.name, one.mark, one.picture, counts[one.key]) for one in some if one.key in counts]


async def _counts(session: Reading, database: Database, engine: Engine, seen: Sight) -> dict[str, Count]:
    """Nothing while there is no index: kana and search by words say so themselves."""
    try:
        return await picking.counts(session, database, engine, seen.looking)
    except Busy:
        return {}


async def _board(session: Reading, database: Database, seen: Sight, before: str) -> list[list[Key | None]]:
    """The letters that may follow; None is a gap in the row of や."""
    known = await picking.letters_after(session, database, before, seen.looking)
    return [
        [Key(letter, f"/kids/kana/{quote(before + letter)}" if letter in known else None) if letter != " " else None for letter in row]
        for row in kana.ROWS
    ]


async def _writers(session: Reading, engine: Engine, seen: Sight, letters: str) -> tuple[Agent, ...]:
    """None while there is no index: the titles do not need it."""
    try:
        return await picking.writers(session, engine, letters, seen.looking, viewer=seen.viewer)
    except Busy:
        return ()


def _named(agent: Agent) -> str:
    return f"name={quote(agent.name)}"


pages = (home, shelf, grade_page, board, by_kana, writer, find, dice, switch)
