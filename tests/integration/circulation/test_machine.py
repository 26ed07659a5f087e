"""Any acts in any order over three branches: whatever readers and desks do, what must never be is never.

The machine knows little: who has which copy, who waits in which order, how many loans were made. All else is read from the tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from circulation import privacy
from circulation.rules.states import Next
from library.db import Database
from library.errors import Conflict, NotFound, Refused
from tests.integration.circulation.stock import NOON, Stock
from tests.world import World

BRANCHES = ("chuo", "nishi", "joint")
LIMIT = 2
NEVER = {
    "a copy is lent twice": "SELECT item_id FROM loan WHERE returned_at IS NULL GROUP BY 1 HAVING count(*) > 1",
    "a copy is set aside twice": "SELECT captured_item_id FROM hold WHERE closed_at IS NULL AND captured_item_id IS NOT NULL"
    " GROUP BY 1 HAVING count(*) > 1",
    "a copy is on two journeys": "SELECT item_id FROM transit WHERE arrived_at IS NULL AND cancelled_at IS NULL"
    " GROUP BY 1 HAVING count(*) > 1",
    "a copy is lent and set aside": "SELECT l.item_id FROM loan l JOIN hold h ON h.captured_item_id = l.item_id"
    " WHERE l.returned_at IS NULL AND h.closed_at IS NULL",
    "a copy is lent and on its way": "SELECT l.item_id FROM loan l JOIN transit t ON t.item_id = l.item_id"
    " WHERE l.returned_at IS NULL AND t.arrived_at IS NULL AND t.cancelled_at IS NULL",
    "a reader has more than the limit": f"SELECT patron_id FROM loan WHERE returned_at IS NULL GROUP BY 1 HAVING count(*) > {LIMIT}",
    "a reader waits twice for a title": "SELECT patron_id, record_id FROM hold WHERE closed_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1",
    "a copy set aside is neither on its hold shelf nor on its way there": "SELECT h.id FROM hold h LEFT JOIN transit t"
    " ON t.item_id = h.captured_item_id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL"
    " JOIN item i ON i.id = h.captured_item_id"
    " WHERE h.closed_at IS NULL AND i.missing_since IS NULL AND NOT (CASE WHEN h.waiting_since IS NULL"
    " THEN t.id IS NOT NULL AND t.to_branch_id = h.pickup_branch_id AND t.hold_id = h.id ELSE t.id IS NULL END)",
    "a copy travels for a hold that is not its own": "SELECT t.id FROM transit t JOIN hold h ON h.id = t.hold_id"
    " WHERE t.arrived_at IS NULL AND t.cancelled_at IS NULL AND h.captured_item_id IS DISTINCT FROM t.item_id",
    "a hold shelf's copy has no last day": "SELECT id FROM hold"
    " WHERE closed_at IS NULL AND (waiting_since IS NULL) <> (pickup_until IS NULL)",
    "a loan counted as returned has no day of forgetting": "SELECT id FROM loan WHERE returned_at IS NOT NULL AND cut_at IS NULL",
    "a loan is due before it was made": "SELECT id FROM loan WHERE due_at < lent_at",
}
Value = TypeVar("Value")


class Lending(RuleBasedStateMachine):
    """Readers, titles and copies are made once; what happened to them is wiped before each run."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    database: ClassVar[Database]
    world: ClassVar[World]
    cards: ClassVar[list[str]]
    titles: ClassVar[list[int]]
    barcodes: ClassVar[dict[str, int]]  # barcode → title

    def run(self, act: Awaitable[Value]) -> Value:
        return self.loop.run_until_complete(_awaited(act))

    @initialize()
    def begin(self) -> None:
        self.stock = Stock(self.database, self.world, NOON)
        self.lent: dict[str, str] = {}  # barcode → card
        self.waiting: list[int] = []  # open holds in the order they were placed
        self.made = self.renewed = self.placed = 0
        self.last: tuple[int, str, Any, Callable[[], None]] | None = None
        self.run(self._wiped())

    async def _wiped(self) -> None:
        async with self.database.transaction() as session:
            await session.execute(text("TRUNCATE loan, hold, transit, transit_scan, desk_act, loan_statistic CASCADE"))
            await session.execute(text("UPDATE item SET missing_since = NULL"))

    def later(self, **time: int) -> None:
        self.stock.now += timedelta(**time)

    @rule(card=st.integers(0, 2), copy=st.integers(0, 3), branch=st.sampled_from(BRANCHES))
    def check_out(self, card: int, copy: int, branch: str) -> None:
        self.later(seconds=1)
        who, barcode = self.cards[card], list(self.barcodes)[copy]
        before = self.run(self.stock.look(barcode))
        try:
            made = self.run(self.stock.lend(who, barcode, branch))
        except Refused as refused:
            codes = {reason.code for reason in refused.reasons}
            has = self.lent.get(barcode)
            assert (has == who) == ("lent_to_this_reader" in codes)
            assert (has not in (None, who)) == ("lent_to_another" in codes)
            return
        assert barcode not in self.lent
        filled = self.run(self._closed_now())
        assert bool(filled) == made.hold_filled
        self.lent[barcode] = who
        self.made += 1

        def undone() -> None:
            del self.lent[barcode]
            self.made -= 1
            self.waiting = sorted({*self.waiting, *filled})

        self.last = (made.act_id, barcode, before, undone)

    @rule(copy=st.integers(0, 3), branch=st.sampled_from(BRANCHES))
    def check_in(self, copy: int, branch: str) -> None:
        self.later(seconds=1)
        barcode = list(self.barcodes)[copy]
        before = self.run(self.stock.look(barcode))
        first = self.run(self._first_waiting(self.barcodes[barcode]))
        back = self.run(self.stock.take_back(barcode, branch))
        had = self.lent.pop(barcode, None)
        assert (back.loan_id is not None) == (had is not None)
        if before.hold_id is None:
            assert back.hold_id in (first, None)  # None only when it travels on, to be captured where it is wanted
            assert back.hold_id == first or back.next is Next.KEEP_GOING
        here = self.world.branches[branch]
        after = self.run(self.stock.look(barcode))
        if back.next is Next.HOLD_SHELF:
            assert after.pickup_branch_id == here
        elif back.next is Next.SHELF:
            assert after.branch_id == here
            assert after.transit_id is None
        else:
            assert after.to_branch_id != here

        def undone() -> None:
            if had is not None:
                self.lent[barcode] = had

        self.last = (back.act_id, barcode, before, undone)

    @rule(card=st.integers(0, 2), title=st.integers(0, 1), branch=st.sampled_from(BRANCHES))
    def place(self, card: int, title: int, branch: str) -> None:
        record = self.titles[title]
        try:
            hold = self.run(self.stock.wait_for(self.cards[card], record, branch))
        except Refused:
            return
        self.waiting.append(hold)
        self.placed += 1

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(self.waiting))
        self.later(seconds=1)
        self.run(self.stock.cancel(hold))
        self.waiting.remove(hold)

    @rule(card=st.integers(0, 2))
    def renew(self, card: int) -> None:
        self.later(seconds=1)
        outcome = self.run(self.stock.renew(self.cards[card]))
        self.renewed += len(outcome.renewed)
        assert len(outcome.renewed) + len(outcome.refused) == list(self.lent.values()).count(self.cards[card])

    @rule(days=st.integers(1, 10))
    def days_pass(self, days: int) -> None:
        self.later(days=days)
        self.run(self.stock.expire())
        self.run(self._forgotten())
        self.waiting = self.run(self._open_holds())

    @precondition(lambda self: self.last is not None)
    @rule()
    def undo(self) -> None:
        assert self.last is not None
        act, barcode, before, undone = self.last
        self.last = None
        try:
            self.run(self.stock.undo(act))
        except (Conflict, NotFound):
            return
        assert self.run(self.stock.look(barcode)) == before
        undone()

    @rule(copy=st.integers(0, 3))
    def notice_missing(self, copy: int) -> None:
        barcode = list(self.barcodes)[copy]
        if barcode not in self.lent:
            self.run(self.stock.change(barcode, missing_since=self.stock.now.date()))
            self.last = None

    @invariant()
    def nothing_impossible_is_there(self) -> None:
        if hasattr(self, "stock"):
            assert self.run(self._impossible()) == []

    @invariant()
    def the_tables_agree_with_what_was_done(self) -> None:
        if hasattr(self, "stock"):
            lent, counted = self.run(self._lent()), self.run(self._counted())
            assert lent == self.lent
            assert counted == {"loan": self.made, "renewal": self.renewed, "hold": self.placed}
            self.waiting = [hold for hold in self.waiting if hold in self.run(self._open_holds())]

    async def _impossible(self) -> list[str]:
        async with self.database.reading() as session:
            return [name for name, query in NEVER.items() if (await session.execute(text(query))).first() is not None]

    async def _lent(self) -> dict[str, str]:
        query = text(
            "SELECT i.barcode, c.number FROM loan l JOIN item i ON i.id = l.item_id JOIN patron p ON p.id = l.patron_id"
            " JOIN card c ON c.person_id = p.person_id WHERE l.returned_at IS NULL"
        )
        async with self.database.reading() as session:
            return {row.barcode: row.number for row in await session.execute(query)}

    async def _counted(self) -> dict[str, int]:
        query = text("SELECT act, sum(count) AS sum FROM loan_statistic GROUP BY act")
        async with self.database.reading() as session:
            return dict.fromkeys(("loan", "renewal", "hold"), 0) | {row.act: row.sum for row in await session.execute(query)}

    async def _open_holds(self) -> list[int]:
        async with self.database.reading() as session:
            return list(await session.scalars(text("SELECT id FROM hold WHERE closed_at IS NULL ORDER BY requested_at, id")))

    async def _closed_now(self) -> list[int]:
        async with self.database.reading() as session:
            return list(await session.scalars(text("SELECT id FROM hold WHERE closed_at = :now"), {"now": self.stock.now}))

    async def _first_waiting(self, record: int) -> int | None:
        query = text(
            "SELECT id FROM hold WHERE record_id = :record AND closed_at IS NULL AND captured_item_id IS NULL"
            " ORDER BY requested_at, id LIMIT 1"
        )
        async with self.database.reading() as session:
            first: int | None = await session.scalar(query, {"record": record})
            return first

    async def _forgotten(self) -> None:
        async with self.database.transaction() as session:
            await privacy.cut(session, now=self.stock.now)


