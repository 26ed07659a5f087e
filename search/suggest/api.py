"""Suggestions over HTTP: what somebody may be typing, within what they may see."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import Parameter

from library.identity.viewer import Viewer
from search.edges import copy_of
from search.finding import not_ready
from search.index.embedded import Suggestion
from search.index.engine import EngineUnavailable
from search.suggest.phrases import TITLE
from search.suggest.typed import read

# Kept by the browser for the moment in which somebody deletes a letter and types it again.
_A_MOMENT = {"Cache-Control": "private, max-age=20", "Vary": "Cookie, Authorization"}


class Suggested(msgspec.Struct, kw_only=True):
    """`url`: where it leads. `record`: its number where one record, or the editions of one work, stand under it.

    `count`: records under it that the asker may see.
    """

    kind: str
    text: str
    reading: str
    url: str
    record: str | None
    count: int


class SuggestAnswer(msgspec.Struct, kw_only=True):
    """`sought`: what was typed as it may be meant (romaji in kana, letters an input method has not turned yet), to mark it in the texts."""

    sought: list[str]
    suggestions: list[Suggested]


EXAMPLE = SuggestAnswer(
    sought=["ぎんが"],
    suggestions=[
        Suggested(kind="title", text="銀河鉄道の夜", reading="ギンガ テツドウ ノ ヨル", url="/works/311", record="1204", count=6),
        Suggested(kind="subject", text="銀河", reading="ギンガ", url="/search?subject=%E9%8A%80%E6%B2%B3", record=None, count=14),
    ],
)


@get(
    "/api/v1/suggest",
    tags=["finding"],
    operation_id="suggest",
    summary="Suggest while somebody types",
    responses={
        200: ResponseSpec(SuggestAnswer, description="At most eight, the likeliest first", examples=[Example("ぎんが", value=EXAMPLE)])
    },
)
async def suggest(
    *,
    request: Request[Viewer, Any, Any],
    viewer: NamedDependency[Viewer],
    q: Annotated[
        str, Parameter(description="What is typed so far: kana, kanji, romaji, or kana with the letters of a syllable begun.")
    ] = "",
) -> Response[SuggestAnswer]:
    """Titles, authors, series and subjects that begin so, or one of whose words does; only those with records the asker may see.

    `kind` is title, author, series or subject. An empty `q` is answered with nothing; while the index is being built the answer
    is a 503 with `Retry-After`.
    """
    typed = read(q)
    try:
        found = await asyncio.to_thread(copy_of(request).suggest, typed, seen_by=viewer.sees) if typed.ways else []
    except EngineUnavailable as exc:
        raise not_ready() from exc
    return Response(SuggestAnswer(sought=list(typed.sought), suggestions=[_suggested(one) for one in found]), headers=_A_MOMENT)


def _suggested(one: Suggestion) -> Suggested:
    return Suggested(
        kind=one.phrase.kind,
        text=one.phrase.text,
        reading=one.phrase.reading,
        url=_address(one),
        record=None if one.record is None else str(one.record),
        count=one.records,
    )


def _address(one: Suggestion) -> str:
    """A title leads to its page, to that of its work where it has several editions, or to the search for it where it is of
    several works; all else to the search by it.
    """
    if one.record is not None and one.records > 1 and one.work is not None:
        return f"/works/{one.work}"
    if one.record is not None:
        return f"/records/{one.record}"
    if one.phrase.kind == TITLE:
        return f"/search?{urlencode({'q': one.phrase.text})}"
    return f"/search?{urlencode({one.phrase.kind: one.phrase.heading or one.phrase.text})}"


handlers = [suggest]
