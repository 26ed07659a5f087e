"""When the retention is over, the whole database is asked who read what, and does not know."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import text

from circulation import privacy
from library import app as application
from library import clock, logs
from library.db import Database
from library.settings import Settings
from library.wiring import Parts
from tests.integration.circulation.stock import Stock
from tests.integration.circulation.traces import traces
from tests.world import Client, World

MORNING = datetime(2026, 11, 24, 1, 0, 0, 123_457, tzinfo=UTC)
TITLES = (
    "よるのおはなし一号",
    "よるのおはなし二号",
    "よるのおはなし三号",
    "よるのおはなし四号",
    "よるのおはなし五号",
    "よるのおはなし六号",
)


@dataclass
class Day:
    """A day of lending over HTTP; every request a second and some microseconds after the one before."""

    stock: Stock
    clients: dict[str, Client]
    now: datetime = MORNING
    barcodes: list[str] = field(default_factory=list)
    records: list[int] = field(default_factory=list)

    async def stocked(self) -> Day:
        for number, title in enumerate(TITLES):
            branch = "school" if number == 4 else "chuo"
            record, barcode = await self.stock.book(title, branch, barcode=f"SCAN-BOOK-{number:04}")
            self.records.append(record)
            self.barcodes.append(barcode)
        return self

    async def later(self, **time: int) -> None:
        """Everybody signs in again: a session does not last for days."""
        self.now += timedelta(**time)
        with clock.stopped(self.now):
            for login, client in self.clients.items():
                await client.sign_in(login)

    async def send(self, login: str, method: str, path: str, body: dict[str, Any] | None = None, *, expected: int = 200) -> Any:
        self.now += timedelta(seconds=1, microseconds=1)
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        with clock.stopped(self.now):
            answer = await self.clients[login].send(method, path, json=body, headers=headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    async def lend(self, card: str, book: int, *codes: str, branch: str = "chuo", login: str = "desk") -> Any:
        body: dict[str, Any] = {"card": card, "barcode": self.barcodes[book], "branch": branch}
        if codes:
            body["override"] = {"codes": list(codes), "reason": "librarian"}
        return await self.send(login, "POST", "/api/v1/loans", body, expected=201)

    async def take_back(self, book: int, *, branch: str = "chuo", login: str = "desk") -> Any:
        return await self.send(login, "POST", "/api/v1/returns", {"barcode": self.barcodes[book], "branch": branch})

    async def wait_for(self, login: str, card: str, book: int, pickup: str) -> str:
        body = {"card": card, "record_id": str(self.records[book]), "pickup": pickup}
        return str((await self.send(login, "POST", "/api/v1/holds", body, expected=201))["id"])

    async def cut(self) -> None:
        async with self.stock.database.transaction() as session:
            await privacy.cut(session, now=self.now)

    async def traces(self) -> list[str]:
        return await traces(self.stock.database, now=self.now)


@pytest.fixture
async def day(stock: Stock, settings: Settings, parts: Parts) -> Any:
    """Each on a browser of their own, signed in."""
    transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)  # type: ignore[arg-type]
    clients = {}
    for login in ("desk", "school_librarian", "reader", "guardian"):
        clients[login] = Client(httpx.AsyncClient(transport=transport, base_url="http://library.test"))
    lived = await Day(stock, clients).stocked()
    await lived.later(minutes=1)
    yield lived
    for one in clients.values():
        await one.http.aclose()


@pytest.fixture
def stock(database: Database, world: World) -> Stock:
    return Stock(database, world)


async def lived(day: Day) -> None:
    """Loans, renewals, holds, decisions, looks and undone scans, by staff, a reader and a guardian; everything has come back."""
    reader, pupil = day.stock.world.cards["reader"], day.stock.world.cards["pupil"]
    await day.lend(reader, 0)
    ready = await day.wait_for("reader", reader, 1, "chuo")
    await day.take_back(1)
    await day.lend(reader, 1)  # fills the hold
    await day.send("desk", "GET", f"/api/v1/patrons/{reader}")
    await day.lend(pupil, 4, branch="school", login="school_librarian")
    given_up = await day.wait_for("reader", reader, 5, "chuo")
    await day.send("reader", "DELETE", f"/api/v1/holds/{given_up}", expected=204)
    await day.stock.policy("loans_limit", 2, branch="chuo")
    decided = await day.lend(reader, 2, "loans_limit")
    await day.send("desk", "POST", f"/api/v1/acts/{decided['act']}/undo")
    await day.lend(reader, 3, "loans_limit")
    await day.later(hours=30)
    await day.send("reader", "POST", "/api/v1/renewals", {"card": reader, "barcode": day.barcodes[0]})
    await day.send("guardian", "POST", "/api/v1/renewals", {"card": pupil})
    await day.send("guardian", "GET", f"/api/v1/patrons/{pupil}")
    for book in (0, 1, 3):
        await day.take_back(book)
    await day.take_back(4, branch="school", login="school_librarian")
    assert ready


async def test_after_the_retention_nobody_can_say_who_read_what(day: Day) -> None:
    await lived(day)
    await day.cut()
    within = await day.traces()
    assert within == []  # what is there still is within its retention
    await day.later(days=2)
    known = await day.traces()
    for table in ("loan", "hold", "idempotency_key", "desk_act", "audit_event"):
        assert any(table in group.split(":")[0].split(" + ") for group in known), f"the scan finds nothing in {table}: {known}"
    await day.cut()
    assert await day.traces() == []


async def test_what_is_lent_now_stays_known(day: Day) -> None:
    reader = day.stock.world.cards["reader"]
    await day.lend(reader, 0)
    await day.lend(reader, 1)
    await day.take_back(1)
    await day.later(days=2)
    await day.cut()
    assert await day.traces() == []
    seen = await day.send("reader", "GET", f"/api/v1/patrons/{reader}")
    assert [loan["barcode"] for loan in seen["loans"]] == [day.barcodes[0]]


async def test_where_nothing_is_kept_a_return_is_forgotten_at_once(day: Day) -> None:
    await day.stock.policy("retention_days", 0)
    reader = day.stock.world.cards["reader"]
    await day.lend(reader, 0)
    await day.later(days=1)
    await day.send("reader", "POST", "/api/v1/renewals", {"card": reader})
    await day.take_back(0)
    cancelled = await day.wait_for("reader", reader, 1, "chuo")
    await day.send("reader", "DELETE", f"/api/v1/holds/{cancelled}", expected=204)
    assert await day.traces() == []


async def test_a_request_repeated_after_the_cut_is_not_done_again_and_says_nothing(day: Day) -> None:
    reader, key = day.stock.world.cards["reader"], {"Idempotency-Key": str(uuid.uuid4())}
    body = {"card": reader, "barcode": day.barcodes[0], "branch": "chuo"}
    with clock.stopped(day.now):
        first = await day.clients["desk"].send("POST", "/api/v1/loans", json=body, headers=key)
    assert first.status_code == 201
    await day.take_back(0)
    await day.later(days=3)
    await day.cut()
    with clock.stopped(day.now):
        again = await day.clients["desk"].send("POST", "/api/v1/loans", json=body, headers=key)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_key_forgotten")
    assert len(await day.stock.loans()) == 1


PLANTED = {
    "a number and a barcode in a text": "CREATE TABLE planted AS SELECT 'card 1000000001 took SCAN-BOOK-0000'::text AS note",
    "a name and a title in JSON": "CREATE TABLE planted AS"
    " SELECT jsonb_build_object('a', jsonb_build_array('森 reader', jsonb_build_object('b', 'よるのおはなし一号'))) AS x",
    "keys to both": "CREATE TABLE planted AS SELECT p.id AS patron_id, i.id AS item_id FROM patron p, item i LIMIT 1",
    "an account in a job": "INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT 'q', 't',"
    " jsonb_build_object('client', 'account:' || p.account_id, 'record_id', r.id) FROM account_person p, record r LIMIT 1",
    "a table between": "CREATE TABLE planted (id bigint, loan_id bigint REFERENCES loan, person_id bigint REFERENCES person);"
    " INSERT INTO planted SELECT 1, l.id, p.id FROM loan l, person p LIMIT 1",
    "the same moment": "CREATE TABLE planted AS SELECT at, 1 AS id, (SELECT id FROM item LIMIT 1) AS item_id"
    " FROM audit_event WHERE subject_kind = 'person' LIMIT 1",
    "a note on a copy": "UPDATE item SET note = '1000000001 さんが返却' WHERE barcode = 'SCAN-BOOK-0000'",
}


@pytest.mark.parametrize("how", PLANTED)
async def test_the_scan_finds_what_somebody_plants(day: Day, how: str) -> None:
    reader = day.stock.world.cards["reader"]
    await day.lend(reader, 0)
    await day.take_back(0)
    await day.send("desk", "GET", f"/api/v1/patrons/{reader}")
    await day.later(days=2)
    await day.cut()
    assert await day.traces() == []
    async with day.stock.database.transaction() as session:
        for statement in PLANTED[how].split("; "):
            await session.execute(text(statement.replace(":", "\\:")))
    assert len(await day.traces()) == 1


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_as_before")
async def test_the_log_names_neither_reader_nor_book(day: Day, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(settings.model_copy(update={"log_format": "json", "log_level": "DEBUG", "demo": False}))
    await lived(day)
    said = capsys.readouterr()
    written = said.out + said.err
    assert written.count("\n") > 10
    for word in (day.stock.world.cards["reader"], day.stock.world.cards["pupil"], *day.barcodes, *TITLES, "森 reader"):
        assert word not in written
