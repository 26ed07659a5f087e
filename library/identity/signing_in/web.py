"""Pages to sign in and out, and one's own account: settings, password, sessions, tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from library import clock
from library.db import Database
from library.errors import N_, Invalid, LibraryError, TooMany
from library.http import forms, language
from library.http.pages import page
from library.http.problems import said
from library.http.requests import cookie_name, local_path, neighbourhood, texts
from library.identity import audit
from library.identity.accounts import viewer_of
from library.identity.guards import COOKIE, in_person, session_secret
from library.identity.roles import Permission
from library.identity.signing_in import devices, own_account, passwords, sessions
from library.identity.viewer import Viewer
from library.identity.words import PERMISSIONS
from library.places import store
from library.settings import Settings

TOKEN_DAYS = (30, 90, 365)

DONE: dict[str, str] = {
    "preferences": N_("設定を保存しました。"),
    "password": N_("パスワードを変えました。ほかの端末ではログアウトしました。"),
    "password_tokens": N_("パスワードを変えました。ほかの端末ではログアウトし、APIトークンは取り消しました。"),
    "sessions": N_("ログアウトしました。"),
    "revoked": N_("トークンを取り消しました。"),
}


def address_of(request: Request[Any, Any, Any]) -> str:
    """Where a request comes from, as the outermost layer found it; a network of IPv6 counts as one."""
    return neighbourhood(str(request.scope.get("client_address", "")))


def after_sign_in(given: str | None, viewer: Viewer | None) -> str:
    """Where to go: the page that sent somebody here, else the staff's page for the staff, the first page for readers."""
    path = local_path(given)
    if path.partition("?")[0] in ("/", "/sign-in", "/sign-out"):
        path = "/staff" if viewer is not None and viewer.is_staff else "/"  # None: disabled a moment ago, the session opens nothing
    return quote(path, safe="/?&=%#:;,+~!$'()*@-._")


@get("/sign-in", include_in_schema=False)
async def sign_in_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "identity/sign_in.html", next=local_path(request.query_params.get("next")))


