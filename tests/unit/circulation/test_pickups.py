"""Where somebody may pick up, and when they can reckon with the book."""

from __future__ import annotations

from datetime import date

import pytest

from circulation.rules.expecting import Outlook, outlook
from circulation.rules.pickups import Belonging, Counter, possible

TODAY = date(2026, 11, 24)
WARD, SCHOOL, OTHER = 1, 2, 3

LIBRARY = Counter(frozenset({WARD}), frozenset())
OWN_SCHOOL = Counter(frozenset(), frozenset({SCHOOL}))
JOINT_USE = Counter(frozenset({WARD}), frozenset({SCHOOL}))
CLOSED_FOR_GOOD = Counter(frozenset({WARD}), frozenset(), valid_to=date(2026, 11, 23))
LAST_DAY = Counter(frozenset({WARD}), frozenset(), valid_to=TODAY)
NOT_YET = Counter(frozenset({WARD}), frozenset(), valid_from=date(2026, 11, 25))

RESIDENT = [Belonging(WARD, school=False)]
PUPIL = [Belonging(SCHOOL, school=True)]
BOTH = [*PUPIL, *RESIDENT]
OF_ANOTHER_SCHOOL = [Belonging(OTHER, school=True)]


@pytest.mark.parametrize(
    ("who", "counter", "may"),
    [
        (RESIDENT, LIBRARY, True),
        (RESIDENT, OWN_SCHOOL, False),
        (RESIDENT, JOINT_USE, True),
        (PUPIL, LIBRARY, False),
        (PUPIL, OWN_SCHOOL, True),
        (PUPIL, JOINT_USE, True),
        (BOTH, LIBRARY, True),
        (BOTH, OWN_SCHOOL, True),
        (OF_ANOTHER_SCHOOL, OWN_SCHOOL, False),
        (OF_ANOTHER_SCHOOL, JOINT_USE, False),
        ([], LIBRARY, False),
        (RESIDENT, CLOSED_FOR_GOOD, False),
        (RESIDENT, LAST_DAY, True),
        (RESIDENT, NOT_YET, False),
        ([Belonging(SCHOOL, school=False)], OWN_SCHOOL, False),
    ],
)
def test_one_picks_up_at_a_library_of_one_s_own(who: list[Belonging], counter: Counter, may: bool) -> None:
    assert possible(counter, who, today=TODAY) is may


SOON, LATER = date(2026, 11, 30), date(2026, 12, 5)


@pytest.mark.parametrize(
    ("position", "free", "due", "expected"),
    [
        (1, 1, [], Outlook(on_shelf=True)),
        (2, 1, [SOON], Outlook(around=SOON)),
        (1, 0, [LATER, SOON], Outlook(around=SOON)),
        (2, 0, [LATER, SOON], Outlook(around=LATER)),
        (3, 0, [LATER, SOON], Outlook(around=date(2026, 12, 14))),  # the first copy again, two weeks on
        (1, 0, [date(2026, 11, 1)], Outlook(around=TODAY)),  # late: nobody knows better
        (2, 1, [], Outlook(around=date(2026, 12, 8))),
        (1, 0, [], Outlook()),
        (40, 0, [], Outlook()),
    ],
)
def test_the_outlook_counts_what_is_there_and_what_comes_back(position: int, free: int, due: list[date], expected: Outlook) -> None:
    assert outlook(position, free=free, due=due, today=TODAY) == expected
