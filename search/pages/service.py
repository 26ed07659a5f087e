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
from search.edges import breaker_of, feeder_of, follower_of
from search.index.engine import EngineError, EngineUnavailable
from search.index.meilisearch.feeding import Feeder
from search.index.standing import Rebuilt, reason_of

PATIENCE = 3.0  # seconds: somebody who looks at the page wants to hear that the server hangs, not wait with us
SHOWN = 200  # records set aside; more of them are one fault, and the command line lists them all

MENU: tuple[Entry, ...] = (
    Entry(
        Permission.RUN_SERVICE.value, "/staff/index", N_("検索の索引"), N_("索引がどこまで新しいか、入れられなかった書誌がないかを見ます。")
    ),
)


class OnServer(NamedTuple):
    """How the index server stands; `away` says why it does not answer."""

    records: int = 0
    lag: tuple[int, float] | None = None
    set_aside: dict[int, str] = {}  # noqa: RUF012 - never changed
    rebuilt: Rebuilt | None = None
    away: str = ""


async def on_server(feeder: Feeder) -> OnServer:
    try:
        async with asyncio.timeout(PATIENCE):
            status = await asyncio.to_thread(feeder.engine.status)
            if status.needs_rebuild:
                return OnServer(status.records)
            about = await asyncio.to_thread(feeder.engine.about)
            return OnServer(status.records, await feeder.lag(), about.standing.set_aside, about.standing.rebuilt)
    except TimeoutError:
        return OnServer(away=f"no answer in {PATIENCE:.0f} s")
    except EngineError as exc:
        return OnServer(away=reason_of(exc))


class SetAside(NamedTuple):
    """A record that could not be indexed, and why: in this host's copy, on the server. `title` is empty where it has none or is gone."""

    record_id: int
    title: str
    here: str
    on_server: str


@get("/staff/index", include_in_schema=False, guards=[requires(Permission.RUN_SERVICE)])
async def index_page(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[str]:
    viewer.must(Permission.RUN_SERVICE, EVERYWHERE)
    follower = follower_of(request)
    status = await asyncio.to_thread(follower.engine.status)
    known = await asyncio.to_thread(lambda: follower.standing)
    feeder = feeder_of(request)
    server = await on_server(feeder) if feeder else None
    on_the_server = server.set_aside if server else {}
    aside = on_the_server.keys() | known.set_aside.keys()
    numbers = sorted(aside)[:SHOWN]
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
        set_aside=[
            SetAside(number, titles.get(number, ""), known.set_aside.get(number, ""), on_the_server.get(number, "")) for number in numbers
        ],
        set_aside_count=len(aside),
        server=server,
        left=breaker_of(request),
    )
