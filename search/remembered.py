"""Figures that may be a minute old: counting a million copies for every visitor would cost more than it says."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from library.db import Database

KEPT = 60.0  # seconds
MOST = 2000  # the letters of the kana board for each school, and the counts of shelves

Value = TypeVar("Value")

_kept: WeakKeyDictionary[Database, dict[Hashable, tuple[float, Any]]] = WeakKeyDictionary()


async def remembered(database: Database, key: Hashable, ask: Callable[[], Awaitable[Value]]) -> Value:
    """What `ask` said within the last minute, else what it says now."""
    answers = _kept.setdefault(database, {})
    known = answers.get(key)
    if known is not None and time.monotonic() - known[0] < KEPT:
        value: Value = known[1]
        return value
    value = await ask()
    if len(answers) >= MOST:
        _make_room(answers)
    answers[key] = (time.monotonic(), value)
    return value


def _make_room(answers: dict[Hashable, tuple[float, Any]]) -> None:
    """The older half goes, and nothing with it that was counted just now."""
    for key in sorted(answers, key=lambda one: answers[one][0])[: len(answers) // 2]:
        del answers[key]
