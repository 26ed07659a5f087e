"""JSON of lending: loans, returns, renewals, holds, and what one reader has. What is posted twice with one key is done once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from circulation import desk, holds, ledger, renewals
from circulation.ledger import HoldLine, LoanLine
from circulation.rules.refusals import Override, Refusal
from circulation.scans import undoing
from circulation.store import copies, readers
from circulation.store.copies import Copy
from library import clock, i18n, idempotency
from library.db import Database, Reading, Writing
from library.errors import N_, Invalid, NotFound
from library.http import requests
from library.http.problems import filled
from library.identity import audit
from library.identity.guards import requires, signed_in
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings

NOT_SHARED = {"Cache-Control": "no-store"}
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Decided(msgspec.Struct, forbid_unknown_fields=True):
    """Deciding against refusals that were seen: their codes, and one of the preset reasons."""

    codes: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=20)]
    reason: Override


class NewLoan(msgspec.Struct, forbid_unknown_fields=True):
    """A check-out. `branch` is a code; `card` and `barcode` as scanned."""

    card: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["1000002764"])]
    barcode: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["100000017"])]
    branch: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["chuo"])]
    override: Decided | None = None


class NewReturn(msgspec.Struct, forbid_unknown_fields=True):
    """A check-in. `from_box`: it lay in the return box and counts for the last open day."""

    barcode: Text
    branch: Text
    from_box: bool = False


class NewRenewal(msgspec.Struct, forbid_unknown_fields=True):
    """Without `barcode` every loan is renewed that can be. `branch` tells owners apart who use one barcode."""

    card: Text
    barcode: Text | None = None
    branch: Text | None = None
    override: Decided | None = None


class NewHold(msgspec.Struct, forbid_unknown_fields=True):
    """`pickup` is a branch's code; `item` an item's id where only that copy will do."""

    card: Text
    record_id: Text
    pickup: Text
    item: Text | None = None
    override: Decided | None = None


class CopyView(msgspec.Struct, frozen=True):
    """The copy an act was about. `parts` travel with it and are counted."""

    barcode: str
    record_id: str
    title: str
    volume: str
    parts: str

    @classmethod
    def of(cls, copy: Copy) -> CopyView:
        return cls(copy.barcode, str(copy.record_id), copy.title, copy.volume, copy.parts)


class LoanMade(msgspec.Struct, frozen=True):
    """`due_on` is the last day at the branch; `moved_from` the closed day it would have been. `act` can be undone for 30 s."""

    id: str
    act: str
    item: CopyView
    due_at: datetime
    due_on: date
    moved_from: date | None
    lent: int
    limit: int
    hold_filled: bool
    was_missing: bool
    overridden: list[str]


class ReturnMade(msgspec.Struct, frozen=True):
    """`next`: shelf, hold_shelf, send_to_hold, send_home, keep_going or to_staff; `to` is a branch's code; `loan` was closed by it."""

    act: str
    item: CopyView
    next: str
    to: str | None
    hold: str | None
    pickup_until: date | None
    loan: str | None
    was_missing: bool


class LoanRenewed(msgspec.Struct, frozen=True):
    id: str
    act: str
    item: CopyView
    due_at: datetime
    due_on: date
    moved_from: date | None
    renewals: int


class ReasonView(msgspec.Struct, frozen=True):
    code: str
    detail: str
    overridable: bool


class LoanKept(msgspec.Struct, frozen=True):
    """A loan that was not renewed, and every reason."""

    id: str
    item: CopyView
    reasons: list[ReasonView]


class Renewals(msgspec.Struct, frozen=True):
    renewed: list[LoanRenewed]
    refused: list[LoanKept]


class HoldPlaced(msgspec.Struct, frozen=True):
    """`position` counts from 1 among those who wait for the title."""

    id: str
    record_id: str
    pickup: str
    position: int


