"""Holds as readers place and cancel them: a page to confirm, the act, a page to confirm the end; each works without scripts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from catalog.models import Record
from catalog.store import current_id, no_such_record
from circulation import availability, holds, ledger
from circulation.availability import AtBranch, may_borrow
from circulation.ledger import HoldLine, HoldState
from circulation.pickups import places as pickups
from circulation.pickups.places import Pickup
from circulation.rules.refusals import Refusal
from circulation.store import family
from circulation.store.family import Member
from circulation.web.reader import OF_ONE_READER, number
from library import clock, furigana, i18n, idempotency
from library.db import Database, Reading
from library.errors import N_, Because, Conflict, Invalid, NotFound, Refused
from library.http import forms
from library.http.pages import page, url
from library.http.problems import filled, said
from library.http.requests import texts
from library.identity.guards import in_person
from library.identity.viewer import Viewer
from library.kana import hiragana
from library.settings import Settings

ROUTE = "/holds"
# No other place helps against these, so the page offers none.
FINAL = frozenset({Refusal.ALREADY_ON_HOLD.value, Refusal.ALREADY_LENT.value, Refusal.CARD_REVOKED.value})


@dataclass(frozen=True)
class Wanted:
    """The title to wait for, as far as the page shows it. `free`: copies on a shelf now for this family; `waiting`: readers in line."""

    id: int
    title: str
    reading: str
    volume: str
    author: str
    ndc: str
    free: int
    waiting: int


@dataclass(frozen=True)
class Offer:
    """For whom, and where: what the page asks before it places a hold. `refused`: why it would not be placed there."""

    wanted: Wanted
    members: tuple[Member, ...]
    member: Member
    choices: tuple[Pickup, ...]
    pickup: Pickup | None
    refused: tuple[Because, ...]


async def _wanted(session: Reading, record: int | None, viewer: Viewer) -> Wanted:
    """Raises NotFound for a record that is not there, or of which the viewer may see no copy."""
    if record is None:
        raise no_such_record(0)
    record_id = await current_id(session, record)
    reading = Record.description["title"]["reading"].astext
    columns = (Record.title, reading.label("reading"), Record.volume, Record.author, Record.ndc)
    row = (await session.execute(select(*columns).where(Record.id == record_id))).one()
    at = (await availability.of_records(session, [record_id], sees=viewer.sees))[record_id]
    if not at:
        raise no_such_record(record)
    return Wanted(record_id, row.title, row.reading or "", row.volume, row.author, row.ndc, _free(at, viewer), at[0].waiting)


def _free(at: Collection[AtBranch], viewer: Viewer) -> int:
    mine = {"organisation_ids": viewer.organisation_ids, "school_ids": viewer.school_ids}
    return sum(one.available for one in at if may_borrow(one, **mine))


async def _offer(session: Reading, viewer: Viewer, settings: Settings, asked: Mapping[str, str]) -> Offer | None:
    """None for somebody who acts for nobody with a membership. Raises NotFound for a person who is not theirs."""
    assert viewer.account_id is not None  # the guard let nobody else in
    wanted = await _wanted(session, number(asked.get("record")), viewer)
    members = await family.of_account(session, viewer.account_id)
    person = number(asked.get("person"))
    readers = tuple(one for one in members if one.shown.memberships)
    if not readers:
        return None
    chosen = await family.member(session, viewer.account_id, person) if person is not None else readers[0]
    now, today = clock.now(), clock.today(settings.zone)
    choices = await pickups.choices(session, chosen.shown.memberships, today=today)
    homes = [*chosen.homes.values(), viewer.home_branch_id if chosen.own else None]
    named = next((one for one in choices if one.code == asked.get("pickup")), None)
    pickup = named or pickups.preset(choices, homes)
    refused = await holds.foreseen(session, chosen.shown, record_id=wanted.id, pickup=pickup.code, now=now) if pickup is not None else ()
    return Offer(wanted, readers, chosen, choices, pickup, refused)


@get("/holds/new", guards=[in_person], include_in_schema=False)
async def new_hold(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    asked = {name: request.query_params.get(name, "") for name in ("record", "person", "pickup")}
    async with database.reading() as session:
        offer = await _offer(session, viewer, settings, asked)
    return _confirm(request, offer, asked)


def _confirm(
    request: Request[Viewer, Any, Any],
    offer: Offer | None,
    asked: Mapping[str, str],
    *,
    failed: str | None = None,
    refused: Collection[Because] | None = None,
    status_code: int = 200,
) -> Response[str]:
    """A new key each time the page is drawn: pressing its button twice is one hold, coming back to the page is another try."""
    spoken = texts(request)
    with_readings = request.user.wants_furigana and spoken.language == i18n.SOURCE
    books = "/kids/books" if request.user.is_in_pupils_view else "/records"
    reasons = offer.refused if offer and refused is None else refused or ()
    return page(
        request,
        "circulation/reader/new_hold.html",
        status_code=status_code,
        headers=OF_ONE_READER,
        easy=partial(furigana.drawn, with_readings=with_readings),
        plainly=furigana.plain,
        offer=offer,
        book_href=f"{books}/{offer.wanted.id if offer else asked.get('record', '')}",
        sound=_sound(offer.wanted) if offer and with_readings else "",
        people=_people(offer, asked) if offer else [],
        key=str(uuid.uuid4()),
        failed=failed,
        is_final=any(one.code in FINAL for one in reasons),
        refused=[filled(spoken, one.sentence, one.fields) for one in reasons],
    )


def _sound(wanted: Wanted) -> str:
    """How the title is read, where it is not written so."""
    sound = hiragana("".join(wanted.reading.split()))
    return "" if sound == hiragana("".join(wanted.title.split())) else sound


def _people(offer: Offer, asked: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """A link for each, since everybody picks up elsewhere."""
    if len(offer.members) < 2:
        return []
    chosen = offer.member.person_id
    address = {"record": asked.get("record", "")}
    return [(one.name, url("/holds/new", **address, person=one.person_id), one.person_id == chosen) for one in offer.members]


@post("/holds", guards=[in_person], include_in_schema=False)
async def place_hold(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    asked = {name: form.text(name) for name in ("record", "person", "pickup", "key")}
    try:
        hold_id = await _place(database, settings, viewer, asked)
    except (Refused, Conflict, Invalid) as exc:
        async with database.reading() as session:
            offer = await _offer(session, viewer, settings, asked)
        outcome, status = said(exc, texts(request)), 422 if isinstance(exc, Invalid) else 409
        reasons = exc.reasons if isinstance(exc, Refused) else ()
        return _confirm(request, offer, asked, failed=outcome.detail, refused=reasons, status_code=status)
    return Redirect(url("/loans", placed=hold_id), status_code=303)


async def _place(database: Database, settings: Settings, viewer: Viewer, asked: Mapping[str, str]) -> int:
    """The hold's number: of a new one, or of the one that this very form made before."""
    person, record = number(asked["person"]), number(asked["record"])
    if person is None:
        raise Invalid("person_missing", N_("だれのための予約かをえらんでください。"), where="person")
    if not asked["pickup"]:
        raise Invalid("pickup_missing", N_("受け取る館をえらんでください。"), where="pickup")
    if record is None:
        raise no_such_record(0)
    said_so = "\n".join((asked["record"], asked["person"], asked["pickup"]))
    client, nonce = f"account:{viewer.account_id}", idempotency.parse(asked["key"] or None)
    key = uuid.uuid5(nonce, said_so) if nonce else None  # whoever goes back and chooses another place asks for something else
    body_digest = idempotency.digest(settings.key, said_so.encode())
    now = clock.now()
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route=ROUTE, body_digest=body_digest, now=now)
        if before is not None:
            return int(before.result["hold"])
        placed = await holds.place_for(session, person_id=person, record_id=record, pickup=asked["pickup"], by=viewer, now=now)
        result = {"about": [f"hold:{placed.hold_id}"], "hold": str(placed.hold_id)}
        await idempotency.finish(session, client=client, key=key, status=303, result=result)
        return placed.hold_id


