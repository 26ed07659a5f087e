"""The desk: check-out and check-in. The same functions serve staff, machines and whatever replays later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, update

from circulation import privacy
from circulation.models import Hold, Loan
from circulation.refused import as_refused, must_hold
from circulation.rules import due, refusals
from circulation.rules.policies import LARGEST, Terms
from circulation.rules.refusals import Override, Refusal, Standing
from circulation.rules.states import Next
from circulation.scans import acts, movements
from circulation.store import branches, copies, queue, readers
from circulation.store.branches import Here
from circulation.store.copies import Copy, Meant
from circulation.store.readers import Reader, Shown
from library.db import Reading, Writing
from library.errors import N_
from library.identity.roles import Permission
from library.identity.viewer import Viewer

REFUSED = N_("貸し出せません")


@dataclass(frozen=True)
class Lent:
    """A loan that was made. `moved_from` is the closed day it would have been due; `lent` counts the reader's loans with it."""

    loan_id: int
    act_id: int
    copy: Copy
    reader: Reader
    due_at: datetime
    due_on: date
    moved_from: date | None
    lent: int
    limit: int
    hold_filled: bool
    was_missing: bool
    overridden: tuple[Refusal, ...]


@dataclass(frozen=True)
class CheckedIn:
    """A copy taken back, or only looked at. `loan_id` is the loan it closed; `pickup_until` the last day on the hold shelf."""

    act_id: int
    copy: Copy
    next: Next
    to_branch_id: int | None
    hold_id: int | None
    pickup_until: date | None
    loan_id: int | None
    was_missing: bool


@dataclass(frozen=True)
class Asked:
    """What a check-out is about, read and locked."""

    here: Here
    reader: Reader
    copy: Copy
    own_hold: int | None
    terms: Terms
    standing: Standing
    now: datetime

    @property
    def today(self) -> date:
        return self.here.today(self.now)


async def check_out(
    session: Writing,
    *,
    card: str,
    barcode: str,
    branch: str,
    by: Viewer,
    now: datetime,
    overrides: Mapping[Refusal, Override] | None = None,
) -> Lent:
    """Lends a copy to the reader of a card.

    Raises Refused with every reason that `overrides` does not cover, NotFound for an unknown card, barcode or branch, NotAllowed.
    """
    asked, overridden = await may_check_out(session, card=card, barcode=barcode, branch=branch, by=by, now=now, overrides=overrides)
    return await _lend(session, asked, by=by, overridden=overridden)


async def may_check_out(
    session: Writing,
    *,
    card: str,
    barcode: str,
    branch: str,
    by: Viewer,
    now: datetime,
    overrides: Mapping[Refusal, Override] | None = None,
) -> tuple[Asked, Mapping[Refusal, Override]]:
    """What a check-out would be, locked and weighed, and what it overrides; raises what `check_out` raises, and changes nothing."""
    here = await branches.by_code(session, branch, at=now)
    by.must(Permission.LEND, here.place)
    if overrides:
        by.must(Permission.OVERRIDE, here.place)
    shown = await readers.by_card(session, card)
    meant = await copies.by_barcode(session, barcode, here)
    reader = await _meant(session, shown, meant, here, now=now)
    if reader is None:
        raise as_refused(REFUSED, refusals.membership(Standing(member=False, card_revoked=shown.revoked), here.today(now)))
    asked = await _locked(session, here, reader, meant, now=now)
    reasons = refusals.check_out(asked.terms, asked.standing, await _as_seen_by(session, asked), today=asked.today)
    return asked, must_hold(REFUSED, reasons, overrides or {})


async def _meant(session: Reading, shown: Shown, meant: Meant, here: Here, *, now: datetime) -> Reader | None:
    """The membership that waits for this very copy, or for its title; else the one that lends it here."""
    today = here.today(now)
    members = [one for one in shown.memberships if one.organisation_id in here.organisation_ids]
    valid = [one for one in members if (one.valid_from or today) <= today <= (one.valid_to or today)]
    if len(valid) > 1:
        waits = (Hold.patron_id.in_([one.id for one in valid]), Hold.record_id == meant.record_id, Hold.closed_at.is_(None))
        first = select(Hold.patron_id).where(*waits).order_by(func.coalesce(Hold.captured_item_id, 0) != meant.id, Hold.requested_at)
        patron = await session.scalar(first.limit(1))
        if patron is not None:
            return next(one for one in valid if one.id == patron)
    return readers.meant(members, lenders=here.organisation_ids, owner=meant.organisation_id, today=today)


