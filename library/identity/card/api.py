"""JSON about one's own card and those of one's children."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from library import clock
from library.db import Database
from library.identity.card import picture
from library.identity.card.holders import Holder, Standing, holders
from library.identity.guards import in_person
from library.identity.viewer import Viewer
from library.settings import Settings


class CardView(msgspec.Struct, frozen=True):
    """`number`, `barcode` (what NW-7 bars say, with their letters) and `printed` are null unless `standing` is "valid".

    `barcode` is null too where NW-7 cannot write the number. `until` is the last day of the membership, null while open.
    """

    name: str
    role: Literal["self", "guardian"]
    standing: Standing
    number: str | None
    barcode: str | None
    printed: str | None
    until: str | None


class CardList(msgspec.Struct, frozen=True):
    cards: list[CardView]


@get("/api/v1/card", guards=[in_person], tags=["people"])
async def cards(
    database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[CardList]:
    """My card and those of the children in my care; nobody else's, and not with a token."""
    assert viewer.account_id is not None  # the guard let nobody else in
    async with database.reading() as session:
        found = await holders(session, viewer.account_id, today=clock.today(settings.zone))
    return Response(CardList([_view(one, settings) for one in found]), headers={"Cache-Control": "no-store"})


def _view(holder: Holder, settings: Settings) -> CardView:
    number, letter = holder.number, settings.card_letter
    return CardView(
        name=holder.name,
        role="self" if holder.own else "guardian",
        standing=holder.standing,
        number=number,
        barcode=picture.framed(number, letter) if number is not None and picture.is_codable(number) else None,
        printed=picture.printed(number, letter) if number is not None else None,
        until=holder.until.isoformat() if holder.until else None,
    )


handlers = (cards,)
