"""All that staff see of one record: its copies and licences, its senders with why they belong here, and its history."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, select

from catalog.copies.items import may_see
from catalog.description import Description
from catalog.marc import Format
from catalog.marc.files.marcxml import elements
from catalog.marc.outcome import UnreadableRecordError
from catalog.marc.record import is_control
from catalog.marc.write import as_marcxml, to_marc
from catalog.models import ElectronicAccess, Item, OwnerPolicy, RecordEvent, Source, SourceRecord, SourceRecordVersion
from catalog.records.composing import EDIT, HAND
from catalog.store import LARGEST_ID
from library.db import Reading
from library.errors import N_, NotFound
from library.identity.models import Account
from library.identity.viewer import Viewer
from library.places.models import Branch, Organisation, ShelfArea

EVENTS_SHOWN = 200
ITEMS_SHOWN = 500


class ItemLine(NamedTuple):
    """A copy with the names of where it belongs."""

    item: Item
    branch: Branch
    area: ShelfArea | None
    organisation: Organisation

    @property
    def call_number(self) -> str:
        one = self.item
        return " ".join(filter(None, (one.location_mark, one.class_mark, one.author_mark, one.volume_mark)))


class AccessLine(NamedTuple):
    access: ElectronicAccess
    organisation: Organisation


class SourceLine(NamedTuple):
    """A source record with its sender and how often it has changed."""

    record: SourceRecord
    sender: Source
    versions: int

    @property
    def is_edit(self) -> bool:
        return self.record.format == HAND and self.record.identity.startswith(EDIT)

    @property
    def description(self) -> Description:
        return msgspec.convert(self.record.description, Description)


class VersionLine(NamedTuple):
    """What a source record was until it changed."""

    sender: str
    replaced_at: datetime
    who: str
    description: Mapping[str, Any]


class EventLine(NamedTuple):
    """One line of a record's history; `who` is empty for what no person did."""

    at: datetime
    act: str
    details: Mapping[str, Any]
    who: str


class MarcLine(NamedTuple):
    """A field as it is printed: tag, indicators with # for blank, and (code, value) pairs; a control field has one without code."""

    tag: str
    indicators: str
    subfields: Sequence[tuple[str, str]]


async def items_of(session: Reading, record_id: int, *, viewer: Viewer) -> list[ItemLine]:
    """Its copies, the withdrawn ones last, within what the viewer may see."""
    rows = await session.execute(
        select(Item, Branch, ShelfArea, Organisation)
        .join(Branch, Branch.id == Item.branch_id)
        .join(Organisation, Organisation.id == Item.organisation_id)
        .join(ShelfArea, ShelfArea.id == Item.shelf_area_id, isouter=True)
        .join(OwnerPolicy, OwnerPolicy.organisation_id == Item.organisation_id, isouter=True)
        .where(Item.record_id == record_id, may_see(viewer))
        .order_by(Item.withdrawn_on.is_not(None), Branch.number, Item.id)
        .limit(ITEMS_SHOWN)
    )
    return [ItemLine(*row) for row in rows]


async def access_of(session: Reading, record_id: int) -> list[AccessLine]:
    rows = await session.execute(
        select(ElectronicAccess, Organisation)
        .join(Organisation, Organisation.id == ElectronicAccess.organisation_id)
        .where(ElectronicAccess.record_id == record_id)
        .order_by(ElectronicAccess.id)
    )
    return [AccessLine(*row) for row in rows]


async def sources_of(session: Reading, record_id: int) -> list[SourceLine]:
    """Its source records, the preferred sender first."""
    versions = select(func.count()).where(SourceRecordVersion.source_record_id == SourceRecord.id).correlate(SourceRecord).scalar_subquery()
    rows = await session.execute(
        select(SourceRecord, Source, versions)
        .join(Source, Source.id == SourceRecord.source_id)
        .where(SourceRecord.record_id == record_id)
        .order_by(Source.rank, SourceRecord.id)
    )
    return [SourceLine(*row) for row in rows]


async def source_record(session: Reading, source_record_id: int) -> SourceLine:
    statement = select(SourceRecord, Source).join(Source, Source.id == SourceRecord.source_id).where(SourceRecord.id == source_record_id)
    row = (await session.execute(statement)).first() if 0 < source_record_id <= LARGEST_ID else None
    if row is None:
        raise NotFound("source_record_not_found", N_("この送り手の記録はありません。"))
    return SourceLine(row.SourceRecord, row.Source, 0)


async def versions_of(session: Reading, record_id: int) -> list[VersionLine]:
    """Earlier states of its source records, the latest first."""
    rows = await session.execute(
        select(
            func.coalesce(func.nullif(Source.title, ""), Source.name),
            SourceRecordVersion.replaced_at,
            func.coalesce(Account.display_name, ""),
            SourceRecordVersion.description,
        )
        .join(SourceRecord, SourceRecord.id == SourceRecordVersion.source_record_id)
        .join(Source, Source.id == SourceRecord.source_id)
        .join(Account, Account.id == SourceRecordVersion.replaced_by, isouter=True)
        .where(SourceRecord.record_id == record_id)
        .order_by(SourceRecordVersion.id.desc())
        .limit(EVENTS_SHOWN)
    )
    return [VersionLine(*row) for row in rows]


async def history_of(session: Reading, record_id: int) -> list[EventLine]:
    """What was done to it, the latest first."""
    rows = await session.execute(
        select(
            RecordEvent.at,
            RecordEvent.act,
            RecordEvent.details,
            func.coalesce(func.nullif(Account.display_name, ""), Account.login, ""),
        )
        .join(Account, Account.id == RecordEvent.account_id, isouter=True)
        .where(RecordEvent.record_id == record_id)
        .order_by(RecordEvent.id.desc())
        .limit(EVENTS_SHOWN)
    )
    return [EventLine(*row) for row in rows]


def marcxml_of(line: SourceLine) -> str:
    """The source record as MARCXML: the sender's own where it sent MARC, else one made of what it said."""
    record = line.record
    if record.format in {Format.MARC21.value, Format.MARCXML.value}:
        try:
            return as_marcxml(record.raw, Format(record.format))
        except UnreadableRecordError as exc:
            raise NotFound("marc_unreadable", N_("この記録はMARCとして読めません。")) from exc
    made = to_marc(line.description, control_number=str(record.id), organisation_code=line.sender.name)
    return as_marcxml(made.as_marc(), Format.MARC21)


def marc_fields(line: SourceLine) -> tuple[MarcLine, ...]:
    """Every field of the source record, as cataloguers read it."""
    found: list[MarcLine] = []
    for element in elements(io.BytesIO(marcxml_of(line).encode())):
        found.append(MarcLine("LDR", "", [("", element.leader)]))
        for tag, one, two, subfields in element.fields:
            indicators = "" if is_control(tag) else (one + two).replace(" ", "#")
            found.append(MarcLine(tag, indicators, subfields))
    return tuple(found)


async def item(session: Reading, item_id: int) -> ItemLine:
    """One copy with the names of where it belongs."""
    statement = (
        select(Item, Branch, ShelfArea, Organisation)
        .join(Branch, Branch.id == Item.branch_id)
        .join(Organisation, Organisation.id == Item.organisation_id)
        .join(ShelfArea, ShelfArea.id == Item.shelf_area_id, isouter=True)
    )
    row = (await session.execute(statement.where(Item.id == item_id))).first() if 0 < item_id <= LARGEST_ID else None
    if row is None:
        raise NotFound("item_not_found", N_("資料 {item} はありません。"), item=str(item_id))
    return ItemLine(*row)
