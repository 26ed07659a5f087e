"""How both copies of the index stand and whether they hold what the database holds: this host's own, and the index server's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from library.commands import index_server

if TYPE_CHECKING:
    from library.db import Database
    from library.settings import Settings
    from search.index.comparing import Differences
    from search.index.follower import Follower
    from search.index.meilisearch.feeding import Feeder
    from search.index.standing import Standing

NAMED = 50  # numbers of records, and ranges, in one answer

Tell = Callable[[int], None]


async def status(settings: Settings, database: Database, follower: Follower) -> dict[str, Any]:
    """What the copy that answers says of itself, then the breaker, then each copy."""
    from library.errors import Unavailable
    from search.index.meilisearch import leaving

    copies: dict[str, dict[str, Any]] = {"embedded": await _of_host(follower)}
    breaker: dict[str, Any] = {"state": "none", "left": []}
    try:
        async with index_server.feeder_of(settings, database) as feeder:
            if feeder is not None:
                copies["meilisearch"] = await _of_server(feeder)
                breaker["probe"] = await _probe(feeder)
    except Unavailable as exc:
        copies["meilisearch"] = {"backend": "meilisearch", "error": str(exc)}
        breaker["probe"] = {"error": str(exc)}
    if "meilisearch" in copies:
        left = leaving.read(follower.engine.folder)
        breaker["left"] = [{"pid": one.pid, "reason": one.reason, "since": one.since.isoformat()} for one in left]
        breaker["state"] = "open" if left or "error" in breaker["probe"] else "closed"
    answers = _who_answers(copies, breaker)
    told = copies[answers or "embedded"]
    return {**told, "backend": answers, "breaker": breaker, "copies": copies}


def _who_answers(copies: dict[str, dict[str, Any]], breaker: dict[str, Any]) -> str | None:
    if breaker["state"] == "closed":
        return "meilisearch"
    return None if copies["embedded"]["needs_rebuild"] else "embedded"


async def _of_host(follower: Follower) -> dict[str, Any]:
    from search.index.engine import EngineUnavailable

    now = await asyncio.to_thread(follower.engine.status)
    lag: dict[str, Any] | None = None
    if not now.needs_rebuild:
        try:
            lag = _lag(await follower.lag())
        except EngineUnavailable:
            lag = None
    said = {"backend": now.backend, "documents": now.records, "needs_rebuild": now.needs_rebuild, "reason": now.reason}
    return {**said, "lag": lag, "cursor": now.cursor, **_left(follower.standing)}


async def _of_server(feeder: Feeder) -> dict[str, Any]:
    from search.index.engine import EngineUnavailable

    engine = feeder.engine
    now = await asyncio.to_thread(engine.status)
    differing: list[str] = []
    standing = None
    try:
        differing = await asyncio.to_thread(engine.settings_that_differ)
        standing = (await asyncio.to_thread(engine.about)).standing
    except EngineUnavailable:
        differing = []  # there is no index yet, and so it is said
    return {
        "backend": now.backend,
        "version": await asyncio.to_thread(engine.check_server),
        "documents": now.records,
        "needs_rebuild": now.needs_rebuild,
        "reason": now.reason,
        "lag": None if now.needs_rebuild else _lag(await feeder.lag()),
        "cursor": now.cursor,
        "settings_differ": sorted(differing),
        **_left(standing),
    }


async def _probe(feeder: Feeder) -> dict[str, Any]:
    """One search, as a reader's would be put."""
    from search.asking.query import parse
    from search.index.engine import EngineError, Filters
    from search.index.meilisearch.breaker import PATIENCE
    from search.index.standing import reason_of

    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.to_thread(feeder.engine.search, parse(""), filters=Filters(seen_by=None), facets=True)
    except TimeoutError:
        return {"error": f"no answer in {PATIENCE} s"}
    except EngineError as exc:
        return {"error": reason_of(exc)}
    return {"seconds": round(time.perf_counter() - began, 3)}


def _lag(found: tuple[int, float]) -> dict[str, Any]:
    return {"changes": found[0], "seconds": round(found[1], 1)}


def _left(standing: Standing | None) -> dict[str, Any]:
    """What the one who writes has left behind."""
    last = standing.rebuilt if standing else None
    aside = standing.set_aside if standing else {}
    return {
        "rebuilt": {"at": last.at.isoformat(), "records": last.records, "seconds": round(last.seconds, 2)} if last else None,
        "set_aside": [{"record": str(number), "reason": reason} for number, reason in sorted(aside.items())],
    }


