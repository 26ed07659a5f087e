"""Holds: placed at a desk or by readers themselves, cancelled, expired, moved when records are merged; and where each stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text, update

from catalog.models import Record
from catalog.store import current_id
from circulation import desk, privacy
from circulation.models import Hold
from circulation.pickups import places as pickups
from circulation.refused import because, must_hold
from circulation.rules import refusals
from circulation.rules.refusals import Override, Reason, Refusal, Standing
from circulation.scans import acts
from circulation.store import branches, copies, family, queue, readers
from circulation.store.branches import Here
from circulation.store.readers import Reader, Shown
from library import clock
from library.db import Reading, Writing
from library.errors import N_, Because, Conflict, NotFound, Refused
from library.identity.roles import Permission
from library.identity.viewer import Viewer

REFUSED = N_("予約できません")

# What a reader could ever get of a title: not withdrawn, not only for use inside, lent by its owner to the reader's organisation.
_GETTABLE = text(
    """
    SELECT count(*) FROM (
        SELECT 1 FROM item i LEFT JOIN owner_policy p ON p.organisation_id = i.organisation_id
         WHERE i.record_id = :record AND i.withdrawn_on IS NULL AND NOT i.in_library_only AND i.missing_since IS NULL
           AND (CAST(:item AS bigint) IS NULL OR i.id = :item)
           AND (i.organisation_id = :organisation AND coalesce(p.lent_to, 'own') <> 'nobody'
                OR p.lent_to = 'all' OR p.lent_to = 'schools' AND :school)
         LIMIT 1) g
    """
)
_LENT = text(
    "SELECT 1 FROM loan l JOIN item i ON i.id = l.item_id WHERE l.patron_id = :patron AND l.returned_at IS NULL AND i.record_id = :record"
)
_AHEAD = text(
    """
    SELECT m.id, (SELECT count(*) FROM hold q WHERE q.record_id = m.record_id AND q.closed_at IS NULL AND q.captured_item_id IS NULL
                     AND (q.requested_at, q.id) < (m.requested_at, m.id)) + 1 AS position
      FROM hold m WHERE m.id = ANY(:holds) AND m.closed_at IS NULL AND m.captured_item_id IS NULL
    """
)


@dataclass(frozen=True)
class Placed:
    """A hold that was placed; `position` counts from 1 among those who wait for the title."""

    hold_id: int
    record_id: int
    pickup: Here
    reader: Reader
    position: int


async def place(
    session: Writing,
    *,
    card: str,
    record_id: int,
    pickup: str,
    by: Viewer,
    now: datetime,
    item_id: int | None = None,
    overrides: Mapping[Refusal, Override] | None = None,
) -> Placed:
    """Puts a card's reader into the queue of a title (of one copy, with `item_id`), to be picked up at a branch.

    The pickup branch decides the policy, and the membership that is meant: at a school the school's. Readers and guardians do it for
    themselves, librarians for anybody at their branch. Raises Refused with all reasons, NotFound, NotAllowed.
    """
    here = await branches.by_code(session, pickup)
    shown = await readers.by_card(session, card)
    await _must_act_for(session, by, shown, here)
    if overrides:
        by.must(Permission.OVERRIDE, here.place)
    return await _place(session, shown, here, record_id, item_id=item_id, by=by, now=now, overrides=overrides or {})


async def place_for(session: Writing, *, person_id: int, record_id: int, pickup: str, by: Viewer, now: datetime) -> Placed:
    """The same for readers themselves, who name a person instead of a card: oneself or one's child. Raises NotFound for anybody else."""
    one = await family.member(session, by.account_id, person_id)
    here = await branches.by_code(session, pickup)
    return await _place(session, one.shown, here, record_id, item_id=None, by=by, now=now, overrides={})


async def _place(
    session: Writing,
    shown: Shown,
    here: Here,
    record_id: int,
    *,
    item_id: int | None,
    by: Viewer,
    now: datetime,
    overrides: Mapping[Refusal, Override],
) -> Placed:
    today = here.today(now)
    reader = _meant(shown, here, today=today)
    await readers.lock(session, reader.id)
    record_id = await _kept(session, record_id)
    await queue.lock(session, record_id)
    material, reasons = await _reasons(session, reader, here, record_id, item_id, today=today)
    decided = must_hold(REFUSED, reasons, overrides, code="hold_refused")
    hold = Hold(patron_id=reader.id, record_id=record_id, item_id=item_id, pickup_branch_id=here.id, requested_at=now)
    session.add(hold)
    await session.flush()
    acts.overridden(session, "hold.overridden", reader, here, by=by, what=decided, about=f"hold:{hold.id}")
    acts.hold_counted(session, reader, branch_id=here.id, today=today, material=material)
    position = (await positions(session, [hold.id]))[hold.id]
    return Placed(hold.id, record_id, here, reader, position)


