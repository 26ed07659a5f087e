"""What `library index …` does for an index on Meilisearch, where one is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from library.db import Database
    from library.settings import Settings
    from search.index.meilisearch.feeding import Feeder
    from search.index.standing import Standing

NAMED = 50  # numbers of records in one answer


@asynccontextmanager
async def feeder_of(settings: Settings, database: Database) -> AsyncIterator[Feeder | None]:
    """None where no server is set. What goes wrong with it is said as Unavailable."""
    from library.errors import N_, Unavailable
    from library.wiring import server_engine
    from search.index.engine import EngineError, WriterBusy
    from search.index.meilisearch.feeding import Feeder
    from search.index.standing import reason_of

    engine = server_engine(settings)
    if engine is None:
        yield None
        return
    try:
        yield Feeder(database, engine)
    except WriterBusy as exc:
        raise Unavailable(
            "index_server_busy", N_("ほかのプロセスが索引サーバーに書いています。しばらくしてから、もう一度お試しください。")
        ) from exc
    except EngineError as exc:
        raise Unavailable("index_server_away", N_("索引サーバーが使えません: {reason}"), reason=reason_of(exc)) from exc
    finally:
        engine.close()


async def needed(settings: Settings, database: Database, do: Callable[[Feeder], Any]) -> dict[str, Any]:
    """What `do` says of the server; raises Misconfigured where none is set."""
    from library.errors import Misconfigured

    async with feeder_of(settings, database) as feeder:
        if feeder is None:
            raise Misconfigured("LIBRARY_MEILISEARCH_URL is not set")
        return dict(await do(feeder))


async def set_up(feeder: Feeder) -> dict[str, Any]:
    version = await asyncio.to_thread(feeder.engine.check_server)
    changed = await asyncio.to_thread(feeder.engine.set_up)
    return {"backend": "meilisearch", "version": version, "settings_changed": sorted(changed)}


async def status(feeder: Feeder) -> dict[str, Any]:
    from search.index.engine import EngineUnavailable

    engine = feeder.engine
    now = await asyncio.to_thread(engine.status)
    lag = None
    differing: list[str] = []
    standing = None
    if not now.needs_rebuild:
        changes, seconds = await feeder.lag()
        lag = {"changes": changes, "seconds": round(seconds, 1)}
    try:
        differing = await asyncio.to_thread(engine.settings_that_differ)
        standing = (await asyncio.to_thread(engine.about)).standing
    except EngineUnavailable:
        differing = []  # there is no index yet, and so it was said
    return {
        "backend": now.backend,
        "version": await asyncio.to_thread(engine.check_server),
        "records": now.records,
        "needs_rebuild": now.needs_rebuild,
        "reason": now.reason,
        "lag": lag,
        "cursor": now.cursor,
        "settings_differ": sorted(differing),
        **left(standing),
    }


def left(standing: Standing | None) -> dict[str, Any]:
    """What the one who writes has left behind."""
    last = standing.rebuilt if standing else None
    aside = standing.set_aside if standing else {}
    return {
        "rebuilt": {"at": last.at.isoformat(), "records": last.records, "seconds": round(last.seconds, 2)} if last else None,
        "set_aside": [{"record": str(number), "reason": reason} for number, reason in sorted(aside.items())],
    }


async def rebuild(feeder: Feeder, tell: Callable[[int], None]) -> dict[str, Any]:
    rebuilt = await feeder.rebuild(tell=tell)
    return {"records": rebuilt.records, "seconds": round(rebuilt.seconds, 2)}


async def verify(feeder: Feeder, *, mend: bool, tell: Callable[[int], None]) -> dict[str, Any]:
    from search.index.meilisearch.comparing import compare

    found = await compare(feeder, mend=mend, tell=tell)
    lists = {"missing": found.missing, "otherwise": found.otherwise, "surplus": found.surplus}
    return {
        "backend": "meilisearch",
        "compared": found.compared,
        "same": found.are_none,
        "repaired": mend and not found.are_none,
        "settings_differ": list(found.settings),
        **{name: len(numbers) for name, numbers in lists.items()},
        "records": {name: [str(number) for number in numbers[:NAMED]] for name, numbers in lists.items()},
    }


class TellPoint(Protocol):
    def __call__(self, part: str, name: str, expected: str, seen: str, *, ok: bool) -> None: ...


def contract(settings: Settings, tell: TellPoint) -> dict[str, Any]:
    """Every point of the contract with the server that is set. Raises Unavailable when it cannot even be tried."""
    from library.errors import N_, Unavailable
    from search.index.engine import EngineError
    from search.index.meilisearch.contract import Point, examine
    from search.index.meilisearch.contract.trial import Server
    from search.index.standing import reason_of

    if not settings.meilisearch_url:
        return {"measured": False, "reason": "LIBRARY_MEILISEARCH_URL is not set"}
    server = Server(
        settings.meilisearch_url,
        settings.meilisearch_search_key or "",
        settings.meilisearch_index_key or "",
        settings.meilisearch_index,
        settings.meilisearch_ca,
    )

    def told(point: Point) -> None:
        tell(point.part, point.name, point.expected, point.seen, ok=point.ok)

    try:
        points = examine(server, told)
    except EngineError as exc:
        raise Unavailable("index_server_away", N_("索引サーバーが使えません: {reason}"), reason=reason_of(exc)) from exc
    failed = [point for point in points if not point.ok]
    return {
        "measured": True,
        "points": len(points),
        "failed": len(failed),
        "failures": [{"part": one.part, "name": one.name, "expected": one.expected, "seen": one.seen} for one in failed],
    }
