"""The page of one work: all its editions, each with where it is, under an address that can be passed on."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from library.db import Database
from library.http import requests
from library.http.pages import page, url
from library.identity.viewer import Viewer
from library.settings import Settings
from search import works
from search.asking import asked
from search.directory import directory_for
from search.edges import parameters_of
from search.pages.books import book_of, first_author, heading, language_tag
from search.pages.nearness import Standpoint
from search.sharing import linked_data, public


@get("/works/{work_id:str}", include_in_schema=False)
async def work_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    work_id: FromPath[str],
) -> Response[str]:
    texts = requests.texts(request)
    number = asked.read({"page": parameters_of(request).get("page", [])}).page
    async with database.reading() as session:
        found = await works.editions(session, work_id, viewer=viewer, page=number)
        standpoint = Standpoint(await directory_for(session, viewer), viewer, texts)
    path = f"/works/{found.work_id}"
    base = public.base(request, settings)
    return page(
        request,
        "search/work.html",
        section="search",
        work=found,
        title=heading(found.first, texts),
        lang=language_tag(found.first),
        author=first_author(found.first),
        books=[book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in found.on_page],
        address=base + path,
        canonical=base + (path if found.page == 1 else f"{path}?page={found.page}"),
        linked_data=linked_data.work_script(found.first, found.on_page, address=base + path, base=base),
        page_address=lambda number: path if number == 1 else url(path, page=number),
    )
