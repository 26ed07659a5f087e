"""Why something is refused: each reason by itself, all of them at once, and what a librarian may decide against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.rules import refusals
from circulation.rules.policies import Terms
from circulation.rules.refusals import OVERRIDABLE, WORDS, Copy, Reason, Refusal, Standing, Title, age_band, days_late
from circulation.rules.states import Whereabouts

TODAY = date(2026, 11, 24)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
MONTH_AGO = TODAY - timedelta(days=30)


def codes(reasons: Sequence[Reason]) -> list[str]:
    return [reason.refusal.value for reason in reasons]


@pytest.mark.parametrize(
    ("terms", "standing", "copy", "expected"),
    [
        ({}, {}, {}, []),
        ({}, {"card_revoked": True}, {}, ["card_revoked"]),
        ({}, {"member": False}, {}, ["not_a_member"]),
        ({}, {"valid_from": TOMORROW}, {}, ["membership_not_begun"]),
        ({}, {"valid_from": TODAY}, {}, []),
        ({}, {"valid_to": YESTERDAY}, {}, ["membership_ended"]),
        ({}, {"valid_to": TODAY}, {}, []),
        ({"loans_limit": 3}, {"lent": 2}, {}, []),
        ({"loans_limit": 3}, {"lent": 3}, {}, ["loans_limit"]),
        ({"loans_limit": 0}, {}, {}, ["loans_limit"]),
        ({"material_limit": 1}, {"lent_of_material": 1}, {}, ["material_limit"]),
        ({}, {"oldest_due": MONTH_AGO}, {}, ["overdue"]),
        ({}, {"oldest_due": MONTH_AGO + timedelta(days=1)}, {}, []),
        ({"overdue_block_days": 0}, {"oldest_due": date(2020, 1, 1)}, {}, []),
        ({"overdue_block_days": 1}, {"oldest_due": TODAY}, {}, []),
        ({"lendable": False}, {}, {}, ["not_lent"]),
        ({}, {}, {"owner_lends": False}, ["owner_does_not_lend"]),
        ({}, {}, {"in_library_only": True}, ["in_library_only"]),
        ({}, {}, {"withdrawn": True, "whereabouts": Whereabouts.WITHDRAWN}, ["withdrawn"]),
        ({}, {}, {"whereabouts": Whereabouts.MISSING}, []),
        ({}, {}, {"whereabouts": Whereabouts.ON_LOAN}, ["lent_to_another"]),
        ({}, {}, {"whereabouts": Whereabouts.ON_LOAN, "lent_to_reader": True}, ["lent_to_this_reader"]),
        ({}, {}, {"whereabouts": Whereabouts.ON_HOLD_SHELF, "set_aside_for_another": True}, ["set_aside"]),
        ({}, {}, {"whereabouts": Whereabouts.ON_HOLD_SHELF, "set_aside_for_reader": True, "waiting": 3}, []),
        ({}, {}, {"waiting": 1}, ["wanted"]),
        ({}, {}, {"waiting": 2, "spare": 1}, ["wanted"]),
        ({}, {}, {"waiting": 2, "spare": 2}, []),
        ({}, {}, {"deposit_is_here": False}, ["on_deposit"]),
    ],
)
def test_a_loan_is_refused_for(terms: dict[str, Any], standing: dict[str, Any], copy: dict[str, Any], expected: list[str]) -> None:
    assert codes(refusals.check_out(Terms(**terms), Standing(**standing), Copy(**copy), today=TODAY)) == expected


def test_all_reasons_against_a_loan_are_told_at_once() -> None:
    standing = Standing(YESTERDAY, YESTERDAY, lent=5, lent_of_material=2, oldest_due=MONTH_AGO, card_revoked=True)
    copy = Copy(Whereabouts.ON_LOAN, True, True, owner_lends=False, set_aside_for_another=True, deposit_is_here=False, waiting=1)
    terms = Terms(lendable=False, loans_limit=5, material_limit=2)
    assert codes(refusals.check_out(terms, standing, copy, today=TODAY)) == [
        *("card_revoked", "membership_ended", "withdrawn", "lent_to_another", "not_lent", "owner_does_not_lend", "in_library_only"),
        *("on_deposit", "set_aside", "loans_limit", "material_limit", "overdue"),
    ]


def test_reasons_carry_the_figures_their_sentences_name() -> None:
    standing = Standing(valid_to=YESTERDAY, lent=5, oldest_due=MONTH_AGO)
    ended, limit, late = refusals.check_out(Terms(loans_limit=5), standing, Copy(), today=TODAY)
    assert (ended.day, limit.limit, late.days) == (YESTERDAY, 5, 30)


@pytest.mark.parametrize(
    ("terms", "standing", "loan", "expected"),
    [
        ({}, {}, {}, []),
        ({}, {}, {"wanted": True}, ["taken_meanwhile"]),
        ({}, {}, {"done": 1}, ["renewals_used"]),
        ({"renewals": 2}, {}, {"done": 1}, []),
        ({}, {}, {"later": False}, ["not_later"]),
        ({}, {}, {"later": False, "done": 1}, ["renewals_used"]),
        ({}, {"valid_to": YESTERDAY}, {}, ["membership_ended"]),
        ({"renew_when_ended": True}, {"valid_to": YESTERDAY}, {}, []),
        ({"renew_when_ended": True}, {"valid_to": YESTERDAY, "card_revoked": True}, {}, ["card_revoked"]),
        ({}, {"oldest_due": MONTH_AGO}, {}, ["overdue"]),
        (
            {},
            {"oldest_due": MONTH_AGO, "valid_to": YESTERDAY},
            {"wanted": True, "done": 1},
            ["membership_ended", "taken_meanwhile", "renewals_used", "overdue"],
        ),
    ],
)
def test_a_renewal_is_refused_for(terms: dict[str, Any], standing: dict[str, Any], loan: dict[str, Any], expected: list[str]) -> None:
    asked = {"done": 0, "later": True, "wanted": False} | loan
    assert codes(refusals.renewal(Terms(**terms), Standing(**standing), **asked, today=TODAY)) == expected


@pytest.mark.parametrize(
    ("terms", "standing", "title", "expected"),
    [
        ({}, {}, {}, []),
        ({"holds_limit": 2}, {"holds": 1}, {}, []),
        ({"holds_limit": 2}, {"holds": 2}, {}, ["holds_limit"]),
        ({"holdable": False}, {}, {}, ["not_holdable"]),
        ({}, {}, {"lendable": 0}, ["nothing_to_lend"]),
        ({}, {}, {"on_hold": True}, ["already_on_hold"]),
        ({}, {}, {"lent": True}, ["already_lent"]),
        ({}, {}, {"pickup_possible": False}, ["pickup_not_possible"]),
        ({}, {"oldest_due": MONTH_AGO}, {}, ["overdue"]),
        ({}, {"member": False}, {}, ["not_a_member"]),
        (
            {"holdable": False, "holds_limit": 0},
            {"valid_to": YESTERDAY, "oldest_due": MONTH_AGO},
            {"lendable": 0, "on_hold": True, "lent": True, "pickup_possible": False},
            [
                *("membership_ended", "pickup_not_possible", "already_on_hold", "already_lent", "not_holdable", "nothing_to_lend"),
                *("holds_limit", "overdue"),
            ],
        ),
    ],
)
def test_a_hold_is_refused_for(terms: dict[str, Any], standing: dict[str, Any], title: dict[str, Any], expected: list[str]) -> None:
    assert codes(refusals.hold(Terms(**terms), Standing(**standing), Title(**title), today=TODAY)) == expected


def test_what_may_be_decided_against_is_exactly_this() -> None:
    assert {refusal.value for refusal in OVERRIDABLE} == {
        *("loans_limit", "material_limit", "overdue", "not_lent", "in_library_only", "lent_to_another", "set_aside", "wanted"),
        *("renewals_used", "taken_meanwhile", "holds_limit", "membership_ended"),
    }
    assert all(Reason(refusal).overridable == (refusal in OVERRIDABLE) for refusal in Refusal)


def test_every_refusal_has_words() -> None:
    assert set(WORDS) == set(Refusal)


@given(lent=st.integers(0, 40), limit=st.integers(0, 40), waiting=st.integers(0, 5), spare=st.integers(0, 5), revoked=st.booleans())
def test_more_against_a_reader_is_never_fewer_reasons(lent: int, limit: int, waiting: int, spare: int, revoked: bool) -> None:
    terms, copy = Terms(loans_limit=limit), Copy(waiting=waiting, spare=spare)
    standing = Standing(lent=lent, card_revoked=revoked)
    fewer = set(codes(refusals.check_out(terms, standing, copy, today=TODAY)))
    more = replace(standing, lent=lent + 1, valid_to=YESTERDAY)
    assert fewer <= set(codes(refusals.check_out(terms, more, replace(copy, waiting=waiting + 1), today=TODAY)))


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, ""),
        (date(2026, 11, 24), "0-6"),
        (date(2019, 11, 25), "0-6"),
        (date(2019, 11, 24), "7-12"),
        (date(2013, 11, 25), "7-12"),
        (date(2013, 11, 24), "13-15"),
        (date(2010, 11, 24), "16-18"),
        (date(2007, 11, 24), "19-22"),
        (date(2003, 11, 24), "23-29"),
        (date(1996, 11, 24), "30-39"),
        (date(1946, 11, 25), "70-79"),
        (date(1946, 11, 24), "80-"),
        (date(1900, 1, 1), "80-"),
        (date(2008, 2, 29), "16-18"),
    ],
)
def test_an_age_falls_into_a_band_on_the_birthday(born: date | None, band: str) -> None:
    assert age_band(born, TODAY) == band


@pytest.mark.parametrize(("due_on", "late"), [(TOMORROW, 0), (TODAY, 0), (YESTERDAY, 1), (MONTH_AGO, 30)])
def test_a_loan_is_late_from_the_day_after(due_on: date, late: int) -> None:
    assert days_late(due_on, TODAY) == late
