"""How much a title is read, counted from what was lent and waited for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from circulation import popularity
from circulation.popularity import step
from library.db import Database
from tests.integration.circulation.stock import NOON, Stock


@pytest.mark.parametrize(
    ("number", "stands_on"),
    [(-1, 0), (0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 6), (7, 6), (8, 8), (11, 11), (15, 11), (1000, 724)],
)
def test_counts_stand_on_steps_two_for_each_doubling(number: int, stands_on: int) -> None:
    assert step(number) == stands_on


def test_a_step_stays_itself() -> None:
    """Else a count that does not change would be written night after night."""
    assert all(step(number) <= number and step(step(number)) == step(number) for number in range(2000))


async def test_loans_and_holds_of_a_year_make_a_title_popular(stock: Stock, database: Database) -> None:
    record, barcode = await stock.book()
    forgotten, _ = await stock.book("ほこりをかぶった本")
    async with database.transaction() as session:
        await session.execute(text("UPDATE record SET popularity = 90 WHERE id = :id"), {"id": forgotten})
        values = {"barcode": barcode, "now": NOON, "old": NOON - timedelta(days=400)}
        await session.execute(
            text(
                "INSERT INTO loan (item_id, branch_id, lent_at, due_at, returned_at, cut_at, renewals, undone, overrides)"
                " SELECT i.id, i.branch_id, at.moment, at.moment + interval '14 days', at.moment + interval '1 day', :now, 0,"
                " at.undone, '[]'"
                "  FROM item i, (VALUES (CAST(:now AS timestamptz) - interval '3 days', false), (:now - interval '9 days', false),"
                "   (:now - interval '20 days', true), (:old, false)) AS at(moment, undone) WHERE i.barcode = :barcode"
            ),
            values,
        )
        await session.execute(
            text(
                "INSERT INTO hold (record_id, pickup_branch_id, requested_at, closed_at, closing, cut_at)"
                " SELECT i.record_id, i.branch_id, :now - interval '1 day', :now, 'cancelled', :now FROM item i WHERE i.barcode = :barcode"
            ),
            {"barcode": barcode, "now": NOON},
        )
    assert await popularity.count(database, now=NOON) == 2
    async with database.reading() as session:
        rows = await session.execute(text("SELECT id, popularity FROM record WHERE id = ANY(:ids)"), {"ids": [record, forgotten]})
        assert {row.id: row.popularity for row in rows} == {record: 3, forgotten: 0}
        news = await session.execute(text("SELECT record_id, kind FROM index_change ORDER BY id DESC LIMIT 2"))
        assert {(row.record_id, row.kind) for row in news} == {(record, "availability"), (forgotten, "availability")}
    assert await popularity.count(database, now=NOON) == 0
