"""The desk's page: one field, two modes, an answer to every scan; whole pages without scripts, a fragment of a few kilobytes with them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from circulation import ledger, renewals
from circulation.counter import lists, parts, station, visits
from circulation.counter.station import Asked, Mode, Parts
from circulation.rules import scans
from circulation.rules.refusals import Override, Refusal
from circulation.rules.scans import Command, Leaning
from circulation.scans import undoing
from circulation.store import branches, copies, readers
from circulation.store.branches import Here
from circulation.store.copies import Copy
from circulation.web import open_reader
from circulation.web.desk_answers import Answer, in_words, kept, of_error, of_kept, of_look, of_refusal, of_undone, renewed_kept
from library import clock, idempotency
from library.db import Database, Reading, Writing
from library.errors import N_, Busy, Conflict, Invalid, LibraryError, NotAllowed, NotFound, NotSignedIn, Refused, Unavailable
from library.http import forms
from library.http.pages import page
from library.http.requests import texts
from library.identity import audit
from library.identity.guards import requires
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer
from library.identity.words import CATEGORIES
from library.places import store as places
from library.settings import Settings

NO_STORE = {"Cache-Control": "no-store"}
LAST_DESK = "desk"
LAST_DESK_SECONDS = 60 * 60 * 24 * 365
ACTS_SHOWN = 8
PART = "X-Part"  # a script asks for the fragment alone
TURNS_TO = {Command.LEND: Mode.LEND, Command.RETURN: Mode.RETURN}
GOES_TO = {Command.TODAY: "today", Command.HOLD_SHELF: "hold-shelf", Command.PICK: "pick", Command.TRANSITS: "transits"}


@dataclass(frozen=True)
class Sent:
    """A form of the desk's page, read: what was scanned, in which mode, with which reader open, and under which key."""

    value: str
    mode: Mode
    word: str = ""  # the open reader, sealed
    key: uuid.UUID | None = None
    chosen: Leaning | None = None
    from_box: bool = False
    parts: Parts | None = None
    overrides: dict[Refusal, Override] = field(default_factory=dict)

    @property
    def said(self) -> bytes:
        """What makes it this scan and no other, for its key."""
        codes = ",".join(sorted(f"{code}={reason}" for code, reason in self.overrides.items()))
        return "\n".join((self.value, self.mode, self.chosen or "", str(self.from_box), self.parts or "", codes)).encode()


@dataclass(frozen=True)
class AtDesk:
    """One request of a desk's page: who asks, of which branch, what was sent, and when."""

    request: Request[Viewer, Any, Any]
    database: Database
    settings: Settings
    viewer: Viewer
    branch: str
    sent: Sent
    now: datetime

    async def here(self, session: Reading) -> Here:
        return await branch_here(session, self.viewer, self.branch, now=self.now)

    def card(self, here: Here) -> str | None:
        """The card of the reader who is open; never in return mode."""
        if self.sent.mode is not Mode.LEND:
            return None
        return open_reader.card_of(self.settings, self.viewer, here, self.sent.word, now=self.now)

    @property
    def wants_fragment(self) -> bool:
        return self.request.headers.get(PART) == "station"


@dataclass(frozen=True)
class Shown:
    """What stands beside an answer: the reader who is open, and the day's last scans."""

    visit: visits.Visit | None
    acts: tuple[lists.ActLine, ...]


async def _sent(request: Request[Viewer, Any, Any]) -> Sent:
    form = await forms.read(request)
    return Sent(
        value=form.text("value")[: scans.LONGEST],
        mode=Mode.LEND if form.text("mode") == Mode.LEND else Mode.RETURN,
        word=form.text("open"),
        key=idempotency.parse(request.headers.get("Idempotency-Key") or form.text("key") or None),
        chosen=Leaning(form.text("chosen")) if form.text("chosen") in set(Leaning) else None,
        from_box=form.ticked("from_box"),
        parts=Parts(form.text("parts")) if form.text("parts") in set(Parts) else None,
        overrides=_overrides(form.texts("code"), form.text("reason")),
    )


