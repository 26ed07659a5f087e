"""Assembles the rooms: all tables, all jobs, all routes, and the parts that processes share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from litestar import Router
from procrastinate import App, Blueprint
from sqlalchemy import MetaData

import catalog.api
import catalog.incoming.api
import catalog.jobs
import catalog.models
import catalog.web
import circulation.api
import circulation.attached
import circulation.jobs
import circulation.models
import circulation.pickups.api
import circulation.policies.api
import circulation.shown
import circulation.web
import library.idempotency
import library.identity.api
import library.identity.card.api
import library.identity.card.web
import library.identity.jobs
import library.identity.models
import library.identity.patrons.web
import library.identity.signing_in.web
import library.identity.staff.web
import library.places.api
import library.places.models
import library.places.web
import search.jobs
import search.limits
import search.lists.attached
import search.lists.models
import search.procedures.models
import search.questions.jobs
import search.questions.models
import search.saved.jobs
import search.saved.models
import search.saved.shown
import search.web
from library.db import Base, Database
from library.http.csrf import TAKES_FILES
from library.http.health import Check, Degraded, check_worker
from library.http.menu import Entry
from library.identity.card.lines import Lines
from library.jobs import queue_app
from library.settings import Settings
from search.index.embedded import EmbeddedEngine
from search.index.engine import Engine, EngineError, EngineUnavailable
from search.index.follower import Follower
from search.index.meilisearch import MeilisearchEngine
from search.index.meilisearch.breaker import Guarded
from search.index.meilisearch.feeding import Feeder
from search.index.standing import reason_of

TABLES = (  # for their tables
    *(catalog.models, circulation.models, library.idempotency, library.identity.models, library.places.models),
    *(search.limits, search.procedures.models, search.questions.models),
    *(search.lists.models, search.saved.models),
)
circulation.attached.attach()
search.lists.attached.attach()

LAGGING = 30.0  # seconds behind the catalogue from which on the index counts as degraded


def metadata() -> MetaData:
    """The tables of every room."""
    return Base.metadata


def blueprints() -> dict[str, Blueprint]:
    """Every room's jobs."""
    return {
        "identity": library.identity.jobs.blueprint,
        "catalog": catalog.jobs.blueprint,
        "circulation": circulation.jobs.blueprint,
        "search": search.jobs.blueprint,
        "saved": search.saved.jobs.blueprint,
        "questions": search.questions.jobs.blueprint,
    }


def menu() -> tuple[Entry, ...]:
    """What the staff can go to, in the order of their start page; each room gives its own."""
    return (*circulation.web.MENU, *catalog.web.MENU, *library.identity.staff.web.MENU, *search.web.MENU)


def card_lines() -> tuple[Lines, ...]:
    """What stands below a reader's card, in this order; each room that has something to say gives its own."""
    return (circulation.shown.card_lines, search.saved.shown.card_lines)


def routes(settings: Settings) -> list[Any]:
    """Every room's pages and API; only those that take files take large bodies."""
    every = (
        *library.identity.signing_in.web.handlers,
        *library.identity.staff.web.handlers,
        *library.identity.patrons.web.handlers,
        *library.identity.api.handlers,
        *library.identity.card.web.handlers,
        *library.identity.card.api.handlers,
        *library.places.web.handlers,
        *library.places.api.handlers,
        *catalog.web.handlers,
        *catalog.api.handlers,
        *catalog.incoming.api.handlers,
        *circulation.web.handlers,
        *circulation.api.handlers,
        *circulation.policies.api.handlers,
        *circulation.pickups.api.handlers,
        *search.web.handlers,
    )
    large = {path for handler in every if handler.opt.get(TAKES_FILES) for path in handler.paths}
    taking = [handler for handler in every if handler.paths & large]  # all methods of a path must stand in one router
    others = [handler for handler in every if not handler.paths & large]
    return [*others, Router(path="/", route_handlers=taking, request_max_body_size=settings.upload_limit_mb * 1024 * 1024)]


@dataclass
class IndexServer:
    """The index on Meilisearch, where one is set; the copy of this host answers while it is away."""

    engine: MeilisearchEngine
    guarded: Guarded
    feeder: Feeder

    @classmethod
    def made(cls, settings: Settings, database: Database, copy: EmbeddedEngine) -> IndexServer | None:
        if (engine := server_engine(settings)) is None:
            return None
        return cls(engine, Guarded(engine, copy, notes=copy.folder), Feeder(database, engine))


def server_engine(settings: Settings) -> MeilisearchEngine | None:
    if not settings.meilisearch_url:
        return None
    return MeilisearchEngine(
        settings.meilisearch_url,
        search_key=settings.meilisearch_search_key or "",
        index_key=settings.meilisearch_index_key or "",
        index=settings.meilisearch_index,
        ca=settings.meilisearch_ca,
    )


@dataclass
class Parts:
    """What a process works with; made once, closed at its end."""

    settings: Settings
    database: Database
    queue: App
    engine: EmbeddedEngine
    follower: Follower
    server: IndexServer | None = None

    @classmethod
    def made(cls, settings: Settings, url: str) -> Parts:
        database = Database(url, pool=settings.database_pool)
        engine = EmbeddedEngine(settings.data / "index")
        server = IndexServer.made(settings, database, engine)
        return cls(settings, database, queue_app(url, blueprints()), engine, Follower(database, engine), server)

    @property
    def searched(self) -> Engine:
        """What searches are put to."""
        return self.server.guarded if self.server else self.engine

    async def follow(self) -> None:
        """Keeps the copies of the index at the catalogue's heels until cancelled."""
        if self.server is None:
            await self.follower.run()
        else:
            await asyncio.gather(self.follower.run(), self.server.feeder.run())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Parts]:
        """While a process uses them."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        async with self.queue.open_async():
            try:
                yield self
            finally:
                self.engine.close()
                if self.server:
                    self.server.guarded.close()
                    self.server.engine.close()
                await self.database.close()


def checks(parts: Parts) -> tuple[Check, ...]:
    """What `/readyz` asks beside the database."""

    async def check_index(_database: Database) -> Degraded | None:
        try:
            changes, seconds = await parts.follower.lag()
        except EngineUnavailable as exc:
            return Degraded("index", reason=reason_of(exc))
        return Degraded("index", changes=changes, seconds=round(seconds, 1)) if seconds > LAGGING else None

    async def check_meilisearch(_database: Database) -> Degraded | None:
        if parts.server is None:
            return None
        if left := parts.server.guarded.left():
            return Degraded("meilisearch", reason=left.reason, seconds=round(left.seconds, 1))
        try:
            changes, seconds = await parts.server.feeder.lag()
        except EngineError as exc:
            return Degraded("meilisearch", reason=reason_of(exc))
        return Degraded("meilisearch", changes=changes, seconds=round(seconds, 1)) if seconds > LAGGING else None

    return (check_worker, check_index, check_meilisearch) if parts.server else (check_worker, check_index)
