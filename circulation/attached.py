"""What lending hangs on other rooms: when a copy can be had or may not be moved, holds that follow a merge, a panel about a patron."""

from __future__ import annotations

from sqlalchemy import exists

from catalog.copies import items
from catalog.models import Item
from catalog.records import merging
from circulation import holds, shown
from circulation.models import Deposit, Hold, Loan, Transit
from circulation.rules.states import Whereabouts
from circulation.store import copies
from library.db import Writing
from library.errors import N_, Conflict
from library.identity.patrons import panels

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


def attach() -> None:
    """Called when the service is wired; a second time changes nothing."""
    if object_to_moving not in items.objections:
        items.objections.append(object_to_moving)
        items.available.extend(OPEN)
        merging.followers.append(holds.follow)
        panels.PANELS.append(shown.panel)
