"""The station: one field, two modes. What a scan does follows from the mode it was made in; in return mode nothing is ever lent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from circulation import desk, holds
from circulation.counter import parts, scanned
from circulation.counter.scanned import ACard, AnItem, ATitle, Both, Nobody, People
from circulation.rules.refusals import Override, Refusal
from circulation.rules.scans import Leaning, Scan
from circulation.store import copies
from circulation.store.branches import Here
from circulation.store.copies import Copy
from library.db import Writing
from library.identity import audit
from library.identity.viewer import Viewer


class Mode(StrEnum):
    LEND = "lend"
    RETURN = "return"


class Parts(StrEnum):
    """What somebody counted before a copy goes out."""

    COMPLETE = "complete"
    MISSING = "missing"


@dataclass(frozen=True)
class Asked:
    """One scan. `card` is the reader's who is open at this station; `overrides` are refusals that were seen and decided against."""

    scan: Scan
    mode: Mode
    card: str | None = None
    chosen: Leaning | None = None
    from_box: bool = False
    parts: Parts | None = None
    overrides: Mapping[Refusal, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """A reader's visit begins: what is scanned from now on is lent to them."""

    card: str


@dataclass(frozen=True)
class CardWhileReturning:
    """A card in return mode opens nothing."""

    card: str


@dataclass(frozen=True)
class NoReader:
    """A copy in lending mode before any card: only its facts are shown."""

    copy: Copy


@dataclass(frozen=True)
class CountParts:
    """The copy has parts; it is lent when somebody has said whether all are there. `overrides` were decided on before."""

    copy: Copy
    overrides: Mapping[Refusal, Override]


Outcome = desk.Lent | desk.CheckedIn | Opened | CardWhileReturning | NoReader | CountParts | Both | ATitle | People | Nobody


async def take(session: Writing, here: Here, asked: Asked, *, by: Viewer, now: datetime) -> Outcome:
    """Does what a scan means. Raises Refused, NotFound, Conflict, Invalid, NotAllowed as the acts do."""
    found = await scanned.meaning(session, asked.scan, here, by=by, chosen=asked.chosen, returning=asked.mode is Mode.RETURN)
    if isinstance(found, ACard):
        return Opened(found.number) if asked.mode is Mode.LEND else CardWhileReturning(found.number)
    if isinstance(found, AnItem):
        copy = await copies.facts(session, (await copies.by_barcode(session, found.barcode, here)).id)
        if asked.mode is Mode.RETURN:
            return await _take_back(session, here, asked, copy, by=by, now=now)
        return await _lend(session, here, asked, copy, by=by, now=now)
    if isinstance(found, People):
        audit.record(session, by, "patrons.searched", branch_id=here.id, count=len(found.found))
    return found


async def _take_back(session: Writing, here: Here, asked: Asked, copy: Copy, *, by: Viewer, now: datetime) -> desk.CheckedIn:
    # Whoever clears the hold shelf holds the copy in hand: its hold ends now, not when the hourly job comes by.
    if copy.hold_id is not None and copy.pickup_branch_id == here.id:
        await holds.expire(session, copy.hold_id, today=here.today(now), now=now)
    return await desk.check_in(session, barcode=copy.barcode, branch=here.code, by=by, now=now, from_box=asked.from_box)


class _Wanted(TypedDict):
    card: str
    barcode: str
    branch: str
    by: Viewer
    now: datetime


async def _lend(session: Writing, here: Here, asked: Asked, copy: Copy, *, by: Viewer, now: datetime) -> Outcome:
    if asked.card is None:
        return NoReader(copy)
    wanted: _Wanted = {"card": asked.card, "barcode": copy.barcode, "branch": here.code, "by": by, "now": now}
    if copy.parts and asked.parts is None:
        await desk.may_check_out(session, **wanted, overrides=asked.overrides or None)  # nobody counts what is refused anyway
        return CountParts(copy, asked.overrides)
    lent = await desk.check_out(session, **wanted, overrides=asked.overrides or None)
    missing, known = asked.parts is Parts.MISSING, parts.known_missing(copy.damage)
    if copy.parts and missing != known:
        today = here.today(now)
        await parts.counted(session, barcode=copy.barcode, branch=here.code, complete=not missing, by=by, today=today)
    return lent
