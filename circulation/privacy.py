"""The privacy cut: when the retention after return is over, nobody can say any more who read what.

What goes: the reader of a returned loan and of a hold that is over, the answers kept for repeated requests about them, and the desk's
own list of scans. What stays: loans without reader, and anonymous statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from library.db import Writing

AT_ONCE = 5_000  # rows a transaction, so that no desk waits for it
DAYS_LIST = timedelta(days=7)  # the list of scans names no reader, but with a loan not yet cut it leads to one

_CUT_LOANS = text(
    """
    WITH due AS (SELECT id FROM loan WHERE patron_id IS NOT NULL AND cut_at <= :now ORDER BY cut_at LIMIT :most FOR UPDATE SKIP LOCKED),
         answers AS (DELETE FROM idempotency_key WHERE (result -> 'about') ?| ARRAY(SELECT 'loan:' || id FROM due))
    UPDATE loan SET patron_id = NULL, overrides = '[]' FROM due WHERE loan.id = due.id
    """
)
_CUT_HOLDS = text(
    """
    WITH due AS (SELECT id FROM hold WHERE patron_id IS NOT NULL AND cut_at <= :now ORDER BY cut_at LIMIT :most FOR UPDATE SKIP LOCKED),
         answers AS (DELETE FROM idempotency_key WHERE (result -> 'about') ?| ARRAY(SELECT 'hold:' || id FROM due))
    UPDATE hold SET patron_id = NULL FROM due WHERE hold.id = due.id
    """
)
_FORGET_ACTS = text("DELETE FROM desk_act WHERE at < :before")


@dataclass(frozen=True)
class Cut:
    """How many links went in one go; `more` when there may be others."""

    loans: int
    holds: int

    @property
    def more(self) -> bool:
        return max(self.loans, self.holds) >= AT_ONCE


async def cut(session: Writing, *, now: datetime) -> Cut:
    """Cuts what is due, at most `AT_ONCE` of each; repeating it does nothing more."""
    loans = await session.execute(_CUT_LOANS, {"now": now, "most": AT_ONCE})
    holds = await session.execute(_CUT_HOLDS, {"now": now, "most": AT_ONCE})
    await session.execute(_FORGET_ACTS, {"before": now - DAYS_LIST})
    return Cut(loans.rowcount, holds.rowcount)  # type: ignore[attr-defined]
