"""Loads the made-up ward into an empty database, through the doors a real one would use where there are such doors.

Every stage is one transaction, or resumable by itself, and knows whether it is done: a load that was killed goes on.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from catalog.incoming import imports
from catalog.models import OwnerPolicy, Source
from library import clock
from library.db import Database, Reading, Writing, copy_in
from library.demo import guide, lists, rules, ward
from library.demo.books import holdings, records, titles
from library.demo.life import lending
from library.demo.people import FISCAL_YEAR
from library.demo.readers import people
from library.errors import Conflict
from library.places.models import Branch, BranchOrganisation, ClosedDay, OpeningHours, Organisation, SchoolClass, ShelfArea

SEED = 1
SOURCE = "demo"
LICENCE = "CC BY 4.0 「青空文庫 作家別作品一覧」を加工（版・ISBN・所蔵は架空）"
Tell = Callable[[str], None]


async def load(database: Database, *, seed: int = SEED, tell: Tell = lambda _: None) -> dict[str, int]:
    """Loads what is missing; returns how much of each there is. Raises Conflict in a database that holds a real ward."""
    async with database.reading() as session:
        await refuse_a_real_ward(session)
    for words, done, stage in _stages(seed):
        async with database.reading() as session:
            if await session.scalar(text(done)):
                continue
        tell(words)
        await stage(database)
    async with database.reading() as session:
        return await counted(session)


Stage = Callable[[Database], Awaitable[None]]


def _stages(seed: int) -> tuple[tuple[str, str, Stage], ...]:
    """Words, the question whether it is done, and the work."""

    async def books(database: Database) -> None:
        await _books(database, seed)

    return (
        ("places", "SELECT count(*) > 0 FROM organisation", _in_one(_places)),
        ("books", "SELECT count(*) > 0 FROM import_run WHERE kind = 'marc' AND status = 'finished'", books),
        ("copies", "SELECT count(*) > 0 FROM item", _in_one(lambda session: _items(session, seed))),
        ("licences", "SELECT count(*) > 0 FROM electronic_access", _in_one(_licences)),
        ("people", "SELECT count(*) > 0 FROM account", _in_one(lambda session: people(session, seed))),
        ("lending rules", "SELECT count(*) > 0 FROM branch_group", _in_one(rules.rule)),
        ("guide", "SELECT count(*) > 0 FROM procedure", _in_one(guide.write)),
        ("book lists", "SELECT count(*) > 0 FROM book_list", _in_one(lambda session: lists.write(session, seed))),
        ("loans and holds", "SELECT count(*) > 0 FROM loan", _in_one(lambda session: lending.lend(session, seed, now=clock.now()))),
    )


def _in_one(work: Callable[[Writing], Awaitable[None]]) -> Stage:
    async def stage(database: Database) -> None:
        async with database.transaction() as session:
            await work(session)

    return stage


async def refuse_a_real_ward(session: Reading) -> None:
    """Raises Conflict in a database where people work already: whoever knows the demo's passwords could sign in there."""
    if await is_loaded(session):
        return
    name = await session.scalar(text("SELECT name ->> 'ja' FROM organisation WHERE kind = 'ward' LIMIT 1"))
    if name is not None or await session.scalar(text("SELECT count(*) > 0 FROM account")):
        sentence = "このデータベースには{name}のデータがあります。見本は空のデータベースにだけ入れられます。"
        raise Conflict("not_a_demo", sentence, name=name or "別の図書館")


async def is_loaded(session: Reading) -> bool:
    """Whether the made-up ward is here, or the beginning of it."""
    wards = await session.scalars(text("SELECT name ->> 'ja' FROM organisation WHERE kind = 'ward'"))
    return ward.WARD_NAME.ja in wards


async def counted(session: Reading) -> dict[str, int]:
    """Records, items, branches, schools and people there are, and what is lent and waited for."""
    row = await session.execute(
        text(
            "SELECT (SELECT count(*) FROM record) AS records, (SELECT count(*) FROM item) AS items,"
            " (SELECT count(*) FROM branch) AS branches, (SELECT count(*) FROM organisation WHERE kind = 'school') AS schools,"
            " (SELECT count(*) FROM person) AS people, (SELECT count(*) FROM loan WHERE returned_at IS NULL) AS loans,"
            " (SELECT count(*) FROM hold WHERE closed_at IS NULL) AS holds"
        )
    )
    return dict(row.one()._mapping)


async def _places(session: Writing) -> None:
    organisations = {}
    for one in ward.organisations():
        row = Organisation(
            code=one.code,
            kind=one.kind.value,
            name=_name(one.name),
            reading=one.name.reading,
            school_kind=one.school.value if one.school else None,
            mode=one.mode.value if one.mode else None,
        )
        session.add(row)
        await session.flush()
        organisations[one.code] = row.id
        session.add(OwnerPolicy(organisation_id=row.id, seen_by="all", lent_to="all" if one.code == "ward" else "own"))
        for school_class in one.classes:
            session.add(SchoolClass(organisation_id=row.id, school_year=FISCAL_YEAR, grade=school_class.grade, name=school_class.name))
    areas = sorted({(held.branch, held.area) for held in holdings.holdings(SEED)})
    for branch in ward.branches():
        await _branch(session, branch, organisations, {area for code, area in areas if code == branch.code})
    session.add(
        Source(name=SOURCE, title="見本の書誌", licence=LICENCE, licence_url="https://creativecommons.org/licenses/by/4.0/", rank=40)
    )


