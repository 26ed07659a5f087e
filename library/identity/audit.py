"""Who did or looked at what: one row in the same transaction, never a title beside a reader."""

from __future__ import annotations

from typing import Any

import structlog

from library import clock
from library.db import Writing
from library.identity.models import AuditEvent
from library.identity.viewer import Viewer


def record(
    session: Writing,
    viewer: Viewer | None,
    act: str,
    *,
    subject_kind: str = "",
    subject_id: int | None = None,
    branch_id: int | None = None,
    reason: str = "",
    **details: Any,
) -> None:
    """Adds the row; `act` is a verb with its noun, like "patron.seen"."""
    session.add(
        AuditEvent(
            at=clock.now(),
            account_id=viewer.account_id if viewer else None,
            act=act,
            subject_kind=subject_kind,
            subject_id=subject_id,
            branch_id=branch_id,
            reason=reason,
            request_id=str(structlog.contextvars.get_contextvars().get("request", "")),
            details=details,
        )
    )