class LoanView(msgspec.Struct, frozen=True):
    id: str
    barcode: str
    record_id: str
    title: str
    volume: str
    branch: str
    lent_at: datetime
    due_at: datetime
    due_on: date
    renewals: int
    days_late: int

    @classmethod
    def of(cls, line: LoanLine) -> LoanView:
        return cls(
            *(str(line.id), line.barcode, str(line.record_id), line.title, line.volume, line.branch),
            *(line.lent_at, line.due_at, line.due_on, line.renewals, line.days_late),
        )


class HoldView(msgspec.Struct, frozen=True):
    """`state`: waiting, set_aside, on_its_way or ready; `position` while it waits; `waiting` is how many do."""

    id: str
    record_id: str
    title: str
    volume: str
    pickup: str
    state: str
    position: int | None
    waiting: int
    requested_at: datetime
    pickup_until: date | None

    @classmethod
    def of(cls, line: HoldLine) -> HoldView:
        return cls(
            *(str(line.id), str(line.record_id), line.title, line.volume, line.pickup, line.state.value),
            *(line.position, line.waiting, line.requested_at, line.pickup_until),
        )


class ReaderView(msgspec.Struct, frozen=True):
    """One card's reader, within the memberships that who asks may see."""

    card: str
    name: str
    categories: list[str]
    loans: list[LoanView]
    holds: list[HoldView]


class UndoneView(msgspec.Struct, frozen=True):
    act: str
    item: CopyView


@dataclass(frozen=True)
class _Once:
    """One request that may come twice: the key it carries, and a digest of what it says."""

    client: str
    key: Any
    route: str
    body_digest: str
    now: datetime


async def _once(request: Request[Viewer, Any, Any], settings: Settings, route: str) -> _Once:
    key = idempotency.parse(request.headers.get("Idempotency-Key"))
    body_digest = idempotency.digest(settings.key, await request.body())
    return _Once(f"account:{request.user.account_id}", key, route, body_digest, clock.now())


async def _done(session: Writing, once: _Once, status: int, act: Callable[[], Awaitable[dict[str, Any]]]) -> idempotency.Answer:
    """The act's ids and figures, from this time or from the first."""
    asked = {"client": once.client, "key": once.key}
    before = await idempotency.begin(session, **asked, route=once.route, body_digest=once.body_digest, now=once.now)
    if before is not None:
        return before
    result = await act()
    await idempotency.finish(session, **asked, status=status, result=result)
    return idempotency.Answer(status, result)


def _overrides(decided: Decided | None) -> dict[Refusal, Override]:
    if decided is None:
        return {}
    try:
        return {Refusal(code): decided.reason for code in decided.codes}
    except ValueError as exc:
        raise Invalid("refusal_unknown", N_("理由のコードが正しくありません。"), where="override.codes") from exc


async def _copy(session: Reading, result: dict[str, Any], at_hand: Copy | None = None) -> CopyView:
    """The copy an answer is about; read again only for a repeated request."""
    return CopyView.of(at_hand or await copies.facts(session, int(result["item"])))


@post("/api/v1/loans", guards=[requires(Permission.LEND)], tags=["lending"])
async def check_out(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewLoan],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[LoanMade]:
    """Lends a copy. 409 with all `reasons[]` when refused; 503 with Retry-After when another act holds the copy or the reader."""
    once = await _once(request, settings, "/api/v1/loans")
    copy: Copy | None = None

    async def act() -> dict[str, Any]:
        nonlocal copy
        lent = await desk.check_out(
            session,
            card=data.card,
            barcode=data.barcode,
            branch=data.branch,
            by=viewer,
            now=once.now,
            overrides=_overrides(data.override),
        )
        copy = lent.copy
        return {
            "about": [f"loan:{lent.loan_id}"],
            "loan": str(lent.loan_id),
            "act": str(lent.act_id),
            "item": str(lent.copy.id),
            "due_at": lent.due_at.isoformat(),
            "due_on": lent.due_on.isoformat(),
            "moved_from": lent.moved_from.isoformat() if lent.moved_from else None,
            "lent": lent.lent,
            "limit": lent.limit,
            "hold_filled": lent.hold_filled,
            "was_missing": lent.was_missing,
            "overridden": [refusal.value for refusal in lent.overridden],
        }

    async with database.transaction() as session:
        answer = await _done(session, once, 201, act)
        item = await _copy(session, answer.result, copy)
    view = _view(LoanMade, answer.result, id=answer.result["loan"], item=item)
    return Response(view, status_code=answer.status, headers=NOT_SHARED)