async def _branch(session: Writing, one: ward.Branch, organisations: dict[str, int], areas: set[str]) -> None:
    row = Branch(
        code=one.code,
        number=one.number,
        name=_name(one.name),
        reading=one.name.reading,
        address=one.address,
        holds_stock=one.kind is not ward.BranchKind.COUNTER,
    )
    session.add(row)
    await session.flush()
    for organisation, role in one.organisations:
        session.add(BranchOrganisation(branch_id=row.id, organisation_id=organisations[organisation], role=role.value))
    for hours in one.hours:
        session.add(OpeningHours(branch_id=row.id, weekday=hours.weekday, opens=hours.opens, closes=hours.closes))
    for area in holdings.AREAS:
        if area.code in areas:
            session.add(ShelfArea(branch_id=row.id, code=area.code, name={"ja": area.ja, "en": area.en}))
    today = clock.now().date()
    _close(session, row.id, one, today)


def _close(session: Writing, branch_id: int, one: ward.Branch, today: date) -> None:
    """The yearly holidays as yearly rows, other closed days day by day for a year around today."""
    for holidays in one.holidays:
        first = date(today.year, *holidays.first)
        last = date(today.year + (holidays.last < holidays.first), *holidays.last)
        session.add(ClosedDay(branch_id=branch_id, first_day=first, last_day=last, yearly=True, reason={"ja": holidays.reason}))
    within = {holidays.reason for holidays in one.holidays}
    for day, reason in ward.closed_days(one, today - timedelta(days=31), today + timedelta(days=366)):
        if reason not in within:
            session.add(ClosedDay(branch_id=branch_id, first_day=day, last_day=day, reason={"ja": reason}))


def _name(name: ward.Name) -> dict[str, str]:
    return {"ja": name.ja, "en": name.en}


async def _books(database: Database, seed: int) -> None:
    """The publications as a MARC file, through the ordinary import."""
    with tempfile.TemporaryDirectory(prefix="library-demo-") as folder:
        path = Path(folder) / "demo.mrc"
        await asyncio.to_thread(_write_marc, path, seed)
        run = await imports.begin(database, path=path, file_name=path.name, source=SOURCE)
        await imports.carry_out(database, run, path)


def _write_marc(path: Path, seed: int) -> None:
    with path.open("wb") as file:
        for publication in titles.publications(seed):
            file.write(records.as_marc(publication))


async def _items(session: Writing, seed: int) -> None:
    by_number = {publication.number: publication for publication in titles.publications(seed)}
    found = await session.execute(text("SELECT identity, record_id FROM source_record"))
    record_ids = {row.identity: row.record_id for row in found}
    organisations = {row.code: row.id for row in await session.execute(text("SELECT code, id FROM organisation"))}
    branches = {row.code: row.id for row in await session.execute(text("SELECT code, id FROM branch"))}
    areas = {(row.branch_id, row.code): row.id for row in await session.execute(text("SELECT branch_id, code, id FROM shelf_area"))}

    def row(held: holdings.Holding) -> tuple[Any, ...]:
        branch = branches[held.branch]
        return (
            record_ids[f"{records.SOURCE} {by_number[held.publication].control_number}"],
            organisations[held.organisation],
            branch,
            areas.get((branch, held.area)),
            held.barcode,
            held.call_number.mark,
            held.call_number.number,
            held.call_number.author,
            held.call_number.volume,
            held.area == "reference",
            "",
            "",
            "",
            held.price,
            held.acquired_on,
            1,
        )

    columns = (
        *("record_id", "organisation_id", "branch_id", "shelf_area_id", "barcode"),
        *("location_mark", "class_mark", "author_mark", "volume_mark", "in_library_only"),
        *("damage", "parts", "note", "price", "acquired_on", "version"),
    )
    await copy_in(session, "item", columns, [row(held) for held in await asyncio.to_thread(list, holdings.holdings(seed))])
    await session.execute(text("INSERT INTO index_change (record_id, kind) SELECT DISTINCT record_id, 'record' FROM item"))
    # Newly arrived is what a branch got lately: the day a copy came is the day its record came.
    await session.execute(
        text(
            "UPDATE record SET created_at = first.day, popularity = first.copies FROM"
            " (SELECT record_id, min(acquired_on) AS day, count(*) AS copies FROM item GROUP BY record_id) first"
            " WHERE first.record_id = record.id"
        )
    )


async def _licences(session: Writing) -> None:
    """The ward's licences for the electronic titles; the address is one that leads nowhere, by RFC 2606."""
    await session.execute(
        text(
            "INSERT INTO electronic_access (record_id, organisation_id, url, label)"
            " SELECT r.id, o.id, 'https://ebooks.example/' || r.id,"
            " CASE r.material WHEN 'ebook' THEN '電子書籍を読む' ELSE 'オーディオブックを聴く' END"
            " FROM record r, organisation o WHERE r.material IN ('ebook', 'audiobook') AND o.kind = 'ward'"
        )
    )
    await session.execute(text("INSERT INTO index_change (record_id, kind) SELECT record_id, 'record' FROM electronic_access"))
