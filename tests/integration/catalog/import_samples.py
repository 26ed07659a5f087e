"""Files and rows that the tests of imports send: small MARC records, tables, and questions about what came of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from catalog import marc
from catalog.incoming.imports import RunReport, begin, carry_out
from catalog.incoming.intake import Incoming, NotStored, Turned, identity_of, take_in
from catalog.models import ImportReject, Source
from library.db import Database, Writing
from tests.unit.catalog.marc_samples import marc as record
from tests.unit.catalog.marc_samples import outcomes

FIELDS = (("264", "#1$a東京$b青空出版$c2012"), ("300", "##$a240p$c19cm"))


def isbn(number: int) -> str:
    """A valid ISBN-13 of its own for each number."""
    body = f"9784{number:08d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def book(number: int, *more: tuple[str, str], title: str = "", control: str = "", author: str = "森, 葉子") -> bytes:
    """A record of its own for each number."""
    fields = (
        ("020", f"##$a{isbn(number)}"),
        ("100", f"1#$a{author}"),
        ("245", f"00$a{title or words(number)}$c{author.replace(', ', '')} 著"),
        *FIELDS,
        *more,
    )
    return record(*fields, control=control or f"b{number}")


KANJI = "山川海空花鳥風月雪雨星森林草木石土火水光"


def words(number: int) -> str:
    """A title that is not like another number's."""
    letters = ""
    rest = number * 7919 + 13
    for _ in range(6):
        rest, place = divmod(rest, len(KANJI))
        letters += KANJI[place] + "のはとをにが"[place % 6]
        rest += number * 31
    return letters


def incoming(data: bytes) -> list[Incoming]:
    """What a sender's file says, as the intake takes it."""
    found = []
    for one in outcomes(data):
        assert isinstance(one, marc.Read), one
        identity = identity_of(one.control_number, one.control_number_identifier, one.raw)
        found.append(
            Incoming(
                position=one.position,
                offset=one.offset,
                identity=identity,
                format=one.format.value,
                raw=one.raw,
                description=one.description,
            )
        )
    return found


async def source(session: Writing, name: str = "sender", **more: Any) -> Source:
    found: Source | None = await session.scalar(select(Source).where(Source.name == name))
    if found is None:
        found = Source(name=name, title=name, withheld=[], unshared=[], **more)
        session.add(found)
        await session.flush()
    return found


async def taken(database: Database, data: bytes, name: str = "sender", **more: Any) -> list[Turned]:
    """Takes one batch in, all of which must be storable."""
    turned, refused = await taken_or_refused(database, incoming(data), name, **more)
    assert not refused, refused
    return turned


async def taken_or_refused(
    database: Database, batch: list[Incoming], name: str = "sender", **more: Any
) -> tuple[list[Turned], list[NotStored]]:
    async with database.transaction() as session:
        return await take_in(session, await source(session, name, **more), batch)


async def imported(database: Database, path: Path, source_name: str = "sender") -> RunReport:
    run = await begin(database, path=path, file_name=path.name, source=source_name)
    return await carry_out(database, run, path)


async def count(database: Database, table: str, where: str = "true", **values: Any) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"), values) or 0)


async def rejects(database: Database, run: int) -> list[ImportReject]:
    async with database.reading() as session:
        rows = await session.scalars(select(ImportReject).where(ImportReject.run_id == run).order_by(ImportReject.id))
        return list(rows)


async def codes(database: Database, run: int) -> dict[str, int]:
    async with database.reading() as session:
        query = select(ImportReject.code, func.count()).where(ImportReject.run_id == run).group_by(ImportReject.code)
        return {row[0]: row[1] for row in await session.execute(query)}


def put(path: Path, records: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(records))
    return path
