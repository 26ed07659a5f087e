"""The staff's pages of book lists: all of them, and one to fill, put in order, publish and copy."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import IO, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog.store import no_such_record
from library import clock, idempotency
from library.db import Database, Reading, Writing
from library.errors import N_, Conflict, Invalid, LibraryError, NotFound, Problem
from library.http import forms, problems, requests
from library.http.forms import Form
from library.http.menu import Entry as MenuEntry
from library.http.pages import page, url
from library.i18n import Texts
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings
from search.edges import engine_of
from search.lists import bringing, editing, sheet, store, wanted
from search.lists.bringing import Brought
from search.lists.details import chosen_place, details_of, places_for
from search.lists.editing import Added, Entry, Step
from search.lists.hits import hits
from search.lists.rules import LONGEST_NOTE, Act, Circle, Grade, Kind
from search.lists.store import LineFacts
from search.lists.words import CIRCLES, GRADES, KINDS, MARKS, STANDINGS

PATH = "/staff/lists"
MAY = [requires(Permission.EDIT_LISTS)]

Looking = Request[Viewer, Any, Any]


@dataclass(frozen=True)
class Shortfall:
    """What an act did not take: the fault, or lines to be mended, and what was typed."""

    refused: LibraryError | None = None
    typed: Form | None = None
    problems: tuple[Problem, ...] = ()
    left: str = ""
    added: int = 0


@dataclass(frozen=True)
class Taken:
    """A line that was just taken out, to be put back where it stood."""

    line: LineFacts
    at: int


NOTHING = Shortfall()


@get(PATH, include_in_schema=False, guards=MAY)
async def lists_page(
    request: Looking,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    done: FromQuery[str] = "",
) -> Response[str]:
    today = clock.today(settings.zone)
    async with database.reading() as session:
        found = await store.overviews(session, await store.of_staff(session, viewer), viewer, covers=3)
        house = await store.overviews(session, await store.of_house(session, viewer, today=today), viewer, covers=3)
    lists, readable = ([(one, one.facts.standing(today)) for one in some] for some in (found, house))
    return page(request, "search/lists/staff.html", lists=lists, readable=readable, done=done, **_words())


@get(PATH + "/new", include_in_schema=False, guards=MAY)
async def new_page(request: Looking, database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _new(request, database, viewer)


async def _new(request: Looking, database: Database, viewer: Viewer, short: Shortfall = NOTHING) -> Response[str]:
    async with database.reading() as session:
        places = await places_for(session, viewer)
    return page(
        request,
        "search/lists/new.html",
        status_code=_status(short.refused),
        places=places,
        typed=short.typed,
        facts=None,
        key=_key_again(short.typed),
        **_said(request, short.refused),
        **_words(),
    )


def _key_again(typed: Form | None) -> str:
    """The key of a form that is drawn again; a new one for what is none, which would be refused for ever."""
    try:
        return str(uuid.UUID(typed.text("key"))) if typed else str(uuid.uuid4())
    except ValueError:
        return str(uuid.uuid4())


@post(PATH, include_in_schema=False, guards=MAY)
async def make(
    request: Looking, database: NamedDependency[Database], settings: NamedDependency[Settings], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    try:
        details, place = details_of(form), form.text("place_of")
        once = _Once.of(form, f"{place}\n{details}", viewer, settings)
        async with database.transaction() as session:
            number = await once.made_before(session)
            if number is None:
                organisation_id, branch_id = await chosen_place(session, place)
                number = await editing.make(session, details, organisation_id=organisation_id, branch_id=branch_id, by=viewer)
                await once.note(session, number)
    except Invalid as exc:
        return await _new(request, database, viewer, Shortfall(exc, form))
    return Redirect(f"{PATH}/{number}", status_code=303)


@dataclass(frozen=True)
class _Once:
    """A form that makes a list makes one, however often it is sent; with other words it makes another."""

    client: str
    key: uuid.UUID | None
    digest: str

    @classmethod
    def of(cls, form: Form, said: str, viewer: Viewer, settings: Settings) -> _Once:
        nonce = idempotency.parse(form.text("key") or None)
        words = said.encode("utf-8", "replace")
        key = uuid.uuid5(nonce, words.decode()) if nonce else None
        return cls(f"account:{viewer.account_id}", key, idempotency.digest(settings.key, words))

    async def made_before(self, session: Writing) -> int | None:
        before = await idempotency.begin(session, client=self.client, key=self.key, route=PATH, body_digest=self.digest, now=clock.now())
        return int(before.result["id"]) if before else None

    async def note(self, session: Writing, number: int) -> None:
        await idempotency.finish(session, client=self.client, key=self.key, status=303, result={"id": str(number)})


@get(PATH + "/{list_id:int}", include_in_schema=False, guards=MAY)
async def list_page(
    *,
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    q: FromQuery[str] = "",
    done: FromQuery[str] = "",
    book: FromQuery[int] = 0,
) -> Response[str]:
    """`book`: the record that was just brought in."""
    return await _list(request, database, settings, list_id, q=" ".join(q.split())[:300], done=done, book=book)


async def _list(
    request: Looking,
    database: Database,
    settings: Settings,
    list_id: int,
    *,
    q: str = "",
    done: str = "",
    book: int = 0,
    short: Shortfall = NOTHING,
    taken: Taken | None = None,
) -> Response[str]:
    viewer = request.user
    async with database.reading() as session:
        facts = await store.one(session, list_id)
        viewer.must(Permission.EDIT_LISTS, facts.where)
        lines = await store.lines(session, facts)
        found = await hits(session, engine_of(request), q, facts, viewer=viewer) if q else ()
    texts = requests.texts(request)
    return page(
        request,
        "search/lists/edit.html",
        status_code=_status(short.refused) if short.refused else 422 if short.problems else 200,
        facts=facts,
        standing=facts.standing(clock.today(settings.zone)),
        lines=lines,
        flagged=sum(line.is_withdrawn or line.is_hidden for line in lines),
        q=q,
        hits=found,
        held=frozenset(line.record_id for line in lines),
        done=done,
        book=next((line for line in lines if line.record_id == book), None),
        taken=taken,
        typed=short.typed,
        problems=[_told(texts, one) for one in short.problems],
        left=short.left,
        added=short.added,
        most=LONGEST_NOTE,
        key=str(uuid.uuid4()),
        **_said(request, short.refused),
        **_words(),
    )


def _told(texts: Texts, problem: Problem) -> tuple[str, str]:
    """What is wrong with a line, and the title in it that can be searched for."""
    title = wanted.title_in(str(problem.fields["written"])) if problem.code == wanted.WORDS else ""
    return problems.filled(texts, problem.sentence, problem.fields), title


@post(PATH + "/{list_id:int}", include_in_schema=False, guards=MAY)
async def change(
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    version = int(form.text("version")) if form.text("version").isdecimal() else None
    try:
        async with database.transaction() as session:
            await editing.change(session, list_id, details_of(form), version=version, by=viewer)
    except (Invalid, Conflict) as exc:
        return await _list(request, database, settings, list_id, short=Shortfall(exc, form))
    return _back(list_id, "changed")


@post(PATH + "/{list_id:int}/state", include_in_schema=False, guards=MAY)
async def decide(
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    wish = form.text("act")
    try:
        async with database.transaction() as session:
            if wish == "remove":
                await editing.remove(session, list_id, by=viewer)
                return Redirect(url(PATH, done="removed"), status_code=303)
            if wish == "copy":
                made = await _copied(session, list_id, form, viewer, settings)
                return Redirect(f"{PATH}/{made}?done=copied", status_code=303)
            await editing.decide(session, list_id, _act(wish), by=viewer, today=clock.today(settings.zone))
    except (Invalid, Conflict) as exc:
        return await _list(request, database, settings, list_id, short=Shortfall(exc))
    return _back(list_id, wish)


async def _copied(session: Writing, list_id: int, form: Form, viewer: Viewer, settings: Settings) -> int:
    where = form.text("place_of")
    once = _Once.of(form, f"copy {list_id}\n{where}", viewer, settings)
    if (before := await once.made_before(session)) is not None:
        return before
    organisation_id, branch_id = await chosen_place(session, where) if where else (None, None)
    today = clock.today(settings.zone)
    made = await editing.copy(session, list_id, by=viewer, today=today, organisation_id=organisation_id, branch_id=branch_id)
    await once.note(session, made)
    return made


def _act(wish: str) -> Act:
    if wish not in set(Act):
        raise Invalid("act_unknown", N_("この操作はありません。"), where="act")
    return Act(wish)


@post(PATH + "/{list_id:int}/lines", include_in_schema=False, guards=MAY)
async def bring(
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    # As typed: fields are otherwise cut at a length that a long list of notes can reach.
    pasted = form.secret("pasted").replace("\0", "") or form.text("wanted")
    try:
        async with database.transaction() as session:
            brought = await bringing.bring(session, list_id, wanted.read(pasted), by=viewer)
    except (Invalid, Conflict) as exc:
        return await _list(request, database, settings, list_id, short=Shortfall(exc, left=pasted))
    left = form.secret("left").replace("\0", "")
    return await _brought(request, database, settings, list_id, brought, is_scan=not form.secret("pasted"), left=left)


@post(PATH + "/{list_id:int}/import", include_in_schema=False, guards=MAY, takes_files=True)
async def import_sheet(
    request: Looking,
    list_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    try:
        lines = await asyncio.to_thread(sheet.read, _table(form))
        async with database.transaction() as session:
            brought = await bringing.bring(session, list_id, lines, by=viewer)
    except (Invalid, Conflict) as exc:
        return await _list(request, database, settings, list_id, short=Shortfall(exc))
    return await _brought(request, database, settings, list_id, brought)


def _table(form: Form) -> IO[bytes]:
    file = form.file("file")
    if file is None:
        raise Invalid("file_missing", N_("ファイルを選んでください。"), where="file")
    return file.file


async def _brought(
    request: Looking, database: Database, settings: Settings, list_id: int, brought: Brought, *, is_scan: bool = False, left: str = ""
) -> Response[Any]:
    """After a scan nothing takes the focus from the field: the next book is in the other hand. `left`: lines that did not come in
    before, which stay on the page until somebody mends them."""
    if brought.problems:
        left = "\n".join(filter(None, (left, brought.left)))
        short = Shortfall(problems=brought.problems, left=left, added=brought.added.new)
        return await _list(request, database, settings, list_id, short=short)
    said = "added" if brought.added.new else "known" if brought.added.known else "nothing"
    if left:
        return await _list(request, database, settings, list_id, done=said, book=brought.first or 0, short=Shortfall(left=left))
    if is_scan:
        return Redirect(url(f"{PATH}/{list_id}", done=said, book=brought.first), status_code=303)
    return Redirect(url(f"{PATH}/{list_id}", done=said) + "#books", status_code=303)


@get(PATH + "/{list_id:int}/export", include_in_schema=False, guards=MAY)
async def export(list_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[bytes]:
    async with database.reading() as session:
        facts = await store.one(session, list_id)
        viewer.must(Permission.EDIT_LISTS, facts.where)
        lines = await store.lines(session, facts)
    headers = {"Content-Disposition": f'attachment; filename="list-{list_id}.csv"', "Cache-Control": "no-store"}
    return Response(sheet.written(lines), media_type="text/csv; charset=utf-8", headers=headers)


@post(PATH + "/{list_id:int}/lines/{record_id:int}", include_in_schema=False, guards=MAY)
async def change_line(
    *,
    request: Looking,
    list_id: FromPath[int],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    """One act on one book: a step up or down, a note, out of the list and back, or in from what was searched for."""
    form = await forms.read(request)
    wish = form.text("act")
    try:
        async with database.transaction() as session:
            taken = await _about_to_go(session, list_id, record_id) if wish == "out" else None
            await _act_on(session, list_id, record_id, form, viewer)
    except (Invalid, Conflict) as exc:
        return await _list(request, database, settings, list_id, short=Shortfall(exc))
    if wish == "in":
        return Redirect(url(f"{PATH}/{list_id}", q=form.text("q"), done="added") + "#found", status_code=303)
    if taken is not None:
        return await _list(request, database, settings, list_id, taken=taken)
    return Redirect(f"{PATH}/{list_id}" + ("#books" if wish == "out" else f"#line-{record_id}"), status_code=303)


async def _about_to_go(session: Reading, list_id: int, record_id: int) -> Taken | None:
    lines = await store.lines(session, await store.one(session, list_id))
    return next((Taken(line, at) for at, line in enumerate(lines) if line.record_id == record_id), None)


async def _act_on(session: Writing, list_id: int, record_id: int, form: Form, viewer: Viewer) -> None:
    wish = form.text("act")
    if wish == "note":
        await editing.annotate(session, list_id, record_id, _translations(form, "note"), by=viewer)
    elif wish == "out":
        await editing.take_out(session, list_id, [record_id], by=viewer)
    elif wish == "back":
        at = int(form.text("at")) if form.text("at").isdecimal() else None
        await editing.put_back(session, list_id, Entry(record_id, _translations(form, "note")), at=at, by=viewer)
    elif wish == "in":
        added = await editing.add(session, list_id, [Entry(record_id)], by=viewer)
        if added == Added(0, 0):
            raise no_such_record(record_id)
    elif wish in set(Step):
        await editing.move(session, list_id, record_id, Step(wish), by=viewer)
    else:
        raise Invalid("act_unknown", N_("この操作はありません。"), where="act")


def _translations(form: Form, name: str) -> dict[str, str]:
    return {language: form.text(f"{name}_{language}") for language in ("ja", "en")}


def _back(list_id: int, done: str) -> Redirect:
    return Redirect(url(f"{PATH}/{list_id}", done=done), status_code=303)


def _status(refused: LibraryError | None) -> int:
    if refused is None:
        return 200
    if isinstance(refused, NotFound):
        return 404
    return 409 if isinstance(refused, Conflict) else 422


def _said(request: Looking, refused: LibraryError | None) -> dict[str, Any]:
    if refused is None:
        return {"refused": None, "wrong_at": None}
    return {"refused": problems.said(refused, requests.texts(request)).detail, "wrong_at": refused.where}


def _words() -> dict[str, Any]:
    return {
        "kinds": KINDS,
        "grades": GRADES,
        "circles": CIRCLES,
        "standings": STANDINGS,
        "marks": MARKS,
        "Kind": Kind,
        "Grade": Grade,
        "Circle": Circle,
    }


handlers: list[Any] = [
    *(lists_page, new_page, make, list_page, change, decide),
    *(bring, import_sheet, export, change_line),
]

MENU = (MenuEntry(Permission.EDIT_LISTS, PATH, N_("リスト"), N_("展示や学年のおすすめを作って公開します")),)
