"""Individual Numbers are known by their check digit wherever they are typed, and few other numbers are."""

from __future__ import annotations

import random

import pytest

from library.identity import mynumber


@pytest.mark.parametrize(
    "text",
    [
        "123456789018",
        "1234 5678 9018",
        "1234-5678-9018",
        "１２３４５６７８９０１８",
        "1234－5678－9018",
        "1234‐5678ー9018",
        "1234　5678　9018",
        "番号は123456789018です",
        "1234\n5678\n9018",
        "1234\u200b56789018",
        "1234\u00ad56789018",
        "1234  5678 - 9018",
        "1234/5678/9018",
        "123 456 789 018",
        "123456-789018",
        "1 2 3 4 5 6 7 8 9 0 1 8",
    ],
)
def test_a_number_is_found_in_any_width_and_spacing(text: str) -> None:
    assert mynumber.occurs_in(text)


@pytest.mark.parametrize(
    "text",
    ["", "123456789019", "03-1234-5678", "9784774183923", "12345678901", "1234567890180", "0123456789018", "2015-04-02", "1234 5678 901"],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not mynumber.occurs_in(text)


def test_about_one_in_eleven_other_numbers_of_twelve_digits_looks_the_same() -> None:
    dice = random.Random(20270801)
    hits = sum(mynumber.is_valid(f"{dice.randrange(10**12):012d}") for _ in range(20_000))
    assert 0.07 < hits / 20_000 < 0.13
