"""Copies on the shelves of the made-up ward's places, so that filters, counts and availability have work to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from sqlalchemy import text

from catalog.models import OwnerPolicy
from library.db import Database, Writing, copy_in
from library.demo import ward
from library.places.models import Branch, BranchOrganisation, Organisation

ITEM = (
    *("record_id", "organisation_id", "branch_id", "barcode", "location_mark", "class_mark", "author_mark", "volume_mark"),
    *("in_library_only", "missing_since", "damage", "parts", "note", "price", "acquired_on", "version"),
)
Shelf = tuple[int, int]  # organisation, branch


async def put_on_shelves(database: Database, seed: int) -> int:
    """One to five copies of every record, most of them at few places; how many."""
    async with database.transaction() as session:
        shelves = await places(session)
        records = (await session.execute(text("SELECT id, ndc FROM record ORDER BY id"))).all()
        rows = [row for record in records for row in _copies(record.id, record.ndc, shelves, Random(f"{seed}:copies:{record.id}"))]
        await copy_in(session, "item", ITEM, rows)
        await session.execute(
            text(
                "UPDATE record SET popularity = counted.copies FROM"
                " (SELECT record_id, count(*) AS copies FROM item GROUP BY record_id HAVING count(*) > 2) counted"
                " WHERE counted.record_id = record.id"
            )
        )
        return len(rows)


async def places(session: Writing) -> list[Shelf]:
    """The ward's organisations and branches; those that hold stock, for each of their owners."""
    organisations: dict[str, int] = {}
    for one in ward.organisations():
        name = {"ja": one.name.ja, "en": one.name.en}
        row = Organisation(code=one.code, kind=one.kind.value, name=name, mode=one.mode.value if one.mode else None)
        session.add(row)
        await session.flush()
        organisations[one.code] = row.id
        session.add(OwnerPolicy(organisation_id=row.id, seen_by="all", lent_to="all" if one.code == "ward" else "own"))
    shelves = []
    for branch in ward.branches():
        name = {"ja": branch.name.ja, "en": branch.name.en}
        place = Branch(code=branch.code, number=branch.number, name=name, holds_stock=branch.holds_stock)
        session.add(place)
        await session.flush()
        for code, role in branch.organisations:
            session.add(BranchOrganisation(branch_id=place.id, organisation_id=organisations[code], role=role.value))
            shelves += [(organisations[code], place.id)] if branch.holds_stock else []
    return shelves


def _copies(record: int, number: str, shelves: list[Shelf], chance: Random) -> Iterator[tuple[object, ...]]:
    for copy in range(min(int(chance.paretovariate(1.3)), 5)):
        organisation, branch = shelves[int(chance.paretovariate(0.6)) % len(shelves)]
        missing = date(2026, 1, 5) if chance.random() < 0.02 else None
        acquired = date(2000, 4, 1) + timedelta(days=chance.randrange(9_000))
        barcode = f"{record:08d}{copy}"
        for_reference = chance.random() < 0.05
        yield (record, organisation, branch, barcode, "", number, "", "", for_reference, missing, "", "", "", 1800, acquired, 1)
