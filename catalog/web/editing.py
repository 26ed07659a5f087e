"""The worksheet: editing a record, taking edits back, beginning a record by hand with its likely twins shown first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog import store
from catalog.description import Description
from catalog.records import editing, lookup, wording, worksheet
from catalog.records.composing import difference, overlaid
from catalog.web.words import OPTIONS, form_values, in_words
from library.db import Database
from library.errors import Conflict, Problem
from library.http import requests
from library.http.pages import page
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer

UNPROCESSABLE = 422


def sheet(
    request: Request[Viewer, Any, Any],
    values: Mapping[str, str],
    *,
    problems: Sequence[Problem] = (),
    status_code: int = 200,
    **context: Any,
) -> Response[str]:
    """The worksheet with these values and what is wrong in them."""
    texts = requests.texts(request)
    wrong = [(one.where, texts.gettext(one.sentence).format(**one.fields)) for one in problems]
    return page(
        request,
        "catalog/worksheet.html",
        status_code=status_code,
        values=values,
        wrong=wrong,
        wrong_by=dict(wrong),
        rows={group: worksheet.row_count(values, group) for group in worksheet.ROWS},
        **OPTIONS,
        **context,
    )


@get("/staff/records/{record_id:int}/edit", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def edit_page(
    request: Request[Viewer, Any, Any], record_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    async with database.reading() as session:
        number = await store.current_id(session, record_id)
        if number != record_id:
            return Redirect(f"/staff/records/{number}/edit", status_code=301)
        head = await store.head(session, number)
        set_by_hand = await editing.fields_by_hand(session, number)
    return sheet(request, worksheet.filled(head.description), head=head, version=head.version, by_hand=set_by_hand)


@post("/staff/records/{record_id:int}/edit", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def edit(
    request: Request[Viewer, Any, Any], record_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    account_id = viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    values = await form_values(request)
    version = int(values["version"]) if values.get("version", "").isdecimal() else 0
    async with database.reading() as session:
        head = await store.head(session, record_id)
        set_by_hand = await editing.fields_by_hand(session, record_id)
    wanted, problems = worksheet.read(values, head.description)
    # An old form is read against the record as it is now only to be shown again; the use case refuses it by its version.
    if problems and head.version == version:
        return sheet(request, values, problems=problems, status_code=UNPROCESSABLE, head=head, version=version, by_hand=set_by_hand)
    try:
        async with database.transaction() as session:
            await editing.edit(session, record_id, version=version, wanted=wanted, account_id=account_id)
    except Conflict as exc:
        if exc.code != "record_changed":
            raise
        return await _changed_meanwhile(request, database, record_id, values, exc)
    return Redirect(f"/staff/records/{record_id}?done=edited", status_code=303)


async def _changed_meanwhile(
    request: Request[Viewer, Any, Any], database: Database, record_id: int, values: Mapping[str, str], exc: Conflict
) -> Response[Any]:
    """What was typed lies over what the record says now, so that sending it again overwrites only what both have changed."""
    opened = int(values["version"]) if values.get("version", "").isdecimal() else 0
    async with database.reading() as session:
        head = await store.head(session, record_id)
        base = await editing.was(session, record_id, head.description, version=opened)
        set_by_hand = await editing.fields_by_hand(session, record_id)
    now = wording.lines_of(head.description, requests.texts(request).gettext)
    changed = [name for name in str(exc.fields.get("changed") or "").split(",") if name]
    shown = {wording.NAMES[name]: now.get(name, []) for name in changed if name in wording.NAMES}
    typed, problems = worksheet.read(values, base)
    if not problems:
        values = worksheet.filled(overlaid(head.description, difference(base, typed)))
    return sheet(
        request,
        values,
        status_code=409,
        head=head,
        version=head.version,
        by_hand=set_by_hand,
        conflict=in_words(request, exc),
        changed=shown,
    )


@post("/staff/records/{record_id:int}/take-back", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def take_back(
    request: Request[Viewer, Any, Any], record_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    account_id = viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    values = await form_values(request)
    async with database.transaction() as session:
        await editing.take_back(session, record_id, field=values.get("field") or None, account_id=account_id)
    return Redirect(f"/staff/records/{record_id}?done=taken_back", status_code=303)


@get("/staff/records/new", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def new_page(request: Request[Viewer, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    begun = lookup.described_as(q) if q.strip() else Description()
    return sheet(request, worksheet.filled(begun) | {"language": "jpn"}, head=None, version=0, by_hand=())


@post("/staff/records/new", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def new(request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    account_id = viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    values = await form_values(request)
    wanted, problems = worksheet.read(values, Description())
    if problems:
        return sheet(request, values, problems=problems, status_code=UNPROCESSABLE, head=None, version=0, by_hand=())
    async with database.transaction() as session:
        found = await editing.twins(session, wanted) if values.get("confirmed") != "1" else []
        if not found:
            number = await editing.create(session, wanted, account_id=account_id)
    if found:
        return sheet(request, values, head=None, version=0, by_hand=(), twins=found)
    return Redirect(f"/staff/records/{number}?done=created", status_code=303)


handlers = [edit_page, edit, take_back, new_page, new]
