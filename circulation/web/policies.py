"""The staff's pages of lending rules: the rows, groups of branches, and for a branch, reader and material which row decides and why."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog.records.labels import MATERIALS
from circulation.policies import ruling
from circulation.policies.ruling import At
from circulation.rules.policies import LARGEST, RULES, Rule, Value
from library import clock
from library.db import Database, Reading
from library.errors import N_, Conflict, Invalid, LibraryError, NotFound
from library.http import forms, problems, requests
from library.http.forms import Form
from library.http.menu import Entry
from library.http.pages import page, url
from library.i18n import Texts
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer
from library.identity.words import CATEGORIES
from library.places import store
from library.settings import Settings

Asked = Request[Viewer, Any, Any]
PATH = "/staff/policies"

UNITS: dict[Rule, str] = {
    Rule.LOAN_DAYS: N_("{number}日"),
    Rule.LOAN_HOURS: N_("{number}時間"),
    Rule.LOANS_LIMIT: N_("{number}点"),
    Rule.MATERIAL_LIMIT: N_("{number}点"),
    Rule.RENEWALS: N_("{number}回"),
    Rule.RENEWAL_DAYS: N_("{number}日"),
    Rule.OVERDUE_BLOCK_DAYS: N_("{number}日"),
    Rule.HOLDS_LIMIT: N_("{number}点"),
    Rule.PICKUP_DAYS: N_("開館日で{number}日"),
    Rule.RETENTION_DAYS: N_("開館日で{number}日"),
}
SPECIAL: dict[tuple[Rule, int], str] = {
    (Rule.LOAN_HOURS, 0): N_("日で数える"),
    (Rule.OVERDUE_BLOCK_DAYS, 0): N_("止めない"),
    (Rule.RETENTION_DAYS, 0): N_("すぐ切る"),
    (Rule.RENEWALS, 0): N_("できない"),
    (Rule.MATERIAL_LIMIT, LARGEST): N_("分けて数えない"),
}
YES, NO = N_("はい"), N_("いいえ")


def in_words(texts: Texts, rule: Rule, value: Value) -> str:
    """A rule's value as a librarian says it: 14日, 開館日で7日, はい."""
    if isinstance(value, bool):
        return texts.gettext(YES if value else NO)
    special = SPECIAL.get((rule, value))
    return texts.gettext(special) if special else texts.gettext(UNITS[rule]).format(number=value)


@get(PATH, include_in_schema=False, guards=[requires(Permission.LEND)])
async def policies_page(
    request: Asked, database: NamedDependency[Database], settings: NamedDependency[Settings], done: FromQuery[str] = ""
) -> Response[Any]:
    return await _policies(request, database, settings, done=done)


async def _policies(
    request: Asked,
    database: Database,
    settings: Settings,
    *,
    done: str = "",
    typed: Form | None = None,
    refused: LibraryError | None = None,
) -> Response[Any]:
    async with database.reading() as session:
        lines = await ruling.lines(session)
        choices = await _choices(session, settings)
    return page(
        request,
        "circulation/policies/policies.html",
        status_code=_status(refused),
        lines=lines,
        done=done,
        typed=typed,
        may_edit=request.user.can(Permission.EDIT_POLICIES, EVERYWHERE),
        **_refusal(request, refused),
        **choices,
        **_wording(request),
    )


