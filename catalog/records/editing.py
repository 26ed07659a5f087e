"""Cataloguers' edits: laid over what the senders say, taken back again, and records begun by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import or_, select

from catalog.description import Description
from catalog.matching.score import Match, Verdict, identity, score
from catalog.models import MatchKey, Record, RecordEvent, SourceRecord
from catalog.records.composing import EDIT, HAND, MADE, Recomposed, columns, composed, difference, recompose, sayings, tell_index, work_ids
from catalog.records.labels import FIELDS
from catalog.records.union import work_key
from catalog.store import add_event, find_by_hand, key_texts, lock_records, put_by_hand, put_keys
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound

CANDIDATES = 200
TWINS_SHOWN = 12


class Twin(NamedTuple):
    """A record that may be the one somebody is about to make."""

    record_id: int
    description: Description
    match: Match

    @property
    def is_likely(self) -> bool:
        return self.match.verdict is not Verdict.DIFFERENT


async def edit(session: Writing, record_id: int, *, version: int, wanted: Description, account_id: int) -> Recomposed:
    """Makes the record say `wanted`, storing only what differs from the senders.

    Raises Conflict naming the changed fields when the record is not at `version` any more.
    """
    if not wanted.title.main:
        raise Invalid("title_missing", N_("書名を入れてください。"), where="title")
    held = (await lock_records(session, [record_id]))[record_id]
    if held.version != version:
        raise await _changed_meanwhile(session, record_id, since=version, now=held.version)
    own = f"{EDIT}{record_id}"
    others = [one for one in (await sayings(session, [record_id])).get(record_id, ()) if one.identity != own]
    made = f"{MADE}{record_id}"
    if {one.identity for one in others} == {made}:
        # Nobody else describes it: the typed record itself changes, so that it still gives way to a bibliography's.
        row = await put_by_hand(session, record_id, made, msgspec.to_builtins(wanted), account_id=account_id)
        await put_keys(session, row.id, wanted)
    elif overlay := difference(composed(others, record_id=record_id), wanted):
        row = await put_by_hand(session, record_id, own, overlay, account_id=account_id)
        await put_keys(session, row.id, wanted)
    else:
        await _forget(session, own)
    return (await recompose(session, [record_id], act="edited", account_id=account_id))[0]


async def _changed_meanwhile(session: Reading, record_id: int, *, since: int, now: int) -> Conflict:
    fields = await fields_changed(session, record_id, since=since)
    names = "、".join(FIELDS.get(name, name) for name in fields)
    if not names:
        return Conflict("record_changed", N_("開いているあいだに、ほかの人がこの書誌を変えました。"), version=now)
    return Conflict(
        "record_changed",
        N_("開いているあいだに、ほかの人がこの書誌を変えました（{fields}）。"),
        version=now,
        fields=names,
        changed=",".join(fields),
    )


async def fields_changed(session: Reading, record_id: int, *, since: int) -> tuple[str, ...]:
    """Names of the fields that changed after a version of the record."""
    rows = await session.scalars(select(RecordEvent.details).where(RecordEvent.record_id == record_id).order_by(RecordEvent.id))
    found: dict[str, None] = {}
    for details in rows:
        if int(details.get("version", 0)) > since:
            found.update(dict.fromkeys(details.get("changes", {})))
    return tuple(found)


async def was(session: Reading, record_id: int, now: Description, *, version: int) -> Description:
    """What the record said at an earlier version, as far back as its history tells."""
    rows = await session.scalars(select(RecordEvent.details).where(RecordEvent.record_id == record_id).order_by(RecordEvent.id))
    before: dict[str, Any] = {}
    for details in rows:
        if int(details.get("version", 0)) > version:
            for name, pair in details.get("changes", {}).items():
                before.setdefault(name, pair[0])
    return msgspec.convert(msgspec.to_builtins(now) | before, Description)


async def take_back(session: Writing, record_id: int, *, field: str | None = None, account_id: int) -> Recomposed:
    """Takes back what cataloguers set over the senders: one field, or all of it, also what came with merged records."""
    await lock_records(session, [record_id])
    own = SourceRecord.record_id == record_id
    edits = (
        await session.scalars(select(SourceRecord).where(own, SourceRecord.format == HAND, SourceRecord.identity.startswith(EDIT)))
    ).all()
    concerned = [row for row in edits if field is None or field in row.description]
    if not concerned:
        raise NotFound("nothing_to_take_back", N_("取り消す修正はありません。"))
    for row in concerned:
        left = {name: value for name, value in row.description.items() if field is not None and name != field}
        if left:
            await put_by_hand(session, record_id, row.identity, left, account_id=account_id)
        else:
            await session.delete(row)
    await session.flush()
    done = (await recompose(session, [record_id], act="taken_back", account_id=account_id))[0]
    await _renew_keys(session, record_id)
    return done


async def _renew_keys(session: Writing, record_id: int) -> None:
    row = await find_by_hand(session, f"{EDIT}{record_id}")
    if row is not None:
        described = await session.scalar(select(Record.description).where(Record.id == record_id))
        await put_keys(session, row.id, msgspec.convert(described, Description))


async def _forget(session: Writing, own: str) -> None:
    row = await find_by_hand(session, own)
    if row is not None:
        await session.delete(row)
        await session.flush()


async def create(session: Writing, wanted: Description, *, account_id: int) -> int:
    """Begins a record by hand; returns its number."""
    if not wanted.title.main:
        raise Invalid("title_missing", N_("書名を入れてください。"), where="title")
    key = work_key(wanted)
    works = await work_ids(session, [key])
    row = Record(**columns(wanted), work_id=works.get(key))
    session.add(row)
    await session.flush()
    values: dict[str, Any] = msgspec.to_builtins(wanted)
    source = await put_by_hand(session, row.id, f"{MADE}{row.id}", values, account_id=account_id)
    await put_keys(session, source.id, wanted)
    add_event(session, row.id, "created", account_id=account_id, version=1)
    await tell_index(session, [row.id])
    return row.id


async def twins(session: Reading, wanted: Description, *, but: int | None = None) -> list[Twin]:
    """Records that share a number or the title with `wanted`, the likeliest first."""
    core, _ = identity(wanted.title)
    by_title = [MatchKey.key.startswith(f"title:{core}/", autoescape=True)] if core else []
    found = await session.scalars(
        select(SourceRecord.record_id)
        .join(MatchKey, MatchKey.source_record_id == SourceRecord.id)
        .where(or_(MatchKey.key.in_(key_texts(wanted)), *by_title))
        .distinct()
        .limit(CANDIDATES)
    )
    numbers = [number for number in found if number != but]
    rows = await session.execute(select(Record.id, Record.description).where(Record.id.in_(numbers)))
    likened = []
    for row in rows:
        said = msgspec.convert(row.description, Description)
        likened.append(Twin(row.id, said, score(wanted, said)))
    likened.sort(key=lambda twin: (not twin.is_likely, -twin.match.score, twin.record_id))
    return likened[:TWINS_SHOWN]


async def fields_by_hand(session: Reading, record_id: int) -> tuple[str, ...]:
    """The fields that cataloguers set over the senders, in the order of a description."""
    own = (SourceRecord.record_id == record_id, SourceRecord.format == HAND, SourceRecord.identity.startswith(EDIT))
    said = {name for values in await session.scalars(select(SourceRecord.description).where(*own)) for name in values}
    return tuple(name for name in Description.__struct_fields__ if name in said)
