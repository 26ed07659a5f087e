"""Brings the tables up to date or back, and says whether they are."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from library.db import async_url

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 0x11B2A27  # one migration at a time, whoever starts it


def config() -> Config:
    configured = Config()
    configured.set_main_option("script_location", str(FOLDER))
    configured.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return configured


def engine(url: str) -> sa.Engine:
    return sa.create_engine(async_url(url), poolclass=sa.NullPool)


def upgrade(url: str, revision: str = "head") -> None:
    """Applies what is missing, in one transaction; a second process waits for the first."""
    _run(url, lambda configured: command.upgrade(configured, revision))


def downgrade(url: str, revision: str = "base") -> None:
    _run(url, lambda configured: command.downgrade(configured, revision))


def _run(url: str, act: object) -> None:
    assert callable(act)
    configured = config()
    with engine(url).begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        configured.attributes["connection"] = connection
        act(configured)


@cache
def newest() -> str | None:
    """The revision this program was made for."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current(url: str) -> str | None:
    """The revision the database has."""
    with engine(url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def drift(url: str, metadata: sa.MetaData) -> list[object]:
    """Differences between the models and the migrated tables; empty when they agree."""

    def owned(_object: object, name: str | None, _kind: str, _reflected: bool, _compare_to: object) -> bool:
        return not (name or "").startswith("procrastinate_")

    with engine(url).connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Did not recognize type 'xid8'")
        context = MigrationContext.configure(connection, opts={"include_object": owned, "compare_type": True})
        return list(compare_metadata(context, metadata))
