"""The page of one work: all its editions, volumes in order, each with where it is, under an address that can be passed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from library.db import Database
from library.errors import N_
from library.http import requests
from library.http.pages import page, url
from library.i18n import Texts
from library.identity.viewer import Viewer
from library.settings import Settings
from search import works
from search.asking import asked
from search.browse.headings import href
from search.directory import directory_for
from search.edges import parameters_of
from search.editions import Edition
from search.index.headings import Kind
from search.pages.books import Book, book_of, first_author, heading, language_tag
from search.pages.nearness import Standpoint
from search.sharing import linked_data, public
from search.works import Editions


class Set(NamedTuple):
    """An edition as it is drawn."""

    name: str
    books: list[Book]


@get("/works/{work_id:str}", include_in_schema=False)
async def work_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    work_id: FromPath[str],
) -> Response[str]:
    texts = requests.texts(request)
    given = parameters_of(request)
    number = asked.read({"page": given.get("page", [])}).page
    async with database.reading() as session:
        found = await works.editions(session, work_id, viewer=viewer, page=number, came_from=next(iter(given.get("record", [])), ""))
        standpoint = Standpoint(await directory_for(session, viewer), viewer, texts)
    path = f"/works/{found.work_id}"
    base = public.base(request, settings)
    books = [book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in found.on_page]
    agents = found.first.description.agents
    return page(
        request,
        "search/work.html",
        section="search",
        work=found,
        title=heading(found.first, texts),
        lang=language_tag(found.first),
        author=first_author(found.first),
        author_href=href(Kind.AUTHOR, agents[0].name) if agents else None,
        sets=_sets(found, books, texts),
        address=base + path,
        canonical=base + (path if found.page == 1 else f"{path}?page={found.page}"),
        linked_data=linked_data.work_script(found.first, found.on_page, address=base + path, base=base),
        page_address=lambda number: url(path, page=number if number > 1 else "", record=found.came_from or ""),
    )


def _sets(found: Editions, books: Sequence[Book], texts: Texts) -> list[Set]:
    """The books of a page under their editions; where no edition has volumes, all in one without a name."""
    told = len({edition.audience for edition in found.of.values()}) > 1
    marked = [_for_children(book, texts) if told and book.juvenile else book for book in books]
    pairs = [(found.of[one.id], book) for one, book in zip(found.on_page, marked, strict=True)]
    if found.count == found.total:
        return [Set("", [book for _, book in pairs])]
    return [Set(_name(edition, texts), [book for _, book in those]) for edition, those in groupby(pairs, key=lambda pair: pair[0])]


def _for_children(book: Book, texts: Texts) -> Book:
    """Beside editions for others, which only the colour of the cover would tell apart."""
    return replace(book, facts=[texts.gettext(N_("児童書")), *book.facts])


def _name(edition: Edition, texts: Texts) -> str:
    years = f"{edition.first}–{edition.last}" if edition.first != edition.last else str(edition.last or "")
    when = texts.gettext(N_("{year}年")).format(year=years) if years else ""
    volumes = texts.gettext(N_("全{count}冊")).format(count=len(edition.records)) if len(edition.records) > 1 else ""
    return " ".join(part for part in (edition.publisher, when, volumes) if part)
