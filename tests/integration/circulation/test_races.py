"""Two at the same moment, on connections of their own: one gets the copy, the place or the date, and the other is told why not.

Each race has a twin with the lock taken out, which must break: a test that passes without the lock would prove nothing. The first act
has done its work and not yet committed when the second begins; that is the worst moment, and always the same one. Where a unique
index stands behind the lock, the twin shows that this last wall holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from catalog.records import merging
from circulation import desk, holds, renewals
from circulation.models import Hold, Loan
from circulation.rules.refusals import Override, Refusal
from circulation.rules.states import Whereabouts
from circulation.scans import undoing
from circulation.store import copies, queue, readers
from library.db import Database, Writing
from library.errors import Busy, Conflict, LibraryError, NotFound, Refused
from tests.integration.circulation.stock import Stock
from tests.world import Client

Act = Callable[[Writing], Awaitable[Any]]
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


async def no_lock(*_: object) -> None:
    """In place of a lock."""


@pytest.fixture
async def other(stock: Stock) -> AsyncIterator[Database]:
    """A second process's way to the same database."""
    made = Database(stock.database.url, pooled=False)
    yield made
    await made.close()


async def in_turn(stock: Stock, other: Database, first: Act, second: Act) -> Any:
    """`second` begins when `first` has done everything but commit, and `first` commits when `second` waits or is done."""

    async def follow() -> Any:
        async with other.transaction() as session:
            return await second(session)

    async with stock.database.transaction() as session:
        await first(session)
        following = asyncio.ensure_future(follow())
        for _ in range(200):
            async with stock.database.reading() as watching:
                if following.done() or await watching.scalar(WAITS):
                    break
            await asyncio.sleep(0.01)
    return (await asyncio.gather(following, return_exceptions=True))[0]


async def acts(stock: Stock) -> Acts:
    return Acts(stock, await stock.staff())


class Acts:
    """Use cases with everything given but the session."""

    def __init__(self, stock: Stock, viewer: Any) -> None:
        self.stock, self.viewer = stock, viewer

    def lend(self, card: str, barcode: str, **more: Any) -> Act:
        return lambda session: desk.check_out(
            session, card=card, barcode=barcode, branch="chuo", by=self.viewer, now=self.stock.now, **more
        )

    def take_back(self, barcode: str, branch: str = "chuo") -> Act:
        return lambda session: desk.check_in(session, barcode=barcode, branch=branch, by=self.viewer, now=self.stock.now)

    def wait_for(self, card: str, record: int, **more: Any) -> Act:
        return lambda session: holds.place(session, card=card, record_id=record, pickup="chuo", by=self.viewer, now=self.stock.now, **more)

    def cancel(self, hold: int) -> Act:
        return lambda session: holds.cancel(session, hold, by=self.viewer, now=self.stock.now)

    def renew(self, card: str, barcode: str) -> Act:
        return lambda session: renewals.renew(session, card=card, barcode=barcode, by=self.viewer, now=self.stock.now)

    def undo(self, act: int) -> Act:
        return lambda session: undoing.undo(session, act, by=self.viewer, now=self.stock.now)

    def merge(self, gone: int, stays: int) -> Act:
        return lambda session: merging.merge(session, gone, stays, account_id=self.stock.world.accounts["cataloguer"])


def why(outcome: Any) -> str:
    if isinstance(outcome, Refused):
        return " ".join(reason.code for reason in outcome.reasons)
    assert isinstance(outcome, LibraryError), outcome
    return outcome.code


async def open_loans(stock: Stock) -> int:
    async with stock.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Loan).where(Loan.returned_at.is_(None))) or 0


async def lost_copies(stock: Stock) -> int:
    """Copies that were handed to a reader's hold, or sent for it, and belong to none: nobody would ever look for them."""
    orphans = text(
        "SELECT count(*) FROM desk_act a WHERE a.outcome = 'hold_shelf'"
        " AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.captured_item_id = a.item_id AND h.closed_at IS NULL)"
    )
    async with stock.database.reading() as session:
        return await session.scalar(orphans) or 0


# One copy, two readers.


