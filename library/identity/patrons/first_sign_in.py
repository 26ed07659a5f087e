"""The first sign-in: card number and the code from the desk, and a password of one's own."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect

from library import clock
from library.db import Database
from library.errors import N_, Invalid, LibraryError, TooMany
from library.http import forms
from library.http.pages import page
from library.http.problems import said
from library.http.requests import cookie_name, neighbourhood, texts
from library.identity import audit
from library.identity.accounts import viewer_of
from library.identity.guards import COOKIE, session_secret
from library.identity.patrons import codes
from library.identity.signing_in import devices, passwords, sessions
from library.identity.viewer import Viewer
from library.settings import Settings

NO_STORE = {"Cache-Control": "no-store"}


@get("/sign-in/first", include_in_schema=False)
async def first_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "identity/patrons/first.html", headers=NO_STORE)


@post("/sign-in/first", include_in_schema=False)
async def first(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    sent = await forms.read(request)
    try:
        secret = await _open(request, database, settings, sent)
    except (Invalid, TooMany) as exc:
        return _refused(request, exc, sent)
    cookie = Cookie(
        key=cookie_name(COOKIE, settings), value=secret, path="/", secure=settings.secure_cookies, httponly=True, samesite="lax"
    )
    return Redirect("/", status_code=303, cookies=[cookie])


async def _open(request: Request[Any, Any, Any], database: Database, settings: Settings, sent: forms.Form) -> str:
    """Guesses count as at any sign-in; a weak password is said before the code is looked at, so that it costs no try."""
    login, new = sent.text("login"), sent.secret("password")
    passwords.check_strength(new, login=sessions.fold(login))
    if new != sent.secret("again"):
        raise Invalid("password_again", N_("二つの新しいパスワードが違います。"), where="again")
    asked = {"login": login, "address": neighbourhood(str(request.scope.get("client_address", "")))}
    now = clock.now()
    async with database.transaction() as session:
        attempt = await sessions.claim_attempt(session, settings, now=now, **asked)
    attempt.must_be_open()
    if attempt.pause:
        await asyncio.sleep(attempt.pause)
    hashed = await passwords.hashed(new)
    device = devices.named(request.headers.get("user-agent", ""))
    async with database.transaction() as session:
        account_id = await codes.use(session, settings, login=login, code=sent.text("code"), password_hash=hashed, now=now)
        before = session_secret(request)
        if before is not None:
            await sessions.end(session, before)
        secret = await sessions.start(session, settings, account_id=account_id, device=device, now=now, **asked)
        viewer = await viewer_of(session, account_id, today=clock.today(settings.zone))
        audit.record(session, viewer, "account.opened")
    return secret


def _refused(request: Request[Any, Any, Any], exc: LibraryError, sent: forms.Form) -> Response[str]:
    headers = dict(NO_STORE)
    if isinstance(exc, TooMany):
        headers["Retry-After"] = str(exc.retry_after)
    wrong = {exc.where or "code": said(exc, texts(request)).detail}
    return page(
        request,
        "identity/patrons/first.html",
        status_code=429 if isinstance(exc, TooMany) else 422,
        headers=headers,
        wrong=wrong,
        login=sent.text("login"),
        code=sent.text("code"),
    )


handlers = (first_page, first)
