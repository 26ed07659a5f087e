"""The staff's quick look-up in PostgreSQL: a barcode, a number, or the exact title; searching by words is another room's."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from catalog.copies.items import may_see
from catalog.copies.shelving import scanned
from catalog.description import Description, Isbn, Title
from catalog.matching.normal import isbn13
from catalog.matching.score import identity
from catalog.models import Item, MatchKey, OwnerPolicy, Record, RecordRedirect, SourceRecord
from catalog.store import LARGEST_ID
from library.db import Reading
from library.errors import Invalid
from library.identity.viewer import Viewer

MOST = 50


class Hit(NamedTuple):
    """A record found, and by what: barcode, isbn, number, nbn or title."""

    id: int
    by: str
    title: str
    volume: str
    author: str
    publisher: str
    year: int | None
    material: str
    ndc: str


async def look_up(session: Reading, query: str, *, viewer: Viewer) -> list[Hit]:
    """At most 50 records: those with this barcode, then ISBN, record number, national number, title."""
    words = unicodedata.normalize("NFKC", query).strip()[:300].replace("\0", "")
    if not words:
        return []
    found: dict[int, str] = {}
    for by, numbers in (
        ("barcode", await _by_barcode(session, words, viewer)),
        ("isbn", await _by_isbn(session, words)),
        ("number", await _by_number(session, words)),
        ("nbn", await _by_key(session, MatchKey.key == f"nbn:{words}")),
        ("title", await _by_title(session, words)),
    ):
        for number in numbers:
            found.setdefault(number, by)
    rows = await session.execute(
        select(*(getattr(Record, name) for name in Hit._fields if name != "by")).where(Record.id.in_(list(found)[:MOST]))
    )
    hits = {row.id: Hit(by=found[row.id], **row._asdict()) for row in rows}
    return [hits[number] for number in found if number in hits]


async def _by_barcode(session: Reading, words: str, viewer: Viewer) -> list[int]:
    try:
        barcode = scanned(words)
    except Invalid:
        return []
    statement = select(Item.record_id).join(OwnerPolicy, OwnerPolicy.organisation_id == Item.organisation_id, isouter=True)
    return list(await session.scalars(statement.where(Item.barcode == barcode, may_see(viewer)).distinct().limit(MOST)))


async def _by_isbn(session: Reading, words: str) -> list[int]:
    number = isbn13(words)
    if not number:
        return []
    own, of_set = MatchKey.key == f"isbn:{number}", MatchKey.key.startswith(f"isbn:{number}/")
    return await _by_key(session, own | of_set)


async def _by_number(session: Reading, words: str) -> list[int]:
    if not (words.isascii() and words.isdigit() and len(words) < 20) or not 0 < int(words) <= LARGEST_ID:
        return []
    moved = await session.scalar(select(RecordRedirect.to_id).where(RecordRedirect.from_id == int(words)))
    return [moved or int(words)]


async def _by_title(session: Reading, words: str) -> list[int]:
    core, volume = identity(Title(main=words))
    if not core:
        return []
    exact = await _by_key(session, MatchKey.key == f"title:{core}/{volume}")
    return exact + ([] if volume else await _by_key(session, MatchKey.key.startswith(f"title:{core}/", autoescape=True)))


async def _by_key(session: Reading, condition: ColumnElement[bool]) -> list[int]:
    statement = select(SourceRecord.record_id).join(MatchKey, MatchKey.source_record_id == SourceRecord.id).where(condition)
    return list(await session.scalars(statement.distinct().order_by(SourceRecord.record_id).limit(MOST)))


def described_as(query: str) -> Description:
    """A first worksheet for what was looked for and not found: its ISBN or its title."""
    number = isbn13(query)
    return Description(isbns=(Isbn(number),)) if number else Description(title=Title(main=query.strip()[:300]))
