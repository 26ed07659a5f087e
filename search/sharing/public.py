"""What is the same for everybody: its address on the web, who looks at it, and whether it changed since it was last fetched."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from typing import Any

from litestar import Request, Response

from library import i18n
from library.i18n import Texts
from library.identity.viewer import Viewer
from library.settings import Settings

EVERYBODY = Viewer()  # whoever fetches a feed or a map of the site sees what a stranger sees
KEPT = 300  # seconds for which caches on the way may answer


def base(request: Request[Any, Any, Any], settings: Settings) -> str:
    """The service's address without a slash at its end."""
    return (settings.public_url or str(request.base_url)).rstrip("/")


def texts(request: Request[Any, Any, Any]) -> Texts:
    """In the language of the address alone: what caches on the way keep is one for everybody."""
    return i18n.texts(i18n.known(request.query_params.get("lang")) or i18n.SOURCE)


def answer(request: Request[Any, Any, Any], body: bytes, *, media_type: str, changed: datetime | None = None) -> Response[bytes]:
    """The body, or 304 when the client has it already (RFC 9110 §13.2.2: its tag counts before its day)."""
    tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'  # weak: compression changes the bytes
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={KEPT}"}
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    if _is_known(request, tag, changed):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


def _is_known(request: Request[Any, Any, Any], tag: str, changed: datetime | None) -> bool:
    if tags := request.headers.get("if-none-match"):
        known = {one.strip().removeprefix("W/") for one in tags.split(",")}
        return "*" in known or tag.removeprefix("W/") in known
    since = request.headers.get("if-modified-since")
    if not since or changed is None:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
