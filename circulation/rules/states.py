"""Where a copy stands, derived from what is open for it, and what a check-in does next. Pure: tables, no decisions elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Whereabouts(StrEnum):
    """Derived from a copy's open loan, hold, transit and deposit and its few flags; never stored."""

    ON_SHELF = "on_shelf"
    ON_LOAN = "on_loan"
    ON_HOLD_SHELF = "on_hold_shelf"
    IN_TRANSIT_TO_HOLD = "in_transit_to_hold"
    IN_TRANSIT_HOME = "in_transit_home"
    ON_DEPOSIT = "on_deposit"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Open:
    """What is open for a copy, and its flags. `captured` is a hold that has it, `waiting` that hold stands on its hold shelf."""

    withdrawn: bool = False
    missing: bool = False
    loan: bool = False
    captured: bool = False
    waiting: bool = False
    transit: bool = False
    deposit: bool = False


def whereabouts(of: Open) -> Whereabouts:
    """The one word for it. A loan outweighs what is said elsewhere: the copy is with a reader."""
    ladder = (
        (of.loan, Whereabouts.ON_LOAN),
        (of.withdrawn, Whereabouts.WITHDRAWN),
        (of.missing, Whereabouts.MISSING),
        (of.captured and of.waiting, Whereabouts.ON_HOLD_SHELF),
        (of.transit and of.captured, Whereabouts.IN_TRANSIT_TO_HOLD),
        (of.transit, Whereabouts.IN_TRANSIT_HOME),
        (of.deposit, Whereabouts.ON_DEPOSIT),
    )
    return next((word for so, word in ladder if so), Whereabouts.ON_SHELF)


class At(StrEnum):
    """How a copy comes to a desk, as far as its next step depends on it."""

    FREE = "free"  # from a reader, a shelf, a return box
    HOLD_SHELF = "hold_shelf"
    ON_ITS_WAY_TO_HOLD = "on_its_way_to_hold"
    ON_ITS_WAY_HOME = "on_its_way_home"


class Wanted(StrEnum):
    """Where the reader picks up who has this copy, or is first to get it."""

    BY_NOBODY = "by_nobody"
    HERE = "here"
    AT_HOME = "at_home"  # at the copy's home branch, which is not here
    ELSEWHERE = "elsewhere"


class Place(StrEnum):
    """Whether the desk stands where the copy lives."""

    HOME = "home"
    AWAY = "away"


class Next(StrEnum):
    """What the librarian does with the copy in hand."""

    SHELF = "shelf"
    HOLD_SHELF = "hold_shelf"
    SEND_TO_HOLD = "send_to_hold"
    SEND_HOME = "send_home"
    KEEP_GOING = "keep_going"  # it is on its way elsewhere: put it back into the tote
    TO_STAFF = "to_staff"  # withdrawn: it belongs on no shelf


NEXT: dict[tuple[At, Wanted, Place], Next] = {
    (At.FREE, Wanted.BY_NOBODY, Place.HOME): Next.SHELF,
    (At.FREE, Wanted.BY_NOBODY, Place.AWAY): Next.SEND_HOME,
    (At.FREE, Wanted.HERE, Place.HOME): Next.HOLD_SHELF,
    (At.FREE, Wanted.HERE, Place.AWAY): Next.HOLD_SHELF,
    (At.FREE, Wanted.ELSEWHERE, Place.HOME): Next.SEND_TO_HOLD,
    (At.FREE, Wanted.ELSEWHERE, Place.AWAY): Next.SEND_TO_HOLD,
    (At.FREE, Wanted.AT_HOME, Place.AWAY): Next.SEND_TO_HOLD,
    (At.HOLD_SHELF, Wanted.HERE, Place.HOME): Next.HOLD_SHELF,
    (At.HOLD_SHELF, Wanted.HERE, Place.AWAY): Next.HOLD_SHELF,
    (At.HOLD_SHELF, Wanted.ELSEWHERE, Place.HOME): Next.SEND_TO_HOLD,
    (At.HOLD_SHELF, Wanted.ELSEWHERE, Place.AWAY): Next.SEND_TO_HOLD,
    (At.HOLD_SHELF, Wanted.AT_HOME, Place.AWAY): Next.SEND_TO_HOLD,
    (At.ON_ITS_WAY_TO_HOLD, Wanted.HERE, Place.HOME): Next.HOLD_SHELF,
    (At.ON_ITS_WAY_TO_HOLD, Wanted.HERE, Place.AWAY): Next.HOLD_SHELF,
    (At.ON_ITS_WAY_TO_HOLD, Wanted.ELSEWHERE, Place.HOME): Next.KEEP_GOING,
    (At.ON_ITS_WAY_TO_HOLD, Wanted.ELSEWHERE, Place.AWAY): Next.KEEP_GOING,
    (At.ON_ITS_WAY_TO_HOLD, Wanted.AT_HOME, Place.AWAY): Next.KEEP_GOING,
    (At.ON_ITS_WAY_HOME, Wanted.BY_NOBODY, Place.HOME): Next.SHELF,
    (At.ON_ITS_WAY_HOME, Wanted.BY_NOBODY, Place.AWAY): Next.KEEP_GOING,
    (At.ON_ITS_WAY_HOME, Wanted.HERE, Place.HOME): Next.HOLD_SHELF,
    (At.ON_ITS_WAY_HOME, Wanted.HERE, Place.AWAY): Next.HOLD_SHELF,
    (At.ON_ITS_WAY_HOME, Wanted.ELSEWHERE, Place.HOME): Next.SEND_TO_HOLD,
    (At.ON_ITS_WAY_HOME, Wanted.ELSEWHERE, Place.AWAY): Next.SEND_TO_HOLD,
    (At.ON_ITS_WAY_HOME, Wanted.AT_HOME, Place.AWAY): Next.KEEP_GOING,  # it goes there anyway, and is captured when it arrives
}


def arrival(open_: Open, *, goes_home: bool = True) -> At:
    """How the copy comes: a loan is closed first, so what it was lent from no longer matters.

    `goes_home`: its journey, if it is on one, ends at its home. One that led to a reader who no longer waits leads nowhere.
    """
    if open_.captured and open_.waiting:
        return At.HOLD_SHELF
    if open_.transit and open_.captured:
        return At.ON_ITS_WAY_TO_HOLD
    return At.ON_ITS_WAY_HOME if open_.transit and goes_home else At.FREE


def wanted_at(pickup: int | None, *, here: int, home: int) -> Wanted:
    if pickup is None:
        return Wanted.BY_NOBODY
    if pickup == here:
        return Wanted.HERE
    return Wanted.AT_HOME if pickup == home else Wanted.ELSEWHERE


def next_step(at: At, pickup: int | None, *, here: int, home: int) -> Next:
    """The next step of a copy scanned `here`; `pickup` is the branch of the hold that has it or is first to get it."""
    return NEXT[at, wanted_at(pickup, here=here, home=home), Place.HOME if here == home else Place.AWAY]
