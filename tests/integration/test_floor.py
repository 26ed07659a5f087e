"""The floor: transactions, meanings of constraints, health, unknown addresses."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from library import schema, wiring
from library.db import Database
from library.errors import Conflict
from library.places.models import Organisation
from tests.world import Client, World


async def test_what_a_transaction_did_is_kept_and_what_it_raised_over_is_not(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Organisation(code="ward", kind="ward", name={"ja": "区"}))
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            session.add(Organisation(code="lost", kind="municipality", name={"ja": "市"}))
            await session.flush()
            raise RuntimeError
    async with database.reading() as session:
        assert (await session.scalars(text("SELECT code FROM organisation"))).all() == ["ward"]


async def test_a_violated_constraint_is_said_in_the_trades_words(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Organisation(code="a", kind="municipality", name={"ja": "甲市"}))
    with pytest.raises(Conflict) as refused:
        async with database.transaction() as session:
            session.add(Organisation(code="a", kind="municipality", name={"ja": "乙市"}))
    assert refused.value.code == "organisation_code_taken"


async def test_a_reading_session_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.reading() as session:
            await session.execute(text("INSERT INTO work (key) VALUES ('x')"))


async def test_what_is_asked_again_and_again_stays_prepared_from_one_reading_to_the_next(database_url: str) -> None:
    """Planning costs more than most of what a page asks for; a rollback between would make the driver forget."""
    database = Database(database_url, pool=1)
    try:
        for number in range(8):
            async with database.reading() as session:
                await session.execute(text("SELECT id FROM work WHERE id = :id"), {"id": number})
        async with database.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM work%'")) == 1
    finally:
        await database.close()


def test_the_models_say_what_the_migrations_made(database_url: str) -> None:
    assert schema.drift(database_url, wiring.metadata()) == []


def test_migrations_go_down_to_nothing_and_up_again(database_url: str) -> None:
    schema.downgrade(database_url)
    assert schema.current(database_url) is None
    schema.upgrade(database_url)
    assert schema.current(database_url) == schema.newest()


async def test_it_is_alive_and_ready_and_says_that_no_worker_runs(client: Client) -> None:
    assert (await client.json("/healthz")).json() == {"status": "ok"}
    ready = await client.json("/readyz")
    assert ready.status_code == 200
    assert "worker" in ready.json()["degraded"]


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(client: Client) -> None:
    page = await client.get("/nowhere")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    problem = await client.json("/api/v1/nowhere")
    assert problem.headers["content-type"].startswith("application/problem+json")
    assert problem.json()["code"] == "not_found"
    assert problem.headers["content-security-policy"].startswith("default-src 'self'")


async def test_the_small_world_stands(world: World) -> None:
    assert set(world.branches) == {"chuo", "nishi", "joint", "school", "other_school"}