def _overrides(codes: tuple[str, ...], reason: str) -> dict[Refusal, Override]:
    if not reason:
        return {}
    try:
        return {Refusal(code): Override(reason) for code in codes}
    except ValueError as exc:
        raise Invalid("override_unknown", N_("理由を選び直してください。"), where="reason") from exc


async def branch_here(session: Reading, viewer: Viewer, code: str, *, now: datetime) -> Here:
    """The branch of a desk's page. Raises NotFound, and NotAllowed for who lends elsewhere."""
    here = await branches.by_code(session, code, at=now)
    viewer.must(Permission.LEND, here.place)
    return here


@get("/desk", guards=[requires(Permission.LEND)], include_in_schema=False)
async def desks(request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[Any]:
    """The desk this browser stood at last, the only one there is, or a choice."""
    async with database.reading() as session:
        every = await places.branches(session, on=clock.now().date())
    own = [one for one in every if viewer.can(Permission.LEND, Place(frozenset(o.id for o in one.organisations), one.id))]
    last = next((one for one in own if one.code == request.cookies.get(LAST_DESK)), None)
    chosen = own[0] if len(own) == 1 else None if "choose" in request.query_params else last
    if chosen is not None:
        return Redirect(f"/desk/{chosen.code}", status_code=302)
    return page(request, "circulation/desk/choose.html", desks=own)


@get("/desk/{branch:str}", guards=[requires(Permission.LEND)], include_in_schema=False)
async def desk_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
) -> Response[Any]:
    """A page that was just opened is in return mode with nobody open, whatever stood here before."""
    now = clock.now()
    mode = Mode.LEND if request.query_params.get("mode") == Mode.LEND else Mode.RETURN
    async with database.reading() as session:
        here = await branch_here(session, viewer, branch, now=now)
        shown = Shown(None, await lists.acts_of_day(session, here, now=now, most=ACTS_SHOWN))
    at = AtDesk(request, database, settings, viewer, branch, Sent("", mode), now)
    answered = _page(at, here, Answer("welcome"), shown)
    answered.set_cookie(
        Cookie(
            key=LAST_DESK,
            value=here.code,
            path="/desk",
            max_age=LAST_DESK_SECONDS,
            httponly=True,
            samesite="lax",
            secure=settings.secure_cookies,
        )
    )
    return answered


def _page(at: AtDesk, here: Here, answer: Answer, shown: Shown) -> Response[Any]:
    word = open_reader.sealed(at.settings, at.viewer, here, shown.visit.card, now=at.now) if shown.visit else ""
    return page(
        at.request,
        "circulation/desk/_station.html" if at.wants_fragment else "circulation/desk/station.html",
        status_code=answer.status,
        headers=NO_STORE | ({PART: "station"} if at.wants_fragment else {}),
        place=here,
        mode=at.sent.mode.value,
        from_box=at.sent.from_box,
        word=word,
        key_for=uuid.uuid4,
        answer=answer,
        told=SimpleNamespace(**answer.told),  # a mapping's own methods would hide what it holds
        visit=shown.visit,
        blocks=in_words(shown.visit.reasons, texts(at.request)) if shown.visit else (),
        sees_patrons=at.viewer.can(Permission.SEE_PATRONS, here.place),
        acts=shown.acts,
        today=here.today(at.now),
        now=at.now,
        categories=CATEGORIES,
    )


async def _shown(session: Writing, at: AtDesk, here: Here, card: str | None, *, looked: bool = False) -> Shown:
    """Looking at a reader is an act of its own and leaves its row when the visit begins; the scans that follow belong to it."""
    visit = await visits.visit(session, here, card, now=at.now) if card is not None else None
    if visit is not None and looked:
        audit.record(session, at.viewer, "patron.seen_at_desk", subject_kind="person", subject_id=visit.person_id, branch_id=here.id)
    return Shown(visit, await lists.acts_of_day(session, here, now=at.now, most=ACTS_SHOWN))


