"""Jobs of lending as a worker runs them, and the same by hand on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from circulation import privacy
from library import clock
from library.db import Database
from library.settings import Settings
from library.wiring import Parts
from tests.integration.circulation.stock import Stock


async def worked(parts: Parts, stock: Stock, *tasks: str) -> None:
    """A worker does these jobs at the moment of the stock, and every one succeeds."""
    mine = [await parts.queue.configure_task(f"circulation:{task}").defer_async(timestamp=0) for task in tasks]
    with clock.stopped(stock.now):
        await parts.queue.run_worker_async(
            queues=["upkeep"], wait=False, install_signal_handlers=False, additional_context={"database": stock.database}
        )
    async with stock.database.reading() as session:
        query = text("SELECT task_name, status::text FROM procrastinate_jobs WHERE id = ANY(:mine)")
        done = await session.execute(query, {"mine": mine})
        assert {row.task_name: row.status for row in done} == {f"circulation:{task}": "succeeded" for task in tasks}


async def readers_of_loans(stock: Stock) -> list[bool]:
    return [loan.patron_id is not None for loan in await stock.loans()]


async def test_a_worker_forgets_readers_when_the_branch_closes_on_its_next_open_day(stock: Stock, parts: Parts) -> None:
    await stock.opens_daily_but("chuo", "2026-11-25")
    await stock.policy("retention_days", 3, branch="nishi")
    for branch in ("chuo", "nishi"):
        _, barcode = await stock.book()
        await stock.lend(await stock.reader(), barcode, branch)
        await stock.take_back(barcode, branch)
    known = []
    stock.now = stock.now.replace(hour=0)
    for hours in (0, 24, 24, 7, 2, 24):
        stock.now += timedelta(hours=hours)
        await worked(parts, stock, "cut_links")
        known.append(await readers_of_loans(stock))
    assert known == [[True, True], [True, True], [True, True], [True, True], [False, True], [False, True]]


async def test_all_that_is_due_is_forgotten_in_portions(stock: Stock, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "AT_ONCE", 2)
    for _ in range(5):
        _, barcode = await stock.book()
        await stock.lend(await stock.reader(), barcode)
        await stock.take_back(barcode)
    stock.now += timedelta(days=3)
    await worked(parts, stock, "cut_links")
    assert await readers_of_loans(stock) == [False] * 5


async def test_a_worker_takes_off_the_hold_shelf_what_nobody_collected_but_not_on_a_closed_day(stock: Stock, parts: Parts) -> None:
    await stock.opens_daily_but("nishi", "2026-12-02")
    record, barcode = await stock.book()
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode, "nishi")
    closings = []
    stock.now = stock.now.replace(month=12, day=1)
    for _ in range(3):
        await worked(parts, stock, "expire_holds", "cut_links")
        closings.append((await stock.hold(hold)).closing)
        stock.now += timedelta(days=1)
    assert closings == [None, None, "expired"]
    assert await stock.at(barcode) == ("in_transit_home", "chuo")


async def test_one_reader_who_is_busy_does_not_keep_the_others_waiting(stock: Stock, parts: Parts, database: Database) -> None:
    numbers = []
    for _ in range(2):
        record, barcode = await stock.book()
        numbers.append(await stock.wait_for(await stock.reader(), record))
        await stock.take_back(barcode)
    stock.now += timedelta(days=30)
    async with database.transaction() as session:
        await session.execute(text("SELECT 1 FROM patron WHERE id = (SELECT patron_id FROM hold ORDER BY id LIMIT 1) FOR UPDATE"))
        await worked(parts, stock, "expire_holds")
    assert [(await stock.hold(number)).closing for number in numbers] == [None, "expired"]


async def command(settings: Settings, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit status and result of `library lending …`."""
    assert settings.database_url
    known = {"LIBRARY_DEMO": "1", "LIBRARY_DATABASE_URL": settings.database_url, "LIBRARY_DATA": str(settings.data)}
    program = Path(sys.executable).parent / "library"
    running = await asyncio.create_subprocess_exec(
        program, "lending", *words, "--json", env=os.environ | known, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await running.communicate()
    assert out, err.decode()
    return running.returncode or 0, json.loads(out.decode().splitlines()[-1])


async def test_an_operator_forgets_and_expires_by_hand(stock: Stock, settings: Settings) -> None:
    stock.now = clock.now() - timedelta(days=30)
    record, barcode = await stock.book()
    await stock.lend(await stock.reader(), barcode)
    await stock.take_back(barcode)
    hold = await stock.wait_for(await stock.reader(), record)
    await stock.take_back(barcode)
    assert await command(settings, "expire") == (0, {"holds": 1})
    assert (await stock.hold(hold)).closing == "expired"
    assert await command(settings, "expire") == (0, {"holds": 0})
    assert await command(settings, "cut") == (0, {"loans": 1, "holds": 0})  # the hold ended just now: until the next open day
    assert await command(settings, "cut") == (0, {"loans": 0, "holds": 0})
    assert await readers_of_loans(stock) == [False]
