"""Records and copies for the catalogue's tests, written as the importers and cataloguers write them."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select

from catalog.description import Agent, ClassNumber, Description, Isbn, Subject, Title
from catalog.models import IndexChange, Item, Record, Source, SourceRecord
from catalog.records.composing import recompose
from catalog.store import put_keys
from library.db import Database, Reading, Writing
from library.identity.accounts import viewer_of
from library.identity.viewer import Viewer
from tests.world import World

BOOK = Description(
    title=Title(main="注文の多い料理店", reading="チュウモン ノ オオイ リョウリテン", responsibility="宮沢賢治 作"),
    agents=(Agent("宮沢, 賢治", reading="ミヤザワ, ケンジ", dates="1896-1933", identifier="00000001", main=True),),
    publisher="新潮社",
    published="1990",
    year=1990,
    language="jpn",
    subjects=(Subject("童話", scheme="ndlsh"), Subject("料理")),
    classes=(ClassNumber("ndc", "913.6", "9"),),
    isbns=(Isbn("9784101092065"),),
)
OTHER = Description(
    title=Title(main="銀河鉄道の夜", reading="ギンガ テツドウ ノ ヨル"), publisher="岩波書店", isbns=(Isbn("9784001140125"),)
)


async def sender(session: Writing, name: str = "sender", rank: int = 50) -> int:
    found = await session.scalar(select(Source.id).where(Source.name == name))
    if found is None:
        source = Source(name=name, rank=rank, title=name.upper())
        session.add(source)
        await session.flush()
        found = source.id
    return found


async def arrive(
    session: Writing, description: Description, *, source: str = "sender", identity: str = "", record_id: int | None = None, **more: Any
) -> int:
    """A source record of a sender comes in, for a record of its own or one that is there; returns the record."""
    if record_id is None:
        row = Record(title=description.title.main, material=description.material.value, description={})
        session.add(row)
        await session.flush()
        record_id = row.id
    line = SourceRecord(
        source_id=await sender(session, source),
        identity=identity or f"X {record_id}",
        record_id=record_id,
        format=more.get("format", "table"),
        raw=more.get("raw", b""),
        digest=b"",
        description=msgspec.to_builtins(description),
        warnings=more.get("warnings", []),
        match_rule=more.get("match_rule", "new"),
        match_reasons=more.get("match_reasons", []),
    )
    session.add(line)
    await session.flush()
    await put_keys(session, line.id, description)
    await recompose(session, [record_id])
    return record_id


async def copy_of(session: Writing, record_id: int, world: World, barcode: str, *, owner: str = "ward", branch: str = "chuo") -> int:
    item = Item(record_id=record_id, organisation_id=world.organisations[owner], branch_id=world.branches[branch], barcode=barcode)
    session.add(item)
    await session.flush()
    return item.id


async def news(session: Reading) -> list[tuple[int, str]]:
    """What the index has been told so far."""
    return [
        (row.record_id, row.kind) for row in await session.execute(select(IndexChange.record_id, IndexChange.kind).order_by(IndexChange.id))
    ]


async def acting(database: Database, world: World, login: str) -> Viewer:
    async with database.reading() as session:
        viewer = await viewer_of(session, world.accounts[login], today=date(2026, 11, 1))
    assert viewer is not None
    return viewer


async def source_ids(session: Reading, record_id: int) -> list[int]:
    return list(await session.scalars(select(SourceRecord.id).where(SourceRecord.record_id == record_id).order_by(SourceRecord.id)))
