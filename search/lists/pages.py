"""The reader's pages of book lists: all that are shown, one with its books, and one on paper."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from library import clock
from library.db import Database
from library.errors import N_
from library.http import requests
from library.http.pages import page
from library.i18n import Texts, in_language
from library.identity.card.picture import qr_svg
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings
from search.directory import directory_for
from search.lists import shown
from search.lists.details import places_for
from search.lists.feed import feed
from search.lists.shown import Opened
from search.lists.words import GRADES, KINDS, MARKS, STANDINGS
from search.pages.books import book_of
from search.pages.nearness import Standpoint
from search.pupils.view import View, view_of

PATH = "/lists"

Looking = Request[Viewer, Any, Any]


@get(PATH, include_in_schema=False)
async def lists_page(
    request: Looking, database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[str]:
    async with database.reading() as session:
        found = await shown.overviews(session, viewer, today=clock.today(settings.zone))
    own = [one for one in found if one.facts.organisation_id in viewer.school_ids]
    others = [one for one in found if one not in own]
    return page(request, "search/lists/lists.html", section="shelves", own=own, others=others, **_words())


@get(PATH + "/{list_id:int}", include_in_schema=False)
async def list_page(
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str] | Redirect:
    today = clock.today(settings.zone)
    if view_of(request, viewer) is View.PUPILS and not viewer.is_staff:
        return Redirect(f"/kids/lists/{list_id}", status_code=303)
    async with database.reading() as session:
        found = await shown.opened(session, list_id, viewer, today=today)
        standpoint = Standpoint(await directory_for(session, viewer), viewer, requests.texts(request))
        copying_to = await places_for(session, viewer) if viewer.can(Permission.EDIT_LISTS) else []
    return page(
        request,
        "search/lists/list.html",
        section="shelves",
        facts=found.facts,
        standing=found.standing,
        is_preview=found.is_preview,
        copying_to=copying_to,
        may_edit=found.facts.is_edited_by(viewer),
        books=_books(found, viewer, standpoint, requests.texts(request)),
        address=address(request, settings, list_id),
        **_words(),
    )


@get(PATH + "/{list_id:int}/print", include_in_schema=False)
async def print_page(
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    """On A4, with call numbers where the list's own branch has the book, and a code that leads to the page."""
    texts = requests.texts(request)
    async with database.reading() as session:
        found = await shown.opened(session, list_id, viewer, today=clock.today(settings.zone))
        standpoint = Standpoint(await directory_for(session, viewer), viewer, texts)
    here = address(request, settings, list_id)
    return page(
        request,
        "search/lists/print.html",
        facts=found.facts,
        books=[(book, note, _call_number(found, at)) for at, (book, note) in enumerate(_books(found, viewer, standpoint, texts))],
        address=here,
        # Made of our own address alone, and escaped where it is drawn.
        code=Markup(qr_svg(here, title=texts.gettext(N_("このリストのページ")))),  # noqa: S704
        **_words(),
    )


@get(PATH + ".rss", include_in_schema=False)
async def lists_feed(request: Looking, database: NamedDependency[Database], settings: NamedDependency[Settings]) -> Response[bytes]:
    """Only what everybody may see: a feed reader is signed in nowhere."""
    return await feed(request, database, settings)


def address(request: Looking, settings: Settings, list_id: int) -> str:
    return f"{(settings.public_url or str(request.base_url)).rstrip('/')}{PATH}/{list_id}"


def _books(found: Opened, viewer: Viewer, standpoint: Standpoint, texts: Texts) -> list[tuple[Any, str]]:
    """Each book as it is drawn, and the note in the reader's language."""
    return [
        (book_of(line.shown, query=None, viewer=viewer, standpoint=standpoint, texts=texts), in_language(line.note, texts.language))
        for line in found.lines
    ]


def _call_number(found: Opened, at: int) -> str:
    """Where the list's own branch has it, else where its organisation has it, else anywhere."""
    copies = found.lines[at].shown.at
    here = [one for one in copies if one.branch_id == found.facts.branch_id] or [
        one for one in copies if one.organisation_id == found.facts.organisation_id
    ]
    return next((one.call_number for one in (*here, *copies) if one.call_number), "")


def _words() -> dict[str, Any]:
    return {"kinds": KINDS, "grades": GRADES, "standings": STANDINGS, "marks": MARKS}


handlers: list[Any] = [lists_page, list_page, print_page, lists_feed]
