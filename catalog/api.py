"""The JSON API of the catalogue: copies, and what the senders said of a record."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType
from sqlalchemy import select

from catalog import store
from catalog.copies import items, shelving
from catalog.models import Item
from catalog.records import dossier
from library import clock, idempotency
from library.db import Database, Reading
from library.errors import N_, Invalid
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places.models import Branch
from library.settings import Settings

LIMIT_MOST = 500
NOT_SHARED = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}


class ItemRow(msgspec.Struct, kw_only=True):
    """A copy in a list. `branch` is the branch's code."""

    id: str
    barcode: str
    branch: str
    record_id: str


class ItemList(msgspec.Struct, kw_only=True):
    """`next` is the cursor for `after`; null on the last page."""

    items: list[ItemRow]
    next: str | None


class ItemView(msgspec.Struct, kw_only=True):
    """One copy. `owner` and `branch` are codes; dates are ISO 8601; `price` is in yen; `version` counts changes."""

    id: str
    barcode: str
    branch: str
    record_id: str
    owner: str
    shelf_area: str | None
    location_mark: str
    class_mark: str
    author_mark: str
    volume_mark: str
    in_library_only: bool
    missing_since: date | None
    withdrawn_on: date | None
    damage: str
    parts: str
    price: int | None
    acquired_on: date | None
    note: str
    version: int


class NewItemBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A copy to add. Marks left out are suggested by the record; `owner` is needed where a branch has two."""

    record_id: str
    branch: str
    barcode: str
    owner: str = ""
    shelf_area: str = ""
    location_mark: str | None = None
    class_mark: str | None = None
    author_mark: str | None = None
    volume_mark: str | None = None
    in_library_only: bool = False
    damage: str = ""
    parts: str | None = None
    price: int | None = None
    acquired_on: date | None = None
    note: str = ""


class ItemChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays. `missing` and `withdrawn` set today's date or clear it; `version` guards against lost changes."""

    version: int | UnsetType = UNSET
    barcode: str | UnsetType = UNSET
    branch: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    shelf_area: str | UnsetType | None = UNSET
    location_mark: str | UnsetType = UNSET
    class_mark: str | UnsetType = UNSET
    author_mark: str | UnsetType = UNSET
    volume_mark: str | UnsetType = UNSET
    in_library_only: bool | UnsetType = UNSET
    missing: bool | UnsetType = UNSET
    withdrawn: bool | UnsetType = UNSET
    damage: str | UnsetType = UNSET
    parts: str | UnsetType = UNSET
    price: int | UnsetType | None = UNSET
    acquired_on: date | UnsetType | None = UNSET
    note: str | UnsetType = UNSET


_AS_GIVEN = (
    *("barcode", "location_mark", "class_mark", "author_mark", "volume_mark", "in_library_only"),
    *("damage", "parts", "price", "acquired_on", "note"),
)


class SenderView(msgspec.Struct, kw_only=True):
    name: str
    title: str
    rank: int
    licence: str
    licence_url: str


class MatchView(msgspec.Struct, kw_only=True):
    """Why a source record belongs to its record: `rule` is new, nbn, isbn, score or hand; `reasons` are codes with sentences."""

    rule: str
    score: int | None
    reasons: list[dict[str, Any]]


class SourceView(msgspec.Struct, kw_only=True):
    id: str
    sender: SenderView
    identity: str
    format: str
    received_at: str
    updated_at: str
    match: MatchView
    warnings: list[Any]
    description: dict[str, Any]


class SourceList(msgspec.Struct, kw_only=True):
    record_id: str
    sources: list[SourceView]


