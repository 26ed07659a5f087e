"""`library lending …`: what the worker does by itself for lending, by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from library.cli_base import Terminal, json_option
from library.commands.database import opened


@click.group("lending")
def group() -> None:
    """Do now what the worker does for lending every few minutes."""


@group.command("cut")
@json_option
def cut(terminal: Terminal) -> None:
    """Forget the readers of returned loans and closed holds whose retention is over.

    The worker does this every five minutes; by hand it is for the time after a restored back-up, before the service is opened.
    """
    result = asyncio.run(_cut())
    terminal.done(result, f"readers forgotten: {result['loans']:,} of loans, {result['holds']:,} of holds")


@group.command("expire")
@json_option
def expire(terminal: Terminal) -> None:
    """End the holds that nobody collected in time; not where the library is closed today."""
    result = asyncio.run(_expire())
    terminal.done(result, f"holds ended: {result['holds']:,}")


async def _cut() -> dict[str, Any]:
    from circulation.jobs import cut_all

    async with opened() as (database, _settings):
        done = await cut_all(database)
    return {"loans": done.loans, "holds": done.holds}


async def _expire() -> dict[str, Any]:
    from circulation.jobs import expire_all

    async with opened() as (database, _settings):
        return {"holds": await expire_all(database)}
