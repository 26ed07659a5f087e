"""Permanent addresses of records: the number in one never changes its meaning, also after records were merged."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.store import current_id, no_such_record
from library.db import Reading
from library.identity.viewer import Viewer
from search.finding import Shown, shown

_NUMBER = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Led:
    """Where a permanent address leads: to its own record, or on to the one that took it in."""

    record_id: int
    is_elsewhere: bool


async def follow(session: Reading, written: str) -> Led:
    """Raises NotFound for what is no number of a record."""
    if not _NUMBER.fullmatch(written):
        raise no_such_record(0)
    number = int(written)
    found = await current_id(session, number)
    return Led(found, is_elsewhere=found != number)


async def record(session: Reading, record_id: int, *, viewer: Viewer) -> Shown:
    """The record as this viewer may see it. Raises NotFound when every owner hides it: then it is not there."""
    found = await shown(session, [record_id], viewer=viewer)
    if not found:
        raise no_such_record(record_id)
    return found[0]
