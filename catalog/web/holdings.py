"""Pages for lists of holdings: send a table, see how it is understood and what it would change, say yes."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from catalog.copies import shelving
from catalog.holdings import COLUMNS, runs, target_of
from catalog.holdings.columns import NAMES
from catalog.incoming import dossier as import_dossier
from catalog.incoming import files as import_files
from catalog.incoming.jobs import set_going
from catalog.web.imports import file_of
from catalog.web.words import in_words
from library.db import Database
from library.errors import Conflict, Invalid, LibraryError, NotFound
from library.http import forms
from library.http.pages import page
from library.identity import audit
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings


@get("/staff/imports/items", include_in_schema=False, guards=[requires(Permission.IMPORT_ITEMS)])
async def choose(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    return await _choose(request, database, settings, viewer)


async def _choose(
    request: Request[Viewer, Any, Any],
    database: Database,
    settings: Settings,
    viewer: Viewer,
    *,
    refused: LibraryError | None = None,
    chosen: str | None = None,
) -> Response[Any]:
    async with database.reading() as session:
        places = shelving.within_reach(await shelving.shelves(session), viewer, Permission.IMPORT_ITEMS)
    return page(
        request,
        "catalog/imports/items.html",
        status_code=422 if refused else 200,
        places=places,
        chosen=chosen,
        most=settings.upload_limit_mb,
        columns=COLUMNS,
        column_names=NAMES,
        wrong={_field(refused): in_words(request, refused)} if refused else {},
    )


def _field(refused: LibraryError) -> str:
    return "place" if refused.where in ("branch", "owner") else "file"


@post("/staff/imports/items", include_in_schema=False, guards=[requires(Permission.IMPORT_ITEMS)], takes_files=True)
async def send(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    place = form.text("place")
    try:
        run_id = await begin(database, settings, file_of(form), place=place, viewer=viewer)
    except (Invalid, NotFound) as exc:
        return await _choose(request, database, settings, viewer, refused=exc, chosen=place)
    return Redirect(f"/staff/imports/{run_id}", status_code=303)


async def begin(database: Database, settings: Settings, file: UploadFile, *, place: str, viewer: Viewer) -> int:
    """Lays a list down and sets a look at it going. `place` is "branch/owner"; the same list sent twice is one run."""
    branch, _, owner = place.partition("/")
    async with database.reading() as session:
        target = await target_of(session, branch, owner)
    account_id = viewer.must(Permission.IMPORT_ITEMS, target.place)
    stored = await asyncio.to_thread(import_files.keep, settings, file.file)
    path = import_files.path_of(settings, stored)
    try:
        run_id, is_new = await runs.begin(
            database, path=path, file_name=file.filename[:200], target=target, account_id=account_id, stored_at=stored
        )
        if is_new:
            async with database.transaction() as session:
                await set_going(session, run_id)
                audit.record(session, viewer, "import.begun", subject_kind="import", subject_id=run_id, branch_id=target.branch_id)
    except BaseException:
        await asyncio.to_thread(import_files.discard, settings, stored)
        raise
    if not is_new:
        await asyncio.to_thread(import_files.discard, settings, stored)
    return run_id


@post("/staff/imports/{run_id:int}/apply", include_in_schema=False, guards=[requires(Permission.IMPORT_ITEMS)])
async def apply(
    request: Request[Viewer, Any, Any],
    run_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    """Yes to what was shown: the stored list is read again, and must be the one that was looked at."""
    form = await forms.read(request)
    try:
        async with database.transaction() as session:
            line = await import_dossier.line(session, run_id, viewer)
            import_files.kept(settings, line.run.stored_at)
            await runs.confirm(session, run_id, strict=form.ticked("strict"), account_id=viewer.account_id)
            await set_going(session, run_id)
            audit.record(session, viewer, "import.confirmed", subject_kind="import", subject_id=run_id, branch_id=line.run.branch_id)
    except Conflict:
        pass  # yes was said before; the page shows what became of it
    return Redirect(f"/staff/imports/{run_id}", status_code=303)


handlers = [choose, send, apply]
