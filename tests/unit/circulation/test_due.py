"""Due dates, days on the hold shelf, the moment a reader is forgotten, and returns from the box."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.rules import due
from library.places.calendar import Calendar, Closure, Hours

TOKYO, NEW_YORK, KIRITIMATI = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Tuesday, 12:00 in Tokyo
NINE_TO_FIVE = tuple(Hours(day, time(9), time(17)) for day in range(7))
NEVER_OPEN = Calendar()


def calendar(*closed: str, weekdays: range = range(7), yearly: bool = False) -> Calendar:
    """Open daily but on some days or runs of days ("2026-12-08/2026-12-10")."""
    runs = [(one.split("/")[0], one.split("/")[-1]) for one in closed]
    closures = tuple(Closure(date.fromisoformat(first), date.fromisoformat(last), yearly, {"ja": "休館"}) for first, last in runs)
    return Calendar(tuple(hours for hours in NINE_TO_FIVE if hours.weekday in weekdays), closures)


@pytest.mark.parametrize(
    ("days", "open_on", "due_on", "moved_from"),
    [
        (14, calendar(), "2026-12-08", None),
        (14, calendar("2026-12-08"), "2026-12-09", "2026-12-08"),
        (14, calendar("2026-12-08/2026-12-20"), "2026-12-21", "2026-12-08"),
        (35, calendar("2026-12-29/2027-01-03"), "2027-01-04", "2026-12-29"),
        (36, calendar("2020-12-29/2021-01-03", yearly=True), "2027-01-04", "2026-12-30"),
        (3, calendar(weekdays=range(4)), "2026-11-30", "2026-11-27"),
        (1, calendar("2026-11-25", "2026-11-26"), "2026-11-27", "2026-11-25"),
        (14, NEVER_OPEN, "2026-12-08", None),
        (37, NEVER_OPEN, "2026-12-31", None),
    ],
    ids=[
        *("an open day", "a closed day", "a run of closed days", "over New Year", "closed every New Year", "a closed weekend", "tomorrow"),
        *("a branch that is never open", "plain days at the year's end"),
    ],
)
def test_a_loan_is_due_on_an_open_day(days: int, open_on: Calendar, due_on: str, moved_from: str | None) -> None:
    when = due.due(NOON, days=days, hours=0, calendar=open_on, zone=TOKYO)
    assert when.at == datetime.combine(date.fromisoformat(due_on), time(23, 59, 59), TOKYO)
    assert when.moved_from == (date.fromisoformat(moved_from) if moved_from else None)


def test_a_loan_of_hours_knows_no_closed_day() -> None:
    when = due.due(NOON, days=14, hours=3, calendar=calendar("2026-11-24"), zone=TOKYO)
    assert when == due.Due(NOON + timedelta(hours=3))


@pytest.mark.parametrize(
    ("moment", "zone", "due_on"),
    [
        (datetime(2026, 11, 24, 14, 59, tzinfo=UTC), TOKYO, "2026-11-25"),
        (datetime(2026, 11, 24, 15, 1, tzinfo=UTC), TOKYO, "2026-11-26"),
        (datetime(2026, 11, 24, 14, 59, tzinfo=UTC), NEW_YORK, "2026-11-25"),
        (datetime(2026, 11, 24, 10, 30, tzinfo=UTC), KIRITIMATI, "2026-11-26"),
        (datetime(2026, 10, 31, 12, 0, tzinfo=UTC), NEW_YORK, "2026-11-01"),
    ],
    ids=["just before midnight", "just after midnight", "the other side of the world", "a day ahead", "the day clocks go back"],
)
def test_the_day_is_that_of_the_branch_and_ends_a_second_before_midnight_there(moment: datetime, zone: ZoneInfo, due_on: str) -> None:
    when = due.due(moment, days=1, hours=0, calendar=calendar(), zone=zone)
    local = when.at.astimezone(zone)
    assert (local.date(), local.time()) == (date.fromisoformat(due_on), time(23, 59, 59))


days_off = st.sets(st.integers(0, 90), max_size=60)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone


@given(moment=moments, days=st.integers(1, 60), off=days_off, weekdays=st.sets(st.integers(0, 6)), zone=st.sampled_from([TOKYO, NEW_YORK]))
def test_a_due_day_is_never_closed_unless_the_branch_never_opens(
    moment: datetime, days: int, off: set[int], weekdays: set[int], zone: ZoneInfo
) -> None:
    today = moment.astimezone(zone).date()
    closures = tuple(Closure(today + timedelta(days=step), today + timedelta(days=step), False, {}) for step in off)
    at = Calendar(tuple(hours for hours in NINE_TO_FIVE if hours.weekday in weekdays), closures)
    when = due.due(moment, days=days, hours=0, calendar=at, zone=zone)
    on = when.at.astimezone(zone).date()
    assert on >= today + timedelta(days=days)
    assert at.is_open(on) or (not weekdays and on == today + timedelta(days=days))
    assert (when.moved_from is not None) == (on != today + timedelta(days=days))


@given(moment=moments, days=st.integers(0, 60), hours=st.integers(0, 48), left=st.integers(-100, 100), off=days_off)
def test_a_renewal_never_brings_a_loan_forward(moment: datetime, days: int, hours: int, left: int, off: set[int]) -> None:
    due_at = moment + timedelta(days=left)
    closures = tuple(Closure((moment + timedelta(days=step)).date(), (moment + timedelta(days=step)).date(), False, {}) for step in off)
    when = due.renewed(due_at, moment, days=days, hours=hours, calendar=Calendar(NINE_TO_FIVE, closures), zone=TOKYO)
    assert when.at >= due_at
    assert when.moved_from is None or when.at > due_at


def test_a_renewal_counts_from_today_also_for_what_is_late() -> None:
    late = NOON - timedelta(days=10)
    assert due.renewed(late, NOON, days=14, hours=0, calendar=calendar(), zone=TOKYO).at == due.end_of_day(date(2026, 12, 8), TOKYO)


@pytest.mark.parametrize(
    ("count", "open_on", "until"),
    [
        (7, calendar(), "2026-12-01"),
        (7, calendar("2026-11-25", "2026-11-30"), "2026-12-03"),
        (2, calendar("2026-11-25/2026-12-10"), "2026-12-12"),
        (0, calendar(), "2026-11-24"),
        (7, NEVER_OPEN, "2026-12-01"),
    ],
)
def test_days_on_the_hold_shelf_are_open_days(count: int, open_on: Calendar, until: str) -> None:
    assert due.open_days_after(date(2026, 11, 24), count, open_on) == date.fromisoformat(until)


@pytest.mark.parametrize(
    ("open_days", "open_on", "forgotten"),
    [
        (0, calendar(), "2026-11-24T12:00:00"),
        (1, calendar(), "2026-11-25T17:00:00"),
        (1, calendar("2026-11-25/2026-11-29"), "2026-11-30T17:00:00"),
        (3, calendar(), "2026-11-27T17:00:00"),
        (1, NEVER_OPEN, "2026-11-25T23:59:59"),
    ],
    ids=["at once", "the next evening", "after the holidays", "three days", "never open"],
)
def test_a_reader_is_forgotten_when_the_branch_closes(open_days: int, open_on: Calendar, forgotten: str) -> None:
    at = due.forgotten_at(NOON, open_days=open_days, calendar=open_on, zone=TOKYO)
    assert at.astimezone(TOKYO).replace(tzinfo=None).isoformat() == forgotten


@pytest.mark.parametrize(
    ("from_box", "open_on", "counts_for"),
    [
        (False, calendar("2026-11-24"), "2026-11-24"),
        (True, calendar(), "2026-11-23"),
        (True, calendar("2026-11-20/2026-11-23"), "2026-11-19"),
        (True, NEVER_OPEN, "2026-11-24"),
        (True, calendar("2026-08-01/2026-11-23"), "2026-11-24"),
    ],
    ids=["over the desk", "overnight", "over the holidays", "never open", "after months"],
)
def test_a_book_from_the_box_counts_for_the_last_open_day(from_box: bool, open_on: Calendar, counts_for: str) -> None:
    assert due.returned_on(date(2026, 11, 24), open_on, from_box=from_box) == date.fromisoformat(counts_for)
