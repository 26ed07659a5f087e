"""Reading the audit trail: who did or looked at what, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from library.db import Reading
from library.identity.models import Account, AuditEvent
from library.identity.signing_in import sessions

PAGE = 50
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)  # further out, no clock can add a day or a zone


@dataclass(frozen=True)
class Wanted:
    """What to list: days (both included, of the ward's zone), one account's login, one act."""

    first: date | None = None
    last: date | None = None
    login: str = ""
    act: str = ""


@dataclass(frozen=True)
class Event:
    """One row as it is shown; `details` never hold a title."""

    id: int
    at: datetime
    login: str | None
    act: str
    subject: str
    reason: str
    request_id: str
    details: dict[str, Any]


async def events(session: Reading, wanted: Wanted, *, zone: ZoneInfo, before: int | None = None, limit: int = PAGE) -> tuple[Event, ...]:
    """The rows older than the row numbered `before`, at most `limit`."""
    query = select(AuditEvent, Account.login).outerjoin(Account, Account.id == AuditEvent.account_id)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    if wanted.first is not None:
        query = query.where(AuditEvent.at >= datetime.combine(max(wanted.first, EARLIEST), time(), zone))
    if wanted.last is not None:
        query = query.where(AuditEvent.at < datetime.combine(min(wanted.last, LATEST) + timedelta(days=1), time(), zone))
    if wanted.login:
        query = query.where(Account.login == sessions.fold(wanted.login))
    if wanted.act:
        query = query.where(AuditEvent.act == wanted.act)
    rows = await session.execute(query.order_by(AuditEvent.id.desc()).limit(limit))
    return tuple(
        Event(
            row.id,
            row.at,
            login,
            row.act,
            f"{row.subject_kind} {row.subject_id or ''}".strip(),
            row.reason,
            row.request_id,
            row.details or {},
        )
        for row, login in rows
    )


async def acts(session: Reading) -> tuple[str, ...]:
    """The kinds of act that occur, for the filter."""
    return tuple(await session.scalars(select(AuditEvent.act).distinct().order_by(AuditEvent.act)))
