"""Copies: added by scanning, described for the shelf, marked missing or withdrawn; each barcode once within its owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, select, true

from catalog.copies.shelving import Label, label_of, scanned
from catalog.models import Item, OwnerPolicy, Reach, Record
from catalog.records.composing import tell_index
from catalog.records.worksheet import clean, line
from catalog.store import LARGEST_ID, Head, add_event, lock_current
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer
from library.places.models import Organisation, OrganisationKind, ShelfArea

Objection = Callable[[Writing, Item], Awaitable[None]]

# Asked before a copy is withdrawn or given to another branch or owner; a room above raises Conflict (it is lent, it is on its
# way). Rooms add theirs when the service is wired.
objections: list[Objection] = []

# Told when a copy, locked, has been marked missing: nobody waits for what nobody finds.
told_when_missing: list[Callable[[Writing, Item], Awaitable[None]]] = []

# What makes a copy available, as conditions on `item`; lending adds its own when the service is wired.
available: list[ColumnElement[bool]] = [Item.missing_since.is_(None), ~Item.in_library_only]

MOST_YEN = 10_000_000
# These change who finds the copy and where; everything else, at most, whether it can be had now.
_SEARCHED = frozenset({"branch_id", "organisation_id", "withdrawn_on", "class_mark", "location_mark"})
_AVAILABILITY = frozenset({"missing_since", "in_library_only", "shelf_area_id", "author_mark", "volume_mark"})
_MOVES = frozenset({"branch_id", "organisation_id"})
_TEXTS = ("location_mark", "class_mark", "author_mark", "volume_mark", "damage", "parts")


class NewItem(msgspec.Struct, frozen=True, kw_only=True):
    """A copy to be added. Marks that are None take what the record suggests."""

    barcode: str
    branch_id: int
    organisation_id: int
    shelf_area_id: int | None = None
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


def place_of(organisation_id: int, branch_id: int) -> Place:
    """Where an act on a copy happens: at its branch, for its owner alone, so that a joint-use branch keeps two stocks apart."""
    return Place(frozenset({organisation_id}), branch_id)


def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """The copies a viewer may see, as a condition on `item` joined with its owner's policy (outer)."""
    if viewer.sees is None:
        return true()
    seen = OwnerPolicy.seen_by
    reach = seen.is_(None) | (seen == Reach.ALL.value)
    if viewer.school_ids:
        reach |= seen == Reach.SCHOOLS.value
    # Staff keep even what they hide from everybody else; `organisation_ids` holds where they work.
    return reach | Item.organisation_id.in_(sorted(viewer.organisation_ids))


async def add(session: Writing, record_id: int, new: NewItem, *, viewer: Viewer) -> Item:
    """Adds a copy to the record, or to the one it was merged into. The same barcode at the same owner is a Conflict."""
    account_id = viewer.must(Permission.EDIT_ITEMS, place_of(new.organisation_id, new.branch_id))
    held = await lock_current(session, record_id)
    barcode = scanned(new.barcode)
    taken = await session.scalar(select(Item).where(Item.organisation_id == new.organisation_id, Item.barcode == barcode))
    if taken is not None:
        raise await barcode_taken(session, taken, adding_to=held.id)
    school = await _belongs_to_school(session, new.organisation_id)
    label = label_of(held.description, school=school)
    values = {name: value for name, value in msgspec.structs.asdict(new).items() if value is not None}
    item = Item(**(_suggested(label, held) | _checked(values) | {"barcode": barcode, "record_id": held.id}))
    await _check_area(session, item)
    session.add(item)
    await session.flush()
    add_event(session, held.id, "item_added", account_id=account_id, barcode=barcode, item=item.id)
    await tell_index(session, [held.id])
    return item


def _suggested(label: Label, held: Head) -> dict[str, Any]:
    return {
        "location_mark": label.location_mark,
        "class_mark": label.class_mark,
        "author_mark": label.author_mark,
        "volume_mark": label.volume_mark,
        "parts": held.description.accompanying,
    }


