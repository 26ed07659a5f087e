"""Pages of copies: adding them by scanning, changing one; and licences for electronic titles on the record's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog import store
from catalog.copies import items, shelving
from catalog.copies.shelving import Shelves
from catalog.models import Item
from catalog.records import access, dossier
from catalog.web.words import OPTIONS, day, form_values, in_words, status_of, whole
from library import clock
from library.db import Database, Reading
from library.errors import N_, Conflict, Invalid, LibraryError
from library.http.pages import page
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings

# Where this browser's last copy went, "branch:owner:area": the next one most likely goes there too.
LAST_SHELF = "last_shelf"
LAST_SHELF_SECONDS = 60 * 60 * 24 * 90
MARKS = ("location_mark", "class_mark", "author_mark", "volume_mark")


@get("/staff/records/{record_id:int}/items", include_in_schema=False, guards=[requires(Permission.EDIT_ITEMS)])
async def scanning_page(
    request: Request[Viewer, Any, Any],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    added: FromQuery[int] = 0,
) -> Response[Any]:
    async with database.reading() as session:
        number = await store.current_id(session, record_id)
    if number != record_id:
        return Redirect(f"/staff/records/{number}/items", status_code=301)
    return await _scanning(request, database, viewer, record_id, added=added)


async def _scanning(
    request: Request[Viewer, Any, Any],
    database: Database,
    viewer: Viewer,
    record_id: int,
    *,
    added: int = 0,
    values: Mapping[str, str] | None = None,
    refused: LibraryError | None = None,
) -> Response[Any]:
    async with database.reading() as session:
        head = await store.head(session, record_id)
        lines = await dossier.items_of(session, record_id, viewer=viewer)
        reach = shelving.within_reach(await shelving.shelves(session), viewer, Permission.EDIT_ITEMS)
    chosen, owner, area = _last_shelf(request, viewer, reach)
    label = shelving.label_of(head.description, school=owner.is_school) if owner else shelving.Label()
    shown = {mark: getattr(label, mark) for mark in MARKS} | {"parts": head.description.accompanying}
    return page(
        request,
        "catalog/items.html",
        status_code=status_of(refused) if refused else 200,
        head=head,
        items=lines,
        reach=reach,
        shelf=chosen,
        owner=owner,
        area_code=area,
        values=values if values is not None else shown,
        own_items=frozenset(owner.id for one in reach for owner in one.owners),
        # A barcode that was refused goes, or the next scan would be written behind it.
        barcode=values.get("barcode", "") if values and refused and refused.where not in (None, "barcode") else "",
        added=next((line for line in lines if line.item.id == added), None),
        refused=in_words(request, refused) if refused else None,
        refused_at=refused.fields if refused else {},
    )


def _last_shelf(
    request: Request[Viewer, Any, Any], viewer: Viewer, reach: Sequence[Shelves]
) -> tuple[Shelves | None, shelving.Owner | None, str]:
    """The branch, owner and area of the last copy, else the viewer's own branch, else the first in reach."""
    branch, owner, area = (unquote(part) for part in (*request.cookies.get(LAST_SHELF, "").split(":"), "", "", "")[:3])
    wanted = request.query_params.get("branch") or branch
    found = next((one for one in reach if one.code == wanted), None)
    found = found or next((one for one in reach if one.id == viewer.home_branch_id), None) or (reach[0] if reach else None)
    if found is None:
        return None, None, ""
    kept = found.code == branch
    chosen = next((one for one in found.owners if kept and one.code == owner), found.owners[0])
    return found, chosen, area if kept and area in {one.code for one in found.areas} else ""


