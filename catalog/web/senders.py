"""Pages of the senders: who is trusted before whom, and what a licence lets be shown and passed on."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog import jobs
from catalog.incoming import senders
from catalog.web.words import OPTIONS, chosen, form_values, in_words, whole
from library.db import Database
from library.errors import Invalid
from library.http.pages import page
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer


@get("/staff/sources", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def all_senders(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], done: FromQuery[str] = ""
) -> Response[Any]:
    async with database.reading() as session:
        found = await senders.senders(session)
    may_edit = viewer.can(Permission.EDIT_RECORDS, EVERYWHERE)
    return page(request, "catalog/senders.html", senders=found, may_edit=may_edit, done=done, **OPTIONS)


@get("/staff/sources/{name:str}", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def one_sender(
    request: Request[Viewer, Any, Any], name: FromPath[str], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    return await _sender(request, database, name)


async def _sender(request: Request[Viewer, Any, Any], database: Database, name: str, refused: Invalid | None = None) -> Response[Any]:
    async with database.reading() as session:
        source = await senders.sender(session, name)
    return page(
        request,
        "catalog/sender.html",
        status_code=422 if refused else 200,
        source=source,
        refused=in_words(request, refused) if refused else None,
        wrong_at=refused.where if refused else None,
        **OPTIONS,
    )


@post("/staff/sources/{name:str}", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def change(
    request: Request[Viewer, Any, Any], name: FromPath[str], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    values = await form_values(request)
    try:
        async with database.transaction() as session:
            source, again = await senders.change(
                session,
                name,
                texts=values,
                rank=whole(values.get("rank", ""), "rank") or 0,
                withheld=await chosen(request, "withheld"),
                unshared=await chosen(request, "unshared"),
                viewer=viewer,
            )
            if again:
                await jobs.defer_recomposing(session, source.id)
    except Invalid as exc:
        return await _sender(request, database, name, exc)
    return Redirect(f"/staff/sources?done={'again' if again else 'kept'}", status_code=303)


handlers = [all_senders, one_sender, change]
