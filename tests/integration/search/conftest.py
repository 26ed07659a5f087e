"""A small union catalogue on the shelves of the small world, indexed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from library.db import Database, Writing
from library.wiring import Parts
from tests.integration.search.shelves import Audience, Material, add_item, add_licence, add_record
from tests.world import World

Books = dict[str, int]


@pytest.fixture
async def books(database: Database, world: World, parts: Parts) -> Books:
    """Short name → record. Held: night at chuo (3, one missing), nishi and both schools; paperback at chuo only; cat at nishi,
    to be read there; school_only at the school; online as an e-book; nobody's by no one."""
    async with database.transaction() as session:
        made = await _records(session)
        await _copies(session, made, world)
    await _indexed(parts)
    return made


async def _records(session: Writing) -> Books:
    ginga = {"reading": "ギンガ テツドウ ノ ヨル", "author": "宮沢, 賢治", "author_reading": "ミヤザワ, ケンジ", "ndc": "913.6"}
    night = await add_record(
        session,
        "銀河鉄道の夜",
        work="ginga",
        popularity=50,
        year=2011,
        publisher="こもれび書房",
        audience=Audience.CHILDREN,
        isbn="9784990000004",
        **ginga,
    )
    paperback = await add_record(session, "銀河鉄道の夜", year=1989, publisher="架空堂書店", **ginga)
    same_work = "UPDATE record SET work_id = (SELECT work_id FROM record WHERE id = :night) WHERE id = :paperback"
    await session.execute(text(same_work), {"night": night, "paperback": paperback})
    cat = {"reading": "ワガハイ ワ ネコ デ アル", "author": "夏目, 漱石", "rest": "長篇小説", "volume": "上"}
    insects = {"reading": "モリ ノ ムシタチ", "author": "大庭, みどり", "ndc": "486", "subject": "昆虫"}
    return {
        "night": night,
        "paperback": paperback,
        "cat": await add_record(session, "吾輩は猫である", ndc="913.6", year=2003, **cat),
        "insects": await add_record(session, "森の虫たち", year=2020, **insects),
        "school_only": await add_record(session, "みなみ小の文集", reading="ミナミショウ ノ ブンシュウ", year=2024),
        "online": await add_record(session, "耳で聞く山月記", author="中島, 敦", ndc="913.6", year=2019, material=Material.AUDIOBOOK),
        "nobodys": await add_record(session, "だれも持たない本", year=2001),
    }


async def _copies(session: Writing, made: Books, world: World) -> None:
    ward, school, other = (world.organisations[name] for name in ("ward", "school", "other_school"))
    for _ in range(2):
        await add_item(session, made["night"], branch=world.branches["chuo"], owner=ward, class_mark="913.6", author_mark="ミ")
    await add_item(session, made["night"], branch=world.branches["chuo"], owner=ward, missing_since=date(2026, 5, 1))
    await add_item(session, made["night"], branch=world.branches["nishi"], owner=ward)
    await add_item(session, made["night"], branch=world.branches["school"], owner=school, location_mark="K", class_mark="913")
    await add_item(session, made["night"], branch=world.branches["other_school"], owner=other)
    await add_item(session, made["paperback"], branch=world.branches["chuo"], owner=ward, missing_since=date(2026, 5, 1))
    await add_item(session, made["cat"], branch=world.branches["nishi"], owner=ward, in_library_only=True)
    await add_item(session, made["insects"], branch=world.branches["joint"], owner=other)
    await add_item(session, made["school_only"], branch=world.branches["school"], owner=school)
    await add_licence(session, made["online"], owner=ward)


async def _indexed(parts: Parts) -> None:
    while await parts.follower.step():
        pass
