"""Every whereabouts of a copy against every act, as one table.

A column says what comes of the act: a next step and where the copy is afterwards, or the reason it was refused with.
The copy's home is the central library; its reader picks up at the west library; the third desk is the joint branch.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from circulation.models import Deposit
from library.errors import LibraryError, Refused
from tests.integration.circulation.stock import Stock

ACTS = ("own reader takes it", "another takes it", "in at home", "in at the pickup", "in elsewhere", "cancel", "renew")
TABLE: dict[str, tuple[str, ...]] = {
    "on_shelf": (
        *("on_loan", "on_loan"),
        *("shelf: on_shelf", "send_home: in_transit_home", "send_home: in_transit_home"),
        *("-", "loan_not_found"),
    ),
    "on_loan": (
        *("lent_to_this_reader", "lent_to_another"),
        *("shelf: on_shelf", "send_home: in_transit_home", "send_home: in_transit_home"),
        *("-", "on_loan"),
    ),
    "on_hold_shelf": (
        *("on_loan", "set_aside"),
        *("send_to_hold: in_transit_to_hold", "hold_shelf: on_hold_shelf", "send_to_hold: in_transit_to_hold"),
        *("in_transit_home", "loan_not_found"),
    ),
    "in_transit_to_hold": (
        *("on_loan", "set_aside"),
        *("keep_going: in_transit_to_hold", "hold_shelf: on_hold_shelf", "keep_going: in_transit_to_hold"),
        *("in_transit_home", "loan_not_found"),
    ),
    "in_transit_home": (
        *("on_loan", "on_loan"),
        *("shelf: on_shelf", "keep_going: in_transit_home", "keep_going: in_transit_home"),
        *("-", "loan_not_found"),
    ),
    "on_deposit": (
        *("on_deposit", "on_deposit"),
        *("send_home: in_transit_home", "send_home: in_transit_home", "send_home: in_transit_home"),
        *("-", "loan_not_found"),
    ),
    "missing": (
        *("on_loan", "on_loan"),
        *("shelf: on_shelf", "send_home: in_transit_home", "send_home: in_transit_home"),
        *("-", "loan_not_found"),
    ),
    "withdrawn": (
        *("withdrawn", "withdrawn"),
        *("to_staff: withdrawn", "to_staff: withdrawn", "to_staff: withdrawn"),
        *("-", "loan_not_found"),
    ),
}


@dataclass
class Case:
    """A copy brought to one whereabouts, with who it is for."""

    stock: Stock
    reader: str
    other: str
    barcode: str
    hold: int | None = None

    @classmethod
    async def of(cls, stock: Stock, whereabouts: str) -> Case:
        record, barcode = await stock.book()
        case = cls(stock, await stock.reader(), await stock.reader(), barcode)
        if whereabouts == "on_loan":
            await stock.lend(case.reader, barcode)
        elif whereabouts in ("on_hold_shelf", "in_transit_to_hold"):
            case.hold = await stock.wait_for(case.reader, record, "nishi")
            await stock.take_back(barcode, "nishi" if whereabouts == "on_hold_shelf" else "chuo")
        elif whereabouts == "in_transit_home":
            await stock.take_back(barcode, "joint")
        elif whereabouts == "on_deposit":
            school = {"organisation_id": stock.world.organisations["school"], "branch_id": stock.world.branches["school"]}
            async with stock.database.transaction() as session:
                session.add(Deposit(item_id=await stock.item(barcode), began_at=stock.now, until=date(2027, 1, 1), **school))
        elif whereabouts in ("missing", "withdrawn"):
            await stock.change(barcode, **{"missing_since" if whereabouts == "missing" else "withdrawn_on": date(2026, 1, 1)})
        stock.now += timedelta(days=1)
        assert await stock.where(barcode) == whereabouts
        return case

    async def after(self, act: str) -> str:
        """What comes of an act."""
        if act == "cancel" and self.hold is None:
            return "-"
        try:
            step = await self.acts()[act]()
        except Refused as refused:
            return " ".join(reason.code for reason in refused.reasons)
        except LibraryError as error:
            return error.code
        return f"{step}{await self.stock.where(self.barcode)}"

    def acts(self) -> dict[str, Callable[[], Awaitable[str]]]:
        async def taken_by(card: str) -> str:
            await self.stock.lend(card, self.barcode)
            return ""

        async def taken_in(branch: str) -> str:
            return f"{(await self.stock.take_back(self.barcode, branch)).next.value}: "

        async def cancelled() -> str:
            assert self.hold is not None
            await self.stock.cancel(self.hold)
            return ""

        async def renewed() -> str:
            await self.stock.renew(self.reader, self.barcode)
            return ""

        desks = ("chuo", "nishi", "joint")
        return dict(
            zip(
                ACTS,
                (
                    *(lambda card=card: taken_by(card) for card in (self.reader, self.other)),
                    *(lambda branch=branch: taken_in(branch) for branch in desks),
                    *(cancelled, renewed),
                ),
                strict=True,
            )
        )


@pytest.mark.parametrize("whereabouts", TABLE)
async def test_what_comes_of_every_act(stock: Stock, whereabouts: str) -> None:
    found = tuple([await (await Case.of(stock, whereabouts)).after(act) for act in ACTS])
    assert dict(zip(ACTS, found, strict=True)) == dict(zip(ACTS, TABLE[whereabouts], strict=True))
