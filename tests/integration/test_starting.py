"""Starting and stopping: at once, half-finished, over somebody's files, with signals that come twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from library import postgres, serving
from library.db import Database
from library.demo import load, ward
from library.errors import Conflict, Misconfigured
from library.identity.models import Account
from library.places.models import Organisation

ROOT = Path(__file__).resolve().parents[2]
START = "import sys, pathlib; from library import postgres; print(postgres.embedded(pathlib.Path(sys.argv[1])))"
SERVE = """
import asyncio, atexit, time
from library import stopping
from library.processes import until_told
stopping.in_order()
atexit.register(lambda: (time.sleep(1), print("PostgreSQL stopped", flush=True)))
async def main():
    print("ready", flush=True)
    await until_told(asyncio.sleep(60))
asyncio.run(main())
"""


@pytest.fixture
def folder(scratch: Path) -> Iterator[Path]:
    parent = scratch / f"start-{time.monotonic_ns()}"
    parent.mkdir(mode=0o755)
    yield parent / "postgres"
    for process in psutil.process_iter(["cmdline"]):
        if str(parent) in " ".join(process.info["cmdline"] or ()):
            process.kill()


def begin(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_first_starts_at_once_share_one_database(folder: Path) -> None:
    both = [begin(START, str(folder)) for _ in range(2)]
    said = [one.communicate(timeout=90) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert not (folder / "postmaster.pid").exists()


def test_a_start_that_was_killed_while_making_the_database_begins_again(folder: Path) -> None:
    (folder / "global").mkdir(parents=True)
    (folder / "global" / "pg_control").write_bytes(b"half")
    (folder / "PG_VERSION").write_text("18\n")
    folder.with_name(".postgres.unfinished").touch()
    assert begin(START, str(folder)).wait(90) == 0
    assert not folder.with_name(".postgres.unfinished").exists()


def test_a_folder_with_somebodys_files_is_left_alone(folder: Path) -> None:
    (folder / "16" / "main").mkdir(parents=True)
    with pytest.raises(Misconfigured, match="LIBRARY_DATA"):
        postgres.embedded(folder)
    assert (folder / "16" / "main").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_private_folder_above_is_not_opened_to_everybody(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = scratch / "home"
    home.mkdir(mode=0o700)
    postgres.prepare_data_folder(home / "data")
    monkeypatch.setattr(postgres, "TEMPORARY", ())
    with pytest.raises(Misconfigured, match="/var/tmp"):
        postgres.prepare_data_folder(home / "data")
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_user_that_was_killed_does_not_keep_the_database_running(folder: Path) -> None:
    assert begin(START, str(folder)).wait(90) == 0
    gone = begin("")
    gone.wait()
    (folder / ".handle_pids.json").write_text(f"[{gone.pid}]")
    assert begin(START, str(folder)).wait(90) == 0
    assert not (folder / "postmaster.pid").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_cut_the_stop_short(number: signal.Signals) -> None:
    running = begin(SERVE)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    time.sleep(0.2)
    for _ in range(3):
        os.kill(running.pid, number)
        time.sleep(0.3)
    said, _ = running.communicate(timeout=30)
    assert "PostgreSQL stopped" in said
    assert running.returncode == 0


async def test_the_made_up_ward_is_never_loaded_beside_a_real_one(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Organisation(code="ward", kind="ward", name={"ja": "甲乙区"}))
    with pytest.raises(Conflict):
        await load.load(database)


async def test_nor_where_the_first_account_of_a_real_library_waits(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Account(login="first.admin", password_hash=None))
    with pytest.raises(Conflict):
        await load.load(database)


async def test_a_real_library_does_not_serve_the_made_up_ward(database: Database) -> None:
    await serving.refuse_the_made_up_ward(database)
    async with database.transaction() as session:
        session.add(Organisation(code="ward", kind="ward", name={"ja": ward.WARD_NAME.ja}))
    with pytest.raises(Misconfigured, match="passwords"):
        await serving.refuse_the_made_up_ward(database)
