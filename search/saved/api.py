"""JSON of one's own saved searches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from library import clock, idempotency
from library.db import Database
from library.identity.guards import signed_in
from library.identity.viewer import Viewer
from library.settings import Settings
from search.asking import asked as reading
from search.edges import engine_of
from search.saved import arriving, keeping

NOT_KEPT = {"Cache-Control": "no-store"}
ROUTE = "/api/v1/saved-searches"


class SavedView(msgspec.Struct, frozen=True):
    """`url`: the results; `arrived`: records that came in since it was last looked at, counted to 100."""

    id: str
    name: str
    url: str
    search: dict[str, list[str]]
    tells: bool
    arrived: int
    created_at: datetime


class SavedList(msgspec.Struct, frozen=True):
    searches: list[SavedView]


class NewSaved(msgspec.Struct, forbid_unknown_fields=True):
    """`search`: parameters as GET /api/v1/search takes them, each with its values; `tells`: be told of new arrivals."""

    search: dict[str, list[str]]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    tells: bool = False


class MadeSaved(msgspec.Struct, frozen=True):
    id: str


@get(ROUTE, guards=[signed_in], tags=["finding"], operation_id="saved_searches")
async def saved(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[SavedList]:
    """My saved searches, with how much is new for each."""
    assert viewer.account_id is not None  # the guard let nobody else in
    async with database.reading() as session:
        kept = await keeping.all_of(session, viewer.account_id)
        asked = await arriving.questions(session, kept, viewer=viewer)
    new = await arriving.answers(engine_of(request), asked)
    found = [
        SavedView(str(one.id), one.name, one.href, keeping.as_kept(one.asked), one.tells, len(ids or ()), one.created_at)
        for one, ids in zip(kept, new, strict=True)
    ]
    return Response(SavedList(found), headers=NOT_KEPT)


@post(ROUTE, guards=[signed_in], tags=["finding"], operation_id="save_search")
async def save(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewSaved],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[MadeSaved]:
    """Saves a search of mine; the same Idempotency-Key saves it once."""
    assert viewer.account_id is not None
    now, client = clock.now(), f"account:{viewer.account_id}"
    key = idempotency.parse(request.headers.get("Idempotency-Key"))
    digest = idempotency.digest(settings.key, await request.body())
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route=ROUTE, body_digest=digest, now=now)
        if before is not None:
            return Response(MadeSaved(str(before.result["id"])), status_code=before.status, headers=NOT_KEPT)
        asked = reading.read(data.search)
        number = await keeping.save(session, viewer.account_id, asked, name=data.name, tells=data.tells, now=now)
        await idempotency.finish(session, client=client, key=key, status=201, result={"id": str(number)})
    return Response(MadeSaved(str(number)), status_code=201, headers=NOT_KEPT)


@delete(ROUTE + "/{number:int}", guards=[signed_in], status_code=204, tags=["finding"], operation_id="remove_saved_search")
async def remove(database: NamedDependency[Database], viewer: NamedDependency[Viewer], number: FromPath[int]) -> None:
    """Deletes one of mine, at once and for good."""
    assert viewer.account_id is not None
    async with database.transaction() as session:
        await keeping.remove(session, viewer.account_id, number)


handlers: list[Any] = [saved, save, remove]
