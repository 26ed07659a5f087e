"""Where somebody may pick up what they hold. Pure.

A member of the ward picks up at every ward library, counters without stock included; a member of a school at that school's own
library. A joint-use branch is both. A branch that is closed for good, or not yet there, is no place to wait.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from library.places.calendar import within


@dataclass(frozen=True)
class Counter:
    """A branch as a place to pick up: whose library it is, and from when until when it exists."""

    ward_ids: frozenset[int]
    school_ids: frozenset[int]
    valid_from: date | None = None
    valid_to: date | None = None

    def serves(self, organisation_id: int, *, school: bool) -> bool:
        """Whether it is a library of the organisation somebody belongs to."""
        return organisation_id in (self.school_ids if school else self.ward_ids)

    def exists(self, today: date) -> bool:
        return within(today, self.valid_from, self.valid_to)


@dataclass(frozen=True)
class Belonging:
    """A membership, as far as it decides about places: to which organisation, and whether that is a school."""

    organisation_id: int
    school: bool


def possible(counter: Counter, belongings: Collection[Belonging], *, today: date) -> bool:
    """Whether anybody with these memberships may pick up there on the day."""
    return counter.exists(today) and any(counter.serves(one.organisation_id, school=one.school) for one in belongings)
