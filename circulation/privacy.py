"""The privacy cut: when the retention after return is over, nobody can say any more who read what.

What goes: the reader of a returned loan and of a hold that is over, their hours and minutes (a moment leads back to whoever was
there), the answers kept for repeated requests about them, the reader in the audit of what was decided against a refusal, and the
desk's own list of scans. What stays: loans without reader by the
day, and anonymous statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from library.db import Writing
from library.idempotency import forget_about
from library.identity import audit

AT_ONCE = 5_000  # rows a transaction, so that no desk waits for it
DAYS_LIST = timedelta(days=7)  # the list of scans names no reader, but with a loan not yet cut it leads to one

_CUT_LOANS = text(
    """
    WITH due AS (SELECT id FROM loan
                  WHERE patron_id IS NOT NULL AND cut_at <= :now AND (CAST(:loan AS bigint) IS NULL OR id = :loan)
                  ORDER BY cut_at LIMIT :most FOR UPDATE SKIP LOCKED),
         scans AS (DELETE FROM desk_act WHERE loan_id IN (SELECT id FROM due))
    UPDATE loan
       SET patron_id = NULL, overrides = '[]', lent_at = date_trunc('day', lent_at, b.timezone),
           due_at = date_trunc('day', due_at, b.timezone), renewed_at = date_trunc('day', renewed_at, b.timezone),
           returned_at = date_trunc('day', returned_at, b.timezone)
      FROM due, branch b WHERE loan.id = due.id AND b.id = loan.branch_id
    RETURNING loan.id
    """
)
_CUT_HOLDS = text(
    """
    WITH due AS (SELECT id FROM hold
                  WHERE patron_id IS NOT NULL AND cut_at <= :now AND (CAST(:hold AS bigint) IS NULL OR id = :hold)
                  ORDER BY cut_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE hold
       SET patron_id = NULL, requested_at = date_trunc('day', requested_at, b.timezone),
           captured_at = date_trunc('day', captured_at, b.timezone), waiting_since = date_trunc('day', waiting_since, b.timezone),
           closed_at = date_trunc('day', closed_at, b.timezone)
      FROM due, branch b WHERE hold.id = due.id AND b.id = hold.pickup_branch_id
    RETURNING hold.id
    """
)
_FORGET_ACTS = text(
    """
    DELETE FROM desk_act a WHERE a.at < :before
        OR a.at < :yesterday AND a.undone_at IS NOT NULL
               AND EXISTS (SELECT 1 FROM loan l WHERE l.id = a.loan_id AND l.patron_id IS NULL)
    """
)


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
    loans = await _cut_loans(session, now=now)
    holds = await _cut_holds(session, now=now)
    await session.execute(_FORGET_ACTS, {"before": now - DAYS_LIST, "yesterday": now - timedelta(days=1)})
    return Cut(len(loans), len(holds))


async def cut_loan(session: Writing, loan_id: int, *, now: datetime) -> None:
    """One loan that was returned this moment, where the branch keeps nothing; does nothing while its time is not over."""
    await _cut_loans(session, now=now, loan_id=loan_id)


async def cut_hold(session: Writing, hold_id: int, *, now: datetime) -> None:
    """One hold that ended this moment, likewise."""
    await _cut_holds(session, now=now, hold_id=hold_id)


async def _cut_loans(session: Writing, *, now: datetime, loan_id: int | None = None) -> Sequence[int]:
    gone = (await session.scalars(_CUT_LOANS, {"now": now, "most": AT_ONCE, "loan": loan_id})).all()
    await forget(session, [f"loan:{number}" for number in gone])
    return gone


async def _cut_holds(session: Writing, *, now: datetime, hold_id: int | None = None) -> Sequence[int]:
    gone = (await session.scalars(_CUT_HOLDS, {"now": now, "most": AT_ONCE, "hold": hold_id})).all()
    await forget(session, [f"hold:{number}" for number in gone])
    return gone


async def forget(session: Writing, about: list[str]) -> None:
    """What other tables say of the reader of a loan or hold: answers kept for repeats, decisions against refusals."""
    if about:
        await forget_about(session, about)
        await audit.forget_about(session, about)
