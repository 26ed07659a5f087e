"""Where a copy goes next: captured for a reader, sent, arrived, put on the hold shelf. Works on a copy and queue already locked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, update

from catalog.models import Item
from catalog.records.composing import tell_index
from circulation.models import Hold, Transit, TransitScan
from circulation.rules import due
from circulation.rules.states import Next, next_step
from circulation.store import queue
from circulation.store.branches import Here
from circulation.store.copies import Copy
from library.db import Writing


@dataclass(frozen=True)
class Routed:
    """What to do with a copy: `to_branch_id` where it travels, `hold_id` for whom it is set aside, until when it waits."""

    next: Next
    to_branch_id: int | None = None
    hold_id: int | None = None
    pickup_until: date | None = None


async def route(session: Writing, copy: Copy, here: Here, *, now: datetime) -> Routed:
    """Decides and writes the next step of a copy in hand `here`; its loan, if it had one, is closed already."""
    if copy.withdrawn_on is not None:
        await end_transit(session, copy, here, now=now)
        if copy.hold_id is not None:
            await let_go(session, copy.hold_id)
        return Routed(Next.TO_STAFF)
    hold_id, pickup = copy.hold_id, copy.pickup_branch_id
    if hold_id is None and (head := await queue.first(session, copy, today=here.today(now))) is not None:
        hold_id, pickup = head.id, head.pickup_branch_id
    step = next_step(copy.arrival, pickup, here=here.id, home=copy.home_branch_id)
    if step is Next.KEEP_GOING:
        session.add(TransitScan(transit_id=copy.transit_id, branch_id=here.id, at=now))
        return Routed(step, copy.to_branch_id, copy.hold_id)
    await end_transit(session, copy, here, now=now)
    if step is Next.HOLD_SHELF:
        assert hold_id is not None
        return Routed(step, None, hold_id, await _put_on_hold_shelf(session, copy, hold_id, here, now=now))
    if step is Next.SEND_TO_HOLD:
        assert hold_id is not None
        assert pickup is not None
        await _capture(session, copy, hold_id, now=now)
        await _send(session, copy, here, pickup, now=now, hold_id=hold_id)
        return Routed(step, pickup, hold_id)
    if step is Next.SEND_HOME and is_over(copy.home_until, here.today(now)):
        step = Next.TO_STAFF  # its home is closed for good: somebody gives it another
    if step is Next.SEND_HOME:
        await _send(session, copy, here, copy.home_branch_id, now=now)
        return Routed(step, copy.home_branch_id)
    return Routed(step)


def is_over(until: date | None, today: date) -> bool:
    return until is not None and until < today


async def turn_from_closed(session: Writing, copy: Copy, here: Here, *, now: datetime) -> bool:
    """Nothing arrives at a branch that is closed for good: the journey there stops, and who would pick up there waits again."""
    today, changed = here.today(now), False
    if copy.hold_id is not None and is_over(copy.pickup_branch_until, today):
        await let_go(session, copy.hold_id)
        changed = True
    if is_over(copy.to_branch_until, today):
        await stop(session, copy, "branch_closed", now=now)
        changed = True
    return changed


async def end_transit(session: Writing, copy: Copy, here: Here, *, now: datetime) -> None:
    """The copy is in hand: where it was going it has arrived, anywhere else the journey is over before its end."""
    if copy.transit_id is None:
        return
    arrived = copy.to_branch_id == here.id
    values: dict[str, Any] = {"arrived_at": now} if arrived else {"cancelled_at": now, "cancel_reason": "turned_up_elsewhere"}
    await session.execute(update(Transit).where(Transit.id == copy.transit_id).values(values))


async def stop(session: Writing, copy: Copy, reason: str, *, now: datetime) -> None:
    """A journey that ends nowhere."""
    if copy.transit_id is not None:
        await session.execute(update(Transit).where(Transit.id == copy.transit_id).values(cancelled_at=now, cancel_reason=reason))


async def found(session: Writing, copy: Copy) -> bool:
    """A missing copy that is scanned is found."""
    if copy.missing_since is None:
        return False
    await session.execute(update(Item).where(Item.id == copy.id).values(missing_since=None, version=Item.version + 1))
    return True


async def let_go(session: Writing, hold_id: int) -> None:
    """A hold that had a copy waits again in its old place."""
    values = {"captured_item_id": None, "captured_at": None, "waiting_since": None, "pickup_until": None}
    await session.execute(update(Hold).where(Hold.id == hold_id).values(values))


async def pass_on(session: Writing, copy: Copy, hold_id: int | None, *, now: datetime) -> None:
    """A copy on its way now travels for another hold, or for none."""
    if hold_id is not None:
        await session.execute(update(Hold).where(Hold.id == hold_id).values(captured_item_id=copy.id, captured_at=now))
    await session.execute(update(Transit).where(Transit.id == copy.transit_id).values(hold_id=hold_id))


async def remove_transit(session: Writing, item_id: int, *, sent_at: datetime, but: Collection[int]) -> None:
    """A journey that never began, because the scan that sent it is undone; `but` those that had begun before."""
    began = (Transit.item_id == item_id, Transit.sent_at == sent_at, Transit.id.not_in(but))
    await session.execute(delete(Transit).where(*began))


async def tell(session: Writing, copy: Copy) -> None:
    """News for the index: this title can be had more, or less, than before."""
    await tell_index(session, [copy.record_id], "availability")


async def _capture(session: Writing, copy: Copy, hold_id: int, *, now: datetime) -> None:
    values: dict[str, Any] = {"captured_item_id": copy.id, "waiting_since": None, "pickup_until": None}
    if copy.hold_id is None:
        values["captured_at"] = now
    await session.execute(update(Hold).where(Hold.id == hold_id).values(values))


async def _put_on_hold_shelf(session: Writing, copy: Copy, hold_id: int, here: Here, *, now: datetime) -> date:
    if copy.waiting_since is not None and copy.pickup_until is not None:
        return copy.pickup_until  # it stands there already; a second scan gives no more days
    days = here.terms().pickup_days
    until = due.open_days_after(here.today(now), days, here.calendar)
    values: dict[str, Any] = {"captured_item_id": copy.id, "waiting_since": now, "pickup_until": until}
    if copy.hold_id is None:
        values["captured_at"] = now
    await session.execute(update(Hold).where(Hold.id == hold_id).values(values))
    return until


async def _send(session: Writing, copy: Copy, here: Here, to: int, *, now: datetime, hold_id: int | None = None) -> None:
    await session.flush()  # the old journey is ended before the unique index sees the new one
    session.add(Transit(item_id=copy.id, from_branch_id=here.id, to_branch_id=to, hold_id=hold_id, sent_at=now))
    await session.flush()
