"""What a scan changed, kept for the day's list and for taking it back: rows before and after, and anonymous figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase

from circulation.models import DeskAct, Hold, Loan, LoanStatistic, Transit
from circulation.rules.refusals import Override, Refusal, age_band
from circulation.store.branches import Here
from circulation.store.copies import Copy
from circulation.store.readers import Reader
from library.db import Reading, Writing
from library.identity import audit
from library.identity.viewer import Viewer

KEPT: dict[str, tuple[type[DeclarativeBase], tuple[str, ...]]] = {
    "loan": (Loan, ("returned_at", "returned_branch_id", "cut_at", "due_at", "renewals", "renewed_at", "overrides")),
    "hold": (
        Hold,
        ("captured_item_id", "captured_at", "waiting_since", "pickup_until", "closed_at", "closing", "cut_at"),
    ),
    "transit": (Transit, ("arrived_at", "cancelled_at", "cancel_reason")),
}


async def snapshot(session: Reading, copy: Copy, *, holds: Collection[int] = ()) -> dict[str, Any]:
    """What is open for a copy, as it is before a scan: loan, transit, the holds named, whether it was missing."""
    before: dict[str, Any] = {"missing_since": copy.missing_since.isoformat() if copy.missing_since else None}
    wanted = {"loan": {copy.loan_id}, "hold": {copy.hold_id, *holds}, "transit": {copy.transit_id}}
    for name, ids in wanted.items():
        model, columns = KEPT[name]
        numbers = sorted(number for number in ids if number is not None)
        if numbers:
            key = inspect(model).primary_key[0]
            rows = await session.execute(select(key, *(getattr(model, column) for column in columns)).where(key.in_(numbers)))
            before[name] = {str(row[0]): {column: _plain(value) for column, value in zip(columns, row[1:], strict=True)} for row in rows}
    return before


def noted(
    session: Writing,
    act: str,
    copy: Copy,
    here: Here,
    *,
    by: Viewer,
    now: datetime,
    loan_id: int | None,
    before: dict[str, Any],
    outcome: str = "",
) -> DeskAct:
    """The line in the day's list; a reader's own act says nobody did it at a desk."""
    account = by.account_id if by.is_staff else None
    row = DeskAct(at=now, branch_id=here.id, account_id=account, act=act, item_id=copy.id, loan_id=loan_id, outcome=outcome, before=before)
    session.add(row)
    return row


def overridden(session: Writing, act: str, reader: Reader, here: Here, *, by: Viewer, what: Mapping[Refusal, Override], about: str) -> None:
    """A librarian decided against refusals: who, for which reader, why; never for which book. Nothing when there were none.

    `about` names the loan or hold ("loan:12"), so that the reader goes from here when they go from there.
    """
    if what:
        reason, codes = next(iter(what.values())).value, [refusal.value for refusal in what]
        whose = {"subject_kind": "patron", "reason": reason}
        audit.record(session, by, act, subject_id=reader.id, branch_id=here.id, refusals=codes, about=about, **whose)


def hold_counted(session: Writing, reader: Reader, *, branch_id: int, today: date, material: str) -> None:
    """One more hold, counted for the reader's organisation: which copy will fill it is not known yet."""
    session.add(
        LoanStatistic(
            day=today,
            act="hold",
            branch_id=branch_id,
            owner_id=reader.organisation_id,
            category=reader.category,
            age_band=age_band(reader.birth_date, today),
            grade=reader.grade,
            material=material,
        )
    )


def counted(session: Writing, act: str, copy: Copy, reader: Reader, *, branch_id: int, today: date, count: int = 1) -> None:
    """One more for the statistics: what kind of book, what kind of reader, never which."""
    session.add(
        LoanStatistic(
            day=today,
            act=act,
            count=count,
            branch_id=branch_id,
            owner_id=copy.organisation_id,
            category=reader.category,
            age_band=age_band(reader.birth_date, today),
            grade=reader.grade,
            material=copy.material,
            ndc=copy.ndc[:3],
        )
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
