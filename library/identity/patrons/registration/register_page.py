"""The page that registers somebody: one screen, typed from the top; then the slip with card number and first code."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from library import clock, idempotency
from library.db import Database, Reading
from library.errors import N_, Conflict, Invalid, KeyReused, LibraryError
from library.http import forms
from library.http.pages import page
from library.http.problems import said
from library.http.requests import texts
from library.identity import audit
from library.identity.guards import requires
from library.identity.patrons import ages, codes, reach
from library.identity.patrons.membership import dossier
from library.identity.patrons.registration import application, registering
from library.identity.patrons.registration.lookalikes import REASONS, Lookalike, MaybeRegistered, lookalikes
from library.identity.patrons.words import CONTACTS, PROOFS
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.identity.words import CATEGORIES
from library.places import store
from library.settings import Settings

ROUTE = "/staff/patrons/new"
NO_STORE = {"Cache-Control": "no-store"}
ALREADY = N_("この画面の人は、もう登録してあります。もう一度押すと、いま書いてある人を新しく登録します。")


@dataclass(frozen=True)
class Sheet:
    """What the form shows: what was typed, what is wrong with it by field, and who looks alike."""

    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    similar: tuple[Lookalike, ...] = ()
    notice: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))
    note_confirmed: bool = False
    account: bool = True


@get(ROUTE, guards=[requires(Permission.EDIT_PATRONS)], include_in_schema=False)
async def form(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    typed = {"organisation": request.query_params.get("organisation", ""), "card": request.query_params.get("card", "")[:100]}
    return await _form(request, database, settings, viewer, Sheet(typed))


async def _form(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, sheet: Sheet, *, status_code: int = 200
) -> Response[str]:
    today = clock.today(settings.zone)
    async with database.reading() as session:
        reachable = await reach.organisations(session, viewer, Permission.EDIT_PATRONS, on=today)
        chosen = await registering.organisation_for(session, viewer, sheet.typed.get("organisation", ""), today=today)
        choice = await choices(session, settings, kind=chosen.kind)
    home = next((one.code for one in choice["places"] if one.id == viewer.home_branch_id), "")
    return page(
        request,
        "identity/patrons/register.html",
        status_code=status_code,
        headers=NO_STORE,
        organisations=reachable,
        chosen=chosen,
        sheet=sheet,
        typed={"home_branch": home} | dict(sheet.typed),
        wrong=sheet.wrong,
        reasons=REASONS,
        **choice,
    )


async def choices(session: Reading, settings: Settings, *, kind: str) -> dict[str, Any]:
    """What the fields of the form offer."""
    today = clock.today(settings.zone)
    offered = application.categories(kind)
    return {
        "kind": kind,
        "categories": [(code, CATEGORIES[code]) for code in offered],
        "category_words": CATEGORIES,
        "contacts": CONTACTS,
        "proofs": PROOFS,
        "places": await store.branches(session, on=today),
        "usual_end": application.default_validity(offered[0], today),
    }


@post(f"{ROUTE}/look", guards=[requires(Permission.EDIT_PATRONS)], status_code=200, include_in_schema=False)
async def look(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    """What can be said while the form is still being typed: the age, and who may be there already."""
    sent, today = await forms.read(request), clock.today(settings.zone)
    likeness = application.glanced({name: sent.text(name) for name in application.TYPED}, today=today)
    async with database.transaction() as session:
        similar = await lookalikes(session, likeness, viewer=viewer)
        if similar:
            audit.record(session, viewer, "patrons.searched", count=len(similar))
    birth = likeness.birth_date
    return page(
        request,
        "identity/patrons/_look.html",
        headers=NO_STORE,
        similar=similar,
        age=ages.age(birth, today) if birth else None,
        birth=birth,
        era=ages.in_era(birth) if birth else None,
        child=birth is not None and ages.is_child(birth, today),
        reasons=REASONS,
        category_words=CATEGORIES,
    )


@post(ROUTE, guards=[requires(Permission.EDIT_PATRONS)], status_code=201, include_in_schema=False)
async def register(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    """Registers and shows the slip; the same form sent twice (a double click) registers once and shows the same slip."""
    sent = await forms.read(request)
    typed = {name: sent.text(name) for name in application.TYPED}
    nonce = _nonce(sent.text("nonce"))
    asked = registering.Request(
        typed=typed,
        seed=codes.seed_of(f"{viewer.account_id}:{nonce}"),
        different=sent.ticked("different"),
        note_confirmed=sent.ticked("note_confirmed"),
        account=sent.ticked("account"),
    )
    try:
        number, code = await _register(database, settings, viewer, asked, nonce)
    except KeyReused:
        return await _form(request, database, settings, viewer, Sheet(shown(typed), notice=ALREADY), status_code=409)
    except (Invalid, Conflict) as exc:
        sheet = replace(refused(request, exc, typed), nonce=nonce, note_confirmed=asked.note_confirmed, account=asked.account)
        status = 409 if isinstance(exc, Conflict) else 422
        return await _form(request, database, settings, viewer, sheet, status_code=status)
    async with database.reading() as session:
        slip = await dossier.slip(session, number)
    return slip_page(request, settings, slip, code, again=False)


def _nonce(given: str) -> str:
    """What tells one form from another; a new one where somebody's page sent none."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())


async def _register(
    database: Database, settings: Settings, viewer: Viewer, asked: registering.Request, nonce: str
) -> tuple[int, codes.Issued | None]:
    now, client, key = clock.now(), f"account:{viewer.account_id}", idempotency.parse(nonce)
    said_before = json.dumps([sorted(asked.typed.items()), asked.account], ensure_ascii=False).encode()
    body_digest = idempotency.digest(settings.key, said_before)
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route=ROUTE, body_digest=body_digest, now=now)
        if before is not None:
            number = int(before.result["patron"])
            return number, await codes.again(session, settings, (await dossier.slip(session, number)).person_id, seed=asked.seed, now=now)
        done = await registering.register(session, settings, asked, by=viewer, today=clock.today(settings.zone), now=now)
        await idempotency.finish(session, client=client, key=key, status=201, result={"patron": str(done.patron_id)})
    return done.patron_id, done.code


def shown(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, without what must not be shown again."""
    hidden = application.holding_a_number(typed)
    return {name: "" if name in hidden else value for name, value in typed.items()}


def refused(request: Request[Any, Any, Any], exc: LibraryError, typed: Mapping[str, str]) -> Sheet:
    """The form as it was typed, with every problem beside its field."""
    if isinstance(exc, MaybeRegistered):
        return Sheet(shown(typed), similar=exc.found)
    outcome = said(exc, texts(request))
    wrong = {problem["where"]: problem["detail"] for problem in outcome.problems} or {exc.where or "card": outcome.detail}
    return Sheet(shown(typed), wrong=wrong)


def slip_page(
    request: Request[Any, Any, Any], settings: Settings, slip: dossier.Slip, code: codes.Issued | None, *, again: bool
) -> Response[str]:
    """What is printed and handed over; `again`: for a new code only."""
    address = (settings.public_url or str(request.base_url)).rstrip("/") + "/sign-in/first"
    return page(
        request,
        "identity/patrons/registered.html",
        status_code=200 if again else 201,
        headers=NO_STORE,
        slip=slip,
        code=code,
        again=again,
        first_address=address,
    )


handlers = (form, look, register)
