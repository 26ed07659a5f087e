"""`library import` as an operator runs it: the report for programs, and exit codes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from library.commands.imports import group
from library.db import Database
from library.settings import Settings
from tests.integration.catalog.import_samples import book, count, put
from tests.integration.catalog.test_holdings import line, table
from tests.world import World


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    assert settings.database_url
    return {"LIBRARY_DEMO": "1", "LIBRARY_DATABASE_URL": settings.database_url, "LIBRARY_DATA": str(settings.data)}


async def told(environment: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the JSON of the last line."""
    done = await asyncio.to_thread(CliRunner(env=environment).invoke, group, [*arguments, "--json"])
    return done.exit_code, json.loads(done.stdout.strip().splitlines()[-1])


async def test_a_file_of_records_is_reported(environment: dict[str, str], tmp_path: Path) -> None:
    path = put(tmp_path / "a.mrc", [book(1), b"00042 bad record\x1e\x1d", book(2)])
    code, report = await told(environment, "marc", str(path), "--source", "ndl")
    assert (code, report["read"], report["created"], report["rejected"]) == (0, 3, 2, 1)
    code, listed = await told(environment, "rejects", str(report["run"]))
    assert [row["position"] for row in listed["rejects"]] == [2]


async def test_a_list_is_rehearsed_brought_in_and_the_same_again(
    environment: dict[str, str], database: Database, world: World, tmp_path: Path
) -> None:
    path = str(table(tmp_path / "a.csv", [line("001", 1), line("", 2)]))
    code, said = await told(environment, "items", path, "--branch", "school", "--dry-run")
    assert (code, said["new"], said["rejected"], said["records_created"], said["dry_run"]) == (0, 1, 1, 1, True)
    assert await count(database, "item") == await count(database, "import_run") == 0
    code, done = await told(environment, "items", path, "--branch", "school")
    assert (code, done["new"], done["applied"]) == (0, 1, True)
    assert done["problems"] == [
        {
            "row": 3,
            "column": "barcode",
            "header": "資料番号",
            "code": "barcode_missing",
            "rejected": True,
            "message": "バーコードがありません。",
        }
    ]
    _, again = await told(environment, "items", path, "--branch", "school")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 1)
    assert await count(database, "import_run", "status = 'finished'") == 2


async def test_strictly_a_list_with_a_problem_is_refused(
    environment: dict[str, str], database: Database, world: World, tmp_path: Path
) -> None:
    path = str(table(tmp_path / "a.csv", [line("001", 1), line("", 2)]))
    code, report = await told(environment, "items", path, "--branch", "school", "--strict")
    assert (code, report["applied"]) == (1, False)
    assert await count(database, "item") == 0
    assert await count(database, "import_run", "status = 'failed' AND message <> ''") == 1


async def test_a_joint_use_branch_needs_its_owner_said(environment: dict[str, str], world: World, tmp_path: Path) -> None:
    path = str(table(tmp_path / "a.csv", [line("001", 1)]))
    code, answer = await told(environment, "items", path, "--branch", "joint")
    assert (code, answer["error"]["code"]) == (1, "owner_needed")
    code, report = await told(environment, "items", path, "--branch", "joint", "--owner", "ward")
    assert (code, report["new"]) == (0, 1)
