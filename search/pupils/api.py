"""The JSON API of the pupils' view: the picture shelves, so that other screens can draw them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from library import furigana
from library.db import Database
from library.http import requests
from library.i18n import Texts
from library.identity.viewer import Viewer
from search.api import NOT_SHARED
from search.directory import directory_for
from search.edges import engine_of
from search.pupils import picking
from search.pupils.looking import looking
from search.pupils.picking import Count
from search.pupils.shelves import SHELVES, Shelf


class PictureShelf(msgspec.Struct, kw_only=True):
    """`reading`: the name in kana, for those who do not read kanji yet. `titles` counts works, to 1000 in each question that a
    shelf is made of; `titles_are_exact` says whether there are more. `ndc`: classes that stand there, beside what words find."""

    key: str
    name: str
    reading: str
    titles: int
    titles_are_exact: bool
    ndc: list[str]
    hue_of: str
    url: str
    parts: list[PictureShelf]


class PictureShelves(msgspec.Struct, kw_only=True):
    """Those that hold something within reach of whoever asks."""

    shelves: list[PictureShelf]


EXAMPLE = PictureShelves(
    shelves=[
        PictureShelf(
            key="friends",
            name="学校・ともだち",
            reading="がっこう・ともだち",
            titles=41,
            titles_are_exact=True,
            ndc=["37"],
            hue_of="3",
            url="/kids/shelves/friends",
            parts=[],
        )
    ]
)


@get(
    "/api/v1/kids/shelves",
    tags=["finding"],
    operation_id="picture_shelves",
    summary="Picture shelves for pupils",
    responses={200: ResponseSpec(PictureShelves, description="The shelves, in their order", examples=[Example("one", value=EXAMPLE)])},
)
async def picture_shelves(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[PictureShelves]:
    """The shelves of the pupils' view with true counts: of a pupil what the own school and the ward's libraries hold for pupils,
    of anybody else what the ward's libraries hold. A 503 with `Retry-After` while the index is being built."""
    async with database.reading() as session:
        looks = looking(viewer, await directory_for(session, viewer))
        counts = await picking.counts(session, database, engine_of(request), looks)
    texts = requests.texts(request)
    return Response(PictureShelves(shelves=_shelves(SHELVES, counts, texts)), headers=NOT_SHARED)


def _shelves(some: tuple[Shelf, ...], counts: dict[str, Count], texts: Texts) -> list[PictureShelf]:
    return [
        PictureShelf(
            key=one.key,
            name=furigana.plain(texts.gettext(one.name)),
            reading=furigana.spoken(texts.gettext(one.name)),
            titles=counts[one.key].number,
            titles_are_exact=counts[one.key].is_exact,
            ndc=sorted({number for ask in one.every_ask() for number in ask.classes}),
            hue_of=one.mark,
            url=f"/kids/shelves/{one.key}",
            parts=_shelves(one.parts, counts, texts),
        )
        for one in some
        if one.key in counts
    ]


handlers = (picture_shelves,)
