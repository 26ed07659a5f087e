"""How much a title is read: its loans and holds of the last year, in steps so coarse that a single loan seldom changes one.

Counted by copy and title from loans and holds, which keep no reader beyond the cut; the anonymous statistics know no title.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import text

from catalog.records.composing import tell_index
from library.db import Database, Reading, Writing

COUNTED = timedelta(days=365)
AT_ONCE = 1_000  # records a transaction, so that no cataloguer waits for it
STEPS = 2  # for each doubling

_COUNTS = text(
    """
    SELECT counted.record_id, sum(counted.number)::int AS number, r.popularity AS was
      FROM (SELECT i.record_id, count(*) AS number FROM loan l JOIN item i ON i.id = l.item_id
             WHERE l.lent_at >= :since AND NOT l.undone GROUP BY i.record_id
            UNION ALL
            SELECT h.record_id, count(*) FROM hold h
             WHERE h.requested_at >= :since AND h.closing IS DISTINCT FROM 'merged' GROUP BY h.record_id
            UNION ALL
            SELECT id, 0 FROM record WHERE popularity <> 0) counted
      JOIN record r ON r.id = counted.record_id
     GROUP BY counted.record_id, r.popularity
    """
)
_LOCK = text("SELECT id FROM record WHERE id = ANY(:ids) ORDER BY id FOR UPDATE SKIP LOCKED")
_WRITE = text(
    "UPDATE record SET popularity = new.step FROM unnest(CAST(:ids AS bigint[]), CAST(:steps AS int[])) AS new(id, step)"
    " WHERE record.id = new.id"
)


def step(number: int) -> int:
    """A count as the step it stands on: 0, 1, 2, 3, 4, 6, 8, 11, 16 … two for each doubling."""
    if number < 1:
        return 0
    return round(2 ** (math.floor(STEPS * math.log2(number + 0.5)) / STEPS))  # the half: a step that was rounded up holds itself


async def changed(session: Reading, *, now: datetime) -> dict[int, int]:
    """Record → its step, for those that stand on another one."""
    rows = await session.stream(_COUNTS, {"since": now - COUNTED})  # a row for every title that was read; few change
    return {row.record_id: new async for row in rows if (new := step(row.number)) != row.was}


async def count(database: Database, *, now: datetime) -> int:
    """Writes what changed, with the news for the index; returns how many records. One that is being edited waits for the next night."""
    async with database.reading() as session:
        steps = await changed(session, now=now)
    numbers = sorted(steps)
    written = 0
    for start in range(0, len(numbers), AT_ONCE):
        async with database.transaction() as session:
            written += await _write(session, {number: steps[number] for number in numbers[start : start + AT_ONCE]})
    return written


async def _write(session: Writing, steps: dict[int, int]) -> int:
    free = list(await session.scalars(_LOCK, {"ids": sorted(steps)}))
    await session.execute(_WRITE, {"ids": free, "steps": [steps[number] for number in free]})
    await tell_index(session, free, "availability")  # no word of it changes
    return len(free)
