"""What lending forbids other rooms: moving a copy that is out, ending a membership over books."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalog.copies import items
from catalog.models import Item
from circulation import attached
from circulation.models import Hold, Loan
from library.errors import Conflict
from library.identity.patrons.membership import changing
from tests.integration.circulation.stock import NOON, Stock


async def test_a_membership_is_not_ended_over_books_and_holds(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    other, _ = await stock.book("手袋を買いに")
    await stock.lend(card, barcode)
    await stock.wait_for(card, other)
    viewer = await stock.staff()
    async with stock.database.transaction() as session:
        patron_id = await session.scalar(select(Loan.patron_id))
        assert patron_id is not None
        with pytest.raises(Conflict) as refused:
            await changing.end(session, patron_id, by=viewer, today=NOON.date())
    assert (refused.value.code, refused.value.fields) == ("loans_left", {"lent": 1, "held": 1})
    await stock.take_back(barcode)
    async with stock.database.reading() as session:
        hold = (await session.execute(select(Hold.id))).scalar_one()
    await stock.cancel(hold)
    async with stock.database.transaction() as session:
        await changing.end(session, patron_id, by=viewer, today=NOON.date())


async def test_a_copy_that_is_out_is_not_given_to_another_branch(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await stock.lend(card, barcode)
    viewer = await stock.staff()
    async with stock.database.transaction() as session:
        item = (await session.execute(select(Item.id).where(Item.barcode == barcode))).scalar_one()
        with pytest.raises(Conflict) as refused:
            await items.change(session, item, {"branch_id": stock.world.branches["nishi"]}, viewer=viewer)
    assert refused.value.code == "item_on_loan"


def test_attaching_twice_changes_nothing() -> None:
    before = len(items.objections), len(items.available), len(changing.OBJECTIONS)
    attached.attach()
    assert (len(items.objections), len(items.available), len(changing.OBJECTIONS)) == before