async def _kept(session: Writing, record_id: int) -> int:
    """The record, or what it was merged into; nobody merges it away until the transaction ends. Raises NotFound."""
    current = await current_id(session, record_id)
    kept = await session.scalar(select(Record.id).where(Record.id == current).with_for_update(read=True, key_share=True))
    return kept if kept is not None else await _kept(session, record_id)  # merged this very moment


def _meant(shown: Shown, here: Here, *, today: date) -> Reader:
    """The membership with which somebody picks up here. Raises Refused for whoever belongs elsewhere, or nowhere."""
    if shown.memberships and not pickups.may_pick_up(shown, here, today=today):
        must_hold(REFUSED, [Reason(Refusal.PICKUP_NOT_POSSIBLE)], {}, code="hold_refused")
    reader = readers.meant(shown.memberships, lenders=here.organisation_ids, owner=_school_of(here), today=today)
    if reader is None:
        standing = Standing(member=False, card_revoked=shown.revoked)
        must_hold(REFUSED, refusals.membership(standing, today), {}, code="hold_refused")
        raise AssertionError("a stranger to the branch is always refused")
    return reader


async def _reasons(
    session: Reading, reader: Reader, here: Here, record_id: int, item_id: int | None, *, today: date
) -> tuple[str, tuple[Reason, ...]]:
    """The title's material, and everything that speaks against the hold."""
    material = (await session.execute(select(Record.material).where(Record.id == record_id))).scalar_one()
    terms = here.terms(category=reader.category, material=material)
    title = await _title(session, reader, record_id, item_id)
    standing = await readers.standing(session, reader, zone=here.zone)
    return material, refusals.hold(terms, standing, title, today=today)


async def foreseen(session: Reading, shown: Shown, *, record_id: int, pickup: str, now: datetime) -> tuple[Because, ...]:
    """Why a hold would be refused now, so that nobody has to try; empty when it would be placed."""
    here = await branches.by_code(session, pickup)
    today = here.today(now)
    try:
        reader = _meant(shown, here, today=today)
    except Refused as refused:
        return refused.reasons
    _, reasons = await _reasons(session, reader, here, await current_id(session, record_id), None, today=today)
    return tuple(because(reason) for reason in reasons)


def _school_of(here: Here) -> int | None:
    return min(here.school_ids, default=None)


async def _must_act_for(session: Reading, by: Viewer, shown: Shown, here: Here) -> None:
    """Readers for themselves; a librarian at their own branch for anybody, elsewhere for the readers of their own library."""
    if await readers.acts_for(session, by, shown.person_id):
        return
    readers.must_lend_somewhere(by, shown)
    if not by.can(Permission.LEND, here.place):
        await readers.visible_to(session, by, shown)


async def _title(session: Reading, reader: Reader, record_id: int, item_id: int | None) -> refusals.Title:
    asked = {"record": record_id, "item": item_id, "organisation": reader.organisation_id, "school": reader.organisation_kind == "school"}
    mine = (Hold.patron_id == reader.id, Hold.record_id == record_id, Hold.closed_at.is_(None))
    held = await session.scalar(select(Hold.id).where(*mine, Hold.item_id.is_(None) if item_id is None else Hold.item_id == item_id))
    lent = (await session.execute(_LENT, {"patron": reader.id, "record": record_id})).first()
    lendable = (await session.execute(_GETTABLE, asked)).scalar_one()
    return refusals.Title(lendable=lendable, on_hold=held is not None, lent=lent is not None)


async def positions(session: Reading, hold_ids: Collection[int]) -> dict[int, int]:
    """Where open holds without a copy stand in their queues, from 1."""
    rows = await session.execute(_AHEAD, {"holds": list(hold_ids)})
    return {row.id: row.position for row in rows}


async def cancel(session: Writing, hold_id: int, *, by: Viewer, now: datetime) -> None:
    """Takes a hold out of the queue; a copy set aside for it goes to the next reader, or home.

    Raises NotFound for a hold that is not there or not theirs to see, Conflict for one that is over.
    """
    hold = await session.get(Hold, hold_id) if 0 < hold_id < 2**63 else None
    if hold is None or hold.patron_id is None:
        raise _no_such_hold()
    reader = await readers.of_patron(session, hold.patron_id)
    here = await branches.by_id(session, hold.pickup_branch_id)
    own = await readers.acts_for(session, by, reader.person_id)
    if not own and not by.can(Permission.LEND, here.place) and not await readers.lends_to(session, by, reader.id):
        raise _no_such_hold()
    await close(session, hold, "cancelled", here=here, now=now)


