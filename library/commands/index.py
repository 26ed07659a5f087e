"""`library index …`: how the search index of this host stands, and building it anew."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import WRONG, Terminal, json_option
from library.commands import index_copies, index_server

if TYPE_CHECKING:
    from library.db import Database
    from library.settings import Settings
    from search.index.follower import Follower
    from search.index.meilisearch.feeding import Feeder

SILENT_AFTER = 60.0  # seconds without a word from the process that writes
_LOOK_EVERY = 0.3

Tell = Callable[[int], None]


@click.group("index")
def group() -> None:
    """Look after the search index of this host."""


@group.command("rebuild")
@json_option
def rebuild(terminal: Terminal) -> None:
    """Build the index anew beside the one that serves, then let it take over.

    Searches go on meanwhile. Where a running service writes the index of this host, it is asked to, and this command waits for it.
    Where an index server is set, its index is built anew too.
    """
    result = asyncio.run(_rebuild())
    by = " by the running service" if result["by"] == "service" else ""
    lines = [f"{result['records']:,} records in {result['seconds']:.1f} s{by}"]
    if "server" in result:
        lines.append("index server: {records:,} records in {seconds:.1f} s".format(**result["server"]))
    terminal.done(result, "\n".join(lines))


@group.command("setup")
@click.option("--make-keys", is_flag=True, help="First make the two keys of the service with the master key, and print them.")
@click.option("--retire-keys", is_flag=True, help="Delete earlier keys that were made so; those that are set stay.")
@json_option
def setup(terminal: Terminal, make_keys: bool, retire_keys: bool) -> None:
    """Make the index on the index server, or give it the settings that this program needs where they differ.

    The master key is read from LIBRARY_MEILISEARCH_MASTER_KEY or asked for, used once and kept nowhere.
    """
    from library import settings

    if make_keys:
        chosen, keys = index_server.with_new_keys(_master_key())
        lines = [f"LIBRARY_MEILISEARCH_SEARCH_KEY={keys['search_key']}", f"LIBRARY_MEILISEARCH_INDEX_KEY={keys['index_key']}"]
        lines.append("Put these two lines where every host has its settings (/etc/library.env), and restart web and worker.")
        result: dict[str, Any] = {"keys": keys}
        if not terminal.as_json:
            click.echo("\n".join(lines))  # at once: the next step may fail, and nobody can read them again
            lines = []
    elif retire_keys:
        chosen = settings.load()
        result = {"keys_retired": index_server.retire_keys(chosen, _master_key())}
        lines = [f"retired: {name}" for name in result["keys_retired"]] or ["no earlier keys"]
    else:
        chosen, result, lines = settings.load(), {}, []
    result |= asyncio.run(_of_the_server(chosen, index_server.set_up))
    changed = ", ".join(result["settings_changed"]) or "none"
    terminal.done(result, "\n".join([*lines, f"Meilisearch {result['version']}; settings changed: {changed}"]))


def _master_key() -> str:
    return os.environ.get("LIBRARY_MEILISEARCH_MASTER_KEY") or str(click.prompt("Master key", hide_input=True, err=True))


@group.command("verify")
@click.option("--check", is_flag=True, help="Only look; differences are left as they are.")
@click.option("--contract", is_flag=True, help="Instead try what is relied on of the index server, in an index that is removed again.")
@json_option
def verify(terminal: Terminal, check: bool, contract: bool) -> None:
    """Hold both copies of the index against the database, by counts and checksums of ranges, and mend what differs.

    Exits 1 when a copy differs that was only looked at, could not be mended, or could not be compared.
    """
    if contract:
        _verify_contract(terminal)
        return
    result = asyncio.run(_verify(mend=not check))
    terminal.done(result, "\n".join(index_copies.verified_lines(result)))
    if not result["good"]:
        sys.exit(WRONG)


async def _verify(*, mend: bool) -> dict[str, Any]:
    chosen, database, follower = _opened()
    try:
        with _bar(await _records(database)) as tell:
            copies = {"embedded": await index_copies.verify_host(follower, mend=mend, tell=tell)}
        with _bar(await _records(database)) as tell:
            copies |= await index_copies.verify_server(chosen, database, mend=mend, tell=tell)
    finally:
        follower.engine.close()
        await database.close()
    return {
        "good": all("error" not in one and not one["left"] for one in copies.values()),
        "same": all(one.get("same", False) for one in copies.values()),
        "copies": copies,
    }


def _verify_contract(terminal: Terminal) -> None:
    from library import settings

    def tell(part: str, name: str, expected: str, seen: str, *, ok: bool) -> None:
        line = f"ok      {part}: {name}" if ok else f"FAILED  {part}: {name}\n          expected {expected}\n          seen     {seen}"
        click.echo(line, err=terminal.as_json)

    result = index_server.contract(settings.load(), tell)
    if not result["measured"]:
        terminal.done(result, f"not measured: {result['reason']}")
        return
    terminal.done(result, "{points} points, {failed} failed".format(**result))
    if result["failed"]:
        sys.exit(WRONG)


@group.command("status")
@json_option
def status(terminal: Terminal) -> None:
    """Say which index answers, how many records each copy holds, and how far it is behind the catalogue."""
    result = asyncio.run(_status())
    terminal.done(result, "\n".join(index_copies.status_lines(result)))


async def _status() -> dict[str, Any]:
    chosen, database, follower = _opened()
    try:
        return {"catalogue": await _records(database)} | await index_copies.status(chosen, database, follower)
    finally:
        follower.engine.close()
        await database.close()


async def _rebuild() -> dict[str, Any]:
    from search.index.engine import WriterBusy

    chosen, database, follower = _opened()
    try:
        with _bar(await _records(database)) as tell:
            try:
                rebuilt = await follower.rebuild(tell=tell)
                done = {"records": rebuilt.records, "seconds": round(rebuilt.seconds, 2), "by": "command"}
            except WriterBusy:
                done = await _asked_of_the_service(follower, tell)
        done["backend"] = follower.engine.status().backend
        async with index_server.feeder_of(chosen, database) as feeder:
            if feeder is not None:
                with _bar(await _records(database)) as tell:
                    done["server"] = await index_server.rebuild(feeder, tell)
        return done
    finally:
        follower.engine.close()
        await database.close()


async def _asked_of_the_service(follower: Follower, tell: Tell) -> dict[str, Any]:
    """Leaves a request for the process that writes, and waits as long as it goes on."""
    from library.errors import N_, Unavailable
    from search.index import rebuilding

    folder = follower.engine.folder
    token = rebuilding.ask(folder)
    heard = rebuilding.Heard(token)
    last_word = time.monotonic()
    try:
        while not heard.is_over:
            await asyncio.sleep(_LOOK_EVERY)
            now = await asyncio.to_thread(rebuilding.heard, folder, token)
            if now != heard:
                heard, last_word = now, time.monotonic()
                tell(heard.records)
            elif time.monotonic() - last_word > SILENT_AFTER:
                raise Unavailable("index_writer_silent", N_("索引を書いているプロセスが答えません。サービスを再起動してください。"))
    finally:
        rebuilding.withdraw(folder, token)
    if heard.error:
        raise Unavailable("index_not_rebuilt", N_("索引を作り直せませんでした: {reason}"), reason=heard.error)
    return {"records": heard.records, "seconds": round(heard.seconds or 0.0, 2), "by": "service"}


async def _of_the_server(chosen: Settings, do: Callable[[Feeder], Any]) -> dict[str, Any]:
    from library import postgres
    from library.db import Database

    database = Database(postgres.ready_url(chosen), pool=2)
    try:
        return await index_server.needed(chosen, database, do)
    finally:
        await database.close()


def _opened() -> tuple[Settings, Database, Follower]:
    from library import logs, postgres, settings
    from library.db import Database
    from search.index.embedded import EmbeddedEngine
    from search.index.follower import Follower

    chosen = settings.load()
    logs.configure(chosen.model_copy(update={"log_level": "WARNING"}))
    database = Database(postgres.ready_url(chosen), pool=2)
    return chosen, database, Follower(database, EmbeddedEngine(chosen.data / "index"))


async def _records(database: Database) -> int:
    from sqlalchemy import text

    async with database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM record")) or 0)


@contextmanager
def _bar(total: int) -> Iterator[Tell]:
    """A progress bar on standard error, for a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("index", total=total)
        yield lambda done: bar.update(task, completed=done)
