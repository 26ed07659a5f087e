"""Taking back the last scan of a copy, for half a minute: what it changed is put back as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, inspect, select, update

from catalog.models import Item
from circulation import privacy
from circulation.models import DeskAct, Hold, Loan
from circulation.scans import acts, movements
from circulation.store import branches, copies, queue, readers
from circulation.store.branches import Here
from circulation.store.copies import Copy
from library.db import Writing
from library.errors import N_, Conflict, NotFound
from library.identity.roles import Permission
from library.identity.viewer import Viewer

WITHIN = timedelta(seconds=30)
GRACE = timedelta(seconds=5)  # the way from the button to here


@dataclass(frozen=True)
class Undone:
    act: str
    copy: Copy


async def undo(session: Writing, act_id: int, *, by: Viewer, now: datetime) -> Undone:
    """Puts back what one scan changed. Raises NotFound, NotAllowed, and Conflict when it is too late or the copy was scanned again."""
    row = await session.get(DeskAct, act_id) if 0 < act_id < 2**63 else None
    if row is None:
        raise NotFound("act_not_found", N_("取り消す操作がありません。"))
    here = await branches.by_id(session, row.branch_id)
    by.must(Permission.LEND, here.place)
    loan = await session.get(Loan, row.loan_id) if row.loan_id is not None else None
    if loan is not None and loan.patron_id is not None:
        await readers.lock(session, loan.patron_id)
    await copies.lock(session, row.item_id)
    copy = await copies.facts(session, row.item_id)
    await queue.lock(session, copy.record_id)
    await session.refresh(row)
    await _must_be_last(session, row, now=now)
    if row.act == "check_out":
        assert loan is not None
        await _unlend(session, loan, copy, here, now=now)
    elif row.act == "renew" and loan is not None:
        await _uncount(session, "renewal", loan, copy, here, day=row.at)
    # A hold that ended at this very scan sent the copy on before it was taken back.
    before = [int(number) for number in row.before.get("transit", {})]
    await movements.remove_transit(session, row.item_id, sent_at=row.at, but=before)
    await _restore(session, row.before)
    missing = row.before.get("missing_since")
    if missing:
        await session.execute(
            update(Item).where(Item.id == row.item_id).values(missing_since=date.fromisoformat(missing), version=Item.version + 1)
        )
    row.undone_at = now
    await movements.tell(session, copy)
    await session.flush()
    return Undone(row.act, await copies.facts(session, row.item_id))


async def _must_be_last(session: Writing, row: DeskAct, *, now: datetime) -> None:
    if row.undone_at is not None:
        raise Conflict("act_undone", N_("もう取り消してあります。"))
    if now - row.at > WITHIN + GRACE:
        raise Conflict("undo_too_late", N_("取り消せるのは30秒以内です。"))
    latest = await session.scalar(select(func.max(DeskAct.id)).where(DeskAct.item_id == row.item_id, DeskAct.undone_at.is_(None)))
    kept = row.before.get("hold", {})
    holds = list(await session.scalars(select(Hold).where(Hold.id.in_([int(number) for number in kept]))))
    had = {one["captured_item_id"] for one in kept.values()} | {hold.captured_item_id for hold in holds}
    over = any(hold.closed_at is not None and hold.closed_at > row.at for hold in holds)
    if latest != row.id or over or had - {None, row.item_id}:  # another copy has gone on since, or has come for the same reader
        raise Conflict("undo_overtaken", N_("そのあとに動きがあったため、取り消せません。"))
    closed = [int(number) for number in row.before.get("loan", {})]
    forgotten = await session.scalar(select(func.count()).where(Loan.id.in_(closed), Loan.patron_id.is_(None)))
    if forgotten or any(hold.patron_id is None for hold in holds):
        raise Conflict("undo_forgotten", N_("だれに貸していたかはもう残っていないため、取り消せません。"))


async def _unlend(session: Writing, loan: Loan, copy: Copy, here: Here, *, now: datetime) -> None:
    """It never was a loan: nobody need know to whom."""
    await _uncount(session, "loan", loan, copy, here, day=loan.lent_at)
    day = datetime.combine(here.today(loan.lent_at), time(), here.zone)  # the moment would lead back to who stood there
    values: dict[str, Any] = {"lent_at": day, "returned_at": now, "returned_branch_id": here.id, "cut_at": now}
    values |= {"undone": True, "patron_id": None}
    await session.execute(update(Loan).where(Loan.id == loan.id).values(values))
    await privacy.forget(session, [f"loan:{loan.id}"])


async def _uncount(session: Writing, act: str, loan: Loan, copy: Copy, here: Here, *, day: datetime) -> None:
    if loan.patron_id is not None:
        reader = await readers.of_patron(session, loan.patron_id)
        acts.counted(session, act, copy, reader, branch_id=here.id, today=here.today(day), count=-1)


async def _restore(session: Writing, before: dict[str, Any]) -> None:
    for name, (model, _columns) in acts.KEPT.items():
        key = inspect(model).primary_key[0]
        for number, values in before.get(name, {}).items():
            columns = {column: _value(model, column, value) for column, value in values.items()}
            await session.execute(update(model).where(key == int(number)).values(columns))


def _value(model: Any, column: str, value: Any) -> Any:
    """Days and moments were kept as text."""
    if not isinstance(value, str):
        return value
    kind = model.__table__.c[column].type.python_type
    return kind.fromisoformat(value) if kind in (date, datetime) else value