async def _locked(session: Writing, here: Here, reader: Reader, meant: Meant, *, now: datetime) -> Asked:
    """Patron, then items by number, then the queue; what is read afterwards holds until the end."""
    await readers.lock(session, reader.id)
    locked = {meant.id, *await _set_aside_for(session, reader, meant.record_id)}
    for item in sorted(locked):
        await copies.lock(session, item)
    copy = await copies.facts(session, meant.id)
    await queue.lock(session, copy.record_id)
    for item in set(await _set_aside_for(session, reader, copy.record_id)) - locked:
        await copies.lock(session, item)  # captured while this waited for the queue: out of order, but a deadlock ends as Busy
    terms = here.terms(category=reader.category, material=copy.material)
    material = copy.material if terms.material_limit < LARGEST else None
    standing = await readers.standing(session, reader, zone=here.zone, material=material)
    own = await session.scalar(_own_hold(reader, copy.record_id, copy.id))
    return Asked(here, reader, copy, own, terms, standing, now)


def _own_hold(reader: Reader, record_id: int, item_id: int) -> Select[int]:
    """The reader's hold that this copy fills: the one that has it, whatever its title is called by now, else one for the title."""
    mine = (Hold.patron_id == reader.id, Hold.closed_at.is_(None))
    wants = (Hold.record_id == record_id) & (Hold.item_id.is_(None) | (Hold.item_id == item_id))
    return (
        select(Hold.id)
        .where(*mine, wants | (Hold.captured_item_id == item_id))
        .order_by(func.coalesce(Hold.captured_item_id, 0) != item_id, Hold.requested_at)
        .limit(1)
    )


async def _set_aside_for(session: Writing, reader: Reader, record_id: int) -> list[int]:
    """Other copies of the title already set aside for this reader: lending one frees the other."""
    mine = (Hold.patron_id == reader.id, Hold.record_id == record_id, Hold.closed_at.is_(None), Hold.captured_item_id.is_not(None))
    return [number for number in await session.scalars(select(Hold.captured_item_id).where(*mine)) if number is not None]


async def _as_seen_by(session: Writing, asked: Asked) -> refusals.Copy:
    copy, reader = asked.copy, asked.reader
    waiting, spare = await queue.pressure(session, copy, patron_id=reader.id, today=asked.today)
    deposited_elsewhere = copy.deposit_id is not None and copy.deposit_organisation_id != reader.organisation_id
    return refusals.Copy(
        whereabouts=copy.whereabouts,
        withdrawn=copy.withdrawn_on is not None,
        in_library_only=copy.in_library_only,
        owner_lends=copy.lends_to(reader.organisation_id, school=reader.organisation_kind == "school"),
        lent_to_reader=copy.loan_patron_id == reader.id,
        set_aside_for_reader=copy.hold_patron_id == reader.id,
        set_aside_for_another=copy.hold_id is not None and copy.hold_patron_id != reader.id,
        deposit_is_here=not deposited_elsewhere,
        waiting=waiting,
        spare=spare,
    )


async def _lend(session: Writing, asked: Asked, *, by: Viewer, overridden: Mapping[Refusal, Override]) -> Lent:
    here, reader, copy, now = asked.here, asked.reader, asked.copy, asked.now
    before = await acts.snapshot(session, copy, holds=[asked.own_hold] if asked.own_hold else [])
    if copy.loan_id is not None and await close_loan(session, copy.loan_id, here, at=now):
        before = _untimed(before)
    await movements.end_transit(session, copy, here, now=now)
    was_missing = await movements.found(session, copy)
    if copy.hold_id is not None and copy.hold_id != asked.own_hold:
        await movements.let_go(session, copy.hold_id)
    if asked.own_hold is not None:
        await _fill(session, asked)
    when = due.due(now, days=asked.terms.loan_days, hours=asked.terms.loan_hours, calendar=here.calendar, zone=here.zone)
    when = due.no_later(when, copy.deposit_until, today=asked.today, zone=here.zone)
    said = [{"code": refusal.value, "reason": reason.value} for refusal, reason in overridden.items()]
    loan = Loan(item_id=copy.id, patron_id=reader.id, branch_id=here.id, lent_at=now, due_at=when.at, overrides=said)
    session.add(loan)
    await session.flush()
    acts.overridden(session, "loan.overridden", reader, here, by=by, what=overridden, about=f"loan:{loan.id}")
    act = acts.noted(session, "check_out", copy, here, by=by, now=now, loan_id=loan.id, before=before)
    acts.counted(session, "loan", copy, reader, branch_id=here.id, today=asked.today)
    await movements.tell(session, copy)
    await session.flush()
    return Lent(
        loan_id=loan.id,
        act_id=act.id,
        copy=copy,
        reader=reader,
        due_at=when.at,
        due_on=when.at.astimezone(here.zone).date(),
        moved_from=when.moved_from,
        lent=asked.standing.lent + 1,
        limit=asked.terms.loans_limit,
        hold_filled=asked.own_hold is not None,
        was_missing=was_missing,
        overridden=tuple(overridden),
    )


