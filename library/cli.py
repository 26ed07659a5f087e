"""`library`: the one command line for operators. With --json the last line on standard output is the result."""

from __future__ import annotations

import asyncio
import json
import sys

import click

from library import stopping
from library.cli_base import INTERRUPTED, WRONG, Terminal, json_option


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option("0.1.0", prog_name="library")
def library() -> None:
    """The library of a ward and its schools: serve it, fill it, look after it.

    Settings come from LIBRARY_* variables or a .env file. Without LIBRARY_DATABASE_URL the embedded PostgreSQL in
    LIBRARY_DATA is joined, or started.
    """


@library.command()
@click.option("--with-worker", is_flag=True, help="Also work off jobs in this process.")
@json_option
def serve(terminal: Terminal, with_worker: bool) -> None:
    """Serve the web application until SIGTERM, SIGINT or SIGHUP."""
    from library import serving, settings

    chosen = settings.load()
    chosen.require_for_serving()
    serving.run(chosen, with_worker=with_worker)


@library.command()
@json_option
def worker(terminal: Terminal) -> None:
    """Work off jobs until SIGTERM, SIGINT or SIGHUP."""
    from library import postgres, settings, worker

    chosen = settings.load()
    worker.run(chosen, postgres.ready_url(chosen))


@library.command()
@click.option("--to", "revision", default="head", show_default=True, help="The revision to go up to.")
@click.option("--down-to", default=None, help="Go down to this revision instead ('base' removes every table).")
@click.option("--yes", is_flag=True, help="Do not ask before going down.")
@json_option
def migrate(terminal: Terminal, revision: str, down_to: str | None, yes: bool) -> None:
    """Bring the tables up to date."""
    from library import postgres, schema, settings

    url = postgres.url(settings.load())
    before = schema.current(url)
    if down_to is not None:
        if not yes:
            click.confirm(f"Go down from {before} to {down_to}? Data that newer tables hold is lost.", abort=True)
        schema.downgrade(url, down_to)
    else:
        schema.upgrade(url, revision)
    after = schema.current(url)
    terminal.done({"from": before, "to": after}, f"{before or 'nothing'} → {after or 'nothing'}")


@library.command()
@json_option
def doctor(terminal: Terminal) -> None:
    """Say what is configured, reachable and pending. Exits 1 when the service would not be ready."""
    from library import doctor, settings

    found = asyncio.run(doctor.examine(settings.load()))
    width = max(len(line.part) for line in found)
    text = "\n".join(f"{line.mark} {line.part.ljust(width)}  {line.says}" for line in found)
    terminal.done({"parts": [line.as_dict() for line in found], "ready": all(line.good for line in found)}, text)
    if not all(line.good for line in found):
        sys.exit(WRONG)


def add_rooms() -> None:
    """Each room's commands; their modules import what they need only when they run."""
    from library.commands import bench, demo, imports, index, lending, patrons, policies, procedures, staff

    imports.group.add_command(patrons.import_patrons)
    of_rooms = (imports.group, index.group, staff.staff, staff.token, patrons.group, policies.group, lending.group, procedures.group)
    for command in (*of_rooms, demo.group, bench.bench):
        library.add_command(command)


def main() -> None:
    """The program. With --json even a misspelt option ends in an object on the last line."""
    stopping.in_order()
    add_rooms()
    try:
        library.main(standalone_mode=False)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as exc:
        exc.show()
        say_failure("usage", exc.format_message())
        sys.exit(exc.exit_code)
    except Exception as exc:
        say_failure("internal_error", f"{type(exc).__name__}: {exc}")
        raise


def say_failure(code: str, message: str) -> None:
    """Nothing is decoded yet, or something broke: whether JSON is wanted stands in the words themselves."""
    if "--json" in sys.argv[1:]:
        click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
