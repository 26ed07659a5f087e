"""Records, copies and licences for the tests of finding, written straight into the tables with the news that belongs to them."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from catalog.description import Agent, Audience, ClassNumber, Description, Isbn, Material, Subject, Title
from catalog.models import ElectronicAccess, Item, OwnerPolicy, Record, Work
from catalog.records.composing import columns, tell_index
from library.db import Writing

_barcodes = count(1)


def described(title: str, **more: Any) -> Description:
    """A book by its title; `reading`, `author`, `ndc`, `isbn`, `subject`, `rest`, `volume` in short, other fields by their names."""
    short = {name: more.pop(name, "") for name in ("reading", "author", "author_reading", "ndc", "isbn", "subject", "rest", "volume")}
    return Description(
        title=Title(main=title, reading=short["reading"], rest=short["rest"], volume=short["volume"]),
        agents=(Agent(short["author"], short["author_reading"], main=True),) if short["author"] else (),
        classes=(ClassNumber("ndc", short["ndc"], "9"),) if short["ndc"] else (),
        isbns=(Isbn(short["isbn"]),) if short["isbn"] else (),
        subjects=(Subject(short["subject"]),) if short["subject"] else (),
        **({"language": "jpn"} | more),
    )


async def add_record(session: Writing, title: str, *, work: str = "", popularity: int = 0, **more: Any) -> int:
    """A record nobody holds yet."""
    work_id = None
    if work:
        row = Work(key=work)
        session.add(row)
        await session.flush()
        work_id = row.id
    record = Record(**columns(described(title, **more)), work_id=work_id, popularity=popularity)
    session.add(record)
    await session.flush()
    await tell_index(session, [record.id])
    return record.id


async def add_item(session: Writing, record_id: int, *, branch: int, owner: int, **more: Any) -> int:
    item = Item(
        **{
            "record_id": record_id,
            "branch_id": branch,
            "organisation_id": owner,
            "barcode": f"T{next(_barcodes):06d}",
            "acquired_on": date(2026, 4, 1),
        }
        | more
    )
    session.add(item)
    await session.flush()
    await tell_index(session, [record_id], "availability")
    return item.id


async def add_licence(session: Writing, record_id: int, *, owner: int, url: str = "https://ebooks.example/1") -> None:
    session.add(ElectronicAccess(record_id=record_id, organisation_id=owner, url=url, label="電子書籍を読む"))
    await session.flush()
    await tell_index(session, [record_id], "availability")


async def let_be_seen_by(session: Writing, owner: int, reach: str) -> None:
    """Changes an owner's policy as the staff's page does: with news for everything it owns."""
    policy = await session.get_one(OwnerPolicy, owner)
    policy.seen_by = reach
    await session.flush()
    from sqlalchemy import select

    await tell_index(session, await session.scalars(select(Item.record_id).where(Item.organisation_id == owner)), "availability")


__all__ = ["Audience", "Material", "add_item", "add_licence", "add_record", "described", "let_be_seen_by"]
