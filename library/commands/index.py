"""`library index …`: how the search index of this host stands, and building it anew."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import WRONG, Terminal, json_option
from library.commands import index_server

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
@json_option
def setup(terminal: Terminal) -> None:
    """Make the index on the index server, or give it the settings that this program needs where they differ."""
    result = asyncio.run(_of_the_server(index_server.set_up))
    changed = ", ".join(result["settings_changed"]) or "none"
    terminal.done(result, f"Meilisearch {result['version']}; settings changed: {changed}")


@group.command("verify")
@click.option("--report-only", is_flag=True, help="Say what differs and leave it.")
@click.option(
    "--contract", is_flag=True, help="Instead try all that this program relies on of the index server, in an index that is removed again."
)
@json_option
def verify(terminal: Terminal, report_only: bool, contract: bool) -> None:
    """Hold the index on the index server against the database, record by record, and mend what differs."""
    if contract:
        _verify_contract(terminal)
        return
    result = asyncio.run(_of_the_server(lambda feeder: index_server.verify(feeder, mend=not report_only, tell=lambda _: None)))
    settings = f"; settings that differ: {', '.join(result['settings_differ'])}" if result["settings_differ"] else ""
    said = "{compared:,} records compared: {missing:,} missing, {otherwise:,} otherwise, {surplus:,} too many".format(**result)
    terminal.done(result, said + settings + ("; repaired" if result["repaired"] else ""))


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
    """Say how many records the index holds and how far it is behind the catalogue."""
    result = asyncio.run(_status())
    lag = result["lag"]
    behind = "not following yet" if lag is None else f"{lag['changes']:,} changes behind, the oldest {lag['seconds']:.0f} s"
    needs = f"; needs to be built: {result['reason']}" if result["needs_rebuild"] else ""
    lines = [f"{result['backend']}: {result['records']:,} records, {behind}{needs}"]
    if result["rebuilt"]:
        lines.append("last rebuilt {at}: {records:,} records in {seconds:.1f} s".format(**result["rebuilt"]))
    lines += [f"set aside: record {one['record']}, {one['reason']}" for one in result["set_aside"]]
    if "server" in result:
        lines += _lines_of_the_server(result["server"])
    terminal.done(result, "\n".join(lines))


def _lines_of_the_server(said: dict[str, Any]) -> list[str]:
    if "error" in said:
        return [f"index server: {said['error']}"]
    behind = "not following yet" if said["lag"] is None else "{changes:,} changes behind, the oldest {seconds:.0f} s".format(**said["lag"])
    needs = f"; needs to be built: {said['reason']}" if said["needs_rebuild"] else ""
    differ = f"; settings that differ: {', '.join(said['settings_differ'])}" if said["settings_differ"] else ""
    lines = [f"index server, Meilisearch {said['version']}: {said['records']:,} records, {behind}{needs}{differ}"]
    return [*lines, *(f"set aside on the server: record {one['record']}, {one['reason']}" for one in said["set_aside"])]


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


async def _status() -> dict[str, Any]:
    from search.index.engine import EngineUnavailable

    chosen, database, follower = _opened()
    try:
        now = follower.engine.status()
        lag: dict[str, Any] | None = None
        if not now.needs_rebuild:
            try:
                changes, seconds = await follower.lag()
                lag = {"changes": changes, "seconds": round(seconds, 1)}
            except EngineUnavailable:
                lag = None
        return {
            "backend": now.backend,
            "records": now.records,
            "catalogue": await _records(database),
            "lag": lag,
            "needs_rebuild": now.needs_rebuild,
            "reason": now.reason,
            "cursor": now.cursor,
            **index_server.left(follower.standing),
            **await _beside(chosen, database),
        }
    finally:
        follower.engine.close()
        await database.close()


async def _beside(chosen: Settings, database: Database) -> dict[str, Any]:
    """How the index server stands, or that it is away; nothing where none is set."""
    from library.errors import Unavailable

    try:
        async with index_server.feeder_of(chosen, database) as feeder:
            return {"server": await index_server.status(feeder)} if feeder is not None else {}
    except Unavailable as exc:
        return {"server": {"error": str(exc)}}


async def _of_the_server(do: Callable[[Feeder], Any]) -> dict[str, Any]:
    chosen, database, _ = _opened()
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
