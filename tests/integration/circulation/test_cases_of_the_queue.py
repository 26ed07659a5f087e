"""Cases of the queue: places in it, copies that come back out of order, and readers whom a copy may not serve."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from catalog.copies import items
from catalog.models import OwnerPolicy
from catalog.records import merging
from circulation import holds
from circulation.models import Transit
from circulation.rules.states import Next, Whereabouts
from library.errors import Conflict, NotFound, Refused
from tests.integration.circulation.stock import Stock
from tests.integration.circulation.test_cases import codes


async def places(stock: Stock, numbers: list[int]) -> list[int | None]:
    async with stock.database.reading() as session:
        found = await holds.positions(session, numbers)
    return [found.get(number) for number in numbers]


async def test_18_whoever_leaves_the_queue_moves_the_others_up(stock: Stock) -> None:
    record, _ = await stock.book()
    numbers = [await stock.wait_for(await stock.reader(), record) for _ in range(5)]
    assert await places(stock, numbers) == [1, 2, 3, 4, 5]
    await stock.cancel(numbers[0])
    await stock.cancel(numbers[1])
    assert await places(stock, numbers) == [None, None, 1, 2, 3]


async def test_19_copies_that_come_back_out_of_order_serve_the_queue_in_its_order(stock: Stock) -> None:
    record = await stock.title()
    barcodes = [await stock.copy(record) for _ in range(3)]
    for barcode in barcodes:
        await stock.lend(await stock.reader(), barcode)
    wanted = [await stock.item(barcode) for barcode in barcodes[:2]]
    one, two = [await stock.wait_for(await stock.reader(), record, item_id=item) for item in wanted]
    title = await stock.wait_for(await stock.reader(), record)
    assert [(await stock.take_back(barcodes[turn])).hold_id for turn in (2, 1, 0)] == [title, two, one]
    assert await places(stock, [one, two, title]) == [None, None, None]


async def test_21_who_waits_for_one_copy_is_not_in_the_way_of_another(stock: Stock) -> None:
    record, first = await stock.book()
    second = await stock.copy(record)
    reader = await stock.reader()
    await stock.wait_for(await stock.reader(), record, item_id=await stock.item(first))
    await stock.lend(reader, second)
    stock.now += timedelta(days=1)
    assert len((await stock.renew(reader, second)).renewed) == 1
    with pytest.raises(Refused) as refused:
        await stock.lend(await stock.reader(), first)
    assert codes(refused) == ["wanted"]


async def test_22_two_copies_that_come_back_serve_two_readers(stock: Stock) -> None:
    record, first = await stock.book()
    second = await stock.copy(record)
    for barcode in (first, second):
        await stock.lend(await stock.reader(), barcode)
    one, two = [await stock.wait_for(await stock.reader(), record) for _ in range(2)]
    assert [(await stock.take_back(barcode)).hold_id for barcode in (second, first)] == [one, two]


async def test_23_a_school_s_copy_serves_the_school_s_reader_and_passes_over_who_came_before(stock: Stock) -> None:
    record = await stock.title()
    school_copy = await stock.copy(record, "school")
    await stock.copy(record, "chuo")
    resident = await stock.wait_for(await stock.reader(), record, "chuo")
    pupil = await stock.wait_for(await stock.reader("school", "pupil"), record, "school")
    back = await stock.take_back(school_copy, "nishi")
    assert (back.next, back.hold_id) == (Next.SEND_TO_HOLD, pupil)
    assert (await stock.hold(resident)).captured_item_id is None


@pytest.mark.parametrize(("lent_to", "served"), [("own", None), ("schools", None), ("all", "resident")])
async def test_23_the_owner_says_whom_a_copy_may_serve(stock: Stock, lent_to: str, served: str | None) -> None:
    async with stock.database.transaction() as session:
        mine = OwnerPolicy.organisation_id == stock.world.organisations["school"]
        await session.execute(update(OwnerPolicy).where(mine).values(lent_to=lent_to))
    record = await stock.title()
    school_copy = await stock.copy(record, "school")
    await stock.copy(record, "chuo", in_library_only=False)
    hold = await stock.wait_for(await stock.reader(), record, "chuo")
    assert (await stock.take_back(school_copy, "school")).hold_id == (hold if served else None)


async def test_a_reader_does_not_wait_twice_for_the_same(stock: Stock) -> None:
    reader, (record, barcode) = await stock.reader(), await stock.book()
    await stock.wait_for(reader, record)
    with pytest.raises(Refused) as refused:
        await stock.wait_for(reader, record)
    assert codes(refused) == ["already_on_hold"]
    await stock.wait_for(reader, record, item_id=await stock.item(barcode))  # another target


async def test_a_reader_does_not_wait_for_what_they_have(stock: Stock) -> None:
    reader, (record, barcode) = await stock.reader(), await stock.book()
    await stock.lend(reader, barcode)
    with pytest.raises(Refused) as refused:
        await stock.wait_for(reader, record)
    assert codes(refused) == ["already_lent"]


@pytest.mark.parametrize("speaks_against", ["withdrawn", "inside", "missing", "other record", "nothing"])
async def test_nobody_waits_for_what_nobody_can_lend(stock: Stock, speaks_against: str) -> None:
    record = await stock.title()
    values: dict[str, dict[str, Any]] = {
        "withdrawn": {"withdrawn_on": date(2026, 1, 1)},
        "inside": {"in_library_only": True},
        "missing": {"missing_since": date(2026, 1, 1)},
    }
    item = None
    if speaks_against in values:
        await stock.copy(record, **values[speaks_against])
    elif speaks_against == "other record":
        await stock.copy(record)
        item = await stock.item((await stock.book("手袋を買いに"))[1])
    with pytest.raises(Refused) as refused:
        await stock.wait_for(await stock.reader(), record, item_id=item)
    assert codes(refused) == ["nothing_to_lend"]


async def test_who_is_no_reader_any_more_is_passed_over(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(valid_to=date(2026, 11, 30)), record)
    second = await stock.wait_for(await stock.reader(), record)
    stock.now += timedelta(days=10)
    assert (await stock.take_back(barcode)).hold_id == second


async def test_a_hold_is_placed_on_what_its_title_was_merged_into(stock: Stock) -> None:
    gone, stays = await stock.title("ごん狐"), await stock.title()
    await stock.copy(gone)
    early, late = await stock.reader(), await stock.reader()
    first = await stock.wait_for(late, gone)
    second = await stock.wait_for(early, gone)
    async with stock.database.transaction() as session:
        await merging.merge(session, gone, stays, account_id=stock.world.accounts["cataloguer"])
    third = await stock.wait_for(await stock.reader(), gone)
    assert {(await stock.hold(number)).record_id for number in (first, second, third)} == {stays}
    assert await places(stock, [first, second, third]) == [1, 2, 3]
    with pytest.raises(NotFound):
        await stock.wait_for(early, 987_654)


async def test_of_two_holds_that_a_merge_brings_together_the_older_place_stays(stock: Stock) -> None:
    gone, stays = await stock.title("ごん狐"), await stock.title()
    await stock.copy(gone)
    await stock.copy(stays)
    reader = await stock.reader()
    older = await stock.wait_for(reader, gone)
    other = await stock.wait_for(await stock.reader(), stays)
    younger = await stock.wait_for(reader, stays)
    async with stock.database.transaction() as session:
        await merging.merge(session, gone, stays, account_id=stock.world.accounts["cataloguer"])
    assert (await stock.hold(older)).closing == "merged"
    assert await places(stock, [younger, other]) == [1, 2]


async def test_when_both_of_them_have_a_copy_one_copy_is_for_the_next(stock: Stock) -> None:
    gone, stays = await stock.title("ごん狐"), await stock.title()
    moves, remains = await stock.copy(gone), await stock.copy(stays)
    reader = await stock.reader()
    first, second = await stock.wait_for(reader, gone), await stock.wait_for(reader, stays)
    third = await stock.wait_for(await stock.reader(), gone)
    await stock.take_back(moves)
    await stock.take_back(remains)
    async with stock.database.transaction() as session:
        await merging.merge(session, gone, stays, account_id=stock.world.accounts["cataloguer"])
    assert ((await stock.hold(first)).closing, (await stock.hold(second)).closing) == ("merged", None)
    next_one = await stock.hold(third)
    assert (next_one.captured_item_id, next_one.waiting_since is not None) == (await stock.item(moves), True)


async def test_29_a_copy_is_on_one_journey_at_a_time(stock: Stock) -> None:
    _, barcode = await stock.book()
    await stock.take_back(barcode, "nishi")
    with pytest.raises(Conflict) as refused:
        async with stock.database.transaction() as session:
            ends = {"from_branch_id": stock.world.branches["joint"], "to_branch_id": stock.world.branches["chuo"]}
            session.add(Transit(item_id=await stock.item(barcode), sent_at=datetime(2026, 11, 24, tzinfo=UTC), **ends))
    assert refused.value.code == "item_in_transit"
    assert len(await stock.transits()) == 1


async def test_30_a_copy_lent_on_its_way_is_on_no_journey(stock: Stock) -> None:
    reader, (_, barcode) = await stock.reader(), await stock.book()
    await stock.take_back(barcode, "nishi")
    await stock.lend(reader, barcode, "nishi")
    assert await stock.where(barcode) is Whereabouts.ON_LOAN
    (journey,) = await stock.transits()
    assert journey.cancelled_at is not None


async def test_a_copy_set_aside_stays_on_the_books_where_it_is(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(), record)
    await stock.take_back(barcode)
    viewer, number = await stock.staff(), await stock.item(barcode)
    with pytest.raises(Conflict) as refused:
        async with stock.database.transaction() as session:
            await items.change(session, number, {"branch_id": stock.world.branches["nishi"]}, viewer=viewer)
    assert refused.value.code == "item_captured"
