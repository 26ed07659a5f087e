"""What a conversation carries along always fits into what is taken back."""

from __future__ import annotations

import random

from search.chat import carried
from search.chat.handing import transcript
from search.chat.plan import Before, Intent, Plan
from search.questions.worklist import LONGEST_SAID

KEY = b"k" * 32


def test_a_memory_that_would_be_too_long_lets_go_of_what_was_said_first() -> None:
    chance = random.Random(1)
    before = Before()
    for _ in range(carried.MOST_TURNS):
        said, answered = ("".join(chr(chance.randrange(0x20000, 0x2A6D0)) for _ in range(400)) for _ in range(2))
        before = carried.grown(before, said=said, answered=answered, plan=Plan(intent=Intent.FIND_BOOKS), records=(1,), stuck=False)
    text = carried.sealed(before, KEY)
    kept = carried.opened(text, KEY)
    assert len(text) <= carried.LONGEST
    assert 0 < len(kept.turns) < carried.MOST_TURNS
    assert kept.turns == before.turns[-len(kept.turns) :]
    assert kept.records == (1,)


def test_the_staff_gets_the_last_of_a_long_conversation() -> None:
    before = Before()
    for number in range(carried.MOST_TURNS):
        before = carried.grown(before, said=f"{number}" + "あ" * 399, answered="", plan=None, records=(), stuck=False)
    told = transcript(before, "電話をください")
    assert len(told) <= LONGEST_SAID
    assert told.startswith("2")
    assert told.endswith("電話をください")
