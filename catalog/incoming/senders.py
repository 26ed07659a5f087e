"""The senders of bibliographic records: how far each is trusted, what its licence lets be shown and passed on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import func, select

from catalog.models import Source, SourceRecord
from catalog.records.composing import HAND, recompose
from catalog.records.union import FieldGroup
from catalog.records.worksheet import is_web_address, line
from library.db import Reading, Writing
from library.errors import N_, Invalid, NotFound
from library.identity import audit
from library.identity.viewer import Viewer

RANKS = range(1, 100)  # 0 is the cataloguers' own
BATCH = 200


class SenderLine(NamedTuple):
    """A sender and how many source records it has here."""

    source: Source
    records: int


async def senders(session: Reading) -> list[SenderLine]:
    """The most trusted first."""
    counted = select(SourceRecord.source_id, func.count().label("records")).group_by(SourceRecord.source_id).subquery()
    rows = await session.execute(
        select(Source, func.coalesce(counted.c.records, 0))
        .join(counted, counted.c.source_id == Source.id, isouter=True)
        .order_by(Source.rank, Source.name)
    )
    return [SenderLine(*row) for row in rows]


async def sender(session: Reading, name: str) -> Source:
    found = await session.scalar(select(Source).where(Source.name == name))
    if found is None:
        raise NotFound("sender_not_found", N_("送り手「{name}」はありません。"), name=name[:64])
    return found


async def change(
    session: Writing,
    name: str,
    *,
    texts: Mapping[str, str],
    rank: int,
    withheld: Collection[str],
    unshared: Collection[str],
    viewer: Viewer,
) -> tuple[Source, bool]:
    """Changes a sender; says whether its records must be composed again. `texts`: title, licence, licence_url."""
    source = await session.scalar(select(Source).where(Source.name == name).with_for_update())
    if source is None:
        raise NotFound("sender_not_found", N_("送り手「{name}」はありません。"), name=name[:64])
    if source.name == HAND:
        raise Invalid("sender_is_ours", N_("この図書館自身の書誌の扱いは変えられません。"), where="rank")
    if rank not in RANKS:
        raise Invalid("rank_range", N_("優先順位は1から99までの数で入れてください。"), where="rank")
    groups = {group.value for group in FieldGroup}
    for group in (*withheld, *unshared):
        if group not in groups:
            raise Invalid("unknown_group", N_("「{group}」という項目のまとまりはありません。"), where="withheld", group=group[:40])
    address = line(texts.get("licence_url", ""))
    if address and not is_web_address(address):
        raise Invalid("web_address", N_("リンクは https:// で始まる正しいアドレスで入れてください。"), where="licence_url")
    again = (rank, sorted(withheld)) != (source.rank, sorted(source.withheld))
    audit.record(session, viewer, "sender.changed", subject_kind="source", subject_id=source.id, rank=[source.rank, rank])
    source.title, source.licence, source.licence_url = line(texts.get("title", "")), line(texts.get("licence", "")), address
    source.rank, source.withheld, source.unshared = rank, sorted(withheld), sorted(unshared)
    await session.flush()
    return source, again


async def recompose_batch(session: Writing, source_id: int, *, after: int) -> int | None:
    """Composes the next records of a sender behind number `after`; the last one's number, None when that was all."""
    numbers = (
        await session.scalars(
            select(SourceRecord.record_id)
            .where(SourceRecord.source_id == source_id, SourceRecord.record_id > after)
            .distinct()
            .order_by(SourceRecord.record_id)
            .limit(BATCH)
        )
    ).all()
    await recompose(session, numbers)
    return numbers[-1] if len(numbers) == BATCH else None