@post("/desk/{branch:str}/scan", guards=[requires(Permission.LEND)], status_code=200, include_in_schema=False)
async def scan(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
) -> Response[Any]:
    """Does what a scan means in its mode, once for each key."""
    at = AtDesk(request, database, settings, viewer, branch, await _sent(request), clock.now())
    read = scans.classified(at.sent.value)
    if read.kind is scans.Kind.COMMAND:
        return await _command(at, read)
    try:
        async with database.transaction() as session:
            here = await at.here(session)
            card = at.card(here)
            answer = await _once(session, at, here, read, card)
            opened = answer.told["found"].card if answer.shape == "opened" else None
            shown = await _shown(session, at, here, opened or card, looked=opened is not None)
    except LibraryError as exc:
        return await _refused(at, exc)
    return _page(at, here, answer, shown)


async def _once(session: Writing, at: AtDesk, here: Here, read: scans.Scan, card: str | None) -> Answer:
    """The answer of the first time, when this scan was sent before and changed something then."""
    sent, client, route = at.sent, f"account:{at.viewer.account_id}", "/desk/{branch}/scan"
    digest = idempotency.digest(at.settings.key, here.code.encode() + b"\n" + sent.said)
    before = await idempotency.begin(session, client=client, key=sent.key, route=route, body_digest=digest, now=at.now)
    if before is not None and before.result:
        return await of_kept(session, before.result, here, now=at.now)
    asked = Asked(read, sent.mode, card, sent.chosen, sent.from_box, sent.parts, sent.overrides)
    outcome = await station.take(session, here, asked, by=at.viewer, now=at.now)
    result = kept(outcome, now=at.now)
    if before is None:
        await idempotency.finish(session, client=client, key=sent.key, status=200, result=result or {})
    return of_look(outcome) if result is None else await of_kept(session, result, here, now=at.now)


async def _refused(at: AtDesk, exc: LibraryError) -> Response[Any]:
    """An act that was not done, in words beside the reader who stays open. What concerns the page itself goes on as it is."""
    if isinstance(exc, NotAllowed | NotSignedIn | Busy | Unavailable) or exc.where == "branch":
        raise exc
    async with at.database.transaction() as session:
        here = await at.here(session)
        copy = await _copy_named(session, here, at.sent) if isinstance(exc, Refused) else None
        shown = await _shown(session, at, here, at.card(here))
    told = texts(at.request)
    if isinstance(exc, Refused):
        may = at.viewer.can(Permission.OVERRIDE, here.place)
        return _page(at, here, of_refusal(exc, copy, told, may_override=may, counted=at.sent.parts or ""), shown)
    return _page(at, here, of_error(exc, told), shown)


async def _copy_named(session: Reading, here: Here, sent: Sent) -> Copy | None:
    try:
        meant = await copies.by_barcode(session, scans.classified(sent.value).text, here)
    except (NotFound, Conflict, Invalid):
        return None
    return await copies.facts(session, meant.id)


async def _answered(at: AtDesk, answer: Answer) -> Response[Any]:
    """An answer that changes nothing, beside the reader who stays open."""
    async with at.database.transaction() as session:
        here = await at.here(session)
        shown = await _shown(session, at, here, at.card(here))
    return _page(at, here, answer, shown)


async def _command(at: AtDesk, read: scans.Scan) -> Response[Any]:
    command = read.command
    if command is Command.RENEW:
        return await _renewed(replace(at, sent=replace(at.sent, value="")))
    if command is Command.DUE:
        return await _due_slip(at)
    if command in GOES_TO:
        href = f"/desk/{at.branch}/{GOES_TO[command]}"
        return await _answered(at, Answer("go", told={"href": href})) if at.wants_fragment else Redirect(href, status_code=303)
    if command in TURNS_TO:
        return await _answered(replace(at, sent=replace(at.sent, mode=TURNS_TO[command], word="")), Answer("welcome"))
    if command is Command.END:
        return await _answered(replace(at, sent=replace(at.sent, word="")), Answer("ended"))
    unknown = "" if command is Command.HELP else read.text
    return await _answered(at, Answer("help", "err" if unknown else "ok", told={"unknown": unknown}))


