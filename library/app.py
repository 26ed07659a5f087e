"""The web application, assembled: every route, what stands before it, and what it is given."""

from __future__ import annotations

from typing import Any, cast

from litestar import Litestar, Request, Response
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from library import wiring
from library.db import Database
from library.demo import web as tour
from library.http import api_docs, csrf, language, problems
from library.http.health import Metrics, alive, ready
from library.http.manifest import web_manifest
from library.http.outer import Outer
from library.http.pages import DIST, Pages
from library.http.requests import BODY_LIMIT, CarefulRequest
from library.identity.guards import SignedInAs
from library.identity.viewer import Viewer
from library.settings import Settings

VERSION = "0.1.0"


def create(settings: Settings, parts: wiring.Parts) -> ASGIApp:
    """The application as uvicorn serves it."""
    return guarded(litestar(settings, parts), settings)


def guarded(inner: Litestar, settings: Settings) -> ASGIApp:
    """With what stands before every route."""
    return cast("ASGIApp", Outer(inner, settings))


def litestar(settings: Settings, parts: wiring.Parts) -> Litestar:
    """Litestar alone, for tests that look at its routes."""
    metrics = PrometheusConfig(app_name="library", prefix="library", group_path=True, exclude=["^/static/", "^/metrics"])

    return Litestar(
        route_handlers=[alive, ready, Metrics, static_files(), web_manifest, *wiring.routes(settings), *tour.handlers],
        middleware=[
            metrics.middleware,
            DefineMiddleware(SignedInAs),
            DefineMiddleware(csrf.CheckForgery, settings=settings),
        ],
        exception_handlers={Exception: problems.answer},
        before_send=[language.remember_choice],
        dependencies={
            "database": Provide(_database, sync_to_thread=False),
            "settings": Provide(_settings, sync_to_thread=False),
            "viewer": Provide(_viewer, sync_to_thread=False),
            "parts": Provide(_parts, sync_to_thread=False),
        },
        state=State(state(settings, parts, Pages(settings))),
        openapi_config=api_docs.config(settings.library_name, VERSION),
        compression_config=api_docs.COMPRESSION,
        response_cache_config=ResponseCacheConfig(),
        debug=False,
        request_class=CarefulRequest,
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
    )


def state(settings: Settings, parts: wiring.Parts, pages: Pages) -> dict[str, Any]:
    """What requests find in the application beside their own."""
    return {
        "settings": settings,
        "database": parts.database,
        "pages": pages,
        "parts": parts,
        "menu": wiring.menu(),
        "card_lines": wiring.card_lines(),
        "checks": wiring.checks(parts),
    }


def static_files() -> Any:
    """The built front end; names carry a hash of their content, so they never change."""
    DIST.mkdir(parents=True, exist_ok=True)
    return create_static_files_router(
        path="/static",
        directories=[DIST],
        cache_control=None,
        include_in_schema=False,
        after_request=_keep_for_a_year,
        exception_handlers={Exception: _no_such_file},
    )


def _no_such_file(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """A name that no file system could hold (NUL, ten thousand letters) is the name of no file."""
    if isinstance(exc.__cause__ or exc.__context__ or exc, OSError | ValueError):
        exc = NotFoundException()
    return problems.answer(request, exc)


def _keep_for_a_year(response: Any) -> Any:
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _database(state: State) -> Database:
    return cast("Database", state.database)


def _settings(state: State) -> Settings:
    return cast("Settings", state.settings)


def _parts(state: State) -> wiring.Parts:
    return cast("wiring.Parts", state.parts)


def _viewer(request: Request[Viewer, Any, Any]) -> Viewer:
    return request.user
