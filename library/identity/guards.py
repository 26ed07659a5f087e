"""From cookie or token to viewer, and the guard that routes declare."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Guard

from library import clock
from library.db import Database
from library.errors import N_, NotAllowed, NotSignedIn
from library.http.requests import cookie_name
from library.identity.accounts import viewer_of
from library.identity.roles import Permission
from library.identity.signing_in import sessions
from library.identity.viewer import STRANGER, Viewer
from library.settings import Settings

COOKIE = "session"

Connection = ASGIConnection[Any, Any, Any, Any]


def session_secret(connection: Connection) -> str | None:
    """What the session's cookie holds, ours or not."""
    return connection.cookies.get(cookie_name(COOKIE, connection.app.state.settings))


class SignedInAs(AbstractAuthenticationMiddleware):
    """Sets `request.user` to a Viewer. A request with an Authorization header is judged by it alone, never by a cookie."""

    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        header = connection.headers.get("authorization")
        if header is not None:
            return AuthenticationResult(user=await self._by_token(connection, header), auth="token")
        secret = session_secret(connection)
        if secret is None:
            return AuthenticationResult(user=STRANGER, auth=None)
        viewer = await self._by_session(connection, secret)
        return AuthenticationResult(user=viewer, auth="session" if viewer.is_signed_in else None)

    async def _by_token(self, connection: Connection, header: str) -> Viewer:
        scheme, _, secret = header.partition(" ")
        refused = NotSignedIn("token_refused", N_("トークンが正しくないか、使えなくなっています。"))
        if scheme.lower() != "bearer" or not secret:
            raise refused
        now = clock.now()
        async with _database(connection).reading() as session:
            found = await sessions.find_token(session, secret.strip(), now=now)
            viewer = found and await viewer_of(session, found.account_id, today=_today(connection), scopes=found.scopes)
        if not found or not viewer:
            raise refused
        if found.unmarked:
            async with _database(connection).transaction() as writing:
                await sessions.touch_token(writing, secret.strip(), now=now)
        return viewer

    async def _by_session(self, connection: Connection, secret: str) -> Viewer:
        now = clock.now()
        settings: Settings = connection.app.state.settings
        async with _database(connection).reading() as session:
            found = await sessions.find(session, settings, secret, now=now)
            if found is None:
                return STRANGER
            viewer = await viewer_of(session, found.account_id, today=_today(connection))
        if viewer is not None and found.unmarked:
            async with _database(connection).transaction() as writing:
                await sessions.touch(writing, secret, now=now)
        return viewer or STRANGER


def _database(connection: Connection) -> Database:
    database: Database = connection.app.state.database
    return database


def _today(connection: Connection) -> Any:
    settings: Settings = connection.app.state.settings
    return clock.today(settings.zone)


def requires(permission: Permission) -> Guard:
    """A guard: the viewer has this permission somewhere. Whether here, the handler asks with `viewer.must(…, place)`."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        viewer: Viewer = connection.user
        viewer.must(permission)

    guard.permission = permission  # type: ignore[attr-defined]  # the test of the route table reads it
    return guard


def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A guard: anybody but a stranger."""
    viewer: Viewer = connection.user
    if not viewer.is_signed_in:
        raise NotSignedIn("not_signed_in", N_("ログインしてから、もう一度お試しください。"))


def staff_only(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard: anybody who works here, in whatever role."""
    signed_in(connection, handler)
    if not connection.user.is_staff:
        raise NotAllowed("staff_only", N_("この操作をする権限がありません。"))


def in_person(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard: somebody signed in through the sign-in page; a token may not change the account it belongs to."""
    signed_in(connection, handler)
    if connection.auth != "session":
        raise NotAllowed("not_with_a_token", N_("この操作はトークンではできません。画面からログインしてください。"))
