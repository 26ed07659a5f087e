"""The staff's pages of the guide: the list, an entry with its languages, its versions, and a try of what somebody says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from library import clock
from library.db import Database
from library.errors import N_, Conflict, Invalid, LibraryError
from library.http import forms, problems, requests
from library.http.menu import Entry
from library.http.pages import page, url
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.identity.words import ROLES
from library.places import store as places
from library.settings import Settings
from search.procedures import answers, differing, editing, facts, sheets, store, wording
from search.procedures.content import LANGUAGE_NAMES, LANGUAGES, MOST_BUTTONS, TOPICS, Content, behind, missing
from search.procedures.store import Kept

Asked = Request[Viewer, Any, Any]
PATH = "/staff/procedures"
MAY = [requires(Permission.EDIT_PROCEDURES)]


@dataclass(frozen=True)
class Line:
    """An entry in the list, with what speaks for looking at it."""

    kept: Kept
    missing: tuple[str, ...]
    behind: tuple[str, ...]
    unchecked: bool
    may_edit: bool


@dataclass(frozen=True)
class Sheet:
    """What the form shows: of an entry, or as it was typed."""

    content: Content
    key: str = ""
    note: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    refused: str | None = None
    preview: dict[str, str] = field(default_factory=dict)
    status: int = 200


@get(PATH, include_in_schema=False, guards=MAY)
async def procedures_page(
    request: Asked,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    show: FromQuery[str] = "",
) -> Response[Any]:
    today = clock.today(settings.zone)
    async with database.reading() as session:
        entries = [one for one in await store.kept(session) if editing.may_look(viewer, one)]
        homes = {home.id for home in await editing.homes(session, viewer, on=today)}
    lines = [
        Line(one, missing(one.content), behind(one.content), editing.is_unchecked(one, today), one.organisation_id in homes)
        for one in entries
    ]
    return page(
        request,
        "search/procedures/list.html",
        show=show,
        every=len(lines),
        old=[line for line in lines if line.unchecked],
        lines=[line for line in lines if line.unchecked] if show == "old" else lines,
        **_words(),
    )


@get(PATH + "/try", include_in_schema=False, guards=MAY)
async def try_page(
    *,
    request: Asked,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    said: FromQuery[str] = "",
    language: FromQuery[str] = "ja",
) -> Response[Any]:
    """Which entry answers, which come near, and by which of their words; also below the mark under which nothing is answered."""
    spoken = language if language in LANGUAGES else "ja"
    async with database.reading() as session:
        entries = await answers.all_for(session, viewer=viewer, language=spoken, on=clock.today(settings.zone))
    tried = answers.explained(entries, said[:1000], spoken) if said.strip() else ()
    return page(request, "search/procedures/try.html", said=said[:1000], spoken=spoken, tried=tried, enough=answers.ENOUGH, **_words())


@get(PATH + "/new", include_in_schema=False, guards=MAY)
async def new_page(
    request: Asked, database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    return await _sheet(request, database, settings, viewer, Sheet(Content()))


@post(PATH + "/new", include_in_schema=False, guards=MAY)
async def make_procedure(
    request: Asked, database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    sheet = Sheet(Content(), key=form.text("key"), note=form.text("note"))
    try:
        sheet = replace(sheet, content=sheets.read(form))
        if form.text("do") == "preview":
            sheet = await _previewed(database, settings, viewer, sheet, form.text("organisation"))
            return await _sheet(request, database, settings, viewer, sheet)
        async with database.transaction() as session:
            home = form.text("organisation")
            number = await editing.make(session, organisation=home, key=sheet.key, content=sheet.content, note=sheet.note, by=viewer)
    except (Invalid, Conflict) as exc:
        return await _sheet(request, database, settings, viewer, _refused(request, sheet, exc))
    return Redirect(url(f"{PATH}/{number}", done="made"), status_code=303)


@get(PATH + "/{procedure:int}", include_in_schema=False, guards=MAY)
async def procedure_page(
    *,
    request: Asked,
    procedure: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    done: FromQuery[str] = "",
) -> Response[Any]:
    async with database.reading() as session:
        entry = await editing.looked_at(session, procedure, viewer)
    return await _sheet(request, database, settings, viewer, Sheet(entry.content, key=entry.key), entry=entry, done=done)


@post(PATH + "/{procedure:int}", include_in_schema=False, guards=MAY)
async def save_procedure(
    request: Asked,
    procedure: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    async with database.reading() as session:
        entry = await editing.looked_at(session, procedure, viewer)
    editing.must_edit(viewer, entry.organisation_id)
    sheet = Sheet(entry.content, key=entry.key, note=form.text("note"))
    try:
        sheet = replace(sheet, content=sheets.read(form))
        if form.text("do") == "preview":
            sheet = await _previewed(database, settings, viewer, sheet, entry.organisation)
            return await _sheet(request, database, settings, viewer, sheet, entry=entry)
        async with database.transaction() as session:
            await editing.save(
                session,
                procedure,
                content=sheet.content,
                expected=sheets.number(form.text("expected")),
                note=sheet.note,
                still_true=form.texts("still_true"),
                by=viewer,
            )
            if form.text("do") == "publish":
                await editing.publish(session, procedure, by=viewer)
    except (Invalid, Conflict) as exc:
        return await _sheet(request, database, settings, viewer, _refused(request, sheet, exc), entry=entry)
    return Redirect(url(f"{PATH}/{procedure}", done="published" if form.text("do") == "publish" else "saved"), status_code=303)


@post(PATH + "/{procedure:int}/publish", include_in_schema=False, guards=MAY)
async def publish_procedure(
    request: Asked,
    procedure: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    expected = sheets.number(form.text("expected")) if form.text("expected") else None
    try:
        async with database.transaction() as session:
            await editing.publish(session, procedure, by=viewer, expected=expected)
    except (Invalid, Conflict) as exc:  # a branch that it names has gone since, or somebody wrote a newer version
        async with database.reading() as session:
            entry = await editing.looked_at(session, procedure, viewer)
        sheet = _refused(request, Sheet(entry.content, key=entry.key), exc)
        return await _sheet(request, database, settings, viewer, sheet, entry=entry)
    return Redirect(url(f"{PATH}/{procedure}", done="published"), status_code=303)


@post(PATH + "/{procedure:int}/withdraw", include_in_schema=False, guards=MAY)
async def withdraw_procedure(
    procedure: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    async with database.transaction() as session:
        await editing.withdraw(session, procedure, by=viewer)
    return Redirect(url(f"{PATH}/{procedure}", done="withdrawn"), status_code=303)


@post(PATH + "/{procedure:int}/check", include_in_schema=False, guards=MAY)
async def check_procedure(procedure: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    async with database.transaction() as session:
        await editing.check(session, procedure, by=viewer)
    return Redirect(url(f"{PATH}/{procedure}", done="checked"), status_code=303)


@get(PATH + "/{procedure:int}/versions", include_in_schema=False, guards=MAY)
async def versions_page(
    *,
    request: Asked,
    procedure: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    old: FromQuery[int] = 0,
    new: FromQuery[int] = 0,
) -> Response[Any]:
    """Two versions side by side; the newest and the one before when nobody chose."""
    async with database.reading() as session:
        entry = await editing.looked_at(session, procedure, viewer)
        versions = await store.versions(session, procedure)
    by_number = {one.number: one for one in versions}
    newer = by_number.get(new, versions[0])
    older = by_number.get(old, by_number.get(newer.number - 1, newer))
    return page(
        request,
        "search/procedures/versions.html",
        entry=entry,
        versions=versions,
        newer=newer,
        older=older,
        differences=differing.between(older.content, newer.content),
        **_words(),
    )


async def _sheet(
    request: Asked, database: Database, settings: Settings, viewer: Viewer, sheet: Sheet, *, entry: Kept | None = None, done: str = ""
) -> Response[Any]:
    today = clock.today(settings.zone)
    async with database.reading() as session:
        homes = await editing.homes(session, viewer, on=today)
        branches = await places.branches(session, on=today)
        examples = facts.examples(branches[0].code if branches else "chuo")
        known = await facts.gathered(session, on=today, names=examples)
    values = known.of(entry.organisation_id if entry else homes[0].id if homes else 0).values(requests.language(request))
    return page(
        request,
        "search/procedures/sheet.html",
        status_code=sheet.status,
        sheet=sheet,
        entry=entry,
        done=done,
        homes=homes,
        branches=branches,
        may_edit=entry is None or any(home.id == entry.organisation_id for home in homes),
        behind=behind(sheet.content),
        missing=missing(sheet.content),
        unchecked=entry is not None and editing.is_unchecked(entry, today),
        facts=[(name, words, values(name)) for name, words in examples.items()],
        most_buttons=MOST_BUTTONS,
        **_words(),
    )


async def _previewed(database: Database, settings: Settings, viewer: Viewer, sheet: Sheet, organisation: str) -> Sheet:
    """With the texts as readers of the organisation would get them."""
    async with database.reading() as session:
        wrong = await editing.problems(session, sheet.content)
        names = {name for text in sheet.content.texts.values() for name in wording.named(text.body)}
        known = await facts.gathered(session, on=clock.today(settings.zone), names=names)
        homes = await editing.homes(session, viewer, on=clock.today(settings.zone))
    if wrong:
        raise Invalid("procedure_wrong", N_("保存できません。なおすところを見てください。"), where=wrong[0].where, problems=wrong)
    own = known.of(next((home.id for home in homes if home.code == organisation), 0))
    shown = {language: wording.html(wording.filled(text.body, own.values(language))) for language, text in sheet.content.texts.items()}
    return replace(sheet, preview=shown)


def _refused(request: Asked, sheet: Sheet, exc: LibraryError) -> Sheet:
    texts = requests.texts(request)
    said = problems.said(exc, texts)
    found = exc.problems if isinstance(exc, Invalid) else ()
    wrong = {one.where: texts.gettext(one.sentence).format(**one.fields) for one in reversed(found)}
    if not wrong and exc.where:
        wrong = {exc.where: said.detail}
    return replace(sheet, wrong=wrong, refused=said.detail, status=422 if isinstance(exc, Invalid) else 409)


def _words() -> dict[str, Any]:
    return {
        "topics": TOPICS,
        "languages_of": LANGUAGES,
        "language_names": LANGUAGE_NAMES,
        "role_names": {role.value: words for role, words in ROLES.items()},
    }


handlers: list[Any] = [
    *(procedures_page, try_page, new_page, make_procedure, procedure_page, save_procedure),
    *(publish_procedure, withdraw_procedure, check_procedure, versions_page),
]

MENU = (Entry(Permission.EDIT_PROCEDURES, PATH, N_("利用案内"), N_("手続きとよくある質問の文を書き、公開します")),)
