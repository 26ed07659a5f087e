"""The queue of a title: who waits, in which order, and for which of them a copy would do.

One lock per title stands for its whole queue: without it a copy that comes the moment its reader cancels is lost, and a title is
renewed past who asks for it. (That two copies which come back together serve two readers, the lock on the hold's row would see to.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from circulation.availability import AVAILABLE
from circulation.store.copies import Copy
from library.db import Reading, Writing

QUEUE = 0x686F6C64  # "hold": the class of our advisory locks

_ELIGIBLE = """
      FROM hold h JOIN patron p ON p.id = h.patron_id JOIN organisation o ON o.id = p.organisation_id
      JOIN branch b ON b.id = h.pickup_branch_id
     WHERE h.record_id = :record AND h.closed_at IS NULL AND h.captured_item_id IS NULL
       AND (h.item_id IS NULL OR h.item_id = :item)
       AND (p.valid_to IS NULL OR p.valid_to >= :today) AND (b.valid_to IS NULL OR b.valid_to >= :today)
       AND (:lent_to = 'all' OR (:lent_to IN ('own', 'schools') AND p.organisation_id = :owner)
            OR (:lent_to = 'schools' AND o.kind = 'school'))
"""
_FIRST = text("SELECT h.id, h.patron_id, h.pickup_branch_id " + _ELIGIBLE + " ORDER BY h.requested_at, h.id LIMIT 1 FOR UPDATE OF h")
_AHEAD = """
       AND h.patron_id <> :patron
       AND NOT EXISTS (SELECT 1 FROM hold m WHERE m.patron_id = :patron AND m.record_id = h.record_id AND m.closed_at IS NULL
                          AND (m.item_id IS NULL OR m.item_id = :item) AND (m.requested_at, m.id) < (h.requested_at, h.id))
"""
_OTHERS = text("SELECT count(*) FROM (SELECT 1 " + _ELIGIBLE + _AHEAD + " LIMIT 1000) w")  # noqa: S608 - all parts stand here
# Another copy is spare only for those its owner lends to: a school's on its shelf helps nobody who waits at the ward.
_SERVES = """(y.lent_to = 'all' OR y.lent_to = 'schools' AND k.school
              OR coalesce(y.lent_to, 'own') IN ('own', 'schools') AND i.organisation_id = k.organisation_id)"""
_COPIES = f"""item i LEFT JOIN owner_policy y ON y.organisation_id = i.organisation_id
     WHERE i.record_id = :record AND i.id <> :item AND {AVAILABLE}"""
_SPARE = text(
    f"""
    WITH kinds AS MATERIALIZED (
         SELECT w.organisation_id, w.school, count(*) AS many
           FROM (SELECT p.organisation_id, o.kind = 'school' AS school {_ELIGIBLE} {_AHEAD} AND h.item_id IS NULL LIMIT :most) w
          GROUP BY 1, 2)
    SELECT least((SELECT count(*) FROM (SELECT 1 FROM {_COPIES} AND EXISTS (SELECT 1 FROM kinds k WHERE {_SERVES}) LIMIT :most) s),
                 (SELECT coalesce(sum(k.many), 0) FROM kinds k WHERE EXISTS (SELECT 1 FROM {_COPIES} AND {_SERVES})))
    """  # noqa: S608 - all parts stand here
)


@dataclass(frozen=True)
class Waiting:
    """A hold that is first in line for a copy."""

    id: int
    patron_id: int
    pickup_branch_id: int


async def lock(session: Writing, record_id: int) -> None:
    """Nobody else captures for, joins or leaves the queue of this title until the transaction ends. After patron and item."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:queue, hashint8(:record))"), {"queue": QUEUE, "record": record_id})


def _asked(copy: Copy, today: date) -> dict[str, object]:
    return {"record": copy.record_id, "item": copy.id, "owner": copy.organisation_id, "lent_to": copy.lent_to, "today": today}


async def first(session: Writing, copy: Copy, *, today: date) -> Waiting | None:
    """Who gets this copy: the oldest uncaptured hold it may serve; None when nobody waits or it is not there or not for lending."""
    if copy.in_library_only or copy.withdrawn_on is not None or copy.missing_since is not None or copy.deposit_id is not None:
        return None
    row = (await session.execute(_FIRST, _asked(copy, today))).first()
    return Waiting(row.id, row.patron_id, row.pickup_branch_id) if row else None


async def pressure(session: Reading, copy: Copy, *, patron_id: int, today: date) -> tuple[int, int]:
    """(others' holds this copy could fill, other copies that could fill them): lending is refused when the first is larger.

    Whoever waits too is only behind those who asked before.
    """
    waiting = (await session.execute(_OTHERS, _asked(copy, today) | {"patron": patron_id})).scalar_one()
    if not waiting:
        return 0, 0
    spare = await session.execute(_SPARE, _asked(copy, today) | {"patron": patron_id, "most": waiting})
    return waiting, int(spare.scalar_one())
