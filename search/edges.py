"""What this room's pages and API take from a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from litestar import Request

from search.index.embedded import EmbeddedEngine
from search.index.engine import Engine
from search.index.follower import Follower
from search.index.meilisearch.breaker import Guarded, Left
from search.index.meilisearch.feeding import Feeder


def engine_of(request: Request[Any, Any, Any]) -> Engine:
    """The engine that the application was started with."""
    return cast("Engine", request.app.state.parts.searched)


def copy_of(request: Request[Any, Any, Any]) -> EmbeddedEngine:
    """The index that every host keeps itself, whatever else searches are put to."""
    return cast("EmbeddedEngine", request.app.state.parts.engine)


def follower_of(request: Request[Any, Any, Any]) -> Follower:
    """Who keeps this host's copy of the index; here only asked how it stands."""
    return cast("Follower", request.app.state.parts.follower)


def feeder_of(request: Request[Any, Any, Any]) -> Feeder | None:
    """Who feeds the index server, where one is set; here only asked how it stands."""
    server = request.app.state.parts.server
    return cast("Feeder", server.feeder) if server else None


def breaker_of(request: Request[Any, Any, Any]) -> Left | None:
    """Why this process does not ask the index server now; None while it does, or where none is set."""
    server = request.app.state.parts.server
    return cast("Guarded", server.guarded).left() if server else None


def parameters_of(request: Request[Any, Any, Any]) -> Mapping[str, list[str]]:
    """Every parameter of the query string with all its values."""
    return {name: request.query_params.getall(name) for name in request.query_params}