async def _awaited(act: Awaitable[Value]) -> Value:
    return await act


@pytest.fixture
def machine(database_url: str, world: World) -> Iterator[type[Lending]]:
    """The machine on a database of its own, with two titles, four copies and three readers."""
    loop = asyncio.new_event_loop()
    database = Database(database_url, pool=2)

    async def stocked() -> dict[str, Any]:
        stock = Stock(database, world)
        await stock.policy("loans_limit", LIMIT)
        titles = [await stock.title(name) for name in ("ごんぎつね", "手袋を買いに")]
        homes = ((0, "chuo"), (0, "nishi"), (1, "chuo"), (1, "joint"))
        barcodes = {await stock.copy(titles[title], branch): titles[title] for title, branch in homes}
        cards = [await stock.reader() for _ in range(3)]
        return {"cards": cards, "titles": titles, "barcodes": barcodes}

    made = loop.run_until_complete(stocked())
    yield type("LendingHere", (Lending,), {"loop": loop, "database": database, "world": world, **made})
    loop.run_until_complete(database.close())
    loop.close()


def whatever_happens(machine: type[Lending], *, runs: int, steps: int, same_each_time: bool) -> None:
    every = list(HealthCheck)
    chosen = settings(max_examples=runs, stateful_step_count=steps, deadline=None, database=None, suppress_health_check=every)
    run_state_machine_as_test(machine, settings=settings(chosen, derandomize=same_each_time))


def test_whatever_is_done_what_must_never_be_is_never(machine: type[Lending]) -> None:
    whatever_happens(machine, runs=6, steps=25, same_each_time=True)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_whatever_is_done_for_a_long_time(machine: type[Lending]) -> None:
    whatever_happens(machine, runs=125, steps=80, same_each_time=False)
