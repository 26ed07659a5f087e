"""What the service says of itself: about, accessibility, privacy, open data, and every error code there is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency

from library.errors import N_, NotFound
from library.http.pages import page
from library.http.problems import SENTENCES, STATUS
from library.identity.viewer import Viewer
from library.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("library", "catalog", "circulation", "school_sync", "search")

_STATUS_OF = {kind.__name__: status for kind, status in STATUS}
_RAISED = re.compile(
    rf"\b({'|'.join(_STATUS_OF)})\(\s*\"([a-z_]+)\",\s*N_\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)\)",
)
_MEANT = re.compile(r"\bmeans\(\s*\"[a-z_0-9]+\",\s*\"([a-z_]+)\",\s*N_\(\s*\"((?:[^\"\\]|\\.)*)\"")
_PIECE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
_GENERAL = {
    "invalid_input": 400,
    "not_signed_in": 401,
    "not_allowed": 403,
    "csrf_failed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_large": 413,
    "too_many": 429,
    "internal_error": 500,
    "database_away": 503,
}


class ErrorCode(NamedTuple):
    """`sentence` is a msgid with the names of its fields in braces."""

    code: str
    status: int
    sentence: str


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """Every code that the rooms raise, read from where it is raised, so that the list cannot fall behind."""
    found = {code: ErrorCode(code, status, SENTENCES[status]) for code, status in _GENERAL.items()}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for error in _said_in(path.read_text(encoding="utf-8")):
                found[error.code] = error
    return tuple(sorted(found.values()))


def _said_in(source: str) -> Iterator[ErrorCode]:
    for kind, code, words in _RAISED.findall(source):
        yield ErrorCode(code, _STATUS_OF[kind], "".join(_PIECE.findall(words)))
    for code, sentence in _MEANT.findall(source):
        yield ErrorCode(code, 409, sentence)


@get("/about", include_in_schema=False)
async def about_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "search/about/service.html")


@get("/about/accessibility", include_in_schema=False)
async def accessibility_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "search/about/accessibility.html")


@get("/about/privacy", include_in_schema=False)
async def privacy_page(request: Request[Viewer, Any, Any], settings: NamedDependency[Settings]) -> Response[str]:
    return page(request, "search/about/privacy.html", session_hours=settings.session_hours)


@get("/about/open-data", include_in_schema=False)
async def open_data_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "search/about/open_data.html")


@get("/about/errors", include_in_schema=False)
async def errors_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "search/about/errors.html", codes=await asyncio.to_thread(error_codes))


@get("/about/look", include_in_schema=False)
async def look_page(request: Request[Viewer, Any, Any], settings: NamedDependency[Settings]) -> Response[str]:
    """Every component once; only where nothing is real."""
    if not settings.demo:
        raise NotFound("not_found", N_("お探しのページはありません。移動したか、アドレスが違うかもしれません。"))
    return page(request, "library/gallery.html")


handlers = [about_page, accessibility_page, privacy_page, open_data_page, errors_page, look_page]
