"""Pages and API about places, read from the tables."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from library import clock
from library.db import Database
from library.places.models import Branch, ClosedDay, OpeningHours
from tests.world import Client, World

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture
async def opened(world: World, database: Database) -> World:
    """Every branch opens from Tuesday to Sunday; all close over New Year, the west library also for a day of its own."""
    async with database.transaction() as session:
        for branch in world.branches.values():
            for weekday in range(1, 7):
                session.add(OpeningHours(branch_id=branch, weekday=weekday, opens=time(9), closes=time(20)))
        session.add(
            ClosedDay(branch_id=None, first_day=date(2025, 12, 29), last_day=date(2026, 1, 3), yearly=True, reason={"ja": "年末年始"})
        )
        session.add(
            ClosedDay(
                branch_id=world.branches["nishi"],
                first_day=date(2026, 11, 24),
                last_day=date(2026, 11, 24),
                reason={"ja": "館内整理日", "en": "Shelf check"},
            )
        )
        row = await session.get_one(Branch, world.branches["nishi"])
        row.address, row.phone = "こもれび区西一丁目", "03-0000-0000"
    return world


async def test_the_list_says_what_is_open_now_and_parts_schools_from_the_ward(client: Client, opened: World) -> None:
    with clock.stopped(TUESDAY):
        page = (await client.get("/places")).text
    ward, schools = page.split("学校図書館</h2>")
    assert ward.index("中央図書館") < ward.index("開いています") < ward.index("西図書館") < ward.index("2026/11/25に開きます")
    assert "館内整理日" in ward
    assert "ひろば図書館" in ward, "a joint-use library is the ward's too"
    assert "みなみ小学校" in schools
    assert "ひろば図書館" not in schools


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("10:00", "20:00まで開いています"),
        ("08:00", "09:00に開きます"),
        ("20:00", "2026/11/25に開きます"),
        ("23:59", "2026/11/25に開きます"),
    ],
)
async def test_each_moment_of_a_day_is_said_in_words(client: Client, opened: World, at: str, said: str) -> None:
    with clock.stopped(TUESDAY.replace(hour=int(at[:2]), minute=int(at[3:]))):
        assert said in (await client.get("/places/chuo")).text


async def test_a_library_has_a_calendar_of_this_month_and_the_next(client: Client, opened: World) -> None:
    with clock.stopped(TUESDAY):
        page = (await client.get("/places/nishi")).text
        english = (await client.get("/places/nishi?lang=en")).text
    assert "2026年11月" in page
    assert "2026年12月" in page
    assert "2027年1月" not in page
    assert page.count('aria-current="date"') == 1
    assert page.count("年末年始") == 3
    assert "こもれび区西一丁目" in page
    assert "Shelf check" in english


async def test_a_library_nobody_knows_is_not_found(client: Client, opened: World) -> None:
    assert (await client.get("/places/nowhere")).status_code == 404
    assert (await client.json("/api/v1/branches/nowhere/calendar")).json()["code"] == "branch_not_found"


async def test_the_api_lists_branches_for_everyone(client: Client, opened: World) -> None:
    found = (await client.json("/api/v1/branches")).json()["branches"]
    assert [one["code"] for one in found] == ["chuo", "nishi", "joint", "school", "other-school"]
    assert found[2]["organisations"] == [
        {"code": "other_school", "name": {"ja": "きた小学校"}, "role": "school_library"},
        {"code": "ward", "name": {"ja": "こもれび区"}, "role": "ward_library"},
    ]


async def test_the_api_gives_days_with_hours_and_reasons(client: Client, opened: World) -> None:
    answer = (await client.json("/api/v1/branches/nishi/calendar?from=2026-11-23&to=2026-11-25")).json()
    assert answer == {
        "branch": "nishi",
        "timezone": "Asia/Tokyo",
        "days": [
            {"date": "2026-11-23", "open": False, "hours": [], "reason": None},
            {"date": "2026-11-24", "open": False, "hours": [], "reason": {"ja": "館内整理日", "en": "Shelf check"}},
            {"date": "2026-11-25", "open": True, "hours": [["09:00", "20:00"]], "reason": None},
        ],
    }
    with clock.stopped(TUESDAY):
        assert len((await client.json("/api/v1/branches/nishi/calendar")).json()["days"]) == 31


@pytest.mark.parametrize("query", ["from=2026-11-25&to=2026-11-24", "from=2026-01-01&to=2027-02-01", "from=x", "from=9999-12-31"])
async def test_days_that_cannot_be_given_are_refused(client: Client, opened: World, query: str) -> None:
    assert (await client.json(f"/api/v1/branches/nishi/calendar?{query}")).status_code == 400


async def test_a_branch_that_is_gone_leaves_the_list_and_keeps_its_page(client: Client, opened: World, database: Database) -> None:
    async with database.transaction() as session:
        row = await session.get_one(Branch, opened.branches["nishi"])
        row.valid_to = date(2026, 3, 31)
    with clock.stopped(TUESDAY):
        assert "西図書館" not in (await client.get("/places")).text
        assert "閉まっています" in (await client.get("/places/nishi")).text
