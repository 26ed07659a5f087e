"""The readers' guide: every entry by topic, one entry with its ways on, and the entry that somebody's words ask for."""

from __future__ import annotations

from typing import Any

from babel.dates import format_date
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from library import clock, i18n
from library.db import Database
from library.errors import N_, NotFound
from library.http import requests
from library.http.pages import page
from library.identity.viewer import Viewer
from library.places import store as places
from library.settings import Settings
from search.procedures import answers, tongues
from search.procedures.content import LANGUAGE_NAMES, LANGUAGES, TOPICS

LONGEST_ASKED = 200
TAGS = {"ja": "ja", "en": "en", "zh": "zh-Hans", "ko": "ko"}  # as HTML and screen readers know them

Asked = Request[Viewer, Any, Any]


def language_of(request: Asked, wished: str) -> str:
    """The language to read in: the one wished for where we write it, else the one chosen or the browser's."""
    return wished if wished in LANGUAGES else requests.spoken(request)


@get("/guide", include_in_schema=False)
async def guide_page(
    *,
    request: Asked,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    q: FromQuery[str] = "",
    text: FromQuery[str] = "",
) -> Response[Any]:
    language = language_of(request, text)
    asked = q[:LONGEST_ASKED].strip()
    async with database.reading() as session:
        entries = await answers.all_for(session, viewer=viewer, language=language, on=clock.today(settings.zone))
    found = answers.match(entries, asked, language) if asked else ()
    return page(
        request,
        "search/guide/guide.html",
        asked=asked,
        found=[one.entry for one in found],
        topics=[(words, [one for one in entries if one.topic is topic]) for topic, words in TOPICS.items()],
        spoken=language,
        tags=TAGS,
        language_names=LANGUAGE_NAMES,
        say=tongues.speaker(language),
    )


@get("/guide/{key:str}", include_in_schema=False)
async def entry_page(
    *,
    request: Asked,
    key: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    text: FromQuery[str] = "",
) -> Response[Any]:
    language = language_of(request, text)
    today = clock.today(settings.zone)
    async with database.reading() as session:
        entries = await answers.all_for(session, viewer=viewer, language=language, on=today)
        branches = {one.code: one for one in await places.branches(session, on=today)}
    entry = found(entries, key)
    return page(
        request,
        "search/guide/entry.html",
        entry=entry,
        answer=entry.answer,
        where=[branches[code] for code in entry.branches if code in branches],
        checked=format_date(entry.checked_on, "long", locale=i18n.locale(language)) if entry.checked_on else None,
        beside=[one for one in entries if one.topic is entry.topic and one.key != key],
        topic=TOPICS[entry.topic],
        spoken=language,
        tags=TAGS,
        language_names=LANGUAGE_NAMES,
        say=tongues.speaker(language),
    )


def found(entries: tuple[answers.Entry, ...], key: str) -> answers.Entry:
    """The entry with this key; NotFound when there is none for this viewer."""
    entry = next((one for one in entries if one.key == key), None)
    if entry is None:
        raise NotFound("procedure_not_found", N_("この利用案内はありません。"))
    return entry


handlers: list[Any] = [guide_page, entry_page]
