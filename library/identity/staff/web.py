"""Pages of the staff: where to go, who works here, what was done by whom."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from library import clock, dates
from library.db import Database, Reading
from library.errors import N_, Conflict, Invalid, LibraryError
from library.http import forms
from library.http.menu import Entry
from library.http.pages import page
from library.http.problems import said
from library.http.requests import texts
from library.identity import audit
from library.identity.guards import requires, staff_only
from library.identity.roles import EVERYWHERE, Permission
from library.identity.signing_in import passwords
from library.identity.staff import audit_log, members
from library.identity.viewer import Viewer
from library.identity.words import ACTS, ROLES
from library.places import store
from library.settings import Settings

PEOPLE = 50

MENU: tuple[Entry, ...] = (
    Entry(Permission.SEE_PATRONS.value, "/staff/patrons", N_("利用者"), N_("カード、よみ、電話番号でさがし、ひとりの登録を見ます。")),
    Entry(Permission.EDIT_PATRONS.value, "/staff/patrons/new", N_("利用者の登録"), N_("新しい人を登録し、カードと設定コードを出します。")),
    Entry(
        Permission.IMPORT_PATRONS.value, "/staff/import/patrons", N_("利用者の取り込み"), N_("名簿のファイルから利用者を登録・更新します。")
    ),
    Entry(Permission.MANAGE_STAFF.value, "/staff/people", N_("職員"), N_("職員のアカウントを作り、役割を決め、止めます。")),
    Entry(Permission.SEE_AUDIT.value, "/staff/audit", N_("操作の記録"), N_("だれがいつ何をしたかを見ます。")),
)

DONE: dict[str, str] = {
    "role": N_("役割を変えました。"),
    "password": N_("パスワードを再発行しました。いままでのログインは終わり、APIトークンは取り消されました。"),
    "disabled": N_("アカウントを止めました。"),
    "enabled": N_("アカウントを再開しました。"),
}


@get("/staff", guards=[staff_only], include_in_schema=False)
async def start(request: Request[Viewer, Any, Any]) -> Response[str]:
    return page(request, "identity/staff.html")


@get("/staff/people", guards=[requires(Permission.MANAGE_STAFF)], include_in_schema=False)
async def people(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    viewer.must(Permission.MANAGE_STAFF, EVERYWHERE)
    return await _people(request, database, settings)


async def _people(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, *, status_code: int = 200, **more: Any
) -> Response[str]:
    words, after = request.query_params.get("q", ""), request.query_params.get("after", "")
    async with database.reading() as session:
        found = await members.people(session, words=words, limit=PEOPLE + 1, after=after)
        scopes = await _scopes(session, settings)
    return page(
        request,
        "identity/people.html",
        status_code=status_code,
        headers={"Cache-Control": "no-store"},
        people=found[:PEOPLE],
        following=found[PEOPLE - 1].login if len(found) > PEOPLE else None,
        q=words,
        scopes=scopes,
        roles=ROLES,
        **more,
    )


async def _scopes(session: Reading, settings: Settings) -> list[tuple[str, dict[str, str]]]:
    """The places a role can be given at, as form values with their names."""
    today = clock.today(settings.zone)
    organisations = [(f"organisation:{one.code}", one.name) for one in await store.organisations(session, on=today)]
    return organisations + [(f"branch:{one.code}", one.name) for one in await store.branches(session, on=today)]


@post("/staff/people", guards=[requires(Permission.MANAGE_STAFF)], include_in_schema=False)
async def add(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    viewer.must(Permission.MANAGE_STAFF, EVERYWHERE)
    form = await forms.read(request)
    password = passwords.generated()
    digest = await passwords.hashed(password)
    try:
        async with database.transaction() as session:
            number = await members.add(
                session,
                by=viewer,
                login=form.text("login"),
                name=form.text("name"),
                role=members.role_named(form.text("role")),
                scope=members.Scope.parsed(form.text("scope")),
                password_hash=digest,
            )
    except (Invalid, Conflict) as exc:
        wrong = {exc.where or "login": said(exc, texts(request)).detail}
        typed = {name: form.text(name) for name in ("login", "name", "role", "scope")}
        return await _people(request, database, settings, status_code=422, wrong=wrong, typed=typed)
    return await _person(request, database, settings, number, status_code=201, password=password)


@get("/staff/people/{account:int}", guards=[requires(Permission.MANAGE_STAFF)], include_in_schema=False)
async def person(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    account: FromPath[int],
) -> Response[str]:
    viewer.must(Permission.MANAGE_STAFF, EVERYWHERE)
    return await _person(request, database, settings, account, done=DONE.get(request.query_params.get("done", "")))


async def _person(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, account: int, *, status_code: int = 200, **more: Any
) -> Response[str]:
    async with database.reading() as session:
        member = await members.member(session, account)
        scopes = await _scopes(session, settings)
    headers = {"Cache-Control": "no-store"}
    return page(
        request, "identity/person.html", status_code=status_code, headers=headers, member=member, scopes=scopes, roles=ROLES, **more
    )


@post("/staff/people/{account:int}", guards=[requires(Permission.MANAGE_STAFF)], include_in_schema=False)
async def change(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    account: FromPath[int],
) -> Response[Any]:
    """One act of the page: its button says which."""
    viewer.must(Permission.MANAGE_STAFF, EVERYWHERE)
    form = await forms.read(request)
    act = form.text("act")
    try:
        if act == "password":
            return await _renew_password(request, database, settings, viewer, account)
        await _change(database, viewer, account, act, form)
    except (Invalid, Conflict) as exc:
        return await _failed(request, database, settings, account, exc)
    return Redirect(f"/staff/people/{account}?done={act if act in DONE else 'role'}", status_code=303)


async def _change(database: Database, viewer: Viewer, account: int, act: str, form: forms.Form) -> None:
    async with database.transaction() as session:
        if act == "give":
            role = members.role_named(form.text("role"))
            await members.give_role(session, account, by=viewer, role=role, scope=members.Scope.parsed(form.text("scope")))
        elif act == "take":
            held = form.text("held")
            await members.take_role(session, account, by=viewer, held_id=int(held) if held.isascii() and held.isdecimal() else 0)
        elif act == "disabled":
            await members.disable(session, account, by=viewer, now=clock.now())
        elif act == "enabled":
            await members.enable(session, account, by=viewer)
        else:
            raise Invalid("act_unknown", N_("この操作はありません。"), where="act")


async def _renew_password(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, account: int
) -> Response[str]:
    password = passwords.generated()
    digest = await passwords.hashed(password)
    async with database.transaction() as session:
        await members.set_password(session, account, by=viewer, password_hash=digest, now=clock.now())
    return await _person(request, database, settings, account, password=password, done=DONE["password"])


async def _failed(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, account: int, exc: LibraryError
) -> Response[str]:
    status = 409 if isinstance(exc, Conflict) else 422
    return await _person(request, database, settings, account, status_code=status, failed=said(exc, texts(request)).detail)


@get("/staff/audit", guards=[requires(Permission.SEE_AUDIT)], include_in_schema=False)
async def audit_trail(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    viewer.must(Permission.SEE_AUDIT, EVERYWHERE)
    given = request.query_params
    wanted = audit_log.Wanted(
        dates.day(given.get("first", "")), dates.day(given.get("last", "")), given.get("login", ""), given.get("act", "")
    )
    before = given.get("before", "")
    start_at = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    async with database.transaction() as session:
        found = await audit_log.events(session, wanted, zone=settings.zone, before=start_at, limit=audit_log.PAGE + 1)
        acts = await audit_log.acts(session)
        audit.record(session, viewer, "audit.seen")
    return page(
        request,
        "identity/audit.html",
        headers={"Cache-Control": "no-store"},
        events=found[: audit_log.PAGE],
        following=found[audit_log.PAGE - 1].id if len(found) > audit_log.PAGE else None,
        wanted=wanted,
        acts=acts,
        words=ACTS,
    )


handlers = (start, people, add, person, change, audit_trail)
