"""Renewals: one loan or all of a reader's, each answered for itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from catalog.copies.shelving import scanned
from circulation.models import Loan
from circulation.refused import because
from circulation.rules import due, refusals
from circulation.rules.refusals import Override, Reason, Refusal
from circulation.scans import acts, movements
from circulation.store import branches, copies, family, queue, readers
from circulation.store.branches import Here
from circulation.store.copies import Copy
from circulation.store.readers import Reader
from library.db import Reading, Writing
from library.errors import N_, Because, NotAllowed, NotFound, Refused
from library.identity import audit
from library.identity.card.number import unknown_card
from library.identity.roles import Permission
from library.identity.viewer import Viewer

REFUSED = N_("延長できません")


@dataclass(frozen=True)
class Renewed:
    """A loan with its new due date; `renewals` counts this one."""

    loan_id: int
    act_id: int
    copy: Copy
    due_at: datetime
    due_on: date
    moved_from: date | None
    renewals: int


@dataclass(frozen=True)
class NotRenewed:
    """A loan that keeps its date, and every reason why."""

    loan_id: int
    copy: Copy
    reasons: tuple[Because, ...]


@dataclass(frozen=True)
class Outcome:
    """Every loan that was asked for, on one side or the other."""

    renewed: tuple[Renewed, ...]
    refused: tuple[NotRenewed, ...]


async def renew(
    session: Writing,
    *,
    card: str,
    barcode: str | None,
    by: Viewer,
    now: datetime,
    branch: str | None = None,
    overrides: Mapping[Refusal, Override] | None = None,
) -> Outcome:
    """Renews one loan of a card's reader, or all of them without a barcode.

    A single one that is refused raises Refused; of all, each says for itself. A librarian renews what was lent where they work, and
    whatever the readers of their own library have; a reader, or a guardian, everything. `branch` tells owners apart that use the
    same barcode.
    """
    shown = await readers.by_card(session, card)
    own = await readers.acts_for(session, by, shown.person_id)
    if not own:
        readers.must_lend_somewhere(by, shown)
    memberships = {reader.id: reader for reader in shown.memberships}
    await _lock_readers(session, memberships)
    loans = await _open_loans(session, memberships)
    places = await _places(session, loans)
    reached = set(memberships) if own else await readers.reached(session, by, memberships)
    if barcode is not None:
        loans = [loan for loan in loans if loan.patron_id in reached or by.can(Permission.LEND, places[loan.branch_id].place)]
        loans = await _of_barcode(session, loans, barcode, places, branch)
    elif not own:
        # All of them are named in the answer, so it is a look, and one for the reader's own organisation.
        if not reached:
            raise unknown_card(shown.card)
        loans = [loan for loan in loans if loan.patron_id in reached]
        audit.record(session, by, "patron.loans_seen", subject_kind="person", subject_id=shown.person_id)
    outcome = await _renew(session, loans, memberships, places, by=by, now=now, overrides=overrides or {})
    if barcode is not None and outcome.refused:
        raise Refused("renewal_refused", REFUSED, reasons=outcome.refused[0].reasons)
    return outcome


async def renew_own(session: Writing, *, by: Viewer, now: datetime, person_id: int | None = None, loan_id: int | None = None) -> Outcome:
    """Renews what a reader and their children have: one loan, all of one person, or everything; each loan answers for itself.

    Raises NotFound for a person or a loan that is not theirs.
    """
    assert by.account_id is not None  # a stranger has nothing to renew
    members = await family.of_account(session, by.account_id)
    if person_id is not None:
        members = (await family.member(session, by.account_id, person_id),)
    memberships = {reader.id: reader for member in members for reader in member.shown.memberships}
    await _lock_readers(session, memberships)
    loans = await _open_loans(session, memberships)
    if loan_id is not None:
        loans = [loan for loan in loans if loan.id == loan_id]
        if not loans:
            raise NotFound("loan_not_found", N_("この貸出はありません。もう返されたかもしれません。"), where="loan")
    return await _renew(session, loans, memberships, await _places(session, loans), by=by, now=now, overrides={})


async def why_not(session: Reading, loan_ids: Collection[int], *, by: Viewer, now: datetime) -> dict[int, tuple[Because, ...]]:
    """Why some of the viewer's own loans cannot be renewed now; those that can, and those of others, are left out."""
    if by.account_id is None or not loan_ids:
        return {}
    members = await family.of_account(session, by.account_id)
    memberships = {reader.id: reader for member in members for reader in member.shown.memberships}
    loans = [loan for loan in await _open_loans(session, memberships) if loan.id in loan_ids]
    places = await _places(session, loans)
    found = {}
    for loan in loans:
        assert loan.patron_id is not None
        weighed = await _weighed(session, loan, memberships[loan.patron_id], places[loan.branch_id], now=now)
        found[loan.id] = tuple(because(reason) for reason in weighed.reasons)
    return {number: reasons for number, reasons in found.items() if reasons}


async def _lock_readers(session: Writing, patron_ids: Iterable[int]) -> None:
    for patron_id in sorted(patron_ids):
        await readers.lock(session, patron_id)


async def _places(session: Reading, loans: Iterable[Loan]) -> dict[int, Here]:
    return {number: await branches.by_id(session, number) for number in sorted({loan.branch_id for loan in loans})}


