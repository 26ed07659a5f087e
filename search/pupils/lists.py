"""A book list in the pupils' view: the same books and words, with the way back to the shelves."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from library import clock
from library.db import Database
from library.i18n import in_language
from library.identity.viewer import Viewer
from library.settings import Settings
from search.lists import shown
from search.pupils.sights import sight


@get("/kids/lists/{list_id:int}", include_in_schema=False)
async def list_for_pupils(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    list_id: FromPath[int],
) -> Response[str]:
    async with database.reading() as session:
        seen = await sight(session, request, viewer)
        found = await shown.opened(session, list_id, viewer, today=clock.today(settings.zone))
    books = [(seen.eyes.face(line.shown), in_language(line.note, seen.texts.language)) for line in found.lines]
    return seen.page("list.html", section="kids", facts=found.facts, books=books)
