"""ISBN and volume numbers in the forms in which they are typed and catalogued."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.text import isbn13, split_volume, volume_token


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("9784003101018", "9784003101018"),
        ("978-4-00-310101-8", "9784003101018"),
        ("ISBN978-4-00-310101-8", "9784003101018"),
        ("ISBN-13: 978 4 00 310101 8", "9784003101018"),
        ("４００３１０１０１４", "9784003101018"),
        ("4-00-310101-4", "9784003101018"),
        ("０８０４４２９５７x", "9780804429573"),
        ("9784003101019", None),
        ("4003101015", None),
        ("1234567890123", None),
        ("400310101", None),
        ("銀河鉄道", None),
        ("", None),
    ],
)
def test_an_isbn_in_any_dress_is_thirteen_verified_digits(typed: str, number: str | None) -> None:
    assert isbn13(typed) == number


@given(st.integers(0, 10**9 - 1))
def test_both_lengths_of_an_isbn_are_one_number(body: int) -> None:
    nine = f"{body:09d}"
    check = (11 - sum(int(d) * (10 - at) for at, d in enumerate(nine)) % 11) % 11
    long = isbn13(nine + ("X" if check == 10 else str(check)))
    assert long is not None
    assert long.startswith("978" + nine)
    assert isbn13(long) == long


@pytest.mark.parametrize(
    ("said", "token"),
    [
        ("第3巻", "v3"),
        ("(3)", "v3"),
        ("３", "v3"),
        ("③", "v3"),
        ("三", "v3"),
        ("第十二巻", "v12"),
        ("二十三", "v23"),
        ("一二", "v12"),
        ("Ⅲ", "v3"),
        ("iv", "v4"),
        ("Vol.3", "v3"),
        ("vol. 03", "v3"),
        ("No.5", "v5"),
        ("上", "v上"),
        ("下巻", "v下"),
        ("続編", "v続"),
        ("iiii", None),
        ("三四郎", None),
        ("鬼滅の刃", None),
        ("", None),
    ],
)
def test_a_volume_statement_is_one_token(said: str, token: str | None) -> None:
    assert volume_token(said) == token


@pytest.mark.parametrize(
    ("title", "rest", "token"),
    [
        ("鬼滅の刃23巻", "鬼滅の刃", "v23"),
        ("鬼滅の刃 23", "鬼滅の刃", "v23"),
        ("鬼滅の刃23", "鬼滅の刃", "v23"),
        ("鬼滅の刃(23)", "鬼滅の刃", "v23"),
        ("鬼滅の刃 第二十三巻", "鬼滅の刃", "v23"),
        ("坊っちゃん 上", "坊っちゃん", "v上"),
        ("坊っちゃん 下巻", "坊っちゃん", "v下"),
        ("Harry Potter Vol.3", "harry potter", "v3"),
        ("三四郎", "三四郎", None),
        ("1984", "1984", None),
        ("23巻", "23巻", None),
        ("二十四の瞳", "二十四の瞳", None),
        ("こころ", "こころ", None),
    ],
)
def test_a_volume_glued_to_a_title_comes_off(title: str, rest: str, token: str | None) -> None:
    assert split_volume(title) == (rest, token)