@get(
    "/api/v1/items",
    tags=["items"],
    guards=[requires(Permission.SEE_ITEMS)],
    summary="List copies",
    description="Copies on the books in a stable order, within what the caller may see. `available` leaves out missing copies and"
    " those that do not leave the library.",
)
async def list_items(
    *,
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    branch: Annotated[str, QueryParameter(name="branch", description="A branch's code.")] = "",
    available: Annotated[bool, QueryParameter(name="available")] = False,
    limit: Annotated[int, QueryParameter(name="limit", description="1 to 500.")] = 100,
    after: Annotated[str, QueryParameter(name="after", description="The cursor `next` of the page before.")] = "",
) -> Response[ItemList]:
    if not 1 <= limit <= LIMIT_MOST:
        raise Invalid("limit_range", N_("limit は1から{most}までの数です。"), where="limit", most=LIMIT_MOST)
    start = _position(after)
    async with database.reading() as session:
        codes = await _branch_codes(session)
        branch_id = _branch_id(codes, branch) if branch else None
        rows = await items.find(session, viewer, branch_id=branch_id, only_available=available, after=start, limit=limit + 1)
    shown = [
        ItemRow(id=str(row.id), barcode=row.barcode, branch=codes[row.branch_id], record_id=str(row.record_id)) for row in rows[:limit]
    ]
    following = _cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Response(ItemList(items=shown, next=following), headers=NOT_SHARED)


@post(
    "/api/v1/items",
    tags=["items"],
    guards=[requires(Permission.EDIT_ITEMS)],
    summary="Add a copy",
    description="Adds a copy to a record. A barcode is unique within its owner (409 `barcode_taken`). With an `Idempotency-Key` (a"
    " UUID) the same request sent twice adds one copy and gets the same answer.",
    status_code=201,
)
async def add_item(
    *,
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewItemBody],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
) -> Response[ItemView]:
    key = idempotency.parse(idempotency_key)
    client = f"account:{viewer.must(Permission.EDIT_ITEMS)}"
    body_digest = idempotency.digest(settings.key, await request.body())
    async with database.transaction() as session:
        before = await idempotency.begin(
            session, client=client, key=key, route="POST /api/v1/items", body_digest=body_digest, now=clock.now()
        )
        if before is None:
            wanted = await _new_item(session, data, viewer)
            item_id = (await items.add(session, _number(data.record_id, "record_id"), wanted, viewer=viewer)).id
            await idempotency.finish(session, client=client, key=key, status=201, result={"item": item_id})
        else:
            item_id = int(before.result["item"])
        view = await _view(session, item_id)
    return Response(view, status_code=before.status if before else 201, headers={"Location": f"/api/v1/items/{item_id}"} | NOT_SHARED)


