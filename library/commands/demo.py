"""`library demo …`: the made-up ward, loaded and served."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from library.cli_base import Terminal, json_option

if TYPE_CHECKING:
    from library.settings import Settings


@click.group("demo")
def group() -> None:
    """A made-up ward to try everything on. Never on a real library's database."""


@group.command("load")
@json_option
def load(terminal: Terminal) -> None:
    """Load the made-up ward into the database; what is there already stays."""
    from library import postgres

    chosen = _settings()
    with postgres.alone(postgres.prepare_data_folder(chosen.data) / ".loading.lock"):
        counts = asyncio.run(_load(chosen))
    terminal.done(counts, ", ".join(f"{number:,} {name}" for name, number in counts.items()))


@group.command("start")
@json_option
def start(terminal: Terminal) -> None:
    """Set up and serve the made-up ward until Ctrl-C."""
    from library import postgres, processes, serving

    chosen = _settings()
    processes.claim_port(chosen).close()  # said now, not after the loading
    began = time.monotonic()
    with postgres.alone(postgres.prepare_data_folder(chosen.data) / ".loading.lock"):
        counts = asyncio.run(_load(chosen))
    serving.run(chosen, with_worker=True, started=lambda: _welcome(chosen, counts, time.monotonic() - began))


def _settings() -> Settings:
    from library import settings
    from library.demo.ward import LIBRARY_NAME

    chosen = settings.load(demo=True, log_level="WARNING")
    if chosen.library_name == type(chosen).model_fields["library_name"].default:
        chosen = chosen.model_copy(update={"library_name": LIBRARY_NAME.ja})
    return chosen


async def _load(chosen: Settings) -> dict[str, int]:
    from library import logs, postgres, schema
    from library.db import Database
    from library.demo import load
    from library.wiring import Parts

    logs.configure(chosen)
    url = await asyncio.to_thread(postgres.url, chosen)
    database = Database(url, pool=4)
    try:
        if await asyncio.to_thread(schema.current, url) is not None:
            async with database.reading() as session:
                await load.refuse_a_real_ward(session)  # before a migration could change its tables
        await asyncio.to_thread(schema.upgrade, url)
        counts = await load.load(database, tell=lambda words: click.echo(f"  loading the {words} …", err=True))
    finally:
        await database.close()
    async with Parts.made(chosen, url).open() as parts:
        while await parts.follower.step():  # the first search finds everything
            pass
    return counts


def _welcome(chosen: Settings, counts: dict[str, int], seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    from library.demo.load import SEED
    from library.demo.readers import PASSWORD, sign_ins

    console = Console()
    table = Table("for", "sign in as", "who", box=None, pad_edge=False, header_style="bold")
    for one in sign_ins(SEED):
        table.add_row(one.kind, one.login, one.name)
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    console.print()
    address = f"http://{host}:{chosen.port}/"
    console.print(f"[bold]{chosen.library_name}[/bold]  {address}", highlight=False)
    console.print(f"ready after {seconds:.0f} s; Ctrl-C stops everything", highlight=False)
    things = f"{counts['records']:,} titles, {counts['items']:,} copies, {counts['branches']} branches, {counts['people']:,} people"
    console.print(f"{things}, all invented; {counts['loans']:,} loans and {counts['holds']:,} holds around today", highlight=False)
    console.print()
    console.print(table)
    console.print(f"password for everyone: [bold]{PASSWORD}[/bold]   API: {address}api/docs", highlight=False)
    console.print(f"five things to try as each: {address}tour", highlight=False)
