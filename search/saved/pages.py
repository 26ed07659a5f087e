"""The reader's pages of saved searches: all of them with what is new, and the new arrivals of one."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from library import clock
from library.db import Database
from library.errors import Conflict, Invalid
from library.http import forms, problems, requests
from library.http.pages import page
from library.identity.guards import in_person
from library.identity.viewer import Viewer
from search.asking import asked as reading
from search.directory import directory_for
from search.edges import engine_of
from search.finding import shown
from search.pages.books import book_of
from search.pages.nearness import Standpoint
from search.saved import arriving, keeping

PATH = "/saved"
NOT_KEPT = {"Cache-Control": "no-store"}

Looking = Request[Viewer, Any, Any]


@get(PATH, include_in_schema=False, guards=[in_person])
async def saved_page(
    request: Looking, database: NamedDependency[Database], viewer: NamedDependency[Viewer], done: FromQuery[str] = ""
) -> Response[str]:
    return await _saved(request, database, viewer, done=done)


async def _saved(
    request: Looking, database: Database, viewer: Viewer, *, done: str = "", refused: Exception | None = None
) -> Response[str]:
    assert viewer.account_id is not None  # the guard let nobody else in
    now = clock.now()
    async with database.transaction() as session:
        kept = await keeping.all_of(session, viewer.account_id)
        gone = await keeping.dropped(session, viewer.account_id)
        await keeping.used(session, viewer.account_id, now)
    async with database.reading() as session:
        asked = await arriving.questions(session, kept, viewer=viewer)
    new = [len(ids or ()) for ids in await arriving.answers(engine_of(request), asked)]
    return page(
        request,
        "search/saved/saved.html",
        status_code=409 if isinstance(refused, Conflict) else 422 if refused else 200,
        headers=NOT_KEPT,
        section="search",
        kept=sorted(((one, number, one.goes_soon(now)) for one, number in zip(kept, new, strict=True)), key=lambda line: not line[1]),
        gone=gone,
        done=done,
        refused=problems.said(refused, requests.texts(request)).detail if refused else None,
        most=keeping.MOST,
        most_new=arriving.MOST_NEW,
    )


@post(PATH, include_in_schema=False, guards=[in_person])
async def save(request: Looking, database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    """`search` is the query string of the results' address. Saved again it stays one, and a wish to be told is kept."""
    assert viewer.account_id is not None
    form = await forms.read(request)
    try:
        asked = reading.read(parse_qs(form.text("search")))
        async with database.transaction() as session:
            known = await keeping.already(session, viewer.account_id, asked)
            if known is None:
                await keeping.save(session, viewer.account_id, asked, name=form.text("name"), tells=form.ticked("tells"), now=clock.now())
            elif form.ticked("tells") and not known.tells:
                await keeping.tell(session, viewer.account_id, known.id, tells=True)
    except (Invalid, Conflict) as exc:
        return await _saved(request, database, viewer, refused=exc)
    return Redirect(f"{PATH}?done={'known' if known else 'saved'}", status_code=303)


@get(PATH + "/{number:int}", include_in_schema=False, guards=[in_person])
async def arrivals_page(
    request: Looking, database: NamedDependency[Database], viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str]:
    assert viewer.account_id is not None
    texts = requests.texts(request)
    async with database.reading() as session:
        kept = await keeping.one(session, viewer.account_id, number)
        asked = await arriving.questions(session, [kept], viewer=viewer)
    [ids] = await arriving.answers(engine_of(request), asked)
    async with database.reading() as session:
        found = await shown(session, ids or (), viewer=viewer)
        standpoint = Standpoint(await directory_for(session, viewer), viewer, texts)
    books = [book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in found]
    return page(
        request, "search/saved/arrivals.html", headers=NOT_KEPT, section="search", kept=kept, books=books, newest=max(ids or (), default=0)
    )


@post(PATH + "/{number:int}", include_in_schema=False, guards=[in_person])
async def change(
    request: Looking, database: NamedDependency[Database], viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[Any]:
    """One act on one search: seen, told of, not told of any more, deleted."""
    assert viewer.account_id is not None
    form = await forms.read(request)
    act, up_to = form.text("act"), form.text("up_to")
    async with database.transaction() as session:
        if act == "remove":
            await keeping.remove(session, viewer.account_id, number)
        elif act == "seen" and up_to.isascii() and up_to.isdigit() and len(up_to) < 19:
            await keeping.seen(session, viewer.account_id, number, up_to=int(up_to), now=clock.now())
        elif act in ("tell", "untell"):
            await keeping.tell(session, viewer.account_id, number, tells=act == "tell")
    return Redirect(f"{PATH}?done={'removed' if act == 'remove' else 'changed'}", status_code=303)


@post(PATH + "/understood", include_in_schema=False, guards=[in_person])
async def understood(database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Redirect:
    assert viewer.account_id is not None
    async with database.transaction() as session:
        await keeping.understood(session, viewer.account_id)
    return Redirect(PATH, status_code=303)


handlers: list[Any] = [saved_page, save, arrivals_page, change, understood]
