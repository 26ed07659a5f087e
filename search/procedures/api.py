"""JSON of the guide: every entry, and one, in a language."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from library import clock
from library.db import Database
from library.errors import N_, Invalid
from library.http import requests
from library.identity.viewer import Viewer
from library.settings import Settings
from search.procedures import answers
from search.procedures.content import LANGUAGES
from search.procedures.guide import found

HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization, Accept-Language"}
Language = Annotated[str, QueryParameter(max_length=20, description="ja, en, zh or ko; that of the request when absent")]


class ProcedureLine(msgspec.Struct, frozen=True):
    """An entry of the guide. `language` is that of the title: Japanese where nobody translated it."""

    key: str
    url: str
    topic: str
    title: str
    language: str
    languages: list[str]


class ProcedureList(msgspec.Struct, frozen=True):
    procedures: list[ProcedureLine]


class ButtonView(msgspec.Struct, frozen=True):
    """A way on: a path of this service, or an https address."""

    label: str
    path: str


class ProcedureView(msgspec.Struct, frozen=True):
    """An entry in full. `text` is for reading aloud, `html` for showing; `branches` are codes, none for everywhere."""

    key: str
    url: str
    topic: str
    title: str
    text: str
    html: str
    buttons: list[ButtonView]
    language: str
    languages: list[str]
    branches: list[str]
    checked_on: str | None

    @classmethod
    def of(cls, entry: answers.Entry) -> ProcedureView:
        answer = entry.answer
        return cls(
            key=entry.key,
            url=f"/guide/{entry.key}",
            topic=entry.topic.value,
            title=answer.title,
            text=answer.body_text,
            html=answer.body_html,
            buttons=[ButtonView(button.label, button.path) for button in answer.buttons],
            language=answer.language,
            languages=list(entry.languages),
            branches=list(entry.branches),
            checked_on=entry.checked_on.isoformat() if entry.checked_on else None,
        )


def line_of(entry: answers.Entry) -> ProcedureLine:
    spoken = entry.language if entry.language in entry.languages else "ja"
    return ProcedureLine(entry.key, f"/guide/{entry.key}", entry.topic.value, entry.title, spoken, list(entry.languages))


@get("/api/v1/procedures", tags=["guide"], operation_id="procedures", summary="List the guide")
async def procedures(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    q: Annotated[
        str, QueryParameter(max_length=1000, description="What somebody says; only the entries that answer it, the surest first")
    ] = "",
    language: Language = "",
) -> Response[ProcedureList]:
    """What the guide says to this viewer: the ward's entries, and those of the viewer's schools."""
    spoken = _language(request, language)
    async with database.reading() as session:
        entries = await answers.all_for(session, viewer=viewer, language=spoken, on=clock.today(settings.zone))
    if q.strip():
        entries = tuple(one.entry for one in answers.match(entries, q, spoken))
    return Response(ProcedureList([line_of(one) for one in entries]), headers=HEADERS)


@get("/api/v1/procedures/{key:str}", tags=["guide"], operation_id="procedure", summary="One entry of the guide")
async def procedure(
    *,
    request: Request[Viewer, Any, Any],
    key: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    language: Language = "",
) -> Response[ProcedureView]:
    """An entry with its facts filled in as they are now."""
    spoken = _language(request, language)
    async with database.reading() as session:
        entries = await answers.all_for(session, viewer=viewer, language=spoken, on=clock.today(settings.zone))
    return Response(ProcedureView.of(found(entries, key)), headers=HEADERS)


def _language(request: Request[Viewer, Any, Any], wished: str) -> str:
    if wished and wished not in LANGUAGES:
        raise Invalid("procedure_language", N_("「{language}」という言語では書けません。"), where="language", language=wished)
    return wished or requests.language(request)


handlers = (procedures, procedure)