async def test_a_copy_scanned_at_two_desks_is_lent_once(stock: Stock, other: Database) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    act = await acts(stock)
    assert why(await in_turn(stock, other, act.lend(first, barcode), act.lend(second, barcode))) == "lent_to_another"
    assert await open_loans(stock) == 1


async def test_without_the_copy_s_lock_only_the_unique_index_keeps_it_to_one(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "lock", no_lock)
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    act = await acts(stock)
    assert why(await in_turn(stock, other, act.lend(first, barcode), act.lend(second, barcode))) == "item_on_loan"
    assert await open_loans(stock) == 1


async def test_of_many_desks_at_once_one_lends(stock: Stock) -> None:
    readers_, (_, barcode) = [await stock.reader() for _ in range(6)], await stock.book()
    outcomes = await asyncio.gather(*(stock.lend(card, barcode) for card in readers_), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Lent", *["Refused"] * 5]
    assert {why(outcome) for outcome in outcomes if isinstance(outcome, Refused)} == {"lent_to_another"}


# One reader, two copies.


async def test_the_last_loan_of_a_limit_is_made_once(stock: Stock, other: Database) -> None:
    await stock.policy("loans_limit", 1)
    card, (_, one), (_, two) = await stock.reader(), await stock.book(), await stock.book("手袋を買いに")
    act = await acts(stock)
    assert why(await in_turn(stock, other, act.lend(card, one), act.lend(card, two))) == "loans_limit"
    assert await open_loans(stock) == 1


async def test_without_the_reader_s_lock_the_limit_is_passed(stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "lock", no_lock)
    await stock.policy("loans_limit", 1)
    card, (_, one), (_, two) = await stock.reader(), await stock.book(), await stock.book("手袋を買いに")
    act = await acts(stock)
    assert isinstance(await in_turn(stock, other, act.lend(card, one), act.lend(card, two)), desk.Lent)
    assert await open_loans(stock) == 2


async def test_of_many_scans_for_one_reader_only_the_limit_is_lent(stock: Stock) -> None:
    await stock.policy("loans_limit", 2)
    card = await stock.reader()
    barcodes = [(await stock.book())[1] for _ in range(6)]
    outcomes = await asyncio.gather(*(stock.lend(card, barcode) for barcode in barcodes), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Lent"] * 2 + ["Refused"] * 4
    assert await open_loans(stock) == 2


# Copies that come back, and those who wait.


async def returned_together(stock: Stock, other: Database, waiting: int) -> tuple[Any, list[Hold]]:
    record, one = await stock.book()
    two = await stock.copy(record)
    for barcode in (one, two):
        await stock.lend(await stock.reader(), barcode)
    numbers = [await stock.wait_for(await stock.reader(), record) for _ in range(waiting)]
    act = await acts(stock)
    outcome = await in_turn(stock, other, act.take_back(one), act.take_back(two))
    return outcome, [await stock.hold(number) for number in numbers]


async def test_two_copies_that_come_back_at_once_serve_two_readers(stock: Stock, other: Database) -> None:
    outcome, (one, two) = await returned_together(stock, other, 2)
    assert outcome.hold_id == two.id
    assert None not in (one.captured_item_id, two.captured_item_id)
    assert one.captured_item_id != two.captured_item_id


async def test_of_two_copies_that_come_back_at_once_one_is_set_aside_for_a_single_reader(stock: Stock, other: Database) -> None:
    outcome, (only,) = await returned_together(stock, other, 1)
    assert (outcome.next, outcome.hold_id) == ("shelf", None)
    assert only.captured_item_id is not None
    assert await lost_copies(stock) == 0


async def test_without_the_queue_s_lock_the_row_s_own_lock_still_keeps_copies_apart(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "lock", no_lock)
    outcome, _ = await returned_together(stock, other, 1)
    assert outcome.hold_id is None
    assert await lost_copies(stock) == 0


async def test_without_both_a_reader_gets_two_copies_and_one_is_lost(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "lock", no_lock)
    monkeypatch.setattr(queue, "_FIRST", text(str(queue._FIRST).removesuffix("FOR UPDATE OF h")))
    await returned_together(stock, other, 1)
    assert await lost_copies(stock) == 1


async def cancelled_while_returned(stock: Stock, other: Database) -> tuple[Any, Hold]:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record)
    act = await acts(stock)
    outcome = await in_turn(stock, other, act.take_back(barcode), act.cancel(hold))
    return outcome, await stock.hold(hold)


async def test_a_hold_cancelled_the_moment_its_copy_comes_is_asked_again(stock: Stock, other: Database) -> None:
    outcome, hold = await cancelled_while_returned(stock, other)
    assert why(outcome) == "hold_changed"
    assert (hold.closed_at, hold.captured_item_id is not None) == (None, True)


async def test_without_the_queue_s_lock_the_copy_of_a_cancelled_hold_is_lost(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "lock", no_lock)
    outcome, hold = await cancelled_while_returned(stock, other)
    assert outcome is None
    assert hold.closing == "cancelled"
    assert await lost_copies(stock) == 1


async def test_a_copy_that_comes_the_moment_its_reader_cancels_goes_to_the_shelf(stock: Stock, other: Database) -> None:
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record)
    act = await acts(stock)
    outcome = await in_turn(stock, other, act.cancel(hold), act.take_back(barcode))
    assert (outcome.next, outcome.hold_id) == ("shelf", None)


