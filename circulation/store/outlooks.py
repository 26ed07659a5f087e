"""What is known about when waiting readers get their book: free copies and due dates of each title they wait for, one query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import text

from circulation.rules.expecting import Outlook, outlook
from library.db import Reading

_COPIES = text(
    """
    SELECT w.id, count(*) FILTER (WHERE l.id IS NULL AND c.id IS NULL AND t.id IS NULL AND d.id IS NULL) AS free,
           array_agg((l.due_at AT TIME ZONE b.timezone)::date) FILTER (WHERE l.id IS NOT NULL) AS due
      FROM hold w
      JOIN patron p ON p.id = w.patron_id
      JOIN organisation o ON o.id = p.organisation_id
      JOIN item i ON i.record_id = w.record_id AND (w.item_id IS NULL OR i.id = w.item_id)
      JOIN branch b ON b.id = i.branch_id
      LEFT JOIN owner_policy y ON y.organisation_id = i.organisation_id
      LEFT JOIN loan l ON l.item_id = i.id AND l.returned_at IS NULL
      LEFT JOIN hold c ON c.captured_item_id = i.id AND c.closed_at IS NULL
      LEFT JOIN transit t ON t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL
      LEFT JOIN deposit d ON d.item_id = i.id AND d.ended_at IS NULL
     WHERE w.id = ANY(:holds) AND i.withdrawn_on IS NULL AND i.missing_since IS NULL AND NOT i.in_library_only
       AND (i.organisation_id = p.organisation_id AND coalesce(y.lent_to, 'own') <> 'nobody'
            OR y.lent_to = 'all' OR y.lent_to = 'schools' AND o.kind = 'school')
     GROUP BY w.id
    """
)


async def of_holds(session: Reading, positions: Mapping[int, int], *, today: date) -> dict[int, Outlook]:
    """For holds that wait, by their place in line; those for which there is no copy at all are left out."""
    if not positions:
        return {}
    rows = await session.execute(_COPIES, {"holds": list(positions)})
    return {row.id: outlook(positions[row.id], free=row.free, due=row.due or (), today=today) for row in rows}