@post("/staff/records/{record_id:int}/items", include_in_schema=False, guards=[requires(Permission.EDIT_ITEMS)])
async def add(
    request: Request[Viewer, Any, Any],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    values = await form_values(request)
    try:
        async with database.transaction() as session:
            shelf, owner, area = await _shelf_of(session, values, viewer)
            item = await items.add(session, record_id, _new_item(values, shelf, owner, area), viewer=viewer)
    except (Conflict, Invalid) as exc:
        return await _scanning(request, database, viewer, record_id, values=values, refused=exc)
    last = ":".join(quote(part, safe="") for part in (shelf.code, owner.code, area.code if area else ""))
    cookie = Cookie(
        key=LAST_SHELF, value=last, max_age=LAST_SHELF_SECONDS, httponly=True, samesite="lax", secure=settings.secure_cookies, path="/staff"
    )
    return Redirect(f"/staff/records/{item.record_id}/items?added={item.id}", status_code=303, cookies=[cookie])


async def _shelf_of(session: Reading, values: Mapping[str, str], viewer: Viewer) -> tuple[Shelves, shelving.Owner, shelving.Area | None]:
    """Branch, owner and area as posted: "branch" may name the owner behind a colon. Raises Invalid naming an unknown one."""
    branch, _, owner = values.get("branch", "").partition(":")
    reach = shelving.within_reach(await shelving.shelves(session), viewer, Permission.EDIT_ITEMS)
    shelf = shelving.by_code(reach, branch)
    area, _, _ = values.get("shelf_area", "").partition("@")
    # The list holds the areas of every branch; one of another branch means "none chosen here".
    elsewhere = values.get("shelf_area", "").partition("@")[2] not in ("", shelf.code)
    return shelf, shelf.owner(owner), None if elsewhere else shelf.area(area)


def _new_item(values: Mapping[str, str], shelf: Shelves, owner: shelving.Owner, area: shelving.Area | None) -> items.NewItem:
    return items.NewItem(
        barcode=values.get("barcode", ""),
        branch_id=shelf.id,
        organisation_id=owner.id,
        shelf_area_id=area.id if area else None,
        location_mark=values.get("location_mark"),
        class_mark=values.get("class_mark"),
        author_mark=values.get("author_mark"),
        volume_mark=values.get("volume_mark"),
        in_library_only=bool(values.get("in_library_only")),
        parts=values.get("parts"),
        price=whole(values.get("price", ""), "price"),
        acquired_on=day(values.get("acquired_on", ""), "acquired_on"),
        note=values.get("note", ""),
    )


@get("/staff/items/{item_id:int}", include_in_schema=False, guards=[requires(Permission.EDIT_ITEMS)])
async def item_page(
    request: Request[Viewer, Any, Any], item_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    return await _item(request, database, viewer, item_id)


async def _item(
    request: Request[Viewer, Any, Any],
    database: Database,
    viewer: Viewer,
    item_id: int,
    *,
    values: Mapping[str, str] | None = None,
    refused: LibraryError | None = None,
) -> Response[Any]:
    async with database.reading() as session:
        line = await dossier.item(session, item_id)
        viewer.must(Permission.EDIT_ITEMS, items.place_of(line.item.organisation_id, line.item.branch_id))
        head = await store.head(session, line.item.record_id)
        reach = shelving.within_reach(await shelving.shelves(session), viewer, Permission.EDIT_ITEMS)
    return page(
        request,
        "catalog/item.html",
        status_code=status_of(refused) if refused else 200,
        head=head,
        line=line,
        reach=reach,
        values=values if values is not None else _shown(line),
        refused=in_words(request, refused) if refused else None,
        wrong_at=refused.where if refused else None,
        **OPTIONS,
    )


def _shown(line: dossier.ItemLine) -> dict[str, str]:
    item = line.item
    texts = {name: getattr(item, name) for name in ("barcode", *MARKS, "damage", "parts", "note")}
    return texts | {
        "branch": f"{line.branch.code}:{line.organisation.code}",
        "shelf_area": f"{line.area.code}@{line.branch.code}" if line.area else "",
        "in_library_only": "1" if item.in_library_only else "",
        "missing": "1" if item.missing_since else "",
        "withdrawn": "1" if item.withdrawn_on else "",
        "price": "" if item.price is None else str(item.price),
        "acquired_on": item.acquired_on.isoformat() if item.acquired_on else "",
        "version": str(item.version),
    }


@post("/staff/items/{item_id:int}", include_in_schema=False, guards=[requires(Permission.EDIT_ITEMS)])
async def change(
    request: Request[Viewer, Any, Any],
    item_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    values = await form_values(request)
    version = int(values["version"]) if values.get("version", "").isdecimal() else None
    try:
        async with database.transaction() as session:
            held = await items.lock_item(session, item_id)
            wanted = await _wanted(session, values, held, viewer, settings)
            item = await items.change(session, item_id, wanted, version=version, viewer=viewer)
    except (Conflict, Invalid) as exc:
        return await _item(request, database, viewer, item_id, values=values, refused=exc)
    return Redirect(f"/staff/records/{item.record_id}?done=item_changed", status_code=303)


async def _wanted(session: Reading, values: Mapping[str, str], held: Item, viewer: Viewer, settings: Settings) -> dict[str, Any]:
    shelf, owner, area = await _shelf_of(session, values, viewer)
    today = clock.today(settings.zone)
    texts = {name: values.get(name, "") for name in ("barcode", *MARKS, "damage", "parts", "note")}
    return texts | {
        "branch_id": shelf.id,
        "organisation_id": owner.id,
        "shelf_area_id": area.id if area else None,
        "in_library_only": bool(values.get("in_library_only")),
        "missing_since": (held.missing_since or today) if values.get("missing") else None,
        "withdrawn_on": (held.withdrawn_on or today) if values.get("withdrawn") else None,
        "price": whole(values.get("price", ""), "price"),
        "acquired_on": day(values.get("acquired_on", ""), "acquired_on"),
    }


@post("/staff/records/{record_id:int}/access", include_in_schema=False, guards=[requires(Permission.EDIT_ITEMS)])
async def add_access(
    request: Request[Viewer, Any, Any],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    values = await form_values(request)
    async with database.transaction() as session:
        every = shelving.within_reach(await shelving.shelves(session), viewer, Permission.EDIT_ITEMS)
        owner = next((one for shelf in every for one in shelf.owners if one.code == values.get("owner")), None)
        if owner is None:
            raise Invalid("unknown_owner", N_("利用権を持つ機関を選んでください。"), where="owner")
        row = await access.add(
            session,
            record_id,
            organisation_id=owner.id,
            url=values.get("url", ""),
            label=values.get("label", ""),
            seats=whole(values.get("seats", ""), "seats"),
            valid_from=day(values.get("valid_from", ""), "valid_from"),
            valid_to=day(values.get("valid_to", ""), "valid_to"),
            today=clock.today(settings.zone),
            viewer=viewer,
        )
    return Redirect(f"/staff/records/{row.record_id}?done=access_added", status_code=303)


@post("/staff/access/{access_id:int}/remove", include_in_schema=False, guards=[requires(Permission.EDIT_ITEMS)])
async def remove_access(access_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    async with database.transaction() as session:
        record_id = await access.remove(session, access_id, viewer=viewer)
    return Redirect(f"/staff/records/{record_id}?done=access_removed", status_code=303)


handlers = [scanning_page, add, item_page, change, add_access, remove_access]
