"""Who did or looked at what: one row in the same transaction, never a title beside a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

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


_FORGET = text("UPDATE audit_event SET subject_id = NULL, details = details - 'about' WHERE details ->> 'about' = ANY(:about)").bindparams(
    bindparam("about", type_=ARRAY(Text))
)


async def forget_about(session: Writing, about: Sequence[str]) -> None:
    """Who did it and why stays; of whom it was goes, where a row's `about` is one of these ("loan:12")."""
    await session.execute(_FORGET, {"about": list(about)})
