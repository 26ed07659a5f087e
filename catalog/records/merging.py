"""Two records of one publication become one, and one that wrongly became one is split again; doubtful matches are decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, delete, exists, func, or_, select, text, update

from catalog.description import Description
from catalog.models import ElectronicAccess, Item, MatchReview, Record, RecordRedirect, Source, SourceRecord
from catalog.records.composing import EDIT, HAND, columns, recompose, tell_index
from catalog.store import Head, add_event, current_id, lock_records
from library import clock
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound

Follower = Callable[[Writing, int, int], Awaitable[None]]

# What other rooms hang on a record (holds, lists) follows it here: each is awaited as (session, from_id, to_id) inside the
# merge's transaction, before the record goes. Rooms add theirs when the service is wired.
followers: list[Follower] = []

# What hangs on single copies follows them when a record is split: each is awaited as (session, items, from_id, to_id).
followers_of_items: list[Callable[[Writing, Collection[int], int, int], Awaitable[None]]] = []

SAME, DIFFERENT = "same", "different"


class Review(NamedTuple):
    """A doubtful match: the record of the new source record beside the candidate it resembles."""

    id: int
    score: int
    reasons: Sequence[Any]
    left: Head
    right: Head
    sender: str


async def merge(session: Writing, from_id: int, into_id: int, *, account_id: int) -> int:
    """Moves everything of one record to the other and leaves a redirect of one step; returns the number of what stays."""
    if from_id == into_id:
        raise Invalid("same_record", N_("同じ書誌どうしはまとめられません。"), where="into")
    try:
        held = await lock_records(session, [from_id, into_id])
    except NotFound as gone:
        if await current_id(session, from_id) == await current_id(session, into_id):
            raise Conflict("already_merged", N_("この2つの書誌は、もうまとめられています。")) from gone
        raise
    moved = await _move(session, from_id, into_id)
    for follow in followers:
        await follow(session, from_id, into_id)
    await _settle_reviews(session, from_id, into_id, account_id=account_id)
    await session.execute(update(RecordRedirect).where(RecordRedirect.to_id == from_id).values(to_id=into_id))
    session.add(RecordRedirect(from_id=from_id, to_id=into_id, at=clock.now()))
    add_event(session, from_id, "merged_away", account_id=account_id, into=into_id)
    add_event(session, into_id, "merged", account_id=account_id, record=from_id, title=held[from_id].title, **moved)
    await session.flush()
    await session.execute(
        text("UPDATE record SET popularity = popularity + (SELECT popularity FROM record WHERE id = :gone) WHERE id = :into"),
        {"gone": from_id, "into": into_id},
    )
    await session.execute(delete(Record).where(Record.id == from_id))
    await recompose(session, [into_id], act="composed", account_id=account_id)
    await tell_index(session, [from_id], "gone")
    await tell_index(session, [into_id])
    return into_id


async def _move(session: Writing, from_id: int, into_id: int) -> dict[str, int]:
    """Source records, items and electronic access change their record; says how many of each."""
    reason = {"code": "merged", "detail": f"書誌 {from_id} とまとめました", "from": str(from_id)}
    rows = (await session.scalars(select(SourceRecord).where(SourceRecord.record_id == from_id).with_for_update())).all()
    for row in rows:
        row.record_id, row.match_rule, row.match_reasons = into_id, HAND, [reason, *row.match_reasons]
    await session.flush()
    items = await session.execute(update(Item).where(Item.record_id == from_id).values(record_id=into_id).returning(Item.id))
    await session.execute(
        text(
            "DELETE FROM electronic_access gone USING electronic_access kept WHERE gone.record_id = :gone AND kept.record_id = :into"
            " AND kept.organisation_id = gone.organisation_id AND kept.url = gone.url"
        ),
        {"gone": from_id, "into": into_id},
    )
    access = await session.execute(
        update(ElectronicAccess).where(ElectronicAccess.record_id == from_id).values(record_id=into_id).returning(ElectronicAccess.id)
    )
    return {"sources": len(rows), "items": len(items.all()), "access": len(access.all())}


async def _settle_reviews(session: Writing, from_id: int, into_id: int, *, account_id: int) -> None:
    """What was asked of the record that goes is asked of the one that stays; between the two it is answered."""
    await session.execute(
        text(
            "DELETE FROM match_review gone USING match_review kept WHERE gone.candidate_id = :gone AND kept.candidate_id = :into"
            " AND kept.source_record_id = gone.source_record_id AND (kept.decided_at IS NOT NULL OR gone.decided_at IS NULL)"
        ),
        {"gone": from_id, "into": into_id},
    )
    await session.execute(
        text(
            "DELETE FROM match_review kept USING match_review gone WHERE gone.candidate_id = :gone AND kept.candidate_id = :into"
            " AND kept.source_record_id = gone.source_record_id"
        ),
        {"gone": from_id, "into": into_id},
    )
    await session.execute(update(MatchReview).where(MatchReview.candidate_id == from_id).values(candidate_id=into_id))
    within = select(SourceRecord.id).where(SourceRecord.record_id == into_id)
    await session.execute(
        update(MatchReview)
        .where(MatchReview.candidate_id == into_id, MatchReview.source_record_id.in_(within), MatchReview.decision.is_distinct_from(SAME))
        .values(decided_at=clock.now(), decided_by=account_id, decision=SAME)
    )


async def split(
    session: Writing, record_id: int, source_record_ids: Collection[int], *, item_ids: Collection[int] = (), account_id: int
) -> int:
    """Gives source records (and chosen items) a record of their own and remembers that they are apart; returns its number.

    Undoing a merge gives the merged record its old number back, so that links to it work again.
    """
    await lock_records(session, [record_id])
    rows = (await session.scalars(select(SourceRecord).where(SourceRecord.record_id == record_id).order_by(SourceRecord.id))).all()
    chosen = [row for row in rows if row.id in source_record_ids and not _is_edit(row)]
    if not chosen or len(chosen) < len(set(source_record_ids)):
        raise Invalid("nothing_to_split", N_("分ける送り手の記録を選んでください。"), where="sources")
    if len(chosen) == sum(not _is_edit(row) for row in rows):
        raise Invalid("nothing_left", N_("元の書誌にも、送り手の記録を1つは残してください。"), where="sources")
    number = await _old_number(session, record_id, rows, chosen)
    new_id = await _begin(session, number, chosen)
    edit = next((row for row in rows if row.format == HAND and row.identity == f"{EDIT}{new_id}"), None)
    for row in (*chosen, *([edit] if edit else [])):
        row.record_id, row.match_rule = new_id, HAND
        row.match_reasons = [{"code": "split", "detail": f"書誌 {record_id} から分けました"}]
    await session.flush()
    items = await _move_items(session, record_id, new_id, item_ids)
    await _remember_apart(session, chosen, record_id, account_id=account_id)
    add_event(session, record_id, "split", account_id=account_id, record=new_id, sources=len(chosen), items=items)
    add_event(session, new_id, "split_off", account_id=account_id, record=record_id, sources=len(chosen), items=items)
    await recompose(session, [record_id, new_id], account_id=account_id)
    await tell_index(session, [record_id, new_id])
    return new_id


def _is_edit(row: SourceRecord) -> bool:
    return row.format == HAND and row.identity.startswith(EDIT)


async def _old_number(session: Writing, record_id: int, rows: Sequence[SourceRecord], chosen: Sequence[SourceRecord]) -> int | None:
    """The number that exactly these had before a merge brought them here, while it still leads here and nothing took it."""
    wanted = {row.id for row in chosen}
    came_from = {row.id: _came_from(row) for row in rows if not _is_edit(row)}
    numbers = [number for number in came_from[chosen[0].id] if {row for row, many in came_from.items() if number in many} == wanted]
    if not numbers:
        return None
    freed = await session.execute(
        delete(RecordRedirect)
        .where(RecordRedirect.from_id == numbers[-1], RecordRedirect.to_id == record_id)
        .where(~exists().where(Record.id == numbers[-1]))
        .returning(RecordRedirect.from_id)
    )
    return freed.scalar_one_or_none()


def _came_from(row: SourceRecord) -> list[int]:
    """Records it belonged to before, the latest first."""
    said = [str(reason.get("from", "")) for reason in row.match_reasons if reason.get("code") == "merged"]
    return [int(number) for number in said if number.isdecimal()]


async def _begin(session: Writing, number: int | None, chosen: Sequence[SourceRecord]) -> int:
    """A record for the chosen ones to move to; what it says is composed when they are there."""
    described = msgspec.convert(chosen[0].description, Description)
    row = Record(**columns(described))
    if number is not None:
        row.id = number
    session.add(row)
    await session.flush()
    return row.id


async def _move_items(session: Writing, record_id: int, new_id: int, item_ids: Collection[int]) -> int:
    if not item_ids:
        return 0
    moved = await session.execute(
        update(Item).where(Item.record_id == record_id, Item.id.in_(item_ids)).values(record_id=new_id).returning(Item.id)
    )
    numbers = [row.id for row in moved]
    for follow in followers_of_items:
        await follow(session, numbers, record_id, new_id)
    return len(numbers)


async def _remember_apart(session: Writing, chosen: Sequence[SourceRecord], record_id: int, *, account_id: int) -> None:
    decided: dict[str, Any] = {"decided_at": clock.now(), "decided_by": account_id, "decision": DIFFERENT}
    for row in chosen:
        known = await session.scalar(
            select(MatchReview).where(MatchReview.source_record_id == row.id, MatchReview.candidate_id == record_id)
        )
        if known is None:
            session.add(MatchReview(source_record_id=row.id, candidate_id=record_id, score=0, reasons=[], **decided))
        else:
            known.decided_at, known.decided_by, known.decision = decided["decided_at"], account_id, DIFFERENT


async def open_reviews(session: Reading, *, limit: int, after: int = 0) -> tuple[list[Review], int]:
    """Doubtful matches nobody has decided, the likeliest first, and how many there are. `after` skips that many."""
    undecided = and_(MatchReview.decided_at.is_(None), SourceRecord.record_id != MatchReview.candidate_id)
    joined = select(MatchReview, SourceRecord).join(SourceRecord, SourceRecord.id == MatchReview.source_record_id).where(undecided)
    total = await session.scalar(select(func.count()).select_from(joined.subquery()))
    rows = (await session.execute(joined.order_by(MatchReview.score.desc(), MatchReview.id).offset(after).limit(limit))).all()
    numbers = {row.SourceRecord.record_id for row in rows} | {row.MatchReview.candidate_id for row in rows}
    told = await session.execute(select(Record.id, Record.version, Record.description).where(Record.id.in_(numbers)))
    heads = {row.id: Head(row.id, row.version, msgspec.convert(row.description, Description)) for row in told}
    names = await _sender_names(session, {row.SourceRecord.source_id for row in rows})
    found = [
        Review(
            *(row.MatchReview.id, row.MatchReview.score, row.MatchReview.reasons),
            *(heads[row.SourceRecord.record_id], heads[row.MatchReview.candidate_id], names[row.SourceRecord.source_id]),
        )
        for row in rows
    ]
    return found, total or 0


async def _sender_names(session: Reading, source_ids: Collection[int]) -> dict[int, str]:
    rows = await session.execute(select(Source.id, Source.name, Source.title).where(Source.id.in_(source_ids)))
    return {row.id: row.title or row.name for row in rows}


async def decide(session: Writing, review_id: int, decision: str, *, account_id: int) -> int:
    """Answers a doubtful match: "same" merges into the candidate, "different" is remembered. Returns the record to show."""
    if decision not in (SAME, DIFFERENT):
        raise Invalid("unknown_decision", N_("「同じ」か「別」を選んでください。"), where="decision")
    record_id, candidate_id = await _pair(session, review_id)
    # Records before reviews, as a merge locks them; two answers to neighbouring questions then wait instead of deadlocking.
    await lock_records(session, [record_id, candidate_id])
    again = select(MatchReview).where(MatchReview.id == review_id).with_for_update().execution_options(populate_existing=True)
    review = (await session.scalars(again)).one_or_none()
    if review is None:
        raise _no_review()
    if review.decided_at is not None or (record_id, candidate_id) != await _pair(session, review_id):
        raise Conflict("review_decided", N_("この確認は、ほかの人がもう決めました。"))
    review.decided_at, review.decided_by, review.decision = clock.now(), account_id, decision
    await session.flush()
    if decision == DIFFERENT or record_id == candidate_id:
        add_event(session, record_id, "kept_apart", account_id=account_id, record=candidate_id)
        return record_id
    return await merge(session, record_id, candidate_id, account_id=account_id)


async def _pair(session: Reading, review_id: int) -> tuple[int, int]:
    row = (
        await session.execute(
            select(SourceRecord.record_id, MatchReview.candidate_id)
            .join(SourceRecord, SourceRecord.id == MatchReview.source_record_id)
            .where(MatchReview.id == review_id)
        )
    ).first()
    if row is None:
        raise _no_review()
    return row.record_id, row.candidate_id


def _no_review() -> NotFound:
    return NotFound("review_not_found", N_("この確認はもうありません。"))


async def are_known_apart(session: Reading, one_id: int, other_id: int) -> bool:
    """Whether a cataloguer has said that these two are different publications."""
    pairs = or_(
        and_(SourceRecord.record_id == one_id, MatchReview.candidate_id == other_id),
        and_(SourceRecord.record_id == other_id, MatchReview.candidate_id == one_id),
    )
    statement = select(MatchReview.id).join(SourceRecord, SourceRecord.id == MatchReview.source_record_id)
    return await session.scalar(statement.where(MatchReview.decision == DIFFERENT, pairs).limit(1)) is not None
