"""The one place that asks what time it is, so that a test can answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_stopped_at: ContextVar[datetime | None] = ContextVar("stopped_at", default=None)


def now() -> datetime:
    """The present moment, in UTC."""
    return _stopped_at.get() or datetime.now(UTC)


def today(zone: ZoneInfo) -> date:
    """The date on the wall of a place in `zone`."""
    return now().astimezone(zone).date()


@contextmanager
def stopped(at: datetime) -> Iterator[None]:
    """Within the block it is `at`, for tests and for replaying acts that arrive late."""
    token = _stopped_at.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _stopped_at.reset(token)
