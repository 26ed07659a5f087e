"""Cases of loans: renewals, cards that ended, closed days, limits, copies that were missing or withdrawn, and taking a scan back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from circulation import desk
from circulation.models import BranchGroup, BranchGroupMember, Deposit, LoanStatistic
from circulation.rules.refusals import Override, Refusal
from circulation.rules.states import Next, Whereabouts
from library.errors import Conflict, NotAllowed, NotFound, Refused
from library.identity.models import AuditEvent
from tests.integration.circulation.stock import Stock
from tests.integration.circulation.test_cases import codes

DAY = timedelta(days=1)


async def lent(stock: Stock, **reader: Any) -> tuple[str, int, str]:
    """A reader with a loan, a day later: card, record, barcode."""
    card, (record, barcode) = await stock.reader(**reader), await stock.book()
    await stock.lend(card, barcode)
    stock.now += DAY
    return card, record, barcode


async def not_renewed(stock: Stock, card: str, barcode: str, **more: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        await stock.renew(card, barcode, **more)
    return codes(refused)


async def statistics(stock: Stock, act: str) -> int:
    async with stock.database.reading() as session:
        return await session.scalar(select(func.coalesce(func.sum(LoanStatistic.count), 0)).where(LoanStatistic.act == act)) or 0


async def test_32_a_title_somebody_waits_for_is_not_renewed_by_anybody(stock: Stock) -> None:
    card, record, barcode = await lent(stock)
    await stock.wait_for(await stock.reader(), record)
    assert await not_renewed(stock, card, barcode) == ["taken_meanwhile"]
    (kept,) = (await stock.renew(card)).refused
    assert [reason.code for reason in kept.reasons] == ["taken_meanwhile"]
    promised = {Refusal.TAKEN_MEANWHILE: Override.PROMISED}
    assert (await stock.renew(card, barcode, overrides=promised)).renewed[0].due_on == date(2026, 12, 9)


async def test_32_unless_another_copy_can_serve_who_waits(stock: Stock) -> None:
    card, record, barcode = await lent(stock)
    await stock.wait_for(await stock.reader(), record)
    await stock.copy(record, "nishi")
    assert len((await stock.renew(card, barcode)).renewed) == 1


async def test_33_a_renewal_that_moves_nothing_is_refused(stock: Stock) -> None:
    card, _, barcode = await lent(stock)
    stock.now -= DAY
    assert await not_renewed(stock, card, barcode) == ["not_later"]


async def test_33_a_late_loan_is_renewed_from_today(stock: Stock) -> None:
    card, _, barcode = await lent(stock)
    stock.now += timedelta(days=20)
    assert (await stock.renew(card, barcode)).renewed[0].due_on == date(2026, 12, 29)


async def test_a_loan_is_renewed_as_often_as_the_rule_says(stock: Stock) -> None:
    card, _, barcode = await lent(stock)
    await stock.renew(card, barcode)
    stock.now += DAY
    assert await not_renewed(stock, card, barcode) == ["renewals_used"]
    await stock.policy("renewals", 2)
    assert (await stock.renew(card, barcode)).renewed[0].renewals == 2


async def test_of_all_renewals_each_answers_for_itself(stock: Stock) -> None:
    card, record, barcode = await lent(stock)
    _, other = await stock.book("手袋を買いに")
    await stock.lend(card, other)
    await stock.wait_for(await stock.reader(), record)
    stock.now += DAY
    outcome = await stock.renew(card)
    assert [one.copy.barcode for one in outcome.renewed] == [other]
    assert [one.copy.barcode for one in outcome.refused] == [barcode]


async def test_what_was_returned_is_not_renewed(stock: Stock) -> None:
    card, _, barcode = await lent(stock)
    await stock.take_back(barcode)
    with pytest.raises(NotFound):
        await stock.renew(card, barcode)
    assert (await stock.renew(card)).renewed == ()


async def test_34_a_card_that_ended_gets_nothing_new_and_renews_only_where_the_rule_says(stock: Stock) -> None:
    card, _, barcode = await lent(stock, valid_to=date(2026, 11, 24))
    other_record, other = await stock.book("手袋を買いに")
    for act in (stock.lend(card, other), stock.wait_for(card, other_record), stock.renew(card, barcode)):
        with pytest.raises(Refused) as refused:
            await act
        assert codes(refused) == ["membership_ended"]
    await stock.policy("renew_when_ended", True)
    assert len((await stock.renew(card, barcode)).renewed) == 1


async def test_34_a_card_is_good_on_its_last_day(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(valid_to=date(2026, 11, 24)), await stock.book()
    assert (await stock.lend(card, barcode)).due_on == date(2026, 12, 8)


async def test_35_a_run_of_closed_days_is_skipped_whole(stock: Stock) -> None:
    await stock.opens_daily_but("nishi", *(f"2026-12-{day:02}" for day in range(8, 14)))
    card, (_, barcode) = await stock.reader(), await stock.book()
    made = await stock.lend(card, barcode, "nishi")
    assert (made.due_on, made.moved_from) == (date(2026, 12, 14), date(2026, 12, 8))
    assert (await stock.lend(card, (await stock.book())[1], "chuo")).due_on == date(2026, 12, 8)  # never open: plain days


async def test_the_limit_counts_what_is_lent_now(stock: Stock) -> None:
    await stock.policy("loans_limit", 1)
    card, _, barcode = await lent(stock)
    _, other = await stock.book("手袋を買いに")
    with pytest.raises(Refused) as refused:
        await stock.lend(card, other)
    assert codes(refused) == ["loans_limit"]
    await stock.take_back(barcode)
    assert (await stock.lend(card, other)).lent == 1


async def test_a_limit_for_a_kind_of_material_leaves_other_kinds_alone(stock: Stock) -> None:
    await stock.policy("material_limit", 1, material="sound")
    card = await stock.reader()
    discs = [await stock.copy(await stock.title(material="sound")) for _ in range(2)]
    await stock.lend(card, discs[0])
    with pytest.raises(Refused) as refused:
        await stock.lend(card, discs[1])
    assert codes(refused) == ["material_limit"]
    await stock.lend(card, (await stock.book())[1])


async def test_the_branch_s_rule_wins_over_its_group_s_and_the_group_s_over_everybody_s(stock: Stock) -> None:
    async with stock.database.transaction() as session:
        group = BranchGroup(code="ward", name={"ja": "区立"})
        session.add(group)
        await session.flush()
        session.add_all(BranchGroupMember(branch_id=stock.world.branches[code], group_id=group.id) for code in ("chuo", "nishi"))
        number = group.id
    await stock.policy("loan_days", 1)
    await stock.policy("loan_days", 2, group_id=number)
    await stock.policy("loan_days", 3, branch="nishi", category="resident")
    days = []
    for branch in ("joint", "chuo", "nishi"):
        made = await stock.lend(await stock.reader(), (await stock.book())[1], branch)
        days.append((made.due_on - stock.now.date()).days)
    assert days == [1, 2, 3]


async def test_what_is_late_stops_loans_and_holds_from_the_day_the_rule_names(stock: Stock) -> None:
    card, _, _ = await lent(stock)
    record, other = await stock.book("手袋を買いに")
    stock.now = stock.now.replace(day=8, month=12) + timedelta(days=29)
    await stock.lend(card, other)
    stock.now += DAY
    for act in (stock.lend(card, (await stock.book())[1]), stock.wait_for(card, await stock.title())):
        with pytest.raises(Refused) as refused:
            await act
        assert "overdue" in codes(refused)
    assert record


async def test_39_a_missing_copy_that_is_scanned_is_found(stock: Stock) -> None:
    card = await stock.reader()
    _, lost = await stock.book(missing_since=date(2026, 1, 1))
    made = await stock.lend(card, lost)
    assert made.was_missing
    await stock.undo(made.act_id)
    assert await stock.where(lost) is Whereabouts.MISSING
    assert (await stock.take_back(lost, "nishi")).was_missing
    assert await stock.at(lost) == ("in_transit_home", "chuo")


async def test_39_a_withdrawn_copy_is_not_lent_and_is_set_aside_for_nobody(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.copy(record)
    hold = await stock.wait_for(await stock.reader(), record)
    await stock.change(barcode, withdrawn_on=date(2026, 11, 1))
    with pytest.raises(Refused) as refused:
        await stock.lend(await stock.reader(), barcode, override={Refusal.WANTED: Override.LIBRARIAN})
    assert codes(refused) == ["withdrawn"]
    assert (await stock.take_back(barcode, "nishi")).next is Next.TO_STAFF
    assert (await stock.hold(hold)).captured_item_id is None
    assert await stock.transits() == []


async def test_39_a_reader_whose_copy_was_withdrawn_waits_again(stock: Stock) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode)
    await stock.change(barcode, withdrawn_on=date(2026, 11, 24))
    assert (await stock.take_back(barcode, "nishi")).next is Next.TO_STAFF
    left = await stock.hold(hold)
    assert (left.captured_item_id, left.waiting_since, left.closed_at) == (None, None, None)
    assert (await stock.take_back(await stock.copy(record, "nishi"), "nishi")).hold_id == hold


async def test_39_a_missing_copy_is_handed_to_nobody(stock: Stock) -> None:
    record, barcode = await stock.book()
    first = await stock.wait_for(await stock.reader(), record, "nishi")
    second = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "nishi")
    await stock.change(barcode, missing_since=date(2026, 11, 24))
    await stock.cancel(first)
    assert (await stock.hold(second)).captured_item_id is None
    assert await stock.at(barcode) == ("missing", None)
    back = await stock.take_back(barcode, "nishi")
    assert (back.was_missing, back.hold_id) == (True, second)
    await stock.undo(back.act_id)
    assert (await stock.hold(second)).captured_item_id is None
    assert await stock.at(barcode) == ("missing", None)


async def test_a_book_from_the_box_counts_for_the_last_open_day(stock: Stock) -> None:
    await stock.opens_daily_but("chuo", "2026-11-30", "2026-12-01")
    _, _, barcode = await lent(stock)
    stock.now = stock.now.replace(day=2, month=12)
    await stock.take_back(barcode, from_box=True)
    (loan,) = await stock.loans()
    assert loan.returned_at is not None
    assert (loan.returned_at + timedelta(hours=9)).date() == date(2026, 11, 29)
    assert loan.cut_at is not None
    assert loan.cut_at > stock.now


async def test_a_copy_on_deposit_is_lent_on_where_it_is_and_goes_back_there(stock: Stock) -> None:
    _, barcode = await stock.book()
    school = {"organisation_id": stock.world.organisations["school"], "branch_id": stock.world.branches["school"]}
    async with stock.database.transaction() as session:
        session.add(Deposit(item_id=await stock.item(barcode), began_at=stock.now, until=date(2027, 1, 1), **school))
    with pytest.raises(Refused) as refused:
        await stock.lend(await stock.reader(), barcode)
    assert codes(refused) == ["on_deposit"]
    await stock.lend(await stock.reader("school", "pupil"), barcode, "school")
    assert (await stock.take_back(barcode, "nishi")).to_branch_id == stock.world.branches["school"]
    assert (await stock.take_back(barcode, "school")).next is Next.SHELF
    assert await stock.where(barcode) is Whereabouts.ON_DEPOSIT


async def test_taking_back_a_loan_restores_everything_and_counts_for_nothing(stock: Stock) -> None:
    reader, (record, barcode) = await stock.reader(), await stock.book()
    hold = await stock.wait_for(reader, record, "nishi")
    await stock.take_back(barcode, "nishi")
    before = await stock.look(barcode)
    made = await stock.lend(reader, barcode, "nishi")
    await stock.undo(made.act_id)
    assert await stock.look(barcode) == before
    assert (await stock.hold(hold)).closed_at is None
    (loan,) = await stock.loans()
    assert (loan.undone, loan.patron_id) == (True, None)
    assert await statistics(stock, "loan") == 0


async def test_taking_back_a_return_restores_the_loan_and_the_queue(stock: Stock) -> None:
    card, record, barcode = await lent(stock)
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    before = await stock.look(barcode)
    back = await stock.take_back(barcode)
    await stock.undo(back.act_id)
    assert await stock.look(barcode) == before
    assert (await stock.hold(hold)).captured_item_id is None
    assert await stock.transits() == []
    assert (await stock.renew(card)).refused != ()


async def test_taking_back_a_renewal_restores_the_date_and_the_reason(stock: Stock) -> None:
    card, record, barcode = await lent(stock)
    await stock.wait_for(await stock.reader(), record)
    before = await stock.look(barcode)
    (made,) = (await stock.renew(card, barcode, overrides={Refusal.TAKEN_MEANWHILE: Override.PROMISED})).renewed
    assert await statistics(stock, "renewal") == 1
    await stock.undo(made.act_id)
    assert await stock.look(barcode) == before
    assert (await stock.loans())[0].overrides == []
    assert await statistics(stock, "renewal") == 0


async def undone(stock: Stock, act: desk.Lent | desk.CheckedIn) -> str:
    with pytest.raises(Conflict) as refused:
        await stock.undo(act.act_id)
    return refused.value.code


async def test_a_scan_is_taken_back_once_at_once_and_only_if_nothing_came_after(stock: Stock) -> None:
    reader, (_, barcode) = await stock.reader(), await stock.book()
    made = await stock.lend(reader, barcode)
    back = await stock.take_back(barcode)
    assert await undone(stock, made) == "undo_overtaken"
    await stock.undo(back.act_id)
    assert await undone(stock, back) == "act_undone"
    stock.now += timedelta(seconds=36)
    assert await undone(stock, made) == "undo_too_late"


async def test_a_scan_is_not_taken_back_when_another_copy_has_come_for_the_reader(stock: Stock) -> None:
    record, first = await stock.book()
    second = await stock.copy(record)
    hold = await stock.wait_for(await stock.reader(), record)
    await stock.take_back(first)
    made = await stock.lend(await stock.reader(), first, override={Refusal.SET_ASIDE: Override.LIBRARIAN})
    await stock.take_back(second)
    assert await undone(stock, made) == "undo_overtaken"
    assert (await stock.hold(hold)).captured_item_id == await stock.item(second)


async def test_where_nothing_is_kept_a_return_is_not_taken_back(stock: Stock) -> None:
    await stock.policy("retention_days", 0)
    _, _, barcode = await lent(stock)
    back = await stock.take_back(barcode)
    assert (await stock.loans())[0].patron_id is None
    assert await undone(stock, back) == "undo_forgotten"
    assert await stock.where(barcode) is Whereabouts.ON_SHELF


async def test_a_desk_lends_and_decides_only_where_it_stands(stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    for by, branch in (("desk", "nishi"), ("school_librarian", "chuo"), ("cataloguer", "chuo"), ("kiosk", "chuo")):
        with pytest.raises(NotAllowed):
            await stock.lend(card, barcode, branch, by=by)
        with pytest.raises(NotAllowed):
            await stock.take_back(barcode, branch, by=by)
    await stock.lend(card, barcode, by="desk")


async def test_who_decided_against_a_refusal_is_on_record_without_the_book(stock: Stock) -> None:
    card, record, barcode = await lent(stock)
    await stock.wait_for(await stock.reader(), record)
    await stock.policy("holds_limit", 0)
    await stock.renew(card, barcode, overrides={Refusal.TAKEN_MEANWHILE: Override.PROMISED})
    hold = await stock.wait_for(await stock.reader(), record, overrides={Refusal.HOLDS_LIMIT: Override.CLASS_WORK})
    async with stock.database.reading() as session:
        rows = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id))).all()
    assert [(row.act, row.subject_kind, row.reason, row.details) for row in rows] == [
        ("renewal.overridden", "patron", "promised", {"refusals": ["taken_meanwhile"], "about": "loan:1"}),
        ("hold.overridden", "patron", "class_work", {"refusals": ["holds_limit"], "about": f"hold:{hold}"}),
    ]
