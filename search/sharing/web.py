"""Feeds of searches, the map of the site, and records as citations."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy import text

from catalog.store import LARGEST_ID, no_such_record
from library.db import Database, Reading
from library.errors import N_, Invalid, NotFound
from library.http import requests
from library.i18n import SOURCE, Texts
from library.identity.viewer import Viewer
from library.settings import Settings
from search.asking import asked as reading
from search.asking.asked import Asked
from search.edges import engine_of, parameters_of
from search.finding import Results, Shown, find, shown
from search.index.engine import Sort
from search.pages.books import first_author, heading
from search.pages.facets import words_of
from search.sharing import citations, feed, public, site
from search.sharing.citations import Form
from search.sharing.feed import Channel, Entry

MOST_CITED = 100
FORMS = {"ris": Form.RIS, "bibtex": Form.BIBTEX, "csl-json": Form.CSL}

_XML = "application/xml; charset=utf-8"
_PART = re.compile(r"(0|[1-9][0-9]{0,8})\.xml")
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_LED = text(
    "SELECT asked, coalesce(d.to_id, asked) AS id FROM unnest(CAST(:ids AS bigint[])) asked"
    " LEFT JOIN record_redirect d ON d.from_id = asked"
)
_DAYS = text("SELECT id, created_at, greatest(created_at, updated_at) AS changed FROM record WHERE id = ANY(:ids)")


@get("/search.rss", include_in_schema=False)
async def search_feed(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[bytes]:
    """The newest records that answer a search, as everybody may see them; near answers are none."""
    asked = replace(reading.read(parameters_of(request)), sort=Sort.NEWEST, page=1)
    async with database.reading() as session:
        results = await find(session, engine_of(request), asked, viewer=public.EVERYBODY)
        hits = () if results.relaxed else results.hits
        entries = await entries_of(session, hits, public.base(request, settings), public.texts(request))
    title = " · ".join([*([f"「{asked.text}」"] if asked.text else []), *_filters(results, public.texts(request))])
    return feed_answer(request, settings, title=title, page=page_of(asked), entries=entries)


def _filters(results: Results, texts: Texts) -> list[str]:
    return [words for words, _ in words_of(results.asked, results.directory, texts, easy=False)]


def page_of(asked: Asked) -> str:
    """The parameters of the page that shows the same."""
    return f"/search?{urlencode(asked.pairs())}"


def feed_of(asked: Asked, texts: Texts) -> str:
    """The feed of a search: its address without what a feed decides itself, in the language of the page it stands on."""
    pairs = replace(asked, sort=Sort.RELEVANCE, page=1).pairs() + in_words_of(texts)
    return f"/search.rss?{urlencode(pairs)}" if pairs else "/search.rss"


def in_words_of(texts: Texts) -> list[tuple[str, str]]:
    return [] if texts.language == SOURCE else [("lang", texts.language)]


Dated = tuple[Entry, datetime]


async def entries_of(session: Reading, records: Sequence[Shown], base: str, texts: Texts) -> list[Dated]:
    """Entries with the moment each record last changed."""
    rows = {row.id: row for row in await session.execute(_DAYS, {"ids": [one.id for one in records]})}
    return [(_entry(one, rows[one.id].created_at, base, texts), rows[one.id].changed) for one in records if one.id in rows]


def _entry(found: Shown, at: datetime, base: str, texts: Texts) -> Entry:
    title = " ".join(filter(None, (heading(found, texts), found.volume)))
    summary = "、".join(filter(None, (found.author, found.publisher, str(found.year or ""))))
    subjects = tuple(one.term for one in found.description.subjects)
    return Entry(f"{base}/records/{found.id}", title, summary, first_author(found), subjects, at)


def feed_answer(request: Request[Any, Any, Any], settings: Settings, *, title: str, page: str, entries: Sequence[Dated]) -> Response[bytes]:
    """A feed that is asked for again costs nothing while nothing changed."""
    base = public.base(request, settings)
    texts = public.texts(request)
    changed = max((moment for _, moment in entries), default=None)
    words = title or texts.gettext(N_("新しく入った順"))
    channel = Channel(
        title=f"{words} - {settings.library_name}",
        summary=texts.gettext(N_("{library}に新しく入った資料のお知らせ")).format(library=settings.library_name),
        address=base + page,
        own=base + requests.here(request),
        language="en" if texts.language == "en" else "ja",
        changed=changed,
    )
    body = feed.written(channel, [entry for entry, _ in entries])
    return public.answer(request, body, media_type=feed.MEDIA_TYPE, changed=changed)


@get("/sitemap.xml", include_in_schema=False)
async def sitemap_index(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[bytes]:
    async with database.reading() as session:
        parts = await site.maps(session)
    return public.answer(request, site.index(parts, public.base(request, settings)), media_type=_XML)


@get("/sitemap/{part:str}", include_in_schema=False)
async def sitemap(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings], part: FromPath[str]
) -> Response[bytes]:
    match = _PART.fullmatch(part)
    if match is None:
        raise NotFound("not_found", N_("お探しのページはありません。移動したか、アドレスが違うかもしれません。"))
    async with database.reading() as session:
        records = await site.listed(session, int(match[1]))
    body = await asyncio.to_thread(site.addresses, records, public.base(request, settings))
    return public.answer(request, body, media_type=_XML, changed=max((one.changed for one in records), default=None))


@get("/robots.txt", include_in_schema=False)
async def robots(request: Request[Viewer, Any, Any], settings: NamedDependency[Settings]) -> Response[bytes]:
    return public.answer(request, site.robots(public.base(request, settings)), media_type="text/plain; charset=utf-8")


@get("/api/v1/citations", tags=["finding"], operation_id="citations", summary="Records as citations")
async def cited(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    ids: Annotated[list[str], QueryParameter(description=f"Up to {MOST_CITED} records; repeat the parameter or separate with commas.")],
    form: Annotated[str, QueryParameter(name="format", description="ris, bibtex or csl-json.")] = "csl-json",
) -> Response[bytes]:
    """One file of all records, in the order asked for. Records that were merged are cited as what they became."""
    if form not in FORMS:
        raise _unknown_form(form)
    async with database.reading() as session:
        records = await _records(session, ids, viewer)
    return citation_answer(records, FORMS[form], public.base(request, settings))


def _unknown_form(form: str) -> Invalid:
    return Invalid(
        "citation_format",
        N_("引用の形式「{value}」はありません。使えるのは {known} です。"),
        where="format",
        value=form[:20],
        known=", ".join(FORMS),
    )


async def _records(session: Reading, ids: Sequence[str], viewer: Viewer) -> list[Shown]:
    """Each once. Raises NotFound for the first that is none, or not for this viewer."""
    written = [one.strip() for many in ids for one in many.split(",") if one.strip()]
    if not 0 < len(written) <= MOST_CITED:
        raise Invalid("ids_count", N_("番号は1から{most}件までで指定してください。"), where="ids", most=MOST_CITED)
    if not all(_NUMBER.fullmatch(one) and int(one) <= LARGEST_ID for one in written):
        raise no_such_record(0)
    led = {row.asked: row.id for row in await session.execute(_LED, {"ids": [int(one) for one in written]})}
    numbers = list(dict.fromkeys(led[int(one)] for one in written))
    found = await shown(session, numbers, viewer=viewer)
    if missing := set(numbers) - {one.id for one in found}:
        raise no_such_record(min(missing))
    return list(found)


def citation_answer(records: Sequence[Shown], form: Form, base: str) -> Response[bytes]:
    """A file to save; its name tells one record from many."""
    name = citations.key(records[0]) if len(records) == 1 else "records"
    body = citations.written(form, [(one, f"{base}/records/{one.id}") for one in records])
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"', "Cache-Control": "private, no-cache"}
    return Response(body, media_type=citations.MEDIA_TYPES[form], headers=headers)


handlers = (search_feed, sitemap_index, sitemap, robots, cited)
