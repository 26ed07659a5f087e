"""Check-out and check-in, as a librarian sees them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.rules.refusals import Override, Refusal
from circulation.rules.states import Next, Whereabouts
from library.errors import Refused
from tests.integration.circulation.stock import Stock


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


async def test_a_book_is_lent_for_two_weeks_and_comes_back_to_its_shelf(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    lent = await stock.lend(card, barcode)
    assert lent.due_on == date(2026, 12, 8)
    assert await stock.where(barcode) is Whereabouts.ON_LOAN
    back = await stock.take_back(barcode)
    assert (back.next, back.loan_id) == (Next.SHELF, lent.loan_id)
    assert await stock.where(barcode) is Whereabouts.ON_SHELF


async def test_a_due_date_on_a_closed_day_moves_to_the_next_open_one(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await stock.opens_daily_but("chuo", "2026-12-08", "2026-12-09")
    lent = await stock.lend(card, barcode)
    assert (lent.due_on, lent.moved_from) == (date(2026, 12, 10), date(2026, 12, 8))


async def test_a_book_lent_to_another_is_refused_until_a_librarian_decides(stock: Stock) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(first, barcode)
    with pytest.raises(Refused) as refused:
        await stock.lend(second, barcode)
    assert codes(refused) == ["lent_to_another"]
    await stock.lend(second, barcode, override={Refusal.LENT_TO_ANOTHER: Override.RETURNED_UNSCANNED})
    assert [loan.returned_at is None for loan in await stock.loans()] == [False, True]


async def test_a_book_returned_elsewhere_travels_home(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await stock.lend(card, barcode)
    assert (await stock.take_back(barcode, "nishi")).next is Next.SEND_HOME
    assert await stock.where(barcode) is Whereabouts.IN_TRANSIT_HOME
    assert (await stock.take_back(barcode, "chuo")).next is Next.SHELF
    assert await stock.where(barcode) is Whereabouts.ON_SHELF


async def test_a_returned_book_goes_to_whoever_waits_and_then_to_them_only(stock: Stock) -> None:
    reader, waiting, stranger = await stock.reader(), await stock.reader(), await stock.reader()
    record, barcode = await stock.book()
    await stock.lend(reader, barcode)
    hold = await stock.wait_for(waiting, record, "nishi")
    back = await stock.take_back(barcode, "joint")
    assert (back.next, back.to_branch_id) == (Next.SEND_TO_HOLD, stock.world.branches["nishi"])
    assert (await stock.take_back(barcode, "chuo")).next is Next.KEEP_GOING
    ready = await stock.take_back(barcode, "nishi")
    assert (ready.next, ready.hold_id) == (Next.HOLD_SHELF, hold)
    assert await stock.where(barcode) is Whereabouts.ON_HOLD_SHELF
    with pytest.raises(Refused) as refused:
        await stock.lend(stranger, barcode, "nishi")
    assert codes(refused) == ["set_aside"]
    assert (await stock.lend(waiting, barcode, "nishi")).hold_filled
    assert (await stock.hold(hold)).closing == "filled"


async def test_every_reason_is_told_at_once(stock: Stock) -> None:
    card = await stock.reader(valid_to=date(2026, 1, 31))
    _, first = await stock.book()
    _, second = await stock.book("手袋を買いに", in_library_only=True)
    await stock.policy("loans_limit", 1)
    await stock.lend(card, first, override={Refusal.MEMBERSHIP_ENDED: Override.RENEWED_AT_DESK})
    stock.now += timedelta(days=60)
    with pytest.raises(Refused) as refused:
        await stock.lend(card, second)
    assert codes(refused) == ["membership_ended", "in_library_only", "loans_limit", "overdue"]


async def test_a_cancelled_hold_hands_its_copy_to_the_next_in_line(stock: Stock) -> None:
    first, second = await stock.reader(), await stock.reader()
    record, barcode = await stock.book()
    one, two = await stock.wait_for(first, record, "chuo"), await stock.wait_for(second, record, "chuo")
    await stock.take_back(barcode, "chuo")
    await stock.cancel(one)
    assert (await stock.hold(two)).waiting_since is not None
    await stock.cancel(two)
    assert await stock.where(barcode) is Whereabouts.ON_SHELF
