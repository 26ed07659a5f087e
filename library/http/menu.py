"""What the staff's start page and navigation list: entries that rooms give, shown to whom they are open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """A page for the staff. `permission`: what it needs, None for everybody who works here; `label` and `hint` are msgids."""

    permission: str | None
    path: str
    label: str
    hint: str = ""


class Person(Protocol):
    """Whoever looks at the menu."""

    @property
    def is_staff(self) -> bool: ...

    def can(self, permission: str) -> bool: ...


def open_to(entries: Iterable[Entry], person: Person | None) -> tuple[Entry, ...]:
    """The entries a person may follow, in their order."""
    if person is None or not person.is_staff:
        return ()
    return tuple(entry for entry in entries if entry.permission is None or person.can(entry.permission))
