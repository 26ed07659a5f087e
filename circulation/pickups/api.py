"""JSON of pick-up places: where a card's reader may collect what they hold."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from circulation.pickups import places as pickups
from circulation.store import readers
from library import clock
from library.db import Database
from library.http.requests import texts
from library.i18n import in_language
from library.identity.guards import signed_in
from library.identity.viewer import Viewer
from library.settings import Settings


class PickupView(msgspec.Struct, frozen=True):
    """`branch` is a code. `own_school`: the library of a school they belong to."""

    branch: str
    name: str
    own_school: bool


class PickupList(msgspec.Struct, frozen=True):
    pickups: list[PickupView]


@get("/api/v1/pickups", guards=[signed_in], tags=["lending"])
async def pickup_places(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    card: Annotated[
        str, QueryParameter(description="The card of oneself or one's child; as staff, of one's organisation.", max_length=100)
    ],
) -> Response[PickupList]:
    """Every branch that `POST /api/v1/holds` takes as `pickup` for this card: the own school first, then the ward's libraries."""
    spoken = texts(request)
    async with database.reading() as session:
        seen = await readers.visible_to(session, viewer, await readers.by_card(session, card))
        found = await pickups.choices(session, seen, today=clock.today(settings.zone))
    listed = [PickupView(one.code, in_language(one.name, spoken.language), one.own_school) for one in found]
    return Response(PickupList(listed), headers={"Cache-Control": "no-store"})


handlers = (pickup_places,)
