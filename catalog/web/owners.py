"""The page on which the ward says who may see and who may borrow what each organisation owns."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog.copies import owners
from catalog.web.words import OPTIONS, form_values, in_words
from library.db import Database
from library.errors import Invalid
from library.http.pages import page, url
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer


@get("/staff/owners", include_in_schema=False, guards=[requires(Permission.RUN_SERVICE)])
async def policies(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], done: FromQuery[str] = "", records: FromQuery[int] = 0
) -> Response[Any]:
    return await _policies(request, database, done=done, records=records)


async def _policies(
    request: Request[Viewer, Any, Any], database: Database, *, done: str = "", records: int = 0, refused: Invalid | None = None
) -> Response[Any]:
    async with database.reading() as session:
        found = await owners.policies(session)
    refusal = in_words(request, refused) if refused else None
    status_code = 422 if refused else 200
    return page(
        request, "catalog/owners.html", status_code=status_code, owners=found, done=done, records=records, refused=refusal, **OPTIONS
    )


@post("/staff/owners/{organisation_id:int}", include_in_schema=False, guards=[requires(Permission.RUN_SERVICE)])
async def set_policy(
    request: Request[Viewer, Any, Any], organisation_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    viewer.must(Permission.RUN_SERVICE, EVERYWHERE)
    values = await form_values(request)
    try:
        async with database.transaction() as session:
            records = await owners.set_policy(
                session, organisation_id, seen_by=values.get("seen_by", ""), lent_to=values.get("lent_to", ""), viewer=viewer
            )
    except Invalid as exc:
        return await _policies(request, database, refused=exc)
    return Redirect(url("/staff/owners", done=str(organisation_id), records=records), status_code=303)


handlers = [policies, set_policy]