async def _own_hold(session: Reading, viewer: Viewer, hold: int) -> tuple[HoldLine, str]:
    """An open hold of the family, and whose it is. Raises NotFound for any other."""
    assert viewer.account_id is not None
    members = {one.person_id: one.name for one in await family.of_account(session, viewer.account_id)}
    line = next((one for one in await ledger.holds_of_persons(session, list(members)) if one.id == hold), None)
    if line is None:
        raise NotFound("hold_not_found", N_("この予約はありません。"))
    return line, members[line.person_id] if len(members) > 1 else ""


@get("/holds/{hold:int}/cancel", guards=[in_person], include_in_schema=False)
async def ask_to_cancel(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer], hold: FromPath[int]
) -> Response[str]:
    async with database.reading() as session:
        line, whose = await _own_hold(session, viewer, hold)
    return page(request, "circulation/reader/cancel_hold.html", headers=OF_ONE_READER, line=line, whose=whose, State=HoldState)


@post("/holds/{hold:int}/cancel", guards=[in_person], include_in_schema=False)
async def cancel_hold(database: NamedDependency[Database], viewer: NamedDependency[Viewer], hold: FromPath[int]) -> Redirect:
    """Pressed twice, the second finds the hold over already: the list shows how things are."""
    try:
        async with database.transaction() as session:
            await holds.cancel(session, hold, by=viewer, now=clock.now())
    except Conflict as exc:
        if exc.code != "hold_over":
            raise
        return Redirect("/loans", status_code=303)
    return Redirect(url("/loans", cancelled=1), status_code=303)


handlers = (new_hold, place_hold, ask_to_cancel, cancel_hold)
