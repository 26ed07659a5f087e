"""Cross-site request forgery: Litestar's double-submit check, except for programs that show a token instead of a cookie."""

from __future__ import annotations

from litestar.config.csrf import CSRFConfig
from litestar.enums import ScopeType
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from library.settings import Settings

COOKIE = "csrf"
HEADER = "x-csrf-token"


def config(settings: Settings) -> CSRFConfig:
    return CSRFConfig(
        secret=settings.key.decode(),
        cookie_name=COOKIE,
        header_name=HEADER,
        cookie_secure=settings.secure_cookies,
        cookie_httponly=False,  # the pages' own scripts read it to set the header
        cookie_samesite="lax",
    )


class CheckForgery:
    """A request with an Authorization header never uses the cookie (see sign-in), so nobody can forge it from a page."""

    def __init__(self, app: ASGIApp, config: CSRFConfig) -> None:
        self.app = app
        self.checked = CSRFMiddleware(app, config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bearer = scope["type"] == ScopeType.HTTP and any(name == b"authorization" for name, _ in scope["headers"])
        await (self.app if bearer else self.checked)(scope, receive, send)