async def change(session: Writing, item_id: int, changes: Mapping[str, Any], *, version: int | None = None, viewer: Viewer) -> Item:
    """Changes some fields of a copy. With `version`, a Conflict when somebody else changed it meanwhile."""
    item = await lock_item(session, item_id)
    account_id = viewer.must(Permission.EDIT_ITEMS, place_of(item.organisation_id, item.branch_id))
    if version is not None and item.version != version:
        raise Conflict("item_changed", N_("開いているあいだに、ほかの人がこの資料を変えました。"), version=item.version)
    wanted = _checked(changes)
    if "barcode" in wanted:
        wanted["barcode"] = scanned(wanted["barcode"])
    changed = {name: value for name, value in wanted.items() if getattr(item, name) != value}
    if not changed:
        return item
    if _MOVES & changed.keys():
        target = place_of(changed.get("organisation_id", item.organisation_id), changed.get("branch_id", item.branch_id))
        viewer.must(Permission.EDIT_ITEMS, target)
        if "shelf_area_id" not in changes:
            changed["shelf_area_id"] = None  # an area belongs to one branch
    if _MOVES & changed.keys() or changed.get("withdrawn_on"):
        for object_to in objections:
            await object_to(session, item)
    before = {name: _plain(getattr(item, name)) for name in changed}
    for name, value in changed.items():
        setattr(item, name, value)
    item.version += 1
    await _check_area(session, item)
    await session.flush()
    if changed.get("missing_since"):
        for tell in told_when_missing:
            await tell(session, item)
    details = {name: [before[name], _plain(value)] for name, value in changed.items() if name != "note"}
    add_event(session, item.record_id, "item_changed", account_id=account_id, barcode=item.barcode, item=item.id, fields=details)
    if _SEARCHED & changed.keys():
        await tell_index(session, [item.record_id])
    elif _AVAILABILITY & changed.keys():
        await tell_index(session, [item.record_id], "availability")
    return item


async def lock_item(session: Writing, item_id: int) -> Item:
    if 0 < item_id <= LARGEST_ID:
        found = await session.scalars(select(Item).where(Item.id == item_id).with_for_update().execution_options(populate_existing=True))
        item = found.one_or_none()
        if item is not None:
            return item
    raise NotFound("item_not_found", N_("資料 {item} はありません。"), item=str(item_id))


async def find(session: Reading, viewer: Viewer, *, branch_id: int | None, only_available: bool, after: int, limit: int) -> Sequence[Any]:
    """Copies on the books in order of their numbers, as (id, barcode, branch_id, record_id), within what the viewer may see."""
    wanted = [Item.withdrawn_on.is_(None), Item.id > after, may_see(viewer)]
    if branch_id is not None:
        wanted.append(Item.branch_id == branch_id)
    if only_available:
        wanted += available
    statement = (
        select(Item.id, Item.barcode, Item.branch_id, Item.record_id)
        .join(OwnerPolicy, OwnerPolicy.organisation_id == Item.organisation_id, isouter=True)
        .where(and_(*wanted))
        .order_by(Item.id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def barcode_taken(session: Reading, item: Item, *, adding_to: int | None = None) -> Conflict:
    if item.record_id == adding_to:
        sentence = N_("バーコード {barcode} は、もうこの書誌にあります。")
        return Conflict("barcode_taken", sentence, where="barcode", barcode=item.barcode, record=str(item.record_id), item=str(item.id))
    title = await session.scalar(select(Record.title).where(Record.id == item.record_id))
    return Conflict(
        "barcode_taken",
        N_("バーコード {barcode} は「{title}」で使われています。"),
        where="barcode",
        barcode=item.barcode,
        title=title or "",
        record=str(item.record_id),
        item=str(item.id),
    )


async def _belongs_to_school(session: Reading, organisation_id: int) -> bool:
    kind = await session.scalar(select(Organisation.kind).where(Organisation.id == organisation_id))
    return kind == OrganisationKind.SCHOOL.value


async def _check_area(session: Reading, item: Item) -> None:
    if item.shelf_area_id is not None:
        branch_id = await session.scalar(select(ShelfArea.branch_id).where(ShelfArea.id == item.shelf_area_id))
        if branch_id != item.branch_id:
            raise Invalid("shelf_area_elsewhere", N_("この配架場所は別の館のものです。"), where="shelf_area")


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts trimmed; a price that is none is said."""
    checked = dict(values)
    for name in _TEXTS:
        if name in checked:
            checked[name] = line(checked[name])
    if "note" in checked:
        checked["note"] = clean(checked["note"], longest=5_000)
    price = checked.get("price")
    if price is not None and not 0 <= price <= MOST_YEN:
        raise Invalid("price_range", N_("価格は0円から10,000,000円までの数で入れてください。"), where="price")
    return checked


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
