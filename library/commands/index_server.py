"""What `library index …` does for an index on Meilisearch, where one is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from library.db import Database
    from library.settings import Settings
    from search.index.meilisearch.feeding import Feeder


@asynccontextmanager
async def feeder_of(settings: Settings, database: Database) -> AsyncIterator[Feeder | None]:
    """None where no server is set. What goes wrong with it is said as Unavailable."""
    from library.errors import N_, Unavailable
    from library.wiring import server_engine
    from search.index.engine import WriterBusy
    from search.index.meilisearch.feeding import Feeder

    engine = server_engine(settings)
    if engine is None:
        yield None
        return
    try:
        with _away_is_said():
            yield Feeder(database, engine)
    except WriterBusy as exc:
        raise Unavailable(
            "index_server_busy", N_("ほかのプロセスが索引サーバーに書いています。しばらくしてから、もう一度お試しください。")
        ) from exc
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


async def rebuild(feeder: Feeder, tell: Callable[[int], None]) -> dict[str, Any]:
    rebuilt = await feeder.rebuild(tell=tell)
    return {"records": rebuilt.records, "seconds": round(rebuilt.seconds, 2)}


def with_new_keys(master: str) -> tuple[Settings, dict[str, str]]:
    """The settings with a fresh pair of keys. Raises Misconfigured, Unavailable."""
    from library import settings
    from library.errors import Misconfigured
    from search.index.meilisearch import keys

    before = settings.load(meilisearch_search_key="none yet", meilisearch_index_key="none yet")
    if not before.meilisearch_url:
        raise Misconfigured("LIBRARY_MEILISEARCH_URL is not set")
    with _away_is_said():
        made = keys.make(before.meilisearch_url, master, before.meilisearch_index, ca=before.meilisearch_ca)
    chosen = settings.load(meilisearch_search_key=made.search, meilisearch_index_key=made.index)
    return chosen, {"search_key": made.search, "index_key": made.index}


def retire_keys(chosen: Settings, master: str) -> list[str]:
    """Names of the keys that are no more. Raises Misconfigured, Unavailable."""
    from library.errors import Misconfigured
    from search.index.meilisearch import keys

    if not chosen.meilisearch_url:
        raise Misconfigured("LIBRARY_MEILISEARCH_URL is not set")
    kept = {chosen.meilisearch_search_key or "", chosen.meilisearch_index_key or ""}
    with _away_is_said():
        return keys.retire(chosen.meilisearch_url, master, chosen.meilisearch_index, but=kept, ca=chosen.meilisearch_ca)


@contextmanager
def _away_is_said() -> Iterator[None]:
    from library.errors import N_, Unavailable
    from search.index.engine import EngineError, WriterBusy
    from search.index.standing import reason_of

    try:
        yield
    except WriterBusy:
        raise
    except EngineError as exc:
        raise Unavailable("index_server_away", N_("索引サーバーが使えません: {reason}"), reason=reason_of(exc)) from exc


class TellPoint(Protocol):
    def __call__(self, part: str, name: str, expected: str, seen: str, *, ok: bool) -> None: ...


def contract(settings: Settings, tell: TellPoint) -> dict[str, Any]:
    """Every point of the contract with the server that is set. Raises Unavailable when it cannot even be tried."""
    from search.index.meilisearch.contract import Point, examine
    from search.index.meilisearch.contract.trial import Server

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

    with _away_is_said():
        points = examine(server, told)
    failed = [point for point in points if not point.ok]
    return {
        "measured": True,
        "points": len(points),
        "failed": len(failed),
        "failures": [{"part": one.part, "name": one.name, "expected": one.expected, "seen": one.seen} for one in failed],
    }