def _view(kind: type[Any], result: dict[str, Any], **more: Any) -> Any:
    """A stored result as its view: times come back from text."""
    names = set(kind.__struct_fields__)
    return msgspec.convert({key: value for key, value in (result | more).items() if key in names}, kind, from_attributes=True)


@post("/api/v1/returns", guards=[requires(Permission.LEND)], status_code=200, tags=["lending"])
async def check_in(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewReturn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[ReturnMade]:
    """Takes a copy back and says where it goes next; also a copy that was not lent."""
    once = await _once(request, settings, "/api/v1/returns")
    copy: Copy | None = None

    async def act() -> dict[str, Any]:
        nonlocal copy
        done = await desk.check_in(session, barcode=data.barcode, branch=data.branch, by=viewer, now=once.now, from_box=data.from_box)
        copy = done.copy
        to = await copies.branch_code(session, done.to_branch_id) if done.to_branch_id is not None else None
        return {
            "act": str(done.act_id),
            "item": str(done.copy.id),
            "next": done.next.value,
            "to": to,
            "loan": str(done.loan_id) if done.loan_id is not None else None,
            "hold": str(done.hold_id) if done.hold_id is not None else None,
            "pickup_until": done.pickup_until.isoformat() if done.pickup_until else None,
            "was_missing": done.was_missing,
        }

    async with database.transaction() as session:
        answer = await _done(session, once, 200, act)
        item = await _copy(session, answer.result, copy)
    return Response(_view(ReturnMade, answer.result, item=item), status_code=answer.status, headers=NOT_SHARED)


@post("/api/v1/renewals", guards=[signed_in], status_code=200, tags=["lending"])
async def renew(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewRenewal],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Renewals]:
    """Renews one loan (409 with reasons when refused) or all of a card's; readers their own and their children's."""
    once = await _once(request, settings, "/api/v1/renewals")

    async def act() -> dict[str, Any]:
        outcome = await renewals.renew(
            session,
            card=data.card,
            barcode=data.barcode,
            branch=data.branch,
            by=viewer,
            now=once.now,
            overrides=_overrides(data.override),
        )
        return {
            "about": [*(f"loan:{one.loan_id}" for one in outcome.renewed), *(f"loan:{one.loan_id}" for one in outcome.refused)],
            "renewed": [_renewed(one) for one in outcome.renewed],
            "refused": [_kept(one, request) for one in outcome.refused],
        }

    async with database.transaction() as session:
        answer = await _done(session, once, 200, act)
        renewed = [_view(LoanRenewed, one, id=one["loan"], item=await _copy(session, one)) for one in answer.result["renewed"]]
        refused = [_view(LoanKept, one, id=one["loan"], item=await _copy(session, one)) for one in answer.result["refused"]]
    return Response(Renewals(renewed, refused), status_code=answer.status, headers=NOT_SHARED)


def _renewed(one: renewals.Renewed) -> dict[str, Any]:
    return {
        "loan": str(one.loan_id),
        "act": str(one.act_id),
        "item": str(one.copy.id),
        "due_at": one.due_at.isoformat(),
        "due_on": one.due_on.isoformat(),
        "renewals": one.renewals,
        "moved_from": one.moved_from.isoformat() if one.moved_from else None,
    }


