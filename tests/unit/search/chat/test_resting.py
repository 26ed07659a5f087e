"""What leaves for a planner elsewhere, and which of its words are believed."""

from __future__ import annotations

import pytest

from search.chat import carried
from search.chat.elsewhere.checking import rests_on
from search.chat.elsewhere.hiding import HIDDEN, hidden
from search.chat.plan import Before, Intent, Plan, Turn

SHOWN = '{"id":"12","title":"森の虫たち","hours":[["09:00","20:00"]],"body":"本は10冊まで、2週間借りられます。"}'


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("「森の虫たち」があります。", True),
        ("9時から20時まで開いています。", True),
        ("10冊まで、二週間借りられます。", True),
        ("You may borrow 10 books for two weeks.", True),
        ("「森の虫たち」と「海の虫たち」があります。", False),
        ("12冊まで、三週間借りられます。", False),
        ("三週間借りられます。", False),
        ("You may borrow them for four weeks.", False),
        ("21時まで開いています。", False),
        ("ハリーポッターがあります。", False),
        ("Try The Very Hungry Caterpillar.", False),
        ("https://example.com を見てください。", False),
        ("", False),
        ("虫" * 900, False),
    ],
)
def test_words_are_believed_where_a_source_holds_them(text: str, holds: bool) -> None:
    assert rests_on(text, SHOWN, "虫の本ありますか") is holds


@pytest.mark.parametrize(
    "text",
    [
        "1000000001",
        "１０００ ００００ ０１",
        "1000‐0000‐01",
        "03(1234)5678",
        "+81 90-1234-5678",
        "taro@example.jp",
        "山田 太郎",
        "太郎",
        "1980-04-01",
    ],
)
def test_numbers_addresses_and_names_are_taken_out(text: str) -> None:
    assert hidden(text, ("山田 太郎",)) == HIDDEN


def test_a_grade_and_a_year_stay() -> None:
    assert hidden("小学3年、2011年の本") == "小学3年、2011年の本"


def test_the_memory_opens_only_with_its_key_and_unchanged() -> None:
    before = Before(plan=Plan(intent=Intent.FIND_BOOKS), records=(1, 2), turns=(Turn("虫の本", "12点"),))
    letters = carried.sealed(before, b"k" * 32)
    assert carried.opened(letters, b"k" * 32) == before
    for changed in (letters[:-2], "A" + letters[1:], letters + "A" * 9000, "", "あ", "====", letters[5:]):
        assert carried.opened(changed, b"k" * 32) == Before()
    assert carried.opened(letters, b"x" * 32) == Before()
