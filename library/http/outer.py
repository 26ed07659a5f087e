"""The outermost layer: every answer, also to unknown addresses, gets a request id, secure headers and a line in the log."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any, cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from library.http.requests import client_address
from library.settings import Settings

log = structlog.get_logger("access")

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=(), payment=()"),
)
OWN_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")


class Outer:
    """Wraps the application. HEAD is answered as GET without its body."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.headers = list(HEADERS)
        if settings.secure_cookies:
            self.headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request = scope
        started = time.perf_counter()
        inner: dict[str, Any] = dict(scope)  # a copy: the server below must go on knowing that it was HEAD
        inner["request_id"] = self._request_id(scope)
        inner["client_address"] = client_address(scope, self.settings.trusted_proxies)
        head = request["method"] == "HEAD"
        if head:
            inner["method"] = "GET"
        status = 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(message["headers"], inner["request_id"])
            elif head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        with structlog.contextvars.bound_contextvars(request=inner["request_id"]):
            try:
                await self.app(cast("Scope", inner), receive, answered)
            finally:
                log.info(
                    "answered",
                    method=request["method"],
                    route=str(inner.get("path_template") or "(none)"),
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )

    def _request_id(self, scope: Scope) -> str:
        """A proxy we trust may have numbered the request already."""
        if self.settings.trusted_proxies:
            given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
            if OWN_ID.fullmatch(given):
                return given.decode()
        return uuid.uuid4().hex[:16]

    def _headers(self, headers: Any, request_id: str) -> list[tuple[bytes, bytes]]:
        kept = [(bytes(name), bytes(value)) for name, value in headers]
        said = {name.lower() for name, _ in kept}
        kept.extend(pair for pair in self.headers if pair[0] not in said)
        kept.append((b"x-request-id", request_id.encode()))
        return kept
