"""`library index …`: how the search index of this host stands, and building it anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import Terminal, json_option

if TYPE_CHECKING:
    from library.db import Database
    from search.index.follower import Follower

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

    Searches go on meanwhile. Where a running service writes the index, it is asked to, and this command waits for it.
    """
    result = asyncio.run(_rebuild())
    by = " by the running service" if result["by"] == "service" else ""
    terminal.done(result, f"{result['records']:,} records in {result['seconds']:.1f} s{by}")


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
    terminal.done(result, "\n".join(lines))


async def _rebuild() -> dict[str, Any]:
    from search.index.engine import WriterBusy

    database, follower = _opened()
    try:
        with _bar(await _records(database)) as tell:
            try:
                rebuilt = await follower.rebuild(tell=tell)
            except WriterBusy:
                return await _asked_of_the_service(follower, tell) | {"backend": follower.engine.status().backend}
        done = {"records": rebuilt.records, "seconds": round(rebuilt.seconds, 2), "by": "command"}
        return done | {"backend": follower.engine.status().backend}
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

    database, follower = _opened()
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
            **_left_by_the_writer(follower),
        }
    finally:
        follower.engine.close()
        await database.close()


def _left_by_the_writer(follower: Follower) -> dict[str, Any]:
    known = follower.standing
    last = known.rebuilt
    return {
        "rebuilt": {"at": last.at.isoformat(), "records": last.records, "seconds": round(last.seconds, 2)} if last else None,
        "set_aside": [{"record": str(number), "reason": reason} for number, reason in sorted(known.set_aside.items())],
    }


def _opened() -> tuple[Database, Follower]:
    from library import logs, postgres, settings
    from library.db import Database
    from search.index.embedded import EmbeddedEngine
    from search.index.follower import Follower

    chosen = settings.load()
    logs.configure(chosen.model_copy(update={"log_level": "WARNING"}))
    database = Database(postgres.ready_url(chosen), pool=2)
    return database, Follower(database, EmbeddedEngine(chosen.data / "index"))


async def _records(database: Database) -> int:
    from sqlalchemy import text

    async with database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM record")) or 0)


@contextmanager
def _bar(total: int) -> Iterator[Tell]:
    """A progress bar on standard error, for a terminal only."""
    import sys

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("index", total=total)
        yield lambda done: bar.update(task, completed=done)