@post("/desk/{branch:str}/renew", guards=[requires(Permission.LEND)], status_code=200, include_in_schema=False)
async def renew(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
) -> Response[Any]:
    """Renews one loan of the open reader, or all of them without a barcode."""
    return await _renewed(AtDesk(request, database, settings, viewer, branch, await _sent(request), clock.now()))


async def _renewed(at: AtDesk) -> Response[Any]:
    sent, client, route = at.sent, f"account:{at.viewer.account_id}", "/desk/{branch}/renew"
    try:
        async with at.database.transaction() as session:
            here = await at.here(session)
            card = at.card(here)
            if card is None:
                raise _no_reader()
            digest = idempotency.digest(at.settings.key, f"{here.code}\n{card}\n{sent.value}".encode())
            before = await idempotency.begin(session, client=client, key=sent.key, route=route, body_digest=digest, now=at.now)
            result = before.result if before else None
            if result is None:
                outcome = await renewals.renew(session, card=card, barcode=sent.value or None, by=at.viewer, now=at.now, branch=here.code)
                result = renewed_kept(outcome, texts(at.request))
                await idempotency.finish(session, client=client, key=sent.key, status=200, result=result)
            answer = await of_kept(session, result, here, now=at.now)
            shown = await _shown(session, at, here, card)
    except LibraryError as exc:
        return await _refused(at, exc)
    return _page(at, here, answer, shown)


def _no_reader() -> Invalid:
    return Invalid("no_reader_open", N_("先に利用者カードを読み取ってください。"), where="open")


@post("/desk/{branch:str}/undo", guards=[requires(Permission.LEND)], status_code=200, include_in_schema=False)
async def undo(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
) -> Response[Any]:
    """Takes back one scan, for half a minute."""
    at = AtDesk(request, database, settings, viewer, branch, await _sent(request), clock.now())
    act = int(at.sent.value) if at.sent.value.isdecimal() else 0
    try:
        async with database.transaction() as session:
            here = await at.here(session)
            done = await undoing.undo(session, act, by=viewer, now=at.now)
            shown = await _shown(session, at, here, at.card(here))
    except LibraryError as exc:
        return await _refused(at, exc)
    return _page(at, here, of_undone(done), shown)


@post("/desk/{branch:str}/parts", guards=[requires(Permission.LEND)], status_code=200, include_in_schema=False)
async def count_parts(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
) -> Response[Any]:
    """Writes down whether the parts of a copy that came back are all there."""
    at = AtDesk(request, database, settings, viewer, branch, await _sent(request), clock.now())
    complete = at.sent.parts is not Parts.MISSING
    try:
        async with database.transaction() as session:
            here = await at.here(session)
            today = here.today(at.now)
            copy = await parts.counted(session, barcode=at.sent.value, branch=branch, complete=complete, by=viewer, today=today)
            shown = await _shown(session, at, here, at.card(here))
    except LibraryError as exc:
        return await _refused(at, exc)
    answer = Answer("counted", "ok" if complete else "warn", told={"copy": copy, "complete": complete})
    return _page(at, here, answer, shown)


@post("/desk/{branch:str}/due-slip", guards=[requires(Permission.LEND)], status_code=200, include_in_schema=False)
async def due_slip(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromPath[str],
) -> Response[Any]:
    """What the open reader has and until when, for a printer of 80 mm; no name on it."""
    return await _due_slip(AtDesk(request, database, settings, viewer, branch, await _sent(request), clock.now()))


async def _due_slip(at: AtDesk) -> Response[Any]:
    async with at.database.transaction() as session:
        here = await at.here(session)
        card = at.card(here)
        shown = await readers.by_card(session, card) if card is not None else None
        own = [one.id for one in shown.memberships if one.organisation_id in here.organisation_ids] if shown else []
        loans = await ledger.loans_of_patrons(session, own, now=at.now)
    if shown is None:
        return await _refused(at, _no_reader())
    return page(
        at.request,
        "circulation/desk/due_slip.html",
        headers=NO_STORE,
        place=here,
        last_four=shown.card[-4:],
        loans=loans,
        today=here.today(at.now),
        now=at.now,
    )


handlers = (desks, desk_page, scan, renew, undo, count_parts, due_slip)
