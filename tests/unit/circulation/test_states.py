"""Whereabouts and next steps: the whole tables, entry by entry."""

from __future__ import annotations

from itertools import product

import pytest

from circulation.rules.states import NEXT, At, Next, Open, Place, Wanted, Whereabouts, arrival, next_step, wanted_at, whereabouts

HERE, OTHER, THIRD = 1, 2, 3

# (how it comes, who wants it, where the desk is) → what to do, in words of its own: the table is checked against this second writing.
EXPECTED = """
free               by_nobody home  shelf
free               by_nobody away  send_home
free               here      home  hold_shelf
free               here      away  hold_shelf
free               elsewhere home  send_to_hold
free               elsewhere away  send_to_hold
free               at_home   away  send_to_hold
hold_shelf         here      home  hold_shelf
hold_shelf         here      away  hold_shelf
hold_shelf         elsewhere home  send_to_hold
hold_shelf         elsewhere away  send_to_hold
hold_shelf         at_home   away  send_to_hold
on_its_way_to_hold here      home  hold_shelf
on_its_way_to_hold here      away  hold_shelf
on_its_way_to_hold elsewhere home  keep_going
on_its_way_to_hold elsewhere away  keep_going
on_its_way_to_hold at_home   away  keep_going
on_its_way_home    by_nobody home  shelf
on_its_way_home    by_nobody away  keep_going
on_its_way_home    here      home  hold_shelf
on_its_way_home    here      away  hold_shelf
on_its_way_home    elsewhere home  send_to_hold
on_its_way_home    elsewhere away  send_to_hold
on_its_way_home    at_home   away  keep_going
"""
ROWS = [line.split() for line in EXPECTED.split("\n") if line]


@pytest.mark.parametrize(("at", "wanted", "place", "step"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_the_next_step_of_every_copy_is(at: str, wanted: str, place: str, step: str) -> None:
    assert NEXT[At(at), Wanted(wanted), Place(place)] is Next(step)


def test_the_table_has_every_case_that_can_be_and_no_other() -> None:
    captured = {At.HOLD_SHELF, At.ON_ITS_WAY_TO_HOLD}
    possible = {
        (at, wanted, place)
        for at, wanted, place in product(At, Wanted, Place)
        if not (wanted is Wanted.AT_HOME and place is Place.HOME)  # "at home" means: not here
        if not (wanted is Wanted.BY_NOBODY and at in captured)
    }
    assert set(NEXT) == possible == {(At(at), Wanted(wanted), Place(place)) for at, wanted, place, _ in ROWS}


@pytest.mark.parametrize(
    ("pickup", "home", "wanted"),
    [
        (None, HERE, Wanted.BY_NOBODY),
        (HERE, HERE, Wanted.HERE),
        (HERE, OTHER, Wanted.HERE),
        (OTHER, OTHER, Wanted.AT_HOME),
        (OTHER, HERE, Wanted.ELSEWHERE),
        (OTHER, THIRD, Wanted.ELSEWHERE),
    ],
)
def test_where_it_is_wanted_is_seen_from_the_desk(pickup: int | None, home: int, wanted: Wanted) -> None:
    assert wanted_at(pickup, here=HERE, home=home) is wanted
    assert next_step(At.FREE, pickup, here=HERE, home=home) is NEXT[At.FREE, wanted, Place.HOME if home == HERE else Place.AWAY]


@pytest.mark.parametrize(
    ("open_", "word"),
    [
        (Open(), Whereabouts.ON_SHELF),
        (Open(loan=True), Whereabouts.ON_LOAN),
        (Open(loan=True, deposit=True), Whereabouts.ON_LOAN),
        (Open(loan=True, withdrawn=True, missing=True), Whereabouts.ON_LOAN),
        (Open(withdrawn=True, missing=True), Whereabouts.WITHDRAWN),
        (Open(missing=True, captured=True, waiting=True), Whereabouts.MISSING),
        (Open(captured=True, waiting=True), Whereabouts.ON_HOLD_SHELF),
        (Open(captured=True, transit=True), Whereabouts.IN_TRANSIT_TO_HOLD),
        (Open(transit=True), Whereabouts.IN_TRANSIT_HOME),
        (Open(transit=True, deposit=True), Whereabouts.IN_TRANSIT_HOME),
        (Open(deposit=True), Whereabouts.ON_DEPOSIT),
    ],
)
def test_one_word_says_where_a_copy_is(open_: Open, word: Whereabouts) -> None:
    assert whereabouts(open_) is word


@pytest.mark.parametrize(
    ("open_", "goes_home", "at"),
    [
        (Open(), True, At.FREE),
        (Open(loan=True), True, At.FREE),
        (Open(captured=True, waiting=True), True, At.HOLD_SHELF),
        (Open(captured=True, transit=True), False, At.ON_ITS_WAY_TO_HOLD),
        (Open(transit=True), True, At.ON_ITS_WAY_HOME),
        (Open(transit=True), False, At.FREE),
        (Open(captured=True), True, At.FREE),
    ],
)
def test_how_a_copy_comes_to_a_desk(open_: Open, goes_home: bool, at: At) -> None:
    assert arrival(open_, goes_home=goes_home) is at
