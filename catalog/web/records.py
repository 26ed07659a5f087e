"""Pages of one record as staff see it: looking it up, what it says, its senders, its history."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog import ndc, store
from catalog.copies import shelving
from catalog.records import dossier, labels, lookup, wording
from catalog.records.composing import author_line, class_number
from catalog.web.words import OPTIONS
from library.db import Database
from library.http import requests
from library.http.pages import page
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer


@get("/staff/catalogue", include_in_schema=False, guards=[requires(Permission.SEE_ITEMS)])
async def catalogue(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], q: FromQuery[str] = ""
) -> Response[Any]:
    """A look-up by barcode, ISBN, number or exact title; a single hit by a scanned number opens at once."""
    async with database.reading() as session:
        hits = await lookup.look_up(session, q, viewer=viewer)
    if len(hits) == 1 and hits[0].by != "title":
        return Redirect(f"/staff/records/{hits[0].id}", status_code=303)
    return page(request, "catalog/catalogue.html", hits=hits, q=q.strip()[:300], materials=labels.MATERIALS)


@get("/staff/records/{record_id:int}", include_in_schema=False, guards=[requires(Permission.SEE_ITEMS)])
async def record(
    request: Request[Viewer, Any, Any],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    done: FromQuery[str] = "",
) -> Response[Any]:
    async with database.reading() as session:
        number = await store.current_id(session, record_id)
        if number != record_id:
            return Redirect(f"/staff/records/{number}", status_code=301)
        head = await store.head(session, number)
        items = await dossier.items_of(session, number, viewer=viewer)
        access = await dossier.access_of(session, number)
        reach = shelving.within_reach(await shelving.shelves(session), viewer, Permission.EDIT_ITEMS)
    translate = requests.texts(request).gettext
    return page(
        request,
        "catalog/record.html",
        head=head,
        author=author_line(head.description),
        names=wording.NAMES,
        lines=wording.lines_of(head.description, translate),
        items=items,
        access=access,
        owners=_owners(reach),
        may_edit=viewer.can(Permission.EDIT_RECORDS, EVERYWHERE),
        may_see_sources=viewer.can(Permission.EDIT_RECORDS),
        may_edit_items=bool(reach),
        own_items=frozenset(owner.id for one in reach for owner in one.owners),
        ndc_path=ndc.path(class_number(head.description)),
        done=done,
    )


def _owners(reach: list[shelving.Shelves]) -> list[shelving.Owner]:
    """Each organisation once, in the order of its branches."""
    return list({owner.id: owner for one in reach for owner in one.owners}.values())


@get("/staff/records/{record_id:int}/sources", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def sources(
    request: Request[Viewer, Any, Any],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    wrong: FromQuery[str] = "",
) -> Response[Any]:
    async with database.reading() as session:
        number = await store.current_id(session, record_id)
        if number != record_id:
            return Redirect(f"/staff/records/{number}/sources", status_code=301)
        head = await store.head(session, number)
        lines = await dossier.sources_of(session, number)
        items = await dossier.items_of(session, number, viewer=viewer)
    translate = requests.texts(request).gettext
    return page(
        request,
        "catalog/sources.html",
        head=head,
        sources=[(line, wording.lines_of(line.description, translate)) for line in lines],
        names=wording.NAMES,
        items=items,
        may_edit=viewer.can(Permission.EDIT_RECORDS, EVERYWHERE),
        can_split=sum(not line.is_edit for line in lines) > 1,
        wrong=wrong,
        **OPTIONS,
    )


@get("/staff/source-records/{source_record_id:int}", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def source_record(
    request: Request[Viewer, Any, Any], source_record_id: FromPath[int], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.reading() as session:
        line = await dossier.source_record(session, source_record_id)
        head = await store.head(session, line.record.record_id)
    return page(request, "catalog/source_record.html", head=head, line=line, marc=dossier.marc_fields(line), **OPTIONS)


@get("/staff/source-records/{source_record_id:int}/marcxml", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def marcxml(source_record_id: FromPath[int], database: NamedDependency[Database]) -> Response[bytes]:
    async with database.reading() as session:
        line = await dossier.source_record(session, source_record_id)
    document = '<?xml version="1.0" encoding="UTF-8"?>\n' + dossier.marcxml_of(line)
    name = f"record-{line.record.record_id}-{line.record.id}.xml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(document.encode(), media_type="application/marcxml+xml; charset=utf-8", headers=headers)


@get("/staff/records/{record_id:int}/history", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def history(request: Request[Viewer, Any, Any], record_id: FromPath[int], database: NamedDependency[Database]) -> Response[Any]:
    async with database.reading() as session:
        number = await store.current_id(session, record_id)
        if number != record_id:
            return Redirect(f"/staff/records/{number}/history", status_code=301)
        head = await store.head(session, number)
        events = await dossier.history_of(session, number)
        versions = await dossier.versions_of(session, number)
    translate = requests.texts(request).gettext
    return page(
        request,
        "catalog/history.html",
        head=head,
        events=[(event, wording.changed_lines(event.details.get("changes", {}), translate)) for event in events],
        versions=versions,
        **OPTIONS,
    )


handlers = [catalogue, record, sources, source_record, marcxml, history]