async def close(session: Writing, hold: Hold, closing: str, *, here: Here, now: datetime) -> None:
    """Ends a hold before it was filled and lets its copy go. Raises Conflict when it is over already, or changed this very moment."""
    assert hold.patron_id is not None
    await readers.lock(session, hold.patron_id)
    captured, record_id = hold.captured_item_id, hold.record_id
    if captured is not None:
        await copies.lock(session, captured)
    await queue.lock(session, record_id)
    await session.refresh(hold)
    if hold.closed_at is not None:
        raise Conflict("hold_over", N_("この予約はもう終わっています。"))
    if (hold.captured_item_id, hold.record_id) != (captured, record_id):
        raise Conflict("hold_changed", N_("この予約はいま動いたところです。もう一度お試しください。"))
    forgotten = desk.forgotten_at(here, now)
    await session.execute(update(Hold).where(Hold.id == hold.id).values(closed_at=now, closing=closing, cut_at=forgotten))
    if forgotten <= now:
        await privacy.cut_hold(session, hold.id, now=forgotten)
    if captured is not None:
        await desk.release(session, captured, at=hold.pickup_branch_id, now=now)


async def expire(session: Writing, hold_id: int, *, today: date, now: datetime) -> bool:
    """取置期限: a hold whose last day on the hold shelf is over ends; not while its branch is closed. False when it need not."""
    hold = await session.get(Hold, hold_id)
    if hold is None or hold.closed_at is not None or hold.patron_id is None:
        return False
    await readers.lock(session, hold.patron_id)
    await session.refresh(hold)  # a reader who just came for it, or was given more days
    if hold.closed_at is not None or hold.pickup_until is None or hold.pickup_until >= today:
        return False
    here = await branches.by_id(session, hold.pickup_branch_id)
    if here.calendar.next_open_day(today) is not None and not here.calendar.is_open(today):
        return False
    await close(session, hold, "expired", here=here, now=now)
    return True


async def follow(session: Writing, from_id: int, to_id: int) -> None:
    """Holds move with a merged record, each in its place by the time it was asked for; of a reader's two the older stays."""
    for record_id in sorted((from_id, to_id)):
        await queue.lock(session, record_id)
    moving = list(await session.scalars(select(Hold).where(Hold.record_id == from_id).order_by(Hold.requested_at).with_for_update()))
    freed: list[Hold] = []
    for hold in moving:
        twin = None
        if hold.closed_at is None:
            same = (Hold.patron_id == hold.patron_id, Hold.record_id == to_id, Hold.closed_at.is_(None))
            fits = Hold.item_id.is_(None) if hold.item_id is None else Hold.item_id == hold.item_id
            twin = await session.scalar(select(Hold).where(*same, fits))
        gone = await _one_of_two(session, hold, twin) if twin is not None else None
        hold.record_id = to_id
        await session.flush()
        if gone is not None and gone.captured_item_id is not None:
            freed.append(gone)
    for gone in freed:
        assert gone.captured_item_id is not None
        # A copy of the record that goes: the merge has moved it, and so locked it.
        await desk.release(session, gone.captured_item_id, at=gone.pickup_branch_id, now=clock.now())


async def follow_items(session: Writing, item_ids: Collection[int], from_id: int, to_id: int) -> None:
    """Who waits for one copy and no other goes on waiting for it when a split gives it to another record. Copies are locked."""
    for record_id in sorted((from_id, to_id)):
        await queue.lock(session, record_id)
    waiting = (Hold.record_id == from_id, Hold.item_id.in_(item_ids), Hold.closed_at.is_(None))
    await session.execute(update(Hold).where(*waiting).values(record_id=to_id))


async def _one_of_two(session: Writing, moving: Hold, staying: Hold) -> Hold:
    """The one that has a copy stays; else the one that stood in line longer gives its place to the other. Returns the one that went."""
    gone, kept = (staying, moving) if moving.captured_item_id is not None and staying.captured_item_id is None else (moving, staying)
    kept.requested_at = min(gone.requested_at, kept.requested_at)
    gone.closed_at = gone.cut_at = clock.now()
    gone.closing = "merged"
    await session.flush()
    return gone


def _no_such_hold() -> NotFound:
    return NotFound("hold_not_found", N_("この予約はありません。"))