def _kept(one: renewals.NotRenewed, request: Request[Viewer, Any, Any]) -> dict[str, Any]:
    texts: i18n.Texts = requests.texts(request)
    reasons = [
        {"code": reason.code, "detail": filled(texts, reason.sentence, reason.fields), "overridable": reason.overridable}
        for reason in one.reasons
    ]
    return {"loan": str(one.loan_id), "item": str(one.copy.id), "reasons": reasons}


@post("/api/v1/holds", guards=[signed_in], tags=["lending"])
async def place_hold(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewHold],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[HoldPlaced]:
    """Puts a card's reader into a title's queue; readers for themselves and their children, librarians at their branch."""
    once = await _once(request, settings, "/api/v1/holds")

    async def act() -> dict[str, Any]:
        placed = await holds.place(
            session,
            card=data.card,
            record_id=_number(data.record_id, "record_id"),
            pickup=data.pickup,
            by=viewer,
            now=once.now,
            item_id=_number(data.item, "item") if data.item is not None else None,
            overrides=_overrides(data.override),
        )
        return {
            "about": [f"hold:{placed.hold_id}"],
            "hold": str(placed.hold_id),
            "record_id": str(placed.record_id),
            "pickup": placed.pickup.code,
            "position": placed.position,
        }

    async with database.transaction() as session:
        answer = await _done(session, once, 201, act)
    return Response(_view(HoldPlaced, answer.result, id=answer.result["hold"]), status_code=answer.status, headers=NOT_SHARED)


def _number(written: str, where: str) -> int:
    if written.isascii() and written.isdecimal() and len(written) < 19:
        return int(written)
    raise NotFound("record_not_found", N_("書誌 {record} はありません。"), where=where, record=written[:40])


@delete("/api/v1/holds/{hold:int}", guards=[signed_in], status_code=204, tags=["lending"])
async def cancel_hold(database: NamedDependency[Database], viewer: NamedDependency[Viewer], hold: FromPath[int]) -> None:
    """Cancels a hold; its copy, if it had one, goes to the next reader or home."""
    async with database.transaction() as session:
        await holds.cancel(session, hold, by=viewer, now=clock.now())


@post("/api/v1/acts/{act:int}/undo", guards=[requires(Permission.LEND)], status_code=200, tags=["lending"])
async def undo(database: NamedDependency[Database], viewer: NamedDependency[Viewer], act: FromPath[int]) -> UndoneView:
    """Takes back the last scan of a copy, for 30 seconds. Twice is a 409, so a key is not needed."""
    async with database.transaction() as session:
        done = await undoing.undo(session, act, by=viewer, now=clock.now())
    return UndoneView(done.act, CopyView.of(done.copy))


@get("/api/v1/patrons/{card:str}", guards=[signed_in], tags=["lending"])
async def reader(database: NamedDependency[Database], viewer: NamedDependency[Viewer], card: FromPath[str]) -> Response[ReaderView]:
    """What a reader has and waits for: one's own, one's children's, or as staff of the organisation (audited)."""
    now = clock.now()
    async with database.transaction() as session:
        shown = await readers.by_card(session, card)
        seen = await readers.visible_to(session, viewer, shown)
        if not await readers.acts_for(session, viewer, shown.person_id):
            audit.record(session, viewer, "patron.loans_seen", subject_kind="person", subject_id=shown.person_id)
        loans = await ledger.loans_of_patrons(session, [one.id for one in seen], now=now)
        waits = await ledger.holds_of_patrons(session, [one.id for one in seen])
    view = ReaderView(
        shown.card,
        seen[0].name,
        [one.category for one in seen],
        [LoanView.of(line) for line in loans],
        [HoldView.of(line) for line in waits],
    )
    return Response(view, headers=NOT_SHARED)


handlers = (check_out, check_in, renew, place_hold, cancel_hold, undo, reader)
