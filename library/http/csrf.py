"""Cross-site request forgery: a signed cookie whose value every form and script must repeat; programs show a token instead."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from library.errors import N_, NotAllowed, NotSignedIn
from library.http.requests import cookie_name
from library.http.shared import is_for_everybody
from library.settings import Settings

COOKIE = "csrf"
HEADER = "x-csrf-token"
FIELD = "_csrf_token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})
OPEN_TO_PROGRAMS = "open_to_programs"  # a route's option: a stranger's JSON needs no cookie, since it rides on nobody's rights
TAKES_FILES = "takes_files"  # a route's option: its bodies may be large, so a stranger's is refused before it is read


class CheckForgery:
    """A request with an Authorization header never uses the cookie (see sign-in), so nobody can forge it from a page."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.key = settings.key
        self.name = cookie_name(COOKIE, settings)
        self.secure = settings.secure_cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or any(name == b"authorization" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = scope["litestar_app"].request_class(scope=scope, receive=receive)
        cookie = request.cookies.get(self.name)
        known = cookie if cookie is not None and self._is_ours(cookie) else None
        if request.method in SAFE:
            token = known or self._made()
            ScopeState.from_scope(scope).csrf_token = token
            await self.app(scope, receive, send if known else self._setting(send, token))
            return
        if scope["route_handler"].opt.get(OPEN_TO_PROGRAMS) and _rides_on_nobody(request):
            await self.app(scope, receive, send)
            return
        if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"} or known is None:
            raise _refused()
        if scope["route_handler"].opt.get(TAKES_FILES) and not getattr(scope.get("user"), "is_signed_in", False):
            raise NotSignedIn("not_signed_in", N_("ログインしてから、もう一度お試しください。"))
        shown = await _shown(request)
        if not hmac.compare_digest(shown.encode(), known.encode()):
            raise _refused()
        ScopeState.from_scope(scope).csrf_token = known
        await self.app(scope, receive, send)

    def _made(self) -> str:
        random = secrets.token_hex(16)
        return random + self._signature(random)

    def _is_ours(self, token: str) -> bool:
        """One made under another key, or planted, is replaced, so that nobody is left with forms that never work."""
        return hmac.compare_digest(self._signature(token[:32]).encode(), token[32:].encode())

    def _signature(self, random: str) -> str:
        return hmac.new(self.key, b"csrf:" + random.encode(), hashlib.sha256).hexdigest()

    def _setting(self, send: Send, token: str) -> Send:
        async def setting(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_for_everybody(message):
                cookie = Cookie(key=self.name, value=token, path="/", secure=self.secure, httponly=False, samesite="lax")
                MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
            await send(message)

        return setting


def _rides_on_nobody(request: Request[Any, Any, Any]) -> bool:
    """A stranger's JSON: a page of somebody else's can send it only after asking, and would gain nothing."""
    return request.content_type[0] == "application/json" and not getattr(request.scope.get("user"), "is_signed_in", False)


async def _shown(request: Request[Any, Any, Any]) -> str:
    header = request.headers.get(HEADER)
    if header is not None or request.content_type[0] not in FORMS:
        return header or ""
    field = (await request.form()).get(FIELD)
    return field if isinstance(field, str) else ""


def _refused() -> NotAllowed:
    return NotAllowed("csrf_failed", N_("ページの有効期限が切れました。前のページを開き直して、もう一度お試しください。"))
