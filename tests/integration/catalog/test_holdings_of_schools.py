"""One ward and its 26 schools: lists that overlap end as one record a book, in whatever words each school writes."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
from sqlalchemy import select

from catalog.description import Description
from catalog.models import Item, Record
from library.db import Database
from library.places.models import Branch, BranchOrganisation, Organisation
from tests.integration.catalog.import_samples import book, count, isbn, taken, words
from tests.integration.catalog.test_holdings import Cells, bring, line, sums, table
from tests.world import World


async def schools(database: Database, number: int) -> list[str]:
    """So many schools with a library each; their codes."""
    codes = [f"s{place:02d}" for place in range(1, number + 1)]
    async with database.transaction() as session:
        for place, code in enumerate(codes, 1):
            organisation = Organisation(code=code, kind="school", name={"ja": f"第{place}小学校"}, mode="replace")
            branch = Branch(code=code, number=100 + place, name={"ja": f"第{place}小学校"})
            session.add_all([organisation, branch])
            await session.flush()
            session.add(BranchOrganisation(branch_id=branch.id, organisation_id=organisation.id, role="school_library"))
    return codes


async def test_a_wards_file_and_the_lists_of_26_schools_end_as_one_record_a_book(database: Database, world: World, tmp_path: Path) -> None:
    """Each school has its own choice of 300 books, of which the ward's file knows two in three, in its own words and order."""
    chance = random.Random(26)
    await taken(database, b"".join(book(number) for number in range(1, 201)), "ward-marc")
    copies, held = 0, set()
    for code in await schools(database, 26):
        numbers = chance.choices(range(1, 301), k=60)
        rows = [line(f"{place:06d}", number, **in_other_words(number, chance)) for place, number in enumerate(numbers, 1)]
        report = await bring(database, table(tmp_path / f"{code}.csv", rows), code)
        assert sums(report) == (60, 60, 0, 0, 0), [str(problem) for problem in report.problems]
        copies += 60
        held |= set(numbers)
        assert await count(database, "record") == 200 + len([number for number in held if number > 200])
    assert await count(database, "item") == copies
    async with database.reading() as session:
        rows = (await session.execute(select(Record.title, Item.id).join(Item, Item.record_id == Record.id))).all()
        many = (await session.scalars(select(Record.description))).all()
    assert len({row.title for row in rows}) <= len(held)
    numbers_of = [msgspec.convert(one, Description).isbns for one in many]
    assert len({one.number for isbns in numbers_of for one in isbns}) == len(many)
    assert await count(database, "match_review") == 0


def in_other_words(number: int, chance: random.Random) -> Cells:
    """As schools write the same book: half-width, without the publisher, with a bare ISBN of ten digits, with a subtitle."""
    ten = isbn(number)[3:12]
    total = sum((10 - place) * int(digit) for place, digit in enumerate(ten))
    check = "0123456789X"[(11 - total % 11) % 11]
    ways: list[Cells] = [
        {},
        {"出版者": "", "出版年": ""},
        {"ISBN": f"4-{ten[1:]}{check}"},
        {"著者": "森 葉子／著"},
        {"書名": f"{words(number)} : 学校のために"},
        {"書名": ""} if number <= 200 else {},
    ]
    return chance.choice(ways)