async def _renew(
    session: Writing,
    loans: Sequence[Loan],
    memberships: Mapping[int, Reader],
    places: Mapping[int, Here],
    *,
    by: Viewer,
    now: datetime,
    overrides: Mapping[Refusal, Override],
) -> Outcome:
    """Readers are locked by the caller; `loans` come by item."""
    for loan in loans:
        await copies.lock(session, loan.item_id)
    for record_id in sorted({await copies.record_of(session, loan.item_id) for loan in loans}):
        await queue.lock(session, record_id)
    loans = await _still_lent(session, loans)
    renewed: list[Renewed] = []
    refused: list[NotRenewed] = []
    for loan in loans:
        assert loan.patron_id is not None
        outcome = await _renew_one(session, loan, memberships[loan.patron_id], places[loan.branch_id], by=by, now=now, overrides=overrides)
        if isinstance(outcome, Renewed):
            renewed.append(outcome)
        else:
            refused.append(NotRenewed(loan.id, outcome[0], tuple(because(reason) for reason in outcome[1])))
    return Outcome(tuple(renewed), tuple(refused))


async def _still_lent(session: Writing, loans: Sequence[Loan]) -> list[Loan]:
    """The loans as they are now that their copies are locked: a return locks the copy alone, and may have come between."""
    now = select(Loan).where(Loan.id.in_([loan.id for loan in loans])).order_by(Loan.item_id).execution_options(populate_existing=True)
    found = [loan for loan in await session.scalars(now) if loan.returned_at is None]
    if loans and not found:
        raise NotFound("loan_not_found", N_("この貸出はありません。もう返されたかもしれません。"), where="loan")
    return found


async def _open_loans(session: Reading, memberships: Mapping[int, Reader]) -> list[Loan]:
    found = await session.scalars(select(Loan).where(Loan.patron_id.in_(memberships), Loan.returned_at.is_(None)).order_by(Loan.item_id))
    return list(found)


async def _of_barcode(session: Writing, loans: Sequence[Loan], barcode: str, places: Mapping[int, Here], branch: str | None) -> list[Loan]:
    """The one loan a barcode means: among the reader's own it is nearly always alone."""
    number = scanned(barcode)
    mine = [loan for loan in loans if await copies.barcode_of(session, loan.item_id) == number]
    if len(mine) > 1 and branch is not None:
        here = await branches.by_code(session, branch)
        meant = await copies.by_barcode(session, number, here)
        mine = [loan for loan in mine if loan.item_id == meant.id]
    if not mine:
        raise NotFound("loan_not_found", N_("この人は、バーコード {barcode} の資料を借りていません。"), where="barcode", barcode=number)
    return mine[:1]


@dataclass(frozen=True)
class _Weighed:
    """A loan, the date it would get, and everything that speaks against it."""

    copy: Copy
    when: due.Due
    reasons: tuple[Reason, ...]


async def _weighed(session: Reading, loan: Loan, reader: Reader, here: Here, *, now: datetime) -> _Weighed:
    copy = await copies.facts(session, loan.item_id)
    today = here.today(now)
    terms = here.terms(category=reader.category, material=copy.material)
    when = due.renewed(loan.due_at, now, days=terms.renewal_days, hours=terms.loan_hours, calendar=here.calendar, zone=here.zone)
    when = due.no_later(when, copy.deposit_until, today=today, zone=here.zone)
    waiting, spare = await queue.pressure(session, copy, patron_id=reader.id, today=today)
    standing = await readers.standing(session, reader, zone=here.zone)
    reasons = refusals.renewal(terms, standing, done=loan.renewals, later=when.at > loan.due_at, wanted=waiting > spare, today=today)
    return _Weighed(copy, when, reasons)


async def _renew_one(
    session: Writing, loan: Loan, reader: Reader, here: Here, *, by: Viewer, now: datetime, overrides: Mapping[Refusal, Override]
) -> Renewed | tuple[Copy, Sequence[Reason]]:
    weighed = await _weighed(session, loan, reader, here, now=now)
    copy, when, reasons, today = weighed.copy, weighed.when, weighed.reasons, here.today(now)
    left = [reason for reason in reasons if not (reason.overridable and reason.refusal in overrides)]
    if left:
        return copy, reasons
    if reasons and not by.can(Permission.OVERRIDE, here.place):
        raise NotAllowed("not_allowed", N_("この操作をする権限がありません。"), permission=Permission.OVERRIDE.value)
    before = await acts.snapshot(session, copy)
    decided = {reason.refusal: overrides[reason.refusal] for reason in reasons}
    acts.overridden(session, "renewal.overridden", reader, here, by=by, what=decided, about=f"loan:{loan.id}")
    said = [{"code": refusal.value, "reason": why.value} for refusal, why in decided.items()]
    times = loan.renewals + 1
    values = {"due_at": when.at, "renewals": times, "renewed_at": now, "overrides": [*loan.overrides, *said]}
    await session.execute(update(Loan).where(Loan.id == loan.id).values(values))
    act = acts.noted(session, "renew", copy, here, by=by, now=now, loan_id=loan.id, before=before)
    acts.counted(session, "renewal", copy, reader, branch_id=here.id, today=today)
    await movements.tell(session, copy)
    await session.flush()
    on = when.at.astimezone(here.zone).date()
    return Renewed(loan.id, act.id, copy, when.at, on, when.moved_from, times)
