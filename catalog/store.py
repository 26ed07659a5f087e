"""Records as rows: locking them in one order, following a merge's redirect, and writing what cataloguers say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.description import Description
from catalog.matching.score import keys
from catalog.models import MatchKey, Record, RecordEvent, RecordRedirect, Source, SourceRecord, SourceRecordVersion
from catalog.records.composing import HAND
from library import clock
from library.db import Reading, Writing
from library.errors import N_, NotFound

LARGEST_ID = 2**63 - 1


class Head(NamedTuple):
    """What is decided by: a record's number, version and description."""

    id: int
    version: int
    description: Description

    @property
    def title(self) -> str:
        return self.description.title.main


_HEAD = select(Record.id, Record.version, Record.description)


def no_such_record(record_id: int) -> NotFound:
    return NotFound("record_not_found", N_("書誌 {record} はありません。"), record=str(record_id))


async def current_id(session: Reading, record_id: int) -> int:
    """The record itself, or the one it was merged into. Raises NotFound."""
    if 0 < record_id <= LARGEST_ID:
        found = await session.scalar(select(Record.id).where(Record.id == record_id))
        found = found or await session.scalar(select(RecordRedirect.to_id).where(RecordRedirect.from_id == record_id))
        if found is not None:
            return found
    raise no_such_record(record_id)


async def head(session: Reading, record_id: int) -> Head:
    row = (await session.execute(_HEAD.where(Record.id == record_id))).first() if 0 < record_id <= LARGEST_ID else None
    if row is None:
        raise no_such_record(record_id)
    return Head(row.id, row.version, msgspec.convert(row.description, Description))


async def lock_records(session: Writing, record_ids: Iterable[int]) -> dict[int, Head]:
    """Locks records in order of their numbers, so that two who need the same ones cannot wait for each other.

    Raises NotFound for one that is not there, or not any more.
    """
    wanted = sorted(set(record_ids))
    for number in wanted:
        if not 0 < number <= LARGEST_ID:
            raise no_such_record(number)
    rows = await session.execute(_HEAD.where(Record.id.in_(wanted)).order_by(Record.id).with_for_update())
    found = {row.id: Head(row.id, row.version, msgspec.convert(row.description, Description)) for row in rows}
    for number in wanted:
        if number not in found:
            raise no_such_record(number)
    return found


async def hold(session: Writing, record_ids: Iterable[int]) -> set[int]:
    """Locks those of the records that are still there, in order of their numbers; says which they are."""
    found = await session.scalars(select(Record.id).where(Record.id.in_(sorted(set(record_ids)))).order_by(Record.id).with_for_update())
    return set(found)


async def lock_current(session: Writing, record_id: int) -> Head:
    """Locks the record, or the one it was merged into while we waited."""
    try:
        return (await lock_records(session, [record_id]))[record_id]
    except NotFound:
        number = await current_id(session, record_id)
        return (await lock_records(session, [number]))[number]


def key_texts(description: Description) -> tuple[str, ...]:
    """The keys of a description as `match_key` holds them."""
    return tuple(f"{key.kind.value}:{key.value}" for key in keys(description))


async def put_keys(session: Writing, source_record_id: int, description: Description) -> None:
    """Replaces the keys by which a source record is found."""
    await session.execute(delete(MatchKey).where(MatchKey.source_record_id == source_record_id))
    rows = [{"key": key, "source_record_id": source_record_id} for key in key_texts(description)]
    if rows:
        await session.execute(insert(MatchKey), rows)


async def hand_source(session: Writing) -> int:
    """The sender that stands for this library's own cataloguers; made at its first use."""
    await session.execute(upsert(Source).values(name=HAND, title="この図書館の目録担当", rank=0).on_conflict_do_nothing())
    return (await session.scalars(select(Source.id).where(Source.name == HAND))).one()


async def find_by_hand(session: Reading, identity: str) -> SourceRecord | None:
    """A source record of our own by its identity, "hand 12" or "made 12"."""
    same = (SourceRecord.source_id == Source.id, SourceRecord.identity == identity, SourceRecord.format == HAND)
    statement = select(SourceRecord).join(Source, Source.name == HAND).where(*same).execution_options(populate_existing=True)
    return (await session.scalars(statement)).one_or_none()


async def put_by_hand(
    session: Writing,
    record_id: int,
    identity: str,
    values: Mapping[str, Any],
    *,
    account_id: int,
    reasons: Sequence[Mapping[str, str]] = (),
) -> SourceRecord:
    """Writes a source record of our own, keeping what it was before as a version."""
    raw = msgspec.json.encode(values)
    digest = hashlib.sha256(raw).digest()
    row = await find_by_hand(session, identity)
    if row is None:
        row = SourceRecord(
            source_id=await hand_source(session),
            identity=identity,
            record_id=record_id,
            format=HAND,
            raw=raw,
            digest=digest,
            description=dict(values),
            match_rule=HAND,
            match_reasons=[dict(reason) for reason in reasons],
        )
        session.add(row)
    elif row.digest != digest:
        session.add(
            SourceRecordVersion(
                source_record_id=row.id, raw=row.raw, format=row.format, description=row.description, replaced_by=account_id
            )
        )
        row.raw, row.digest, row.description, row.updated_at = raw, digest, dict(values), clock.now()
    await session.flush()
    return row


def add_event(session: Writing, record_id: int, act: str, *, account_id: int | None, **details: Any) -> None:
    """A line in the record's history."""
    session.add(RecordEvent(record_id=record_id, at=clock.now(), account_id=account_id, act=act, details=details))
