"""What it costs to say where a page of results is: twenty titles of five copies, and the same with one of five hundred."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from statistics import median

from sqlalchemy import text

from bench.report import Line
from bench.stock import ITEM
from circulation import availability
from library.db import Database, Reading, Writing, copy_in

SECTION = "search"
PAGE, FEW, MANY = 20, 5, 500
EVERYONE = frozenset({0})

_SHELVES = text("SELECT DISTINCT organisation_id, branch_id FROM item ORDER BY branch_id")
_CHOSEN = text("SELECT id FROM record ORDER BY id LIMIT :most")


def measure(url: str, times: int) -> list[Line]:
    """Within a transaction that is taken back."""
    return asyncio.run(_measured(url, times))


async def _measured(url: str, times: int) -> list[Line]:
    database = Database(url, pooled=False)
    lines: list[Line] = []
    try:
        async with database.transaction() as session:
            few, many = await _shelved(session)
            cases = {
                f"where {PAGE} titles are, {FEW} copies each": few,
                f"where they are, one with {MANY} copies": [*few[:-1], many],
                f"where one title is, {FEW} copies": few[:1],
                f"where one title is, {MANY} copies": [many],
            }
            spent = {what: [await _asked(session, ids) for _ in range(times)] for what, ids in cases.items()}
            names = list(cases)
            for what, taken in spent.items():
                first = names[2 * (names.index(what) // 2)]
                note = "one query" if what == first else f"{median(taken) / median(spent[first]):.2f} times the line above"
                lines.append(Line(SECTION, what, median(taken), "ms", times, note))
            await session.rollback()  # the copies were only for measuring
    finally:
        await database.close()
    return lines


async def _shelved(session: Writing) -> tuple[list[int], int]:
    """Records with exactly so many copies; the last has many."""
    shelves = [(row.organisation_id, row.branch_id) for row in await session.execute(_SHELVES)]
    ids = list(await session.scalars(_CHOSEN, {"most": PAGE + 1}))
    await session.execute(text("DELETE FROM item WHERE record_id = ANY(:ids)"), {"ids": ids})
    rows = []
    for record in ids:
        for copy in range(MANY if record == ids[-1] else FEW):
            owner, branch = shelves[(record + copy) % len(shelves)]
            rows.append((record, owner, branch, f"measured {record} {copy}", "", "913", "", "", False, None, "", "", "", 1800, None, 1))
    await copy_in(session, "item", ITEM, rows)
    await session.execute(text("ANALYZE item"))
    return ids[:-1], ids[-1]


async def _asked(session: Reading, ids: Sequence[int]) -> float:
    began = time.perf_counter()
    await availability.of_records(session, ids, sees=EVERYONE)
    return 1000 * (time.perf_counter() - began)
