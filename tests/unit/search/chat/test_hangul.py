"""Names of places as Korean writes them."""

from __future__ import annotations

import pytest

from search.chat.hangul import hangul


@pytest.mark.parametrize(
    ("reading", "korean"),
    [
        ("ひなただい", "히나타다이"),
        ("チュウオウ", "주오"),
        ("とうきょう", "도쿄"),
        ("おおさか", "오사카"),
        ("さっぽろ", "삿포로"),
        ("ほんまち", "혼마치"),
        ("ひろお", "히로오"),
        ("きたがわ", "기타가와"),
        ("ん", ""),
        ("north", ""),
        ("", ""),
    ],
)
def test_a_reading_is_written_in_hangul_by_the_rule(reading: str, korean: str) -> None:
    assert hangul(reading) == korean
