"""The page of those who run the service: how the search index of this host stands, and which records it could not take in."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy import func, select

from catalog.models import Record
from library.db import Database
from library.errors import N_
from library.http.menu import Entry
from library.http.pages import page
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer
from search.edges import follower_of
from search.index.engine import EngineUnavailable

SHOWN = 200  # records set aside; more of them are one fault, and the command line lists them all

MENU: tuple[Entry, ...] = (
    Entry(
        Permission.RUN_SERVICE.value, "/staff/index", N_("検索の索引"), N_("索引がどこまで新しいか、入れられなかった書誌がないかを見ます。")
    ),
)


class SetAside(NamedTuple):
    """A record that could not be indexed. `title` is empty where the record is gone or has none."""

    record_id: int
    title: str
    reason: str


@get("/staff/index", include_in_schema=False, guards=[requires(Permission.RUN_SERVICE)])
async def index_page(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    viewer.must(Permission.RUN_SERVICE, EVERYWHERE)
    follower = follower_of(request)
    status = await asyncio.to_thread(follower.engine.status)
    known = await asyncio.to_thread(lambda: follower.standing)
    numbers = sorted(known.set_aside)[:SHOWN]
    async with database.reading() as session:
        records = await session.scalar(select(func.count()).select_from(Record))
        titles = {row.id: row.title for row in await session.execute(select(Record.id, Record.title).where(Record.id.in_(numbers)))}
    try:
        lag = await follower.lag()
    except EngineUnavailable:
        lag = None
    return page(
        request,
        "search/index.html",
        headers={"Cache-Control": "no-store"},
        status=status,
        records=records,
        lag=lag,
        rebuilt=known.rebuilt,
        set_aside=[SetAside(number, titles.get(number, ""), known.set_aside[number]) for number in numbers],
        set_aside_count=len(known.set_aside),
    )
