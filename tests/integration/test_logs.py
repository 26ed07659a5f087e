"""Logs: what went wrong and where, never what somebody typed or what a row holds."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text

from library import logs
from library.db import Database
from library.settings import Settings

TYPED = "山田太郎の検索語"
PASSWORD = "hunter2-" * 2


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def configure(form: str) -> None:
    logs.configure(Settings(demo=False, secret_key="x" * 40, log_format=form))


def ask(password: str) -> None:
    raise ValueError(f"{TYPED} with {password!r} is not a number")


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_holds_neither_messages_nor_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(form)
    try:
        ask(PASSWORD)
    except ValueError:
        structlog.get_logger("test").exception("request_failed", route="/search")
        logging.getLogger("test").exception("a library's own words")
    said = capsys.readouterr().err
    assert TYPED not in said
    assert PASSWORD not in said
    assert said.count("in ask") == 2
    if form == "json":
        assert [json.loads(line)["level"] for line in said.splitlines()] == ["error", "error"]


async def test_an_error_of_the_database_names_the_constraint_and_never_the_row(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("json")
    wrong = text("INSERT INTO person (family_name) VALUES (CAST(:name AS date))")
    broken = text("INSERT INTO account_person (account_id, person_id, role) VALUES (-1, -1, :role)")
    for statement, values in ((wrong, {"name": TYPED}), (broken, {"role": TYPED})):
        try:
            async with database.transaction() as session:
                await session.execute(statement, values)
        except Exception:
            structlog.get_logger("test").exception("request_failed")
    said = capsys.readouterr().err
    assert TYPED not in json.dumps([json.loads(line) for line in said.splitlines()], ensure_ascii=False)
    assert "ck_account_person_role" in said


def test_an_error_that_is_its_own_cause_ends(capsys: pytest.CaptureFixture[str]) -> None:
    configure("console")
    error = KeyError("x")
    error.__cause__ = error
    structlog.get_logger("test").error("request_failed", exc_info=error)
    assert capsys.readouterr().err.count("KeyError") == 1


def test_the_made_up_ward_shows_whole_messages_to_who_tries_things(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(demo=True))
    try:
        ask("made-up")
    except ValueError:
        structlog.get_logger("test").exception("request_failed")
    assert TYPED in capsys.readouterr().err
