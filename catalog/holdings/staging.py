"""Rows laid down in a table of the transaction's own, then compared with the copies there are and written as a whole."""

# ruff: noqa: S608 - every name in the statements is one of the columns below

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import text

from catalog.holdings.rows import Copy
from catalog.holdings.target import Target
from library.db import Reading, Writing, copy_in

# Columns of `item` a row can say something of, with their types.
_SAID = {
    "location_mark": "text",
    "class_mark": "text",
    "author_mark": "text",
    "volume_mark": "text",
    "shelf_area_id": "bigint",
    "in_library_only": "boolean",
    "parts": "text",
    "price": "bigint",
    "acquired_on": "date",
    "note": "text",
}
_SEARCHED = ("location_mark", "class_mark")  # who finds the copy and where; the others, at most, whether it can be had
_UNSAID = {"in_library_only": "false", "shelf_area_id": "NULL", "price": "NULL", "acquired_on": "NULL"}
_COLUMNS = ("row", "item_id", "record_id", "barcode", *_SAID)


class Laid(msgspec.Struct, frozen=True):
    """A row with its record and, where it is there already, its copy."""

    copy: Copy
    record_id: int
    item_id: int | None
    shelf_area_id: int | None


class Outcome(msgspec.Struct, frozen=True):
    new: int
    changed: int
    unchanged: int
    records: int  # different records the rows belong to


async def prepare(session: Writing) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _SAID.items())
    await session.execute(text("DROP TABLE IF EXISTS held_row"))
    await session.execute(
        text(f"CREATE TEMP TABLE held_row (row bigint, item_id bigint, record_id bigint, barcode text, {columns}) ON COMMIT DROP")
    )


async def lay(session: Writing, rows: Iterable[Laid]) -> None:
    await copy_in(session, "held_row", _COLUMNS, (_values(one) for one in rows))


def _values(one: Laid) -> tuple[object, ...]:
    said = (one.shelf_area_id if name == "shelf_area_id" else getattr(one.copy, name) for name in _SAID)
    return (one.copy.row, one.item_id, one.record_id, one.copy.barcode, *said)


async def compare(session: Reading) -> Outcome:
    """What writing would come to."""
    await session.execute(text("ANALYZE held_row"))
    row = (await session.execute(_COMPARED)).one()
    return Outcome(row.new, row.changed, row.everything - row.new - row.changed, row.records)


async def write(session: Writing, target: Target, *, account_id: int | None) -> Outcome:
    """Adds and changes copies, with each record's history and the news for the index."""
    outcome = await compare(session)
    await session.execute(text("SELECT id FROM record WHERE id IN (SELECT record_id FROM held_row) ORDER BY id FOR KEY SHARE"))
    await session.execute(_FOLLOW_MERGES)
    who = {"account": account_id}
    await session.execute(_ADD, who | {"owner": target.owner_id, "branch": target.branch_id})
    if outcome.changed:
        await session.execute(_LOCK_CHANGING)
        await session.execute(_CHANGE, who)
    return outcome


def _differs(name: str) -> str:
    return f"(h.{name} IS NOT NULL AND h.{name} IS DISTINCT FROM i.{name})"


_DIFFERS = " OR ".join(_differs(name) for name in _SAID)
_COMPARED = text(
    "SELECT count(*) AS everything, count(*) FILTER (WHERE h.item_id IS NULL) AS new,"
    f" count(*) FILTER (WHERE i.id IS NOT NULL AND ({_DIFFERS})) AS changed, count(DISTINCT h.record_id) AS records"
    " FROM held_row h LEFT JOIN item i ON i.id = h.item_id"
)
# Somebody may have merged a record while the rows were read.
_FOLLOW_MERGES = text(
    "UPDATE held_row h SET record_id = d.to_id FROM record_redirect d"
    " WHERE d.from_id = h.record_id AND NOT EXISTS (SELECT 1 FROM record r WHERE r.id = h.record_id)"
)
_ADD = text(
    "WITH added AS (INSERT INTO item (record_id, organisation_id, branch_id, barcode, version, damage, "
    + ", ".join(_SAID)
    + ") SELECT record_id, CAST(:owner AS bigint), CAST(:branch AS bigint), barcode, 1, '', "
    + ", ".join(f"coalesce({name}, {_UNSAID.get(name, chr(39) * 2)})" for name in _SAID)
    + " FROM held_row WHERE item_id IS NULL ORDER BY row RETURNING id, record_id, barcode),"
    " told AS (INSERT INTO index_change (record_id, kind) SELECT DISTINCT record_id, 'record' FROM added)"
    " INSERT INTO record_event (record_id, account_id, act, details) SELECT record_id, CAST(:account AS bigint), 'item_added',"
    " jsonb_build_object('barcode', barcode, 'item', id) FROM added ORDER BY id"
)
_LOCK_CHANGING = text(f"SELECT i.id FROM item i JOIN held_row h ON h.item_id = i.id WHERE {_DIFFERS} ORDER BY i.id FOR UPDATE OF i")
# Notes are for the staff of a place, not for a record's history.
_FIELDS = ", ".join(
    f"'{name}', CASE WHEN {_differs(name)} THEN jsonb_build_array(i.{name}, h.{name}) END" for name in _SAID if name != "note"
)
_CHANGE = text(
    f"WITH before AS (SELECT i.id, jsonb_strip_nulls(jsonb_build_object({_FIELDS})) AS fields FROM item i"
    f" JOIN held_row h ON h.item_id = i.id WHERE {_DIFFERS}), changed AS (UPDATE item i SET version = i.version + 1, "
    + ", ".join(f"{name} = coalesce(h.{name}, i.{name})" for name in _SAID)
    + " FROM held_row h JOIN before b ON b.id = h.item_id WHERE i.id = h.item_id RETURNING i.id, i.record_id, i.barcode, b.fields),"
    " told AS (INSERT INTO index_change (record_id, kind) SELECT DISTINCT record_id,"
    f" CASE WHEN fields ?| ARRAY[{', '.join(repr(name) for name in _SEARCHED)}] THEN 'record' ELSE 'availability' END FROM changed)"
    " INSERT INTO record_event (record_id, account_id, act, details) SELECT record_id, CAST(:account AS bigint), 'item_changed',"
    " jsonb_build_object('barcode', barcode, 'item', id, 'fields', fields) FROM changed ORDER BY id"
)
