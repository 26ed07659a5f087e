"""What every test may use: a PostgreSQL of its own built by the real migrations, the application, and made-up places and people."""

from __future__ import annotations

import copy
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.types import ASGIApp
from psycopg import sql

os.environ["LIBRARY_DEMO"] = "1"
for name in [name for name in os.environ if name.startswith("LIBRARY_") and name != "LIBRARY_DEMO"]:
    del os.environ[name]

from library import app as application
from library import postgres, schema
from library.db import Database
from library.settings import Settings
from library.wiring import Parts
from tests.world import Client, World

MEMORY = Path("/dev/shm")
ROOM = 3 * 1024**3  # bytes that the databases of one test process may want at once, with much to spare
TEMPLATE = "tables"
POPULATED = "populated"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder that goes with the test run: in memory where there is room, else below /var/tmp as root, since PostgreSQL then
    runs as another user."""
    folder = _roomy() / f"library-tests-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _roomy() -> Path:
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return MEMORY
    return Path("/var/tmp") if os.geteuid() == 0 else Path(os.environ.get("TMPDIR", "/tmp"))


@pytest.fixture(scope="session")
def server(scratch: Path) -> Iterator[str]:
    """A PostgreSQL server of this test process; the address of its migrated template database."""
    folder = scratch / "postgres"
    url = postgres.embedded(folder, database=TEMPLATE)
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))  # a test's data may be lost
        connection.execute("SELECT pg_reload_conf()")
    schema.upgrade(url)
    yield url
    postgres.stop(folder)


@pytest.fixture(scope="session")
async def populated(server: str) -> World:
    """The made-up world, built once; the database it is in serves as a template for every test that asks for `world`."""
    url = copied(server, POPULATED, template=TEMPLATE)
    database = Database(url, pooled=False)
    try:
        return await World.build(database)
    finally:
        await database.close()


def copied(server: str, name: str, *, template: str) -> str:
    """A database that is a copy of another on the test server; its address."""
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")  # here ten times as fast as copying through the log
    with psycopg.connect(server.replace(f"/{TEMPLATE}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
    return server.replace(f"/{TEMPLATE}?", f"/{name}?")


@pytest.fixture
def database_url(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database for one test: empty tables, or the made-up world when the test asks for it."""
    template = TEMPLATE
    if "world" in request.fixturenames:
        request.getfixturevalue("populated")
        template = POPULATED
    name = f"t_{uuid.uuid4().hex[:12]}"
    yield copied(server, name, template=template)
    with psycopg.connect(server.replace(f"/{TEMPLATE}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pooled=False)
    yield made
    await made.close()


@pytest.fixture
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(demo=True, database_url=database_url, data=tmp_path_factory.mktemp("data"), library_name="こもれび図書館")


@pytest.fixture
async def parts(settings: Settings, database: Database) -> AsyncIterator[Parts]:
    """The application's parts, opened as a process opens them."""
    assert settings.database_url
    async with Parts.made(settings, settings.database_url).open() as opened:
        yield opened


@pytest.fixture
def world(database_url: str, populated: World) -> World:
    """A ward, two schools, five branches and one person for each kind of user; see tests/world.py."""
    return copy.deepcopy(populated)


@pytest.fixture(scope="session")
def applications() -> dict[str, tuple[Litestar, ASGIApp]]:
    """Applications by their settings: registering every route anew for each test would cost more than the tests."""
    return {}


@pytest.fixture
def served(settings: Settings, parts: Parts, applications: dict[str, tuple[Litestar, ASGIApp]]) -> ASGIApp:
    """The application on this test's database."""
    alike = repr(settings.model_copy(update={"database_url": None, "data": None}))
    if alike not in applications:
        made = application.litestar(settings, parts)
        applications[alike] = made, application.guarded(made, settings)
    inner, outer = applications[alike]
    inner.state.update(application.state(settings, parts, inner.state.pages))
    return outer


@pytest.fixture
async def client(served: ASGIApp) -> AsyncIterator[Client]:
    """A stranger's browser, speaking to the whole application in this process."""
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)  # type: ignore[arg-type]  # httpx's own words for ASGI
    async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as plain:
        yield Client(plain)