@post("/sign-in", include_in_schema=False)
async def sign_in(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    form = await forms.read(request)
    login, now = form.text("login"), clock.now()
    asked = {"login": login, "address": address_of(request)}
    try:
        account_id = await sessions.verified(database, settings, password=form.secret("password"), now=now, **asked)
    except (Invalid, TooMany) as exc:
        return _refused(request, exc, login=login, following=local_path(form.text("next")))
    device = devices.named(request.headers.get("user-agent", ""))
    async with database.transaction() as session:
        before = session_secret(request)
        if before is not None:
            await sessions.end(session, before)
        secret = await sessions.start(session, settings, account_id=account_id, device=device, now=now, **asked)
        viewer = await viewer_of(session, account_id, today=clock.today(settings.zone))
        if viewer is not None and viewer.is_staff:
            audit.record(session, viewer, "account.signed_in")
    return Redirect(after_sign_in(form.text("next"), viewer), status_code=303, cookies=[_session_cookie(secret, settings)])


def _refused(request: Request[Any, Any, Any], exc: LibraryError, *, login: str, following: str) -> Response[str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(exc, TooMany):
        headers["Retry-After"] = str(exc.retry_after)
    else:
        headers["WWW-Authenticate"] = "Bearer"
    return page(
        request,
        "identity/sign_in.html",
        status_code=429 if isinstance(exc, TooMany) else 401,
        headers=headers,
        next=following,
        login=login,
        refused=said(exc, texts(request)).detail,
    )


def _session_cookie(secret: str, settings: Settings) -> Cookie:
    """Lives as long as the browser's window: tablets and terminals are shared. The server ends it sooner (LIBRARY_SESSION_*)."""
    return Cookie(key=cookie_name(COOKIE, settings), value=secret, path="/", secure=settings.secure_cookies, httponly=True, samesite="lax")


@post("/sign-out", include_in_schema=False)
async def sign_out(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    secret = session_secret(request)
    if secret is not None:
        async with database.transaction() as session:
            await sessions.end(session, secret)
    gone = _session_cookie("", settings)
    gone.max_age = 0
    return Redirect("/", status_code=303, cookies=[gone])


@get("/account", guards=[in_person], include_in_schema=False)
async def account(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    return await _account(request, database, settings, viewer, done=DONE.get(request.query_params.get("done", "")))


async def _account(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, *, status_code: int = 200, **more: Any
) -> Response[str]:
    account_id, now = _own(viewer), clock.now()
    async with database.reading() as session:
        found = {
            "preferences": await own_account.preferences(session, account_id),
            "sessions": await sessions.open_sessions(session, settings, account_id, this=session_secret(request), now=now),
            "tokens": await sessions.tokens(session, account_id, now=now),
            "branches": await store.branches(session, on=clock.today(settings.zone)),
        }
    grantable = [(permission.value, words) for permission, words in PERMISSIONS.items() if viewer.can(permission)]
    context = {"grantable": grantable, "token_days": TOKEN_DAYS, "words": PERMISSIONS, **found, **more}
    return page(request, "identity/account.html", status_code=status_code, headers={"Cache-Control": "no-store"}, **context)


def _own(viewer: Viewer) -> int:
    assert viewer.account_id is not None  # the guard let nobody else in
    return viewer.account_id


@post("/account/preferences", guards=[in_person], include_in_schema=False)
async def save_preferences(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    home, chosen = form.text("home_branch"), form.text("language")
    try:
        async with database.transaction() as session:
            await own_account.save_preferences(
                session,
                _own(viewer),
                display_name=form.text("display_name"),
                language=chosen,
                show_ruby=form.ticked("show_ruby"),
                home_branch_id=int(home) if home.isdecimal() and len(home) < 10 else None,
            )
    except Invalid as exc:
        return await _wrong(request, database, settings, viewer, exc)
    return Redirect("/account?done=preferences", status_code=303, cookies=[language.cookie(chosen, settings)])


async def _wrong(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, exc: LibraryError
) -> Response[str]:
    """The account page again, with the sentence beside the field at fault."""
    status = 429 if isinstance(exc, TooMany) else 422
    return await _account(
        request, database, settings, viewer, status_code=status, wrong={exc.where or "form": said(exc, texts(request)).detail}
    )


@post("/account/password", guards=[in_person], include_in_schema=False)
async def change_password(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    try:
        ended = await _change_password(request, database, settings, viewer, form)
    except (Invalid, TooMany) as exc:
        return await _wrong(request, database, settings, viewer, exc)
    return Redirect(f"/account?done={'password_tokens' if ended.tokens else 'password'}", status_code=303)


async def _change_password(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, form: forms.Form
) -> own_account.Ended:
    """Hashing is slow on purpose, so it stands between two short transactions, not inside one."""
    account_id, address, new = _own(viewer), address_of(request), form.secret("password")
    async with database.reading() as session:
        login = (await own_account.preferences(session, account_id)).login
    passwords.check_strength(new, login=login)
    if new != form.secret("again"):
        raise Invalid("password_again", N_("二つの新しいパスワードが違います。"), where="again")
    try:
        asked = {"login": login, "address": address}
        await sessions.verified(database, settings, password=form.secret("current"), now=clock.now(), **asked)
    except Invalid as exc:
        raise Invalid("password_wrong", N_("いまのパスワードが違います。"), where="current") from exc
    async with database.reading() as session:
        found = await sessions.candidate(session, login)
    assert found is not None
    assert found.password_hash is not None  # it was right a moment ago
    new_hash = await passwords.hashed(new)
    async with database.transaction() as writing:
        ended = await own_account.change_password(
            writing, account_id, old_hash=found.password_hash, new_hash=new_hash, this=session_secret(request), now=clock.now()
        )
        await sessions.forgive(writing, settings, login=login, address=address)
        audit.record(writing, viewer, "account.password_changed", tokens=ended.tokens)
    return ended


@post("/account/sessions", guards=[in_person], include_in_schema=False)
async def end_sessions(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    async with database.transaction() as session:
        if form.text("session"):
            await sessions.end_one(session, _own(viewer), form.text("session"))
        else:
            await sessions.end_all(session, _own(viewer), but=session_secret(request))
    return Redirect("/account?done=sessions", status_code=303)


@post("/account/tokens", guards=[in_person], include_in_schema=False)
async def create_token(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    form = await forms.read(request)
    days = form.text("days")
    try:
        async with database.transaction() as session:
            number, secret = await sessions.create_token(
                session,
                account_id=_own(viewer),
                name=form.text("name"),
                scopes=form.texts("scopes"),
                allowed={permission.value for permission in Permission if viewer.can(permission)},
                expires_at=clock.now() + timedelta(days=int(days) if days in map(str, TOKEN_DAYS) else TOKEN_DAYS[0]),
            )
            audit.record(session, viewer, "token.created", subject_kind="token", subject_id=number)
    except Invalid as exc:
        return await _wrong(request, database, settings, viewer, exc)
    return await _account(request, database, settings, viewer, status_code=201, secret=secret)


@post("/account/tokens/{token:int}/revoke", guards=[in_person], include_in_schema=False)
async def revoke_token(database: NamedDependency[Database], viewer: NamedDependency[Viewer], token: FromPath[int]) -> Response[Any]:
    async with database.transaction() as session:
        await sessions.revoke_token(session, account_id=_own(viewer), token_id=token, now=clock.now())
        audit.record(session, viewer, "token.revoked", subject_kind="token", subject_id=token)
    return Redirect("/account?done=revoked", status_code=303)


handlers = (
    sign_in_page,
    sign_in,
    sign_out,
    account,
    save_preferences,
    change_password,
    end_sessions,
    create_token,
    revoke_token,
)
