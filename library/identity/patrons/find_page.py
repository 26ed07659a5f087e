"""The page that finds patrons: by card, reading in any kana, name, or the end of a phone number."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from library.db import Database
from library.http.pages import page
from library.identity import audit
from library.identity.guards import requires
from library.identity.patrons import finding
from library.identity.patrons.registration.register_page import NO_STORE
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.identity.words import CATEGORIES

PATRONS = 50


@get("/staff/patrons", guards=[requires(Permission.SEE_PATRONS)], include_in_schema=False)
async def find(request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    """Nobody without words: a list of everybody is not what a desk needs. A single hit opens itself."""
    words, after = request.query_params.get("q", "").strip()[:200], request.query_params.get("after")
    found = finding.Page((), None)
    if words:
        async with database.transaction() as session:
            found = await finding.find(session, viewer, words, limit=PATRONS, after=after)
            audit.record(session, viewer, "patrons.searched", count=len(found.patrons))
    if len(found.patrons) == 1 and not after:
        return Redirect(f"/staff/patrons/{found.patrons[0].id}", status_code=303)
    return page(request, "identity/patrons/find.html", headers=NO_STORE, found=found, q=words, categories=CATEGORIES)


handlers = (find,)