@post(PATH, include_in_schema=False, guards=[requires(Permission.EDIT_POLICIES)])
async def add_policy(
    request: Asked, database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    branch, _, group = form.text("place").partition("@")  # a group is sent as "@code"
    at = At(branch or None, group or None, form.text("category") or None, form.text("material") or None)
    try:
        async with database.transaction() as session:
            rule = form.text("rule")
            await ruling.add(session, rule=rule, value=_value(rule, form.text("value")), at=at, note=form.text("note"), by=viewer)
    except (Invalid, Conflict, NotFound) as exc:
        return await _policies(request, database, settings, typed=form, refused=exc)
    return Redirect(url(PATH, done="added"), status_code=303)


@get(PATH + "/{policy:int}", include_in_schema=False, guards=[requires(Permission.EDIT_POLICIES)])
async def policy_page(request: Asked, policy: FromPath[int], database: NamedDependency[Database]) -> Response[Any]:
    return await _policy(request, database, policy)


async def _policy(
    request: Asked, database: Database, policy: int, *, typed: Form | None = None, refused: Invalid | None = None
) -> Response[Any]:
    async with database.reading() as session:
        line = await ruling.line(session, policy)
    return page(
        request,
        "circulation/policies/policy.html",
        status_code=_status(refused),
        line=line,
        typed=typed,
        **_refusal(request, refused),
        **_wording(request),
    )


@post(PATH + "/{policy:int}", include_in_schema=False, guards=[requires(Permission.EDIT_POLICIES)])
async def change_policy(
    request: Asked, policy: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    try:
        async with database.transaction() as session:
            line = await ruling.line(session, policy)
            await ruling.change(session, policy, value=_value(line.rule, form.text("value")), note=form.text("note"), by=viewer)
    except Invalid as exc:
        return await _policy(request, database, policy, typed=form, refused=exc)
    return Redirect(url(PATH, done="changed"), status_code=303)


@post(PATH + "/{policy:int}/remove", include_in_schema=False, guards=[requires(Permission.EDIT_POLICIES)])
async def remove_policy(policy: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    async with database.transaction() as session:
        await ruling.remove(session, policy, by=viewer)
    return Redirect(url(PATH, done="removed"), status_code=303)


@get(PATH + "/explain", include_in_schema=False, guards=[requires(Permission.LEND)])
async def explain_page(
    *,
    request: Asked,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromQuery[str] = "",
    category: FromQuery[str] = "",
    material: FromQuery[str] = "",
) -> Response[Any]:
    """Which row decides, rule by rule; without a branch, the viewer's own or the first."""
    refused: LibraryError | None = None
    reasons = None
    async with database.reading() as session:
        choices = await _choices(session, settings)
        own = next((one.code for one in choices["branches"] if one.id == viewer.home_branch_id), None)
        chosen = branch or own or next((one.code for one in choices["branches"]), "")
        try:
            reasons = await ruling.explained(session, branch=chosen, category=category or None, material=material or None)
        except (Invalid, NotFound) as exc:
            refused = exc
    asked = {"branch": chosen, "category": category, "material": material}
    return page(
        request,
        "circulation/policies/explain.html",
        status_code=_status(refused),
        reasons=reasons,
        asked=asked,
        **_refusal(request, refused),
        **choices,
        **_wording(request),
    )


@get(PATH + "/groups", include_in_schema=False, guards=[requires(Permission.LEND)])
async def groups_page(
    request: Asked, database: NamedDependency[Database], settings: NamedDependency[Settings], done: FromQuery[str] = ""
) -> Response[Any]:
    return await _groups(request, database, settings, done=done)


async def _groups(
    request: Asked,
    database: Database,
    settings: Settings,
    *,
    done: str = "",
    typed: Form | None = None,
    refused: LibraryError | None = None,
) -> Response[Any]:
    async with database.reading() as session:
        choices = await _choices(session, settings)
    return page(
        request,
        "circulation/policies/groups.html",
        status_code=_status(refused),
        done=done,
        typed=typed,
        may_edit=request.user.can(Permission.EDIT_POLICIES, EVERYWHERE),
        **_refusal(request, refused),
        **choices,
    )


@post(PATH + "/groups", include_in_schema=False, guards=[requires(Permission.EDIT_POLICIES)])
async def make_group(
    request: Asked, database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    try:
        async with database.transaction() as session:
            await ruling.make_group(session, code=form.text("code"), name=_names(form), by=viewer)
    except (Invalid, Conflict) as exc:
        return await _groups(request, database, settings, typed=form, refused=exc)
    return Redirect(url(PATH + "/groups", done=form.text("code")), status_code=303)


@post(PATH + "/groups/{code:str}", include_in_schema=False, guards=[requires(Permission.EDIT_POLICIES)])
async def set_group(
    request: Asked,
    code: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    try:
        async with database.transaction() as session:
            await ruling.set_group(session, code, name=_names(form), members=form.texts("branch"), by=viewer)
    except (Invalid, Conflict) as exc:
        return await _groups(request, database, settings, refused=exc)
    return Redirect(url(PATH + "/groups", done=code), status_code=303)


async def _choices(session: Reading, settings: Settings) -> dict[str, Any]:
    """Where a rule can hold: branches of today, and groups."""
    found = await store.branches(session, on=clock.today(settings.zone))
    groups = await ruling.groups(session)
    return {"branches": found, "groups": groups}


def _wording(request: Asked) -> dict[str, Any]:
    texts = requests.texts(request)
    return {
        "rules": RULES,
        "in_words": lambda rule, value: in_words(texts, rule, value),
        "categories": CATEGORIES,
        "materials": MATERIALS,
        "largest": LARGEST,
    }


def _names(form: Form) -> dict[str, str]:
    return {language: form.text(f"name_{language}") for language in ("ja", "en")}


def _value(rule: str, typed: str) -> object:
    """What was typed, as the rule wants it; what is neither a number nor yes or no stays text and is refused in words."""
    if rule in RULES and RULES[Rule(rule)].is_flag:
        return {"yes": True, "no": False, "はい": True, "いいえ": False}.get(typed.lower(), typed)
    digits = typed.replace(",", "")
    return int(digits) if digits.isdecimal() and len(digits) < 10 else typed


def _status(refused: LibraryError | None) -> int:
    if refused is None:
        return 200
    status = next(status for kind, status in problems.STATUS if isinstance(refused, kind))
    return 422 if status == 400 else status


def _refusal(request: Asked, refused: LibraryError | None) -> dict[str, Any]:
    if refused is None:
        return {"refused": None, "wrong_at": None}
    return {"refused": problems.said(refused, requests.texts(request)).detail, "wrong_at": refused.where}


handlers: list[Any] = [
    *(policies_page, add_policy, explain_page, groups_page, make_group, set_group),
    *(policy_page, change_policy, remove_policy),
]

MENU = (Entry(Permission.LEND, PATH, N_("貸出の規則"), N_("館・利用者・資料ごとの規則と、その理由を見ます")),)
