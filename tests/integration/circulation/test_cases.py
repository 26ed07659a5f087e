"""Forty cases other library systems learned the hard way, as far as they concern copies on their way and on the hold shelf.

The cases by number, and where each is tested; those under "later" wait for the part of lending they belong to.

| case | what | where |
|---|---|---|
| 1, 2 | set aside; first in the queue | here |
| 3–8 | returned elsewhere, scanned between, sent on, straight to the hold shelf, a wrong desk, lent on the way | here |
| 9–13 | cancelled on the way, inherited there or elsewhere, cancelled on the hold shelf, handed to the next | here |
| 14–16 | days on the hold shelf: over, over on a closed day, not for those who still wait | here |
| 18, 19, 21–23 | the queue: places, copies out of order, one copy or the title, two at once, owners | test_cases_of_the_queue |
| 29, 30 in part | one journey at a time; lent on its way | test_cases_of_the_queue |
| 32–35 | renewals, cards that ended, closed days | test_cases_of_loans, tests/unit/circulation/test_due |
| 37 | two at once: one loan, one limit | test_races |
| 39, 40 in part | missing, withdrawn; forgetting | test_cases_of_loans, tests/integration/test_privacy_scan |
| later | 17 another pickup place, 20 reordering, 24–28 targeting, 30 and 31 transfers by hand, 36 new closures | |
| later | 34 due dates cut to the card's end, 38 lost and paid, 40 interlibrary | |
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.rules.refusals import Override, Refusal
from circulation.rules.states import Next, Whereabouts
from library.errors import Refused
from tests.integration.circulation.stock import Stock

ON_SHELF, ON_HOLD_SHELF = ("on_shelf", None), ("on_hold_shelf", None)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


async def test_1_a_copy_on_the_hold_shelf_is_lent_only_to_whom_it_waits_for(stock: Stock) -> None:
    reader, stranger, (record, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    hold = await stock.wait_for(reader, record)
    await stock.take_back(barcode)
    with pytest.raises(Refused) as refused:
        await stock.lend(stranger, barcode)
    assert codes(refused) == ["set_aside"]
    assert await stock.at(barcode) == ON_HOLD_SHELF
    assert (await stock.hold(hold)).closed_at is None
    assert (await stock.lend(reader, barcode)).hold_filled
    assert (await stock.hold(hold)).closing == "filled"


async def test_1_whoever_gets_it_against_the_hold_leaves_the_reader_in_the_old_place(stock: Stock) -> None:
    first, second, stranger, (record, barcode) = await stock.reader(), await stock.reader(), await stock.reader(), await stock.book()
    hold = await stock.wait_for(first, record)
    await stock.wait_for(second, record)
    await stock.take_back(barcode)
    await stock.lend(stranger, barcode, override={Refusal.SET_ASIDE: Override.LIBRARIAN})
    assert (await stock.hold(hold)).captured_item_id is None
    assert (await stock.take_back(barcode)).hold_id == hold


async def test_2_a_copy_on_the_shelf_is_for_the_first_in_the_queue(stock: Stock) -> None:
    first, second, (record, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.wait_for(first, record)
    await stock.wait_for(second, record)
    for card in (second, await stock.reader()):
        with pytest.raises(Refused) as refused:
            await stock.lend(card, barcode)
        assert codes(refused) == ["wanted"]
    assert (await stock.lend(first, barcode)).hold_filled
    assert (await stock.loans())[0].overrides == []


async def test_2_a_spare_copy_is_for_anybody(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.copy(record, "nishi")
    await stock.wait_for(await stock.reader(), record)
    assert not (await stock.lend(await stock.reader(), barcode)).hold_filled


async def test_3_and_4_a_copy_returned_elsewhere_travels_home_and_is_not_turned_aside(stock: Stock) -> None:
    reader, (_, barcode) = await stock.reader(), await stock.book()
    lent = await stock.lend(reader, barcode)
    assert (await stock.take_back(barcode, "nishi")).loan_id == lent.loan_id
    assert await stock.at(barcode) == ("in_transit_home", "chuo")
    assert (await stock.loans())[0].returned_branch_id == stock.world.branches["nishi"]
    assert (await stock.take_back(barcode, "joint")).next is Next.KEEP_GOING
    assert await stock.at(barcode) == ("in_transit_home", "chuo")
    assert (await stock.take_back(barcode)).next is Next.SHELF
    (journey,) = await stock.transits()
    assert journey.arrived_at is not None


async def test_5_a_returned_copy_goes_straight_to_where_it_is_waited_for(stock: Stock) -> None:
    reader, waiting, (record, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(reader, barcode)
    await stock.wait_for(waiting, record, "joint")
    assert (await stock.take_back(barcode, "nishi")).next is Next.SEND_TO_HOLD
    (journey,) = await stock.transits()
    assert (journey.from_branch_id, journey.to_branch_id) == (stock.world.branches["nishi"], stock.world.branches["joint"])


async def test_6_returned_where_it_is_waited_for_it_goes_on_the_hold_shelf_without_a_journey(stock: Stock) -> None:
    reader, waiting, (record, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(reader, barcode)
    await stock.wait_for(waiting, record, "nishi")
    back = await stock.take_back(barcode, "nishi")
    assert (back.next, back.pickup_until) == (Next.HOLD_SHELF, date(2026, 12, 1))
    assert await stock.transits() == []
    again = await stock.take_back(barcode, "nishi")
    assert (again.next, again.pickup_until) == (Next.HOLD_SHELF, date(2026, 12, 1))  # a second scan gives no more days


async def test_7_a_copy_from_the_hold_shelf_on_a_wrong_desk_goes_back_there(stock: Stock) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "nishi")
    assert (await stock.take_back(barcode, "joint")).next is Next.SEND_TO_HOLD
    assert await stock.at(barcode) == ("in_transit_to_hold", "nishi")
    left = await stock.hold(hold)
    assert (left.pickup_until, left.waiting_since) == (None, None)
    stock.now += timedelta(days=3)
    assert (await stock.take_back(barcode, "nishi")).pickup_until == date(2026, 12, 4)


async def test_8_a_reader_takes_their_copy_on_its_way_and_nobody_else_does(stock: Stock) -> None:
    reader, stranger, (record, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    hold = await stock.wait_for(reader, record, "nishi")
    await stock.take_back(barcode, "chuo")
    with pytest.raises(Refused) as refused:
        await stock.lend(stranger, barcode, "joint")
    assert codes(refused) == ["set_aside"]
    assert (await stock.lend(reader, barcode, "joint")).hold_filled
    (journey,) = await stock.transits()
    assert (journey.arrived_at, journey.cancel_reason) == (None, "turned_up_elsewhere")
    assert (await stock.hold(hold)).closing == "filled"
    assert await stock.where(barcode) is Whereabouts.ON_LOAN


async def test_9_cancelled_on_its_way_a_copy_goes_on_and_then_home(stock: Stock) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "chuo")
    await stock.cancel(hold)
    assert await stock.at(barcode) == ("in_transit_home", "nishi")
    there = await stock.take_back(barcode, "nishi")
    assert (there.next, there.hold_id) == (Next.SEND_HOME, None)
    assert await stock.at(barcode) == ("in_transit_home", "chuo")
    assert (await stock.take_back(barcode, "chuo")).next is Next.SHELF


async def test_9_and_seen_on_another_desk_it_goes_home_from_there(stock: Stock) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "chuo")
    await stock.cancel(hold)
    assert (await stock.take_back(barcode, "joint")).next is Next.SEND_HOME
    assert await stock.at(barcode) == ("in_transit_home", "chuo")


async def test_10_who_picks_up_at_the_same_place_inherits_the_journey_and_waits_for_the_scan(stock: Stock) -> None:
    record, barcode = await stock.book()
    first = await stock.wait_for(await stock.reader(), record, "nishi")
    second = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "chuo")
    await stock.cancel(first)
    heir = await stock.hold(second)
    assert (heir.captured_item_id, heir.waiting_since) == (await stock.item(barcode), None)
    assert await stock.at(barcode) == ("in_transit_to_hold", "nishi")
    assert (await stock.take_back(barcode, "nishi")).hold_id == second
    assert len(await stock.transits()) == 1


@pytest.mark.parametrize("scanned_at", ["nishi", "joint"], ids=["where it was going", "in between"])
async def test_11_for_who_picks_up_elsewhere_the_next_scan_turns_it(stock: Stock, scanned_at: str) -> None:
    record, barcode = await stock.book()
    first = await stock.wait_for(await stock.reader(), record, "nishi")
    second = await stock.wait_for(await stock.reader(), record, "chuo")
    await stock.take_back(barcode, "chuo")
    await stock.cancel(first)
    assert (await stock.hold(second)).captured_item_id is None
    back = await stock.take_back(barcode, scanned_at)
    assert (back.next, back.hold_id) == (Next.SEND_TO_HOLD, second)
    assert (await stock.take_back(barcode, "chuo")).next is Next.HOLD_SHELF


@pytest.mark.parametrize(("pickup", "after"), [("nishi", ("in_transit_home", "chuo")), ("chuo", ON_SHELF)])
async def test_12_cancelled_on_the_hold_shelf_it_goes_home(stock: Stock, pickup: str, after: tuple[str, str | None]) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, pickup)
    await stock.take_back(barcode, pickup)
    await stock.cancel(hold)
    assert await stock.at(barcode) == after


async def test_13_cancelled_on_the_hold_shelf_the_next_has_it_at_once_with_days_of_their_own(stock: Stock) -> None:
    record, barcode = await stock.book()
    first = await stock.wait_for(await stock.reader(), record, "nishi")
    second = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "nishi")
    stock.now += timedelta(days=5)
    await stock.cancel(first)
    heir = await stock.hold(second)
    assert (heir.pickup_until, heir.waiting_since is not None) == (date(2026, 12, 6), True)
    assert await stock.at(barcode) == ON_HOLD_SHELF


async def test_14_what_nobody_collects_goes_home_the_day_after_its_last_day(stock: Stock) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    assert (await stock.take_back(barcode, "nishi")).pickup_until == date(2026, 12, 1)
    stock.now += timedelta(days=7)
    assert await stock.expire() == 0
    stock.now += timedelta(days=1)
    assert await stock.expire() == 1
    assert (await stock.hold(hold)).closing == "expired"
    assert await stock.at(barcode) == ("in_transit_home", "chuo")
    assert (await stock.take_back(barcode, "chuo")).next is Next.SHELF
    assert await stock.expire() == 0


async def test_15_on_a_closed_day_nothing_is_taken_off_the_hold_shelf(stock: Stock) -> None:
    await stock.opens_daily_but("nishi", "2026-12-02", "2026-12-03")
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(), record, "nishi")
    assert (await stock.take_back(barcode, "nishi")).pickup_until == date(2026, 12, 1)
    expired: list[int] = []
    for _ in range(4):
        stock.now = stock.now.replace(day=1, month=12) if not expired else stock.now + timedelta(days=1)
        expired.append(await stock.expire())
    assert expired == [0, 0, 0, 1]  # the 1st is the last day, the 2nd and 3rd are closed


async def test_15_closed_days_do_not_count_on_the_hold_shelf(stock: Stock) -> None:
    await stock.opens_daily_but("nishi", "2026-11-25", "2026-11-30", "2026-12-03")
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(), record, "nishi")
    assert (await stock.take_back(barcode, "nishi")).pickup_until == date(2026, 12, 4)


async def test_16_who_still_waits_for_a_copy_does_not_expire(stock: Stock) -> None:
    record, barcode = await stock.book()
    ready = await stock.wait_for(await stock.reader(), record, "chuo")
    on_its_way = await stock.wait_for(await stock.reader(), record, "nishi")
    waiting = await stock.wait_for(await stock.reader(), record, "chuo")
    second = await stock.copy(record)
    await stock.take_back(barcode)
    await stock.take_back(second)
    stock.now += timedelta(days=90)
    assert await stock.expire() == 1
    assert [(await stock.hold(hold)).closing for hold in (ready, on_its_way, waiting)] == ["expired", None, None]