# One reader asks twice.


async def asked_twice(stock: Stock, other: Database) -> Any:
    card, (record, _) = await stock.reader(), await stock.book()
    act = await acts(stock)
    outcome = await in_turn(stock, other, act.wait_for(card, record), act.wait_for(card, record))
    async with stock.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Hold)) == 1
    return outcome


async def test_a_hold_asked_for_twice_at_once_is_placed_once(stock: Stock, other: Database) -> None:
    outcome = await asked_twice(stock, other)
    assert (outcome.code, why(outcome)) == ("hold_refused", "already_on_hold")


async def test_without_locks_only_the_unique_index_keeps_it_to_one_hold(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "lock", no_lock)
    monkeypatch.setattr(queue, "lock", no_lock)
    outcome = await asked_twice(stock, other)
    assert type(outcome) is Conflict
    assert outcome.code == "already_on_hold"


# Renewals.


async def renewed_while_wanted(stock: Stock, other: Database) -> Any:
    card, waiting, (record, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(card, barcode)
    stock.now += timedelta(days=1)
    act = await acts(stock)
    return await in_turn(stock, other, act.wait_for(waiting, record), act.renew(card, barcode))


async def test_a_title_asked_for_this_moment_is_not_renewed(stock: Stock, other: Database) -> None:
    assert why(await renewed_while_wanted(stock, other)) == "taken_meanwhile"


async def test_without_the_queue_s_lock_it_is_renewed_past_who_waits(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "lock", no_lock)
    assert isinstance(await renewed_while_wanted(stock, other), renewals.Outcome)


async def renewed_while_returned(stock: Stock, other: Database) -> Any:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await stock.lend(card, barcode)
    stock.now += timedelta(days=1)
    act = await acts(stock)
    return await in_turn(stock, other, act.take_back(barcode), act.renew(card, barcode))


async def test_a_book_returned_this_moment_is_not_renewed(stock: Stock, other: Database) -> None:
    assert isinstance(await renewed_while_returned(stock, other), NotFound)
    assert (await stock.loans())[0].renewals == 0


async def test_without_locks_a_returned_book_is_renewed(stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "lock", no_lock)
    monkeypatch.setattr(queue, "lock", no_lock)
    await renewed_while_returned(stock, other)
    (loan,) = await stock.loans()
    assert (loan.renewals, loan.returned_at is not None) == (1, True)


# Taking back a scan, and the next one.


async def undone_while_lent_again(stock: Stock, other: Database) -> Any:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(first, barcode)
    back = await stock.take_back(barcode)
    act = await acts(stock)
    outcome = await in_turn(stock, other, act.undo(back.act_id), act.lend(second, barcode))
    assert await open_loans(stock) == 1
    return outcome


async def test_a_return_taken_back_is_seen_by_the_next_scan(stock: Stock, other: Database) -> None:
    assert why(await undone_while_lent_again(stock, other)) == "lent_to_another"


async def test_without_the_copy_s_lock_only_the_unique_index_sees_it(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "lock", no_lock)
    assert why(await undone_while_lent_again(stock, other)) == "item_on_loan"


async def test_a_scan_that_was_overtaken_is_not_taken_back(stock: Stock, other: Database) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(first, barcode)
    back = await stock.take_back(barcode)
    act = await acts(stock)
    assert why(await in_turn(stock, other, act.lend(second, barcode), act.undo(back.act_id))) == "undo_overtaken"
    assert await open_loans(stock) == 1


# The catalogue changes below.


async def merged_while_asked(stock: Stock, other: Database) -> tuple[Any, int]:
    gone, stays = await stock.title("ごん狐"), await stock.title()
    await stock.copy(gone)
    act = await acts(stock)
    return await in_turn(stock, other, act.merge(gone, stays), act.wait_for(await stock.reader(), gone)), stays


async def test_a_hold_on_a_title_merged_this_moment_is_placed_on_what_stays(stock: Stock, other: Database) -> None:
    placed, stays = await merged_while_asked(stock, other)
    assert isinstance(placed, holds.Placed)
    assert placed.record_id == stays
    assert (await stock.hold(placed.hold_id)).record_id == stays


async def test_without_keeping_the_title_the_hold_is_placed_on_nothing(
    stock: Stock, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def as_it_was(_: Writing, record_id: int) -> int:
        return record_id

    monkeypatch.setattr(holds, "_kept", as_it_was)
    outcome, _ = await merged_while_asked(stock, other)
    assert not isinstance(outcome, holds.Placed | LibraryError)  # no title is left to ask for: the program itself would fail


async def test_holds_placed_this_moment_move_with_a_merge(stock: Stock, other: Database) -> None:
    gone, stays = await stock.title("ごん狐"), await stock.title()
    await stock.copy(gone)
    act = await acts(stock)
    outcome = await in_turn(stock, other, act.wait_for(await stock.reader(), gone), act.merge(gone, stays))
    assert outcome == stays
    async with stock.database.reading() as session:
        assert list(await session.scalars(select(Hold.record_id))) == [stays]


async def test_many_acts_on_one_title_at_once_leave_it_whole(stock: Stock) -> None:
    """Desks and readers in no order at all: whatever happens, every copy is in one place and every capture is real."""
    record = await stock.title()
    barcodes = [await stock.copy(record, branch) for branch in ("chuo", "nishi", "joint")]
    cards = [await stock.reader() for _ in range(4)]
    act = await acts(stock)

    async def alone(one: Act) -> None:
        try:
            async with stock.database.transaction() as session:
                await one(session)
        except (Refused, Conflict, NotFound, Busy):
            pass

    for round_ in range(3):
        stock.now += timedelta(seconds=1)
        each = [act.lend(card, barcodes[(number + round_) % 3], overrides=ANYWAY) for number, card in enumerate(cards)]
        each += [act.wait_for(card, record) for card in cards]
        each += [act.take_back(barcode, branch) for barcode in barcodes for branch in ("chuo", "nishi")]
        await asyncio.gather(*(alone(one) for one in each))
    for barcode in barcodes:
        copy = await stock.look(barcode)
        assert not (copy.loan_id and (copy.hold_id or copy.transit_id))
        assert copy.whereabouts is not Whereabouts.IN_TRANSIT_TO_HOLD or copy.hold_id


ANYWAY = dict.fromkeys((Refusal.SET_ASIDE, Refusal.WANTED, Refusal.LENT_TO_ANOTHER), Override.LIBRARIAN)


# Over HTTP.


async def test_two_requests_at_once_are_one_loan_and_one_refusal(stock: Stock, client: Client) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await client.sign_in("desk")
    asked = [client.send("POST", "/api/v1/loans", json={"card": card, "barcode": barcode, "branch": "chuo"}) for card in (first, second)]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_who_waits_three_seconds_for_a_reader_is_told_to_come_again(stock: Stock, client: Client) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await client.sign_in("desk")
    async with stock.database.transaction() as session:
        await session.execute(text("SELECT 1 FROM patron FOR UPDATE"))
        answer = await client.send("POST", "/api/v1/loans", json={"card": card, "barcode": barcode, "branch": "chuo"})
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "1")
    again = await client.send("POST", "/api/v1/loans", json={"card": card, "barcode": barcode, "branch": "chuo"})
    assert again.status_code == 201
