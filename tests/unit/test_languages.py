"""Which language a browser is spoken to in."""

from __future__ import annotations

import pytest

from library.i18n import SPOKEN, negotiated


@pytest.mark.parametrize(
    ("header", "page", "talk"),
    [
        (None, "ja", "ja"),
        ("ja,en;q=0.8", "ja", "ja"),
        ("en-GB,ja;q=0.5", "en", "en"),
        ("zh-CN", "en", "zh"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "en", "zh"),
        ("ko-KR,ko;q=0.9", "en", "ko"),
        ("ko-KR,ja;q=0.5", "ja", "ko"),
        ("fr", "ja", "ja"),
        ("*;q=zz,,;", "ja", "ja"),
    ],
)
def test_a_reader_of_chinese_or_korean_is_answered_in_it_on_an_english_page(header: str | None, page: str, talk: str) -> None:
    assert negotiated(header) == page
    assert negotiated(header, SPOKEN) == talk
