"""What Alembic runs: migrations against the address that `library migrate` passes in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from library.wiring import metadata

target = metadata()


def owned(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """procrastinate's tables come from its own schema file and are not compared."""
    return not (name or "").startswith("procrastinate_")


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        configure(connection)
        return
    engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=sa.NullPool)
    with engine.begin() as own:
        configure(own)


def configure(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=target,
        include_object=owned,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
