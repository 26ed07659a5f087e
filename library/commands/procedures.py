"""`library procedures …`: the guide as a file, out and in."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from library.cli_base import WRONG, Terminal, json_option
from library.commands.database import opened

if TYPE_CHECKING:
    from library.errors import Invalid
    from search.procedures.exchange import Outcome


@click.group("procedures")
def group() -> None:
    """The guide that staff edit: procedures and answers."""


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def export(terminal: Terminal, *, file: Path) -> None:
    """Write every entry with its newest texts to FILE: JSON when its name ends so, else YAML; - for the terminal."""
    written = asyncio.run(_export(as_json=file.suffix == ".json"))
    if str(file) == "-":
        sys.stdout.write(written)
        return
    file.write_text(written, encoding="utf-8")
    terminal.done({"file": str(file), "bytes": len(written.encode())}, f"written to {file}")


async def _export(*, as_json: bool) -> str:
    from search.procedures import exchange

    async with opened() as (database, _), database.reading() as session:
        return await exchange.exported(session, as_json=as_json)


@group.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--starting", is_flag=True, help="The body that a new ward begins with, instead of a file.")
@click.option("--organisation", metavar="CODE", help="Whose entries they are where the file does not say; the ward when absent.")
@click.option("--publish", is_flag=True, help="Show them to readers at once; else they are drafts.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@json_option
def bring(terminal: Terminal, *, file: Path | None, starting: bool, organisation: str | None, publish: bool, dry_run: bool) -> None:
    """Take entries in from FILE (YAML or JSON): new keys are made, changed texts become new versions."""
    from library.errors import Invalid
    from search.procedures import exchange

    if (file is None) != starting:
        raise click.UsageError("either FILE or --starting")
    data = exchange.starting() if file is None else file.read_bytes()
    try:
        outcome = asyncio.run(_bring(data, organisation, publish=publish, dry_run=dry_run))
    except Invalid as exc:
        terminal.failed(exc.code, _refusal(exc), WRONG)
        return
    result = {"made": outcome.made, "changed": outcome.changed, "unchanged": outcome.unchanged, "dry_run": dry_run, "published": publish}
    said = f"{len(outcome.made)} made, {len(outcome.changed)} changed, {len(outcome.unchanged)} unchanged"
    terminal.done(result, f"{said} (rehearsal, nothing kept)" if dry_run else said)


class _RehearsalOver(Exception):
    """Ends a transaction whose outcome is known and must not stay."""


async def _bring(data: bytes, organisation: str | None, *, publish: bool, dry_run: bool) -> Outcome:
    from library import clock
    from library.places import store as places
    from search.procedures import exchange

    outcome = exchange.Outcome()
    async with opened() as (database, settings):
        async with database.reading() as session:
            every = await places.organisations(session, on=clock.today(settings.zone))
        told = exchange.read(data, organisation=organisation or (every[0].code if every else ""))
        try:
            async with database.transaction() as session:
                outcome = await exchange.bring(session, told, publish=publish, by=None)
                if dry_run:
                    raise _RehearsalOver  # noqa: TRY301 - the way out of a transaction that must not commit
        except _RehearsalOver:
            pass
    return outcome


def _refusal(exc: Invalid) -> str:
    lines = [f"{problem.where}: {problem.sentence.format(**problem.fields)}" for problem in exc.problems]
    return "\n  ".join([exc.sentence.format(**exc.fields), *lines])
