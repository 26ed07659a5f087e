"""The shelf that words name, for a search that finds no title."""

from __future__ import annotations

import pytest

from search.asking.classes import nearest
from search.asking.query import parse


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("昆虫", "486"),
        ("こんちゅう", "486"),
        ("konchuu", "486"),
        ("昆虫図鑑", "486"),
        ("森の昆虫", "486"),
        ("zzqq 昆虫", "486"),
        ("恐竜のひみつ", "457.87"),
        ("電車の歴史", "546.5"),
        ("料理", "596"),
        ("ほげほげんちょ", None),
        ("zzqqxxyy", None),
        ("の", None),
        ("", None),
        ("9784990000004", None),
    ],
)
def test_words_lead_to_the_shelf_that_they_name(typed: str, number: str | None) -> None:
    found = nearest(parse(typed))
    assert (found.number if found else None) == number
