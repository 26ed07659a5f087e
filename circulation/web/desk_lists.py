"""The desk's lists on paper and screen: the day, the hold shelf and its slips, what to take from the shelves, what is on its way."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from circulation.counter import lists
from circulation.web.desk import NO_STORE, branch_here
from library import clock
from library.db import Database
from library.http.pages import page
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer

ACTS_OF_A_DAY = 500


@get("/desk/{branch:str}/today", guards=[requires(Permission.LEND)], include_in_schema=False)
async def today(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], branch: FromPath[str]
) -> Response[str]:
    now = clock.now()
    async with database.reading() as session:
        here = await branch_here(session, viewer, branch, now=now)
        acts = await lists.acts_of_day(session, here, now=now, most=ACTS_OF_A_DAY)
        sums = await lists.sums_of_day(session, here, now=now)
    return page(request, "circulation/desk/today.html", headers=NO_STORE, place=here, acts=acts, sums=sums, today=here.today(now))


@get("/desk/{branch:str}/hold-shelf", guards=[requires(Permission.LEND)], include_in_schema=False)
async def hold_shelf(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], branch: FromPath[str]
) -> Response[str]:
    now = clock.now()
    async with database.reading() as session:
        here = await branch_here(session, viewer, branch, now=now)
        shelf = await lists.hold_shelf(session, here, now=now)
    return page(request, "circulation/desk/hold_shelf.html", headers=NO_STORE, place=here, shelf=shelf, today=here.today(now))


@get("/desk/{branch:str}/hold-slip/{hold:int}", guards=[requires(Permission.LEND)], include_in_schema=False)
async def hold_slip(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
    hold: FromPath[int],
) -> Response[str]:
    """What is put into a copy on the hold shelf."""
    now = clock.now()
    async with database.reading() as session:
        here = await branch_here(session, viewer, branch, now=now)
        slip = await lists.hold_slip(session, here, hold)
    return page(request, "circulation/desk/hold_slip.html", headers=NO_STORE, place=here, slip=slip)


@get("/desk/{branch:str}/pick", guards=[requires(Permission.LEND)], include_in_schema=False)
async def pick(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], branch: FromPath[str]
) -> Response[str]:
    now = clock.now()
    async with database.reading() as session:
        here = await branch_here(session, viewer, branch, now=now)
        lines = await lists.pick(session, here, now=now)
    return page(request, "circulation/desk/pick.html", headers=NO_STORE, place=here, lines=lines, today=here.today(now))


@get("/desk/{branch:str}/transits", guards=[requires(Permission.LEND)], include_in_schema=False)
async def transits(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], branch: FromPath[str]
) -> Response[str]:
    now = clock.now()
    async with database.reading() as session:
        here = await branch_here(session, viewer, branch, now=now)
        travelling = await lists.transits(session, here, now=now)
    return page(
        request,
        "circulation/desk/transits.html",
        headers=NO_STORE,
        place=here,
        arriving=[one for one in travelling if one.arriving],
        leaving=[one for one in travelling if not one.arriving],
        today=here.today(now),
    )


handlers = (today, hold_shelf, hold_slip, pick, transits)
