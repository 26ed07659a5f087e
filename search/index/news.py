"""What `index_change` tells copies of the index: the records changed since a cursor, behind the horizon of unfinished transactions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from library.db import Reading

SINCE = text(
    "SELECT id, xid::text AS xid, record_id, kind FROM index_change"
    " WHERE (xid, id) > (CAST(:xid AS xid8), :id) AND xid < pg_snapshot_xmin(pg_current_snapshot())"
    " ORDER BY xid, id LIMIT :most"
)
_START = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
_WAITING = text(
    "SELECT count(*) AS changes, coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0) AS seconds FROM ("
    "SELECT at FROM index_change WHERE (xid, id) > (CAST(:xid AS xid8), :id) ORDER BY xid, id LIMIT 10000) waiting"
)
# What tells this database from another that a folder may have followed before: its cluster, its number in it, and how far
# back its news reaches.
_GROUND = text(
    "SELECT c.system_identifier::text || '.' || d.oid::text AS ground, (SELECT value::text FROM index_horizon) AS horizon"
    " FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()"
)


@dataclass(frozen=True)
class Cursor:
    """Everything up to and with this change of the database `ground` is in the copy."""

    xid: int
    id: int
    ground: str

    @classmethod
    def parsed(cls, written: str | None) -> Cursor | None:
        xid, _, rest = (written or "").partition(":")
        number, _, ground = rest.partition(":")
        return cls(int(xid), int(number), ground) if xid.isdigit() and number.isdigit() else None

    def __str__(self) -> str:
        return f"{self.xid}:{self.id}:{self.ground}"

    def parameters(self) -> dict[str, object]:
        return {"xid": str(self.xid), "id": self.id}


async def begun_now(session: Reading) -> Cursor:
    """Where a copy that is read from the tables as they are now has to follow from."""
    ground = (await session.execute(_GROUND)).one().ground
    return Cursor(int(await session.scalar(_START) or 0), 0, ground)


async def cannot_follow(session: Reading, cursor: Cursor) -> bool:
    """The copy followed another database, or slept longer than news is kept."""
    row = (await session.execute(_GROUND)).one()
    return row.ground != cursor.ground or (row.horizon is not None and cursor.xid < int(row.horizon))


async def waiting(session: Reading, cursor: Cursor) -> tuple[int, float]:
    """How many changes a copy has yet to take in, and the age of the oldest in seconds."""
    row = (await session.execute(_WAITING, cursor.parameters())).one()
    return int(row.changes), float(row.seconds)


async def next_records(session: Reading, last: int, most: int) -> list[int]:
    rows = await session.scalars(text("SELECT id FROM record WHERE id > :last ORDER BY id LIMIT :most"), {"last": last, "most": most})
    return list(rows.all())
