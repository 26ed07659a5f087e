"""Lending rules: which row wins, why, and what may be stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.rules.policies import LARGEST, RULES, Row, Rule, Scope, Terms, Value, applies, checked, explain, terms
from library.errors import Invalid

BRANCH, GROUP = 7, 3
HERE = Scope(BRANCH, GROUP, "pupil", "sound")
ANY = Scope()

# From the least to the most specific: branch before group before any, then category, then material.
LADDER = (
    ANY,
    Scope(material="sound"),
    Scope(category="pupil"),
    Scope(category="pupil", material="sound"),
    Scope(group_id=GROUP),
    Scope(group_id=GROUP, material="sound"),
    Scope(group_id=GROUP, category="pupil"),
    Scope(group_id=GROUP, category="pupil", material="sound"),
    Scope(branch_id=BRANCH),
    Scope(branch_id=BRANCH, material="sound"),
    Scope(branch_id=BRANCH, category="pupil"),
    Scope(branch_id=BRANCH, category="pupil", material="sound"),
)


@pytest.mark.parametrize("step", range(1, len(LADDER)))
def test_each_step_of_the_ladder_wins_over_all_below(step: int) -> None:
    rows = [Row(number, "loan_days", scope, 10 + number) for number, scope in enumerate(LADDER[: step + 1])]
    found = explain(reversed(rows), HERE)[Rule.LOAN_DAYS]
    assert found.value == 10 + step
    assert [row.id for row in found.rows] == list(range(step, -1, -1))
    assert found.won == rows[step]


@given(st.permutations(range(len(LADDER))), st.sets(st.integers(0, len(LADDER) - 1), min_size=1))
def test_the_more_specific_row_wins_in_whatever_order_they_come(order: list[int], chosen: set[int]) -> None:
    rows = [Row(number, "loan_days", LADDER[number], number) for number in order if number in chosen]
    assert terms(rows, HERE).loan_days == max(chosen)


@pytest.mark.parametrize(
    ("scope", "speaks"),
    [
        (ANY, True),
        (Scope(branch_id=BRANCH), True),
        (Scope(branch_id=8), False),
        (Scope(group_id=4), False),
        (Scope(category="teacher"), False),
        (Scope(material="book"), False),
        (Scope(branch_id=BRANCH, category="teacher"), False),
    ],
)
def test_a_row_speaks_only_where_it_was_meant_to(scope: Scope, speaks: bool) -> None:
    assert applies(Row(1, "loan_days", scope, 5), HERE) is speaks


def test_a_row_for_a_kind_says_nothing_of_what_is_unknown() -> None:
    row = Row(1, "loan_days", Scope(category="pupil"), 5)
    assert terms([row], Scope(BRANCH)).loan_days == 14


def test_every_rule_is_resolved_on_its_own() -> None:
    rows = [Row(1, "loan_days", Scope(branch_id=BRANCH), 7), Row(2, "loans_limit", Scope(category="pupil"), 3), Row(3, "renewals", ANY, 0)]
    found = terms(rows, HERE)
    assert (found.loan_days, found.loans_limit, found.renewals, found.holds_limit) == (7, 3, 0, 20)


def test_where_no_row_speaks_the_defaults_hold_and_say_so() -> None:
    assert terms([], HERE) == Terms()
    assert Terms() == Terms(**{rule.value: meaning.default for rule, meaning in RULES.items()})  # type: ignore[arg-type]
    assert all(found.won is None and found.rows == () for found in explain([], HERE).values())


@pytest.mark.parametrize(
    ("rule", "value", "material", "code"),
    [
        ("loan_dayz", 14, None, "rule_unknown"),
        ("loan_days", 0, None, "loan_days_zero"),
        ("loan_days", -1, None, "rule_wants_a_number"),
        ("loan_days", LARGEST + 1, None, "rule_wants_a_number"),
        ("loan_days", True, None, "rule_wants_a_number"),
        ("loan_days", "14", None, "rule_wants_a_number"),
        ("loan_days", 1.5, None, "rule_wants_a_number"),
        ("loan_days", None, None, "rule_wants_a_number"),
        ("lendable", 1, None, "rule_wants_yes_or_no"),
        ("lendable", "yes", None, "rule_wants_yes_or_no"),
        ("loans_limit", 5, "sound", "rule_not_by_material"),
        ("retention_days", 1, "book", "rule_not_by_material"),
    ],
)
def test_what_is_no_rule_is_not_stored(rule: str, value: object, material: str | None, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(rule, value, material=material)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("rule", "value", "material"),
    [
        ("loan_days", 1, "sound"),
        ("loan_days", LARGEST, None),
        ("lendable", False, "map"),
        ("retention_days", 0, None),
        ("loans_limit", 0, None),
    ],
)
def test_what_is_a_rule_is_stored_as_it_is(rule: str, value: Value, material: str | None) -> None:
    assert checked(rule, value, material=material) == (Rule(rule), value)
