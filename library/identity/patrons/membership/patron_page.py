"""One patron's page, and what the desk does there: change, renew, another card, another first code, the end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from library import clock
from library.db import Database
from library.errors import N_, Conflict, Invalid
from library.http import forms
from library.http.pages import page
from library.http.problems import said
from library.http.requests import texts
from library.identity import audit
from library.identity.guards import requires
from library.identity.patrons import ages, codes, reach
from library.identity.patrons.membership import changing, dossier, panels
from library.identity.patrons.registration import application
from library.identity.patrons.registration.register_page import NO_STORE, Sheet, choices, refused, slip_page
from library.identity.patrons.registration.registering import OF_PATRON, OF_PERSON
from library.identity.patrons.words import CONTACTS, PROOFS, REVOKED
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.identity.words import CATEGORIES
from library.settings import Settings

DONE: dict[str, str] = {
    "changed": N_("変更しました。"),
    "renewed": N_("有効期限を延ばしました。"),
    "card": N_("新しいカードにしました。前のカードは使えません。"),
    "ended": N_("登録を終わりにしました。"),
    "taken-back": N_("設定コードを取り消しました。"),
}


@get("/staff/patrons/{patron:int}", guards=[requires(Permission.SEE_PATRONS)], include_in_schema=False)
async def patron_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    patron: FromPath[int],
) -> Response[str]:
    return await _patron(request, database, settings, viewer, patron, done=DONE.get(request.query_params.get("done", "")))


async def _patron(
    request: Request[Viewer, Any, Any],
    database: Database,
    settings: Settings,
    viewer: Viewer,
    patron: int,
    *,
    status_code: int = 200,
    **more: Any,
) -> Response[str]:
    """Looking is an act of its own and leaves its row, so this is a transaction."""
    now, today = clock.now(), clock.today(settings.zone)
    async with database.transaction() as session:
        found = await dossier.dossier(session, viewer, patron, now=now)
        sections = await panels.panels(session, viewer, patron)
        may_edit = await reach.reaches(session, viewer, Permission.EDIT_PATRONS, patron)
        audit.record(session, viewer, "patron.seen", subject_kind="patron", subject_id=patron)
    birth = found.person.birth_date
    return page(
        request,
        "identity/patrons/patron.html",
        status_code=status_code,
        headers=NO_STORE,
        found=found,
        panels=sections,
        may_edit=may_edit,
        today=today,
        age=ages.age(birth, today) if birth else None,
        era=ages.in_era(birth) if birth else None,
        usual_end=application.default_validity(found.patron.category, today),
        categories=CATEGORIES,
        contacts=CONTACTS,
        proofs=PROOFS,
        reasons=REVOKED,
        **more,
    )


@post("/staff/patrons/{patron:int}", guards=[requires(Permission.EDIT_PATRONS)], include_in_schema=False)
async def act(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    patron: FromPath[int],
) -> Response[Any]:
    """One act of the page: its button says which."""
    sent = await forms.read(request)
    chosen = sent.text("act")
    try:
        if chosen == "code":
            return await _code(request, database, settings, viewer, patron)
        await _act(database, settings, viewer, patron, sent)
    except (Invalid, Conflict) as exc:
        status = 409 if isinstance(exc, Conflict) else 422
        return await _patron(request, database, settings, viewer, patron, status_code=status, failed=said(exc, texts(request)).detail)
    return Redirect(f"/staff/patrons/{patron}?done={chosen}", status_code=303)


async def _act(database: Database, settings: Settings, viewer: Viewer, patron: int, sent: forms.Form) -> None:
    chosen = sent.text("act")
    today, now = clock.today(settings.zone), clock.now()
    async with database.transaction() as session:
        if chosen == "renewed":
            await changing.renew(session, patron, sent.text("valid_to"), by=viewer, today=today)
        elif chosen == "card":
            number, reason = sent.text("card"), sent.text("reason")
            await changing.replace_card(session, settings, patron, number=number, reason=reason, by=viewer, now=now)
        elif chosen == "ended":
            await changing.end(session, patron, by=viewer, today=today)
        elif chosen == "taken-back":
            await changing.take_code_back(session, patron, by=viewer)
        else:
            raise Invalid("act_unknown", N_("この操作はありません。"), where="act")


async def _code(request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, patron: int) -> Response[str]:
    async with database.transaction() as session:
        code = await changing.give_code(session, settings, patron, seed=codes.seed_of(uuid.uuid4()), by=viewer, now=clock.now())
        slip = await dossier.slip(session, patron)
    return slip_page(request, settings, slip, code, again=True)


@get("/staff/patrons/{patron:int}/edit", guards=[requires(Permission.EDIT_PATRONS)], include_in_schema=False)
async def edit(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    patron: FromPath[int],
) -> Response[str]:
    return await _edit(request, database, settings, viewer, patron)


async def _edit(
    request: Request[Viewer, Any, Any],
    database: Database,
    settings: Settings,
    viewer: Viewer,
    patron: int,
    *,
    sheet: Sheet | None = None,
    status_code: int = 200,
) -> Response[str]:
    async with database.transaction() as session:
        row = await reach.must_reach(session, viewer, Permission.EDIT_PATRONS, patron)
        found = await dossier.dossier(session, viewer, patron, now=clock.now())
        choice = await choices(session, settings, kind=found.organisation.kind)
        audit.record(session, viewer, "patron.seen", subject_kind="patron", subject_id=patron)
    if row.category not in dict(choice["categories"]):
        choice["categories"].append((row.category, CATEGORIES[row.category]))
    shown = sheet or Sheet(_as_typed(found))
    return page(
        request,
        "identity/patrons/edit.html",
        status_code=status_code,
        headers=NO_STORE,
        found=found,
        sheet=shown,
        typed=shown.typed,
        wrong=shown.wrong,
        **choice,
    )


def _as_typed(found: dossier.Dossier) -> Mapping[str, str]:
    person, patron = found.person, found.patron
    values = {name: getattr(person, name) for name in OF_PERSON} | {name: getattr(patron, name) for name in OF_PATRON}
    return {name: str(value) if value is not None else "" for name, value in values.items()} | {
        "home_branch": found.home.code if found.home else ""
    }


@post("/staff/patrons/{patron:int}/edit", guards=[requires(Permission.EDIT_PATRONS)], include_in_schema=False)
async def change(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    patron: FromPath[int],
) -> Response[Any]:
    sent = await forms.read(request)
    typed = {name: sent.text(name) for name in application.TYPED}
    confirmed = sent.ticked("note_confirmed")
    try:
        async with database.transaction() as session:
            await changing.change(
                session,
                patron,
                typed,
                seen=sent.text("seen"),
                note_confirmed=confirmed,
                by=viewer,
                today=clock.today(settings.zone),
            )
    except (Invalid, Conflict) as exc:
        status = 409 if isinstance(exc, Conflict) else 422
        sheet = replace(refused(request, exc, typed), note_confirmed=confirmed)
        return await _edit(request, database, settings, viewer, patron, sheet=sheet, status_code=status)
    return Redirect(f"/staff/patrons/{patron}?done=changed", status_code=303)


handlers = (patron_page, act, edit, change)