def status_lines(said: dict[str, Any]) -> list[str]:
    """The same for a person."""
    lines = [f"answers: {said['backend'] or 'nobody yet'}; the catalogue has {said['catalogue']:,} records"]
    breaker = said["breaker"]
    if breaker["state"] == "open":
        lines.append(f"the index server is left: {'; '.join(_reasons(breaker))}")
    for copy in said["copies"].values():
        lines += _copy_lines(copy)
    return lines


def _reasons(breaker: dict[str, Any]) -> list[str]:
    own = [breaker["probe"]["error"]] if "error" in breaker["probe"] else []
    return [*own, *("process {pid} since {since}: {reason}".format(**one) for one in breaker["left"])]


def _copy_lines(copy: dict[str, Any]) -> list[str]:
    name = copy["backend"]
    if "error" in copy:
        return [f"{name}: {copy['error']}"]
    lag = copy["lag"]
    behind = "not following yet" if lag is None else f"{lag['changes']:,} changes behind, the oldest {lag['seconds']:.0f} s"
    needs = f"; needs to be built: {copy['reason']}" if copy["needs_rebuild"] else ""
    differ = f"; settings that differ: {', '.join(copy['settings_differ'])}" if copy.get("settings_differ") else ""
    lines = [f"{name}{' ' + copy['version'] if 'version' in copy else ''}: {copy['documents']:,} records, {behind}{needs}{differ}"]
    if copy["rebuilt"]:
        lines.append("  last rebuilt {at}: {records:,} records in {seconds:.1f} s".format(**copy["rebuilt"]))
    return lines + [f"  set aside: record {one['record']}, {one['reason']}" for one in copy["set_aside"]]


async def verify_host(follower: Follower, *, mend: bool, tell: Tell) -> dict[str, Any]:
    from search.index.comparing import compare
    from search.index.engine import EngineError
    from search.index.standing import reason_of

    try:
        found, left = await compare(follower, mend=mend, tell=tell)
    except EngineError as exc:
        return {"backend": "embedded", "error": reason_of(exc)}
    return _verified("embedded", found, left)


async def verify_server(settings: Settings, database: Database, *, mend: bool, tell: Tell) -> dict[str, dict[str, Any]]:
    """Nothing where no server is set."""
    from library.errors import Unavailable
    from search.index.meilisearch.comparing import compare

    try:
        async with index_server.feeder_of(settings, database) as feeder:
            if feeder is None:
                return {}
            found = await compare(feeder, mend=mend, tell=tell)
            left = found if found.are_none or not mend else await compare(feeder, mend=False)
            return {"meilisearch": _verified("meilisearch", found, left)}
    except Unavailable as exc:
        return {"meilisearch": {"backend": "meilisearch", "error": str(exc)}}


def _verified(backend: str, found: Differences, left: Differences) -> dict[str, Any]:
    lists = {"missing": found.missing, "otherwise": found.otherwise, "surplus": found.surplus}
    ranges = [{"first": one.first, "last": one.last, "records": one.records, "indexed": one.indexed} for one in found.ranges[:NAMED]]
    return {
        "backend": backend,
        "compared": found.compared,
        "same": found.are_none,
        "repaired": left is not found and left.are_none,
        "left": len(left.records) + len(left.settings),
        "settings_differ": list(found.settings),
        **{name: len(numbers) for name, numbers in lists.items()},
        "records": {name: [str(number) for number in numbers[:NAMED]] for name, numbers in lists.items()},
        "ranges": ranges,
    }


def verified_lines(said: dict[str, Any]) -> list[str]:
    """The same for a person."""
    lines: list[str] = []
    for copy in said["copies"].values():
        if "error" in copy:
            lines.append(f"{copy['backend']}: not compared: {copy['error']}")
            continue
        settings = f"; settings that differ: {', '.join(copy['settings_differ'])}" if copy["settings_differ"] else ""
        what = "{backend}: {compared:,} records compared: {missing:,} missing, {otherwise:,} otherwise, {surplus:,} too many".format(**copy)
        end = "" if copy["same"] else "; repaired" if copy["repaired"] else f"; {copy['left']:,} left as they are"
        lines.append(what + settings + end)
        lines += ["  range {first}-{last}: {records:,} records, {indexed:,} in the index".format(**one) for one in copy["ranges"]]
    return lines