async def _fill(session: Writing, asked: Asked) -> None:
    """The reader's hold is filled by this copy; another one set aside for it goes on to the next reader, or home."""
    here, copy, now = asked.here, asked.copy, asked.now
    hold = (await session.execute(select(Hold.captured_item_id, Hold.pickup_branch_id).where(Hold.id == asked.own_hold))).one()
    await session.execute(
        update(Hold)
        .where(Hold.id == asked.own_hold)
        .values(closed_at=now, closing="filled", cut_at=forgotten_at(here, now), captured_item_id=copy.id)
    )
    if hold.captured_item_id not in (None, copy.id):
        await release(session, hold.captured_item_id, at=hold.pickup_branch_id, now=now)


async def release(session: Writing, item_id: int, *, at: int, now: datetime) -> None:
    """A copy that was set aside for somebody is free again: for the next in the queue, or on its way home.

    `at` is the branch of the hold shelf it stands on. While it travels it travels on, for whoever is next if they pick up where it
    goes, and is looked at when it arrives. Item and queue are locked by the caller.
    """
    copy = await copies.facts(session, item_id)
    if copy.loan_id is not None:
        return
    here = await branches.by_id(session, copy.to_branch_id or at)
    if copy.transit_id is None and copy.missing_since is not None:
        return  # nobody can send what nobody finds; the scan that finds it routes it
    if copy.transit_id is None:
        await movements.route(session, copy, here, now=now)
    else:
        head = await queue.first(session, copy, today=here.today(now))
        heir = head.id if head and head.pickup_branch_id == copy.to_branch_id else None
        await movements.pass_on(session, copy, heir, now=now)
    await movements.tell(session, copy)


async def check_in(session: Writing, *, barcode: str, branch: str, by: Viewer, now: datetime, from_box: bool = False) -> CheckedIn:
    """Takes a copy back and says where it goes: shelf, hold shelf, or a tote. A copy that was not lent is only routed.

    `from_box`: it lay in the return box and counts as returned on the last open day. Raises NotFound, Conflict, NotAllowed.
    """
    here = await branches.by_code(session, branch, at=now)
    by.must(Permission.LEND, here.place)
    meant = await copies.by_barcode(session, barcode, here)
    await copies.lock(session, meant.id)
    copy = await copies.facts(session, meant.id)
    await queue.lock(session, copy.record_id)
    if await movements.turn_from_closed(session, copy, here, now=now):
        copy = await copies.facts(session, meant.id)
    free = replace(copy, loan_id=None, loan_patron_id=None, missing_since=None)
    before = await acts.snapshot(session, copy, holds=await _next_in_line(session, free, here.today(now)))
    was_missing = await movements.found(session, copy)
    if copy.loan_id is not None:
        day = due.returned_on(here.today(now), here.calendar, from_box=from_box)
        assert copy.lent_at is not None
        returned = max(due.end_of_day(day, here.zone), copy.lent_at) if day < here.today(now) else now
        if await close_loan(session, copy.loan_id, here, at=returned, now=now):
            before = _untimed(before)
    routed = await movements.route(session, free, here, now=now)
    act = acts.noted(session, "check_in", copy, here, by=by, now=now, loan_id=copy.loan_id, before=before, outcome=routed.next.value)
    await movements.tell(session, copy)
    await session.flush()
    return CheckedIn(act.id, copy, routed.next, routed.to_branch_id, routed.hold_id, routed.pickup_until, copy.loan_id, was_missing)


async def _next_in_line(session: Writing, copy: Copy, today: date) -> list[int]:
    if copy.hold_id is not None:
        return []
    head = await queue.first(session, copy, today=today)
    return [head.id] if head else []


async def close_loan(session: Writing, loan_id: int, here: Here, *, at: datetime, now: datetime | None = None) -> bool:
    """Ends a loan; True where nothing is kept and its reader is forgotten already."""
    forgotten = forgotten_at(here, now or at)
    await session.execute(update(Loan).where(Loan.id == loan_id).values(returned_at=at, returned_branch_id=here.id, cut_at=forgotten))
    if forgotten > (now or at):
        return False
    await privacy.cut_loan(session, loan_id, now=forgotten)
    return True


def _untimed(before: dict[str, Any]) -> dict[str, Any]:
    """What was, without the moments of a loan nobody may know any more: it cannot be taken back."""
    return before | {"loan": {number: {} for number in before.get("loan", {})}}


def forgotten_at(here: Here, now: datetime) -> datetime:
    """When the link between a reader and what is over here is cut."""
    return due.forgotten_at(now, open_days=here.terms().retention_days, calendar=here.calendar, zone=here.zone)
