"""One book in the pupils' view: where it stands, whether it is there, how to get it, and what is like it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from circulation import ledger
from library.db import Database, Reading
from library.errors import Busy
from library.http.pages import url
from library.identity.viewer import Viewer
from search import permalink
from search.edges import engine_of
from search.finding import Shown
from search.index.engine import Engine
from search.pupils import picking
from search.pupils.faces import Face
from search.pupils.sights import Sight, branch_names, sight

ALIKE = 8


@get("/kids/books/{record_id:str}", include_in_schema=False)
async def book_page(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    record_id: FromPath[str],
) -> Response[str] | Redirect:
    async with database.reading() as session:
        led = await permalink.follow(session, record_id)
        found = await permalink.record(session, led.record_id, viewer=viewer)
        seen = await sight(session, request, viewer)
        places = seen.eyes.places(found, await branch_names(session, found))
        mine = await ledger.of_record(session, viewer.account_id, found.id)
        alike = await _alike(session, engine_of(request), found, seen)
    if led.is_elsewhere:
        return Redirect(f"/kids/books/{led.record_id}", status_code=301)
    said = found.description
    return seen.page(
        "book.html",
        section="kids",
        record=found,
        book=seen.eyes.face(found),
        subtitle=said.title.rest,
        places=places,
        mine=mine,
        hold=seen.eyes.hold(found),
        writer_href=url("/kids/writers", name=said.agents[0].name) if said.agents else None,
        books=alike,
    )


async def _alike(session: Reading, engine: Engine, found: Shown, seen: Sight) -> list[Face]:
    """Nothing while there is no index: the book's own page does not need it."""
    try:
        return await seen.faces(session, await picking.alike(session, engine, found, seen.looking, most=ALIKE))
    except Busy:
        return []
