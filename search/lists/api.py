"""JSON of book lists: those that are shown, and for the staff's programs making, changing and deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from catalog.store import hold
from library import clock, idempotency
from library.db import Database, Reading
from library.errors import N_, Invalid, Problem
from library.http import requests
from library.i18n import Texts, in_language
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings
from search.lists import editing, shown, store
from search.lists.details import chosen_place
from search.lists.editing import Entry
from search.lists.rules import MOST_LINES, Act, Circle, Details, Grade, Kind, Standing, State
from search.lists.shown import Line, Opened
from search.lists.store import ListFacts

MAY = [requires(Permission.EDIT_LISTS)]
NOT_SHARED = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization, Accept-Language"}
TEXT = Annotated[str, msgspec.Meta(max_length=2000)]


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """A list. Texts that the staff writes are by language; `shown_from` to `shown_to` are both included, null is open."""

    id: str
    url: str
    organisation: str
    organisation_name: Mapping[str, str]
    branch: str | None
    kind: Kind
    title: Mapping[str, str]
    words: Mapping[str, str]
    place: Mapping[str, str]
    audience: Circle
    grade: Grade | None
    standing: Standing
    shown_from: date | None
    shown_to: date | None
    changed_at: datetime
    version: int
    books: int

    @classmethod
    def of(cls, facts: ListFacts, *, today: date, books: int) -> ListView:
        return cls(**_fields(facts, today), books=books)


class CopiesAt(msgspec.Struct, frozen=True):
    branch: str
    name: str
    items: int
    available: int


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A book of a list, with where it is at this moment; `note` says why to read it."""

    record: str
    url: str
    title: str
    volume: str
    author: str
    year: int | None
    ndc: str
    note: Mapping[str, str]
    availability: list[CopiesAt]


class ListInFull(ListView, frozen=True, kw_only=True):
    records: list[LineView]


class Lists(msgspec.Struct, frozen=True):
    lists: list[ListView]


class NewLine(msgspec.Struct, forbid_unknown_fields=True):
    record: Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,18}$", examples=["1204"])]
    note: dict[str, TEXT] = {}


class SaidOfList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a list says and holds, new or changed."""

    kind: Kind
    title: dict[str, TEXT]
    words: dict[str, TEXT] = {}
    place: dict[str, TEXT] = {}
    audience: Circle = Circle.EVERYONE
    grade: Grade | None = None
    shown_from: date | None = None
    shown_to: date | None = None
    records: Annotated[list[NewLine], msgspec.Meta(max_length=MOST_LINES)] = []


class NewList(SaidOfList, forbid_unknown_fields=True, kw_only=True):
    """`branch`: where it stands, null for the whole organisation. `state` "published" shows it from `shown_from`, today when null."""

    organisation: Annotated[str, msgspec.Meta(max_length=100, examples=["ward"])]
    branch: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    state: Literal["draft", "published"] = "draft"


class ChangedList(SaidOfList, forbid_unknown_fields=True, kw_only=True):
    """The list as it is to be, in full. `version` as read refuses to overwrite what somebody else changed meanwhile."""

    state: Literal["draft", "published", "ended"] = "draft"
    version: int | None = None


class MadeList(msgspec.Struct, frozen=True):
    id: str
    url: str


@get("/api/v1/lists", tags=["lists"], operation_id="lists")
async def lists(
    *,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    mine: Annotated[bool, QueryParameter(description="The lists one may edit, drafts and ended ones too")] = False,
) -> Response[Lists]:
    """What is shown today to whoever asks, the own school's first."""
    today = clock.today(settings.zone)
    async with database.reading() as session:
        if mine:
            viewer.must(Permission.EDIT_LISTS)
            found = await store.overviews(session, await store.of_staff(session, viewer), viewer, covers=1)
        else:
            found = await shown.overviews(session, viewer, today=today)
    return Response(Lists([ListView.of(one.facts, today=today, books=one.books) for one in found]), headers=NOT_SHARED)


@get("/api/v1/lists/{list_id:int}", tags=["lists"], operation_id="list")
async def one_list(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    list_id: FromPath[int],
) -> Response[ListInFull]:
    """A list with its books in order, those that whoever asks may see."""
    today = clock.today(settings.zone)
    async with database.reading() as session:
        found = await shown.opened(session, list_id, viewer, today=today)
    return Response(_in_full(found, today, requests.texts(request)), headers=NOT_SHARED)


