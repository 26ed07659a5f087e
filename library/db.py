"""PostgreSQL: the two kinds of session, the only place that commits, and the names all tables share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar

import msgspec
import psycopg
import structlog
from psycopg import errors as pg
from psycopg import sql
from sqlalchemy import BigInteger, DateTime, Identity, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from library.errors import N_, Busy, Conflict

log = structlog.get_logger(__name__)

LOCK_TIMEOUT = "3s"

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table. Times are timestamptz; texts are unbounded `text`; relationships are declared with lazy="raise"."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        dict[str, str]: JSONB(),
        dict[str, Any]: JSONB(),
    }


class Numbered:
    """A table whose rows are known by a number that never changes; JSON shows it as a string."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)


class Reading(AsyncSession):
    """A session that may look."""


class Writing(Reading):
    """A session that may also change; only `Database.transaction` makes one."""


# Constraint name → the meaning of its violation. Rooms add theirs with `means`.
_meanings: dict[str, tuple[str, str]] = {}


def means(constraint: str, code: str, sentence: str) -> None:
    """Says what a violated constraint means: the Conflict's code and sentence."""
    _meanings[constraint] = (code, sentence)


def async_url(url: str) -> str:
    """The SQLAlchemy form of a postgresql:// address."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


class Database:
    """One pool of connections. `transaction` and `reading` are the only ways to a session."""

    def __init__(self, url: str, *, pool: int = 10, pooled: bool = True) -> None:
        self.url = url
        kinds: dict[str, Any] = {"pool_size": pool, "max_overflow": pool, "pool_timeout": 10} if pooled else {"poolclass": NullPool}
        self.engine: AsyncEngine = create_async_engine(async_url(url), hide_parameters=True, json_deserializer=msgspec.json.decode, **kinds)
        self._writing = async_sessionmaker(self.engine, class_=Writing, expire_on_commit=False)
        looking = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._reading = async_sessionmaker(looking, class_=Reading, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writing]:
        """A unit of work: commits at the end of the block, rolls back when it raises; waits 3 s for a lock, then Busy."""
        try:
            async with self._writing.begin() as session:
                await session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
                yield session
        except IntegrityError as exc:
            meaning = meaning_of(exc)
            if meaning is None:
                raise
            raise meaning from exc
        except DBAPIError as exc:
            if isinstance(exc.orig, pg.LockNotAvailable | pg.DeadlockDetected | pg.SerializationFailure):
                raise Busy("busy", N_("ほかの操作と重なりました。もう一度お試しください。")) from exc
            raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """A read-only look at one consistent state; PostgreSQL itself refuses to write in it."""
        async with self._reading() as session:
            yield session
            try:
                await session.commit()  # after a rollback the driver would forget every statement it has prepared
            except OperationalError as exc:  # what was read is read, whatever became of the connection since
                log.info("connection_lost_after_reading", reason=type(exc.orig).__name__)

    async def close(self) -> None:
        await self.engine.dispose()


async def copy_in(session: Writing, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Adds many rows by COPY, inside the session's transaction. JSON goes in as text; defaults and triggers apply as usual."""
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    async with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            await copy.write_row(row)


def meaning_of(exc: IntegrityError) -> Conflict | None:
    """The Conflict a violated constraint stands for; None when nobody said what it means."""
    diagnosis = getattr(exc.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name in _meanings:
        code, sentence = _meanings[name]
        return Conflict(code, sentence)
    return None
