"""What lending hangs on other rooms: when a copy can be had or moved or a membership ended, holds that follow a merge, a panel."""

from __future__ import annotations

from sqlalchemy import exists, func, select

from catalog.copies import items
from catalog.models import Item
from catalog.records import merging
from circulation import holds, shown
from circulation.models import Deposit, Hold, Loan, Transit
from circulation.rules.states import Whereabouts
from circulation.scans import movements
from circulation.store import copies, queue
from library import clock
from library.db import Writing
from library.errors import N_, Conflict
from library.identity.patrons.membership import changing, panels

OPEN = (
    ~exists().where(Loan.item_id == Item.id, Loan.returned_at.is_(None)),
    ~exists().where(Hold.captured_item_id == Item.id, Hold.closed_at.is_(None)),
    ~exists().where(Transit.item_id == Item.id, Transit.arrived_at.is_(None), Transit.cancelled_at.is_(None)),
    ~exists().where(Deposit.item_id == Item.id, Deposit.ended_at.is_(None)),
)
OBJECTIONS: dict[Whereabouts, tuple[str, str]] = {
    Whereabouts.ON_LOAN: ("item_on_loan", N_("この資料は貸出中です。返却してから変えてください。")),
    Whereabouts.ON_HOLD_SHELF: ("item_captured", N_("この資料は予約した人のために取り置いています。")),
    Whereabouts.IN_TRANSIT_TO_HOLD: ("item_in_transit", N_("この資料は移送中です。着いてから変えてください。")),
    Whereabouts.IN_TRANSIT_HOME: ("item_in_transit", N_("この資料は移送中です。着いてから変えてください。")),
    Whereabouts.ON_DEPOSIT: ("item_on_deposit", N_("この資料は団体貸出中です。")),
}


async def object_to_moving(session: Writing, item: Item) -> None:
    """A copy that is lent, set aside or on its way stays on the books where it is."""
    copy = await copies.facts(session, item.id)
    if copy.whereabouts in OBJECTIONS:
        raise Conflict(*OBJECTIONS[copy.whereabouts])


async def give_up(session: Writing, item: Item) -> None:
    """A copy that nobody finds is set aside for nobody and on its way nowhere; whoever it was for waits again in the old place."""
    await queue.lock(session, item.record_id)
    copy = await copies.facts(session, item.id)
    if copy.hold_id is not None:
        await movements.let_go(session, copy.hold_id)
    await movements.stop(session, copy, "missing", now=clock.now())


async def object_to_ending(session: Writing, patron_id: int) -> None:
    """A membership with books out or holds waiting is not ended over them."""
    lent = await session.scalar(select(func.count()).where(Loan.patron_id == patron_id, Loan.returned_at.is_(None)))
    held = await session.scalar(select(func.count()).where(Hold.patron_id == patron_id, Hold.closed_at.is_(None)))
    if lent or held:
        sentence = N_("貸出が{lent}点、予約が{held}点残っています。返却・取消をしてから終えてください。")
        raise Conflict("loans_left", sentence, lent=lent or 0, held=held or 0)


def attach() -> None:
    """Called when the service is wired; a second time changes nothing."""
    if object_to_moving not in items.objections:
        items.objections.append(object_to_moving)
        items.available.extend(OPEN)
        items.told_when_missing.append(give_up)
        merging.followers.append(holds.follow)
        merging.followers_of_items.append(holds.follow_items)
        panels.PANELS.append(shown.panel)
        changing.OBJECTIONS.append(object_to_ending)