@post("/api/v1/lists", guards=MAY, tags=["lists"], operation_id="make_list")
async def make_list(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewList],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[MadeList]:
    """Makes a list; the same Idempotency-Key makes it once."""
    client, key = f"account:{viewer.account_id}", idempotency.parse(request.headers.get("Idempotency-Key"))
    digest = idempotency.digest(settings.key, await request.body())
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route="/api/v1/lists", body_digest=digest, now=clock.now())
        if before is not None:
            return Response(_made(before.result["id"]), status_code=before.status)
        where = f"{data.organisation}:{data.branch}" if data.branch else data.organisation
        organisation_id, branch_id = await chosen_place(session, where)
        number = await editing.make(session, _details(data), organisation_id=organisation_id, branch_id=branch_id, by=viewer)
        await editing.fill(session, number, await _entries(session, data.records, viewer), by=viewer)
        if data.state == State.PUBLISHED.value:
            await editing.decide(session, number, Act.PUBLISH, by=viewer, today=clock.today(settings.zone))
        await idempotency.finish(session, client=client, key=key, status=201, result={"id": str(number)})
    return Response(_made(str(number)), status_code=201)


@put("/api/v1/lists/{list_id:int}", guards=MAY, tags=["lists"], operation_id="change_list")
async def change_list(
    *,
    request: Request[Viewer, Any, Any],
    data: JSONBody[ChangedList],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    list_id: FromPath[int],
) -> Response[ListInFull]:
    """Replaces what is said of a list, its books and its state."""
    today = clock.today(settings.zone)
    async with database.transaction() as session:
        entries = await _entries(session, data.records, viewer)
        await hold(session, [entry.record_id for entry in entries])  # before the list, as a merge locks them
        await editing.change(session, list_id, _details(data), version=data.version, by=viewer)
        await editing.fill(session, list_id, entries, by=viewer)
        facts = await store.one(session, list_id)
        for act in _acts(facts.state, State(data.state)):
            await editing.decide(session, list_id, act, by=viewer, today=today)
        found = await shown.opened(session, list_id, viewer, today=today)
    return Response(_in_full(found, today, requests.texts(request)), headers=NOT_SHARED)


@delete("/api/v1/lists/{list_id:int}", guards=MAY, status_code=204, tags=["lists"], operation_id="remove_list")
async def remove_list(database: NamedDependency[Database], viewer: NamedDependency[Viewer], list_id: FromPath[int]) -> None:
    """Deletes a draft; a list that was published is ended, and kept."""
    async with database.transaction() as session:
        await editing.remove(session, list_id, by=viewer)


async def _entries(session: Reading, records: list[NewLine], viewer: Viewer) -> list[Entry]:
    """Raises Invalid naming the records that are not there."""
    entries = [Entry(int(one.record), one.note) for one in records]
    missing = await editing.unknown(session, [entry.record_id for entry in entries], by=viewer)
    if missing:
        sentence = N_("書誌 {record} はありません。")
        told = tuple(Problem(f"records[{at}]", "record_not_found", sentence, record=str(number)) for at, number in missing)
        raise Invalid("records_unknown", N_("リストに入れられない書誌があります。"), where="records", problems=told)
    return entries


def _acts(now: State, wanted: State) -> tuple[Act, ...]:
    """The way from one state to another."""
    if now is wanted:
        return ()
    return {
        State.PUBLISHED: (Act.PUBLISH,),
        State.ENDED: (Act.END,) if now is State.PUBLISHED else (Act.PUBLISH, Act.END),
        State.DRAFT: (Act.WITHDRAW,) if now is State.PUBLISHED else (Act.PUBLISH, Act.WITHDRAW),
    }[wanted]


def _details(data: NewList | ChangedList) -> Details:
    return Details(data.kind, data.title, data.words, data.audience, data.grade, data.place, data.shown_from, data.shown_to)


def _made(number: str) -> MadeList:
    return MadeList(number, f"/lists/{number}")


def _in_full(found: Opened, today: date, texts: Texts) -> ListInFull:
    records = [_line(line, texts) for line in found.lines]
    return ListInFull(**_fields(found.facts, today), books=len(records), records=records)


def _fields(facts: ListFacts, today: date) -> dict[str, Any]:
    same = ("organisation", "organisation_name", "branch", "kind", "title", "words", "place", "audience", "grade")
    days = ("shown_from", "shown_to", "changed_at", "version")
    return {
        "id": str(facts.id),
        "url": f"/lists/{facts.id}",
        "standing": facts.standing(today),
        **{name: getattr(facts, name) for name in (*same, *days)},
    }


def _line(line: Line, texts: Texts) -> LineView:
    one = line.shown
    return LineView(
        record=str(one.id),
        url=f"/records/{one.id}",
        title=one.title,
        volume=one.volume,
        author=one.author,
        year=one.year,
        ndc=one.ndc,
        note=line.note,
        availability=[CopiesAt(at.code, in_language(at.name, texts.language), at.items, at.available) for at in one.at],
    )


handlers: list[Any] = [lists, one_list, make_list, change_list, remove_list]
