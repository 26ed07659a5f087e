"""Opening days as pure questions: examples a librarian knows, and properties that hold for every calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.places.calendar import Calendar, Closure, Hours, months_of, weeks_of

TOKYO = ZoneInfo("Asia/Tokyo")
WEEK = tuple(Hours(weekday, time(9), time(20)) for weekday in (1, 2, 3, 4, 5, 6))
NEW_YEAR = Closure(date(2026, 12, 29), date(2027, 1, 3), True, {"ja": "年末年始"})
SHELVES = Closure(date(2026, 6, 1), date(2026, 6, 7), False, {"ja": "特別整理期間"})
LIBRARY = Calendar(WEEK, (NEW_YEAR, SHELVES))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 24), True),
        (date(2026, 11, 23), False),  # a Monday
        (date(2026, 6, 6), False),
        (date(2027, 6, 6), True),
        (date(2026, 12, 28), False),  # a Monday again
        (date(2026, 12, 29), False),
        (date(2027, 1, 1), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 5), True),
        (date(2031, 12, 31), False),
        (date(2020, 1, 2), False),
    ],
)
def test_a_library_is_closed_on_its_weekday_over_new_year_and_for_its_shelves(day: date, is_open: bool) -> None:
    assert LIBRARY.is_open(day) == is_open


def test_a_closed_day_says_why() -> None:
    assert LIBRARY.day(date(2026, 6, 2)).reason == {"ja": "特別整理期間"}
    assert LIBRARY.day(date(2026, 11, 23)).reason is None


def test_the_next_open_day_leaps_over_the_holidays() -> None:
    assert LIBRARY.next_open_day(date(2026, 12, 28)) == date(2027, 1, 5)
    assert LIBRARY.next_open_day(date(2027, 1, 5)) == date(2027, 1, 5)
    assert Calendar().next_open_day(date(2027, 1, 5)) is None


def test_hours_change_when_they_say_so() -> None:
    summer = Calendar(
        (
            Hours(1, time(9), time(20), valid_to=date(2026, 6, 30)),
            Hours(1, time(9), time(22), valid_from=date(2026, 7, 1), valid_to=date(2026, 8, 31)),
        )
    )
    assert summer.day(date(2026, 6, 30)).openings == ((time(9), time(20)),)
    assert summer.day(date(2026, 7, 7)).openings == ((time(9), time(22)),)
    assert not summer.is_open(date(2026, 9, 1))


def test_a_branch_is_closed_before_it_opens_and_after_it_closes_for_good() -> None:
    branch = Calendar(WEEK, valid_from=date(2027, 9, 1), valid_to=date(2030, 3, 31))
    ends = (date(2027, 8, 31), date(2027, 9, 1), date(2030, 3, 31), date(2030, 4, 2))
    assert [branch.is_open(day) for day in ends] == [False, True, True, False]
    assert branch.next_open_day(date(2027, 1, 1)) == date(2027, 9, 1)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T09:00", True),
        ("2026-11-24T08:59", False),
        ("2026-11-24T13:00", False),
        ("2026-11-24T17:59", True),
        ("2026-11-24T18:00", False),
        ("2026-11-23T09:00", False),
    ],
)
def test_lunch_is_not_an_opening(at: str, is_open: bool) -> None:
    school = Calendar((Hours(1, time(14), time(18)), Hours(1, time(9), time(12))))
    assert school.is_open_at(datetime.fromisoformat(at).replace(tzinfo=TOKYO), TOKYO) == is_open


def test_it_is_the_branchs_own_clock_that_counts() -> None:
    calendar = Calendar((Hours(1, time(9), time(20)),))
    assert calendar.is_open_at(datetime(2026, 11, 24, 0, 30, tzinfo=UTC), TOKYO)
    assert not calendar.is_open_at(datetime(2026, 11, 24, 12, 0, tzinfo=UTC), TOKYO)


days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
closures = st.builds(
    lambda first, length, yearly: Closure(first, first + timedelta(days=length), yearly, {"ja": "休"}),
    days,
    st.integers(0, 400),
    st.booleans(),
)
hours = st.builds(
    lambda weekday, opens, length: Hours(weekday, time(opens), time(opens + length)),
    st.integers(0, 6),
    st.integers(0, 20),
    st.integers(1, 3),
)
calendars = st.builds(
    lambda openings, closed: Calendar(tuple(openings), tuple(closed)), st.lists(hours, max_size=8), st.lists(closures, max_size=4)
)


@given(calendars, days)
def test_an_open_day_has_hours_on_its_weekday_and_no_closure(calendar: Calendar, day: date) -> None:
    fits = any(one.weekday == day.weekday() for one in calendar.hours)
    assert calendar.is_open(day) == (fits and not any(closure.includes(day) for closure in calendar.closures))


@given(calendars, days)
def test_the_next_open_day_is_open_and_none_before_it_is(calendar: Calendar, day: date) -> None:
    found = calendar.next_open_day(day)
    if found is None:
        assert not any(calendar.is_open(day + timedelta(days=offset)) for offset in range(60))
    else:
        assert found >= day
        assert calendar.is_open(found)
        assert not any(one.is_open for one in calendar.days(day, found)[:-1])


@given(closures, days)
def test_what_is_yearly_comes_every_year_and_covers_its_own_days(closure: Closure, day: date) -> None:
    length = (closure.last_day - closure.first_day).days
    assert closure.includes(closure.first_day)
    assert closure.includes(closure.last_day)
    assert closure.includes(closure.first_day + timedelta(days=length // 2))
    if closure.yearly and (day.month, day.day) != (2, 29):
        assert closure.includes(day) == closure.includes(day.replace(year=2096))


@given(st.dates(date(2000, 1, 1), date(2100, 11, 30)))
def test_a_month_has_each_of_its_days_once_under_its_weekday(day: date) -> None:
    weeks = weeks_of(day)
    shown = [one for week in weeks for one in week if one]
    following = months_of(day, 2)[1]
    assert shown == [day.replace(day=1) + timedelta(days=offset) for offset in range((following - day.replace(day=1)).days)]
    assert all(len(week) == 7 for week in weeks)
    assert all(one is None or (one.weekday() + 1) % 7 == place for week in weeks for place, one in enumerate(week))


def test_months_go_on_over_the_year() -> None:
    assert months_of(date(2026, 11, 23), 3) == (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