@get("/api/v1/items/{item_id:str}", tags=["items"], guards=[requires(Permission.SEE_ITEMS)], summary="One copy")
async def one_item(item_id: FromPath[str], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[ItemView]:
    async with database.reading() as session:
        line = await dossier.item(session, _number(item_id, "item_id"))
        viewer.must(Permission.SEE_ITEMS, items.place_of(line.item.organisation_id, line.item.branch_id))
        return Response(await _view(session, line.item.id), headers=NOT_SHARED)


@patch(
    "/api/v1/items/{item_id:str}",
    tags=["items"],
    guards=[requires(Permission.EDIT_ITEMS)],
    summary="Change a copy",
    description="Changes the fields that are given. With `version`, 409 `item_changed` when somebody else changed it meanwhile.",
)
async def change_item(
    item_id: FromPath[str],
    data: JSONBody[ItemChange],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
) -> Response[ItemView]:
    async with database.transaction() as session:
        held = await items.lock_item(session, _number(item_id, "item_id"))
        # Before anything is told about branches and areas: whoever may not touch this copy learns nothing by trying.
        viewer.must(Permission.EDIT_ITEMS, items.place_of(held.organisation_id, held.branch_id))
        changes = await _changes(session, held, data, clock.today(settings.zone))
        version = None if data.version is UNSET else data.version
        await items.change(session, held.id, changes, version=version, viewer=viewer)
        view = await _view(session, held.id)
    return Response(view, headers=NOT_SHARED)


@get(
    "/api/v1/records/{record_id:str}/sources",
    tags=["records"],
    guards=[requires(Permission.EDIT_RECORDS)],
    summary="What the senders say of a record",
    description="Every source record with its sender and licence, and why it was found to be of this publication.",
)
async def record_sources(record_id: FromPath[str], database: NamedDependency[Database]) -> Response[SourceList]:
    async with database.reading() as session:
        number = await store.current_id(session, _number(record_id, "record_id"))
        lines = await dossier.sources_of(session, number)
    return Response(SourceList(record_id=str(number), sources=[_source(line) for line in lines]), headers=NOT_SHARED)


def _source(line: dossier.SourceLine) -> SourceView:
    one, sender = line.record, line.sender
    return SourceView(
        id=str(one.id),
        sender=SenderView(name=sender.name, title=sender.title, rank=sender.rank, licence=sender.licence, licence_url=sender.licence_url),
        identity=one.identity,
        format=one.format,
        received_at=one.received_at.isoformat(),
        updated_at=one.updated_at.isoformat(),
        match=MatchView(rule=one.match_rule, score=one.match_score, reasons=one.match_reasons),
        warnings=one.warnings,
        description=one.description,
    )


async def _new_item(session: Reading, data: NewItemBody, viewer: Viewer) -> items.NewItem:
    shelf, owner = await _shelf(session, data.branch, data.owner, viewer)
    area = shelf.area(data.shelf_area)
    given = {name: getattr(data, name) for name in _AS_GIVEN}
    return items.NewItem(branch_id=shelf.id, organisation_id=owner.id, shelf_area_id=area.id if area else None, **given)


async def _shelf(session: Reading, branch: str, owner: str, viewer: Viewer) -> tuple[shelving.Shelves, shelving.Owner]:
    """The branch and the owner meant; without an owner's code the one for whom the caller may add copies."""
    every = await shelving.shelves(session)
    shelf = shelving.by_code(every, branch)
    if owner:
        return shelf, shelf.owner(owner)
    reach = next(iter(shelving.within_reach([shelf], viewer, Permission.EDIT_ITEMS)), shelf)
    if len(reach.owners) > 1:
        raise Invalid("owner_missing", N_("この館には所蔵者が複数あります。owner を指定してください。"), where="owner")
    return shelf, reach.owner("")


async def _changes(session: Reading, held: Item, data: ItemChange, today: date) -> Mapping[str, Any]:
    changes = {name: value for name in _AS_GIVEN if (value := getattr(data, name)) is not UNSET}
    if data.missing is not UNSET:
        changes["missing_since"] = (held.missing_since or today) if data.missing else None
    if data.withdrawn is not UNSET:
        changes["withdrawn_on"] = (held.withdrawn_on or today) if data.withdrawn else None
    if data.branch is UNSET and data.owner is UNSET and data.shelf_area is UNSET:
        return changes
    every = await shelving.shelves(session)
    shelf = shelving.by_code(every, data.branch) if data.branch is not UNSET else next(one for one in every if one.id == held.branch_id)
    changes["branch_id"] = shelf.id
    if data.owner is not UNSET:
        changes["organisation_id"] = shelf.owner(data.owner).id
    elif held.organisation_id not in {owner.id for owner in shelf.owners}:
        changes["organisation_id"] = shelf.owner("").id
    if data.shelf_area is not UNSET:
        area = shelf.area(data.shelf_area or "")
        changes["shelf_area_id"] = area.id if area else None
    return changes


async def _view(session: Reading, item_id: int) -> ItemView:
    line = await dossier.item(session, item_id)
    item = line.item
    same = {name: getattr(item, name) for name in (*_AS_GIVEN, "missing_since", "withdrawn_on", "version")}
    return ItemView(
        id=str(item.id),
        record_id=str(item.record_id),
        branch=line.branch.code,
        owner=line.organisation.code,
        shelf_area=line.area.code if line.area else None,
        **same,
    )


async def _branch_codes(session: Reading) -> dict[int, str]:
    return {row.id: row.code for row in await session.execute(select(Branch.id, Branch.code))}


def _branch_id(codes: Mapping[int, str], code: str) -> int:
    found = next((number for number, known in codes.items() if known == code), None)
    if found is None:
        raise Invalid("unknown_branch", N_("「{branch}」という館はありません。"), where="branch", branch=code[:64])
    return found


def _number(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Invalid("id_form", N_("番号は数字の文字列で送ってください。"), where=where)
    return int(text)


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"i{number}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text[:1] == "i" and len(text) < 20:
            return int(text[1:])
    except (ValueError, binascii.Error):
        pass
    raise Invalid("cursor", N_("after には、前のページの next をそのまま送ってください。"), where="after")


handlers: Sequence[Any] = [list_items, add_item, one_item, change_item, record_sources]
