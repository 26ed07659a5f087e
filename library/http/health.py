"""Is it alive, is it ready, how is it doing: for load balancers and people on call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from litestar import Request, Response, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.plugins.prometheus import PrometheusController
from sqlalchemy import text

from library import schema
from library.db import Database
from library.errors import N_, NotFound
from library.http.requests import is_within
from library.settings import Settings

log = structlog.get_logger(__name__)

PATIENCE = 5.0  # seconds: a load balancer must hear that the database hangs, not wait with us

Check = Callable[[Database], Awaitable["Degraded | None"]]


class Degraded:
    """A part that is away or behind, while the service goes on: its name, and how far behind in seconds or rows."""

    def __init__(self, part: str, **lag: float | int | str) -> None:
        self.part = part
        self.lag = lag


@get("/healthz", include_in_schema=False)
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def ready(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Response[dict[str, Any]]:
    """503 only when the database is away or its tables are not this program's; otherwise 200 with what is degraded."""
    try:
        async with asyncio.timeout(PATIENCE), database.reading() as session:
            revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    except Exception as exc:
        log.warning("not_ready", reason=type(exc).__name__)
        return Response({"status": "unavailable", "reason": "database"}, status_code=503)
    if revision != schema.newest():
        return Response({"status": "unavailable", "reason": "migrations", "has": revision, "needs": schema.newest()}, status_code=503)
    checks: tuple[Check, ...] = getattr(request.app.state, "checks", ())
    found = [one for one in await asyncio.gather(*(_checked(check, database) for check in checks)) if one is not None]
    return Response({"status": "ok", "degraded": [one.part for one in found], "lags": {one.part: one.lag for one in found if one.lag}})


async def _checked(check: Check, database: Database) -> Degraded | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check(database)
    except Exception as exc:
        log.warning("check_failed", check=check.__name__, reason=type(exc).__name__)
        return Degraded(check.__name__.removeprefix("check_"))


async def check_worker(database: Database) -> Degraded | None:
    """A worker has sent a heartbeat lately, and the oldest waiting job is not old."""
    async with database.reading() as session:
        beat = await session.scalar(text("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"))
        waiting = await session.scalar(
            text(
                "SELECT coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))), 0) FROM procrastinate_jobs j"
                " JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
                " WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())"
            )
        )
    if beat is None or beat > 60:
        return Degraded("worker", oldest_job_seconds=round(float(waiting or 0), 1))
    if waiting and waiting > 120:
        return Degraded("worker", heartbeat_seconds=round(float(beat), 1), oldest_job_seconds=round(float(waiting), 1))
    return None


def from_known_network(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard: asked from one of LIBRARY_METRICS_FROM; to anyone else there is no such page."""
    settings: Settings = connection.app.state.settings
    if not is_within(str(connection.scope.get("client_address", "")), settings.metrics_from):
        raise NotFound("not_found", N_("お探しのページはありません。移動したか、アドレスが違うかもしれません。"))


class Metrics(PrometheusController):
    """Prometheus metrics, for the networks in LIBRARY_METRICS_FROM only."""

    path = "/metrics"
    include_in_schema = False
    guards = (from_known_network,)
