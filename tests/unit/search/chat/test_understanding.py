"""What people say is understood: the judged set, and rules that it rests on."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from library import i18n
from search.chat.plan import Before, Intent, Said, Slots
from search.chat.rules import understood
from search.chat.tongues import LANGUAGES, detect, fold
from search.chat.topics import Kind, rows
from tests.unit.search.chat.judged import TODAY, answered, judged, said, wrong
from tests.unit.test_texts import said as every_text


def test_ninety_seven_of_a_hundred_utterances_are_understood_and_nine_of_ten_in_every_language() -> None:
    right, every = Counter[str](), Counter[str]()
    for one in judged():
        misses = wrong(one, answered(one))
        every.update((one.language, one.half))
        if not misses:
            right.update((one.language, one.half))
        else:
            print(f"{one.language}: {one.text}: {', '.join(misses)}")
    for name in (*LANGUAGES, "tune", "held"):
        print(f"{name}: {right[name]} of {every[name]} right")
    assert min(every[language] for language in LANGUAGES) >= 25
    assert sum(right[language] for language in LANGUAGES) >= 0.97 * sum(every[language] for language in LANGUAGES)
    assert all(right[language] >= 0.9 * every[language] for language in LANGUAGES)


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("恐竜の本", None, "ja"),
        ("有没有恐龙的书", "ja", "zh"),
        ("有沒有恐龍的書", None, "zh"),
        ("想续借", "ja", "zh"),
        ("공룡 책", "ja", "ko"),
        ("what's due?", "ja", "en"),
        ("三国志", "zh", "zh"),
        ("三国志", None, "ja"),
        ("Python", "ja", "ja"),
        ("9784990000004", None, "ja"),
        ("", None, "ja"),
    ],
)
def test_the_language_is_heard_from_letters_and_little_words(text: str, hint: str | None, language: str) -> None:
    assert detect(text, hint) == language


def test_every_topic_has_a_name_in_every_language_and_a_class() -> None:
    assert len({row.key for row in rows()}) == len(rows())
    for row in rows():
        assert all(row.forms[language] for language in LANGUAGES), row.key
        assert bool(row.ndc) is (row.kind is not Kind.NAME), row.key


def test_chinese_in_traditional_characters_is_looked_up_in_simplified_ones() -> None:
    assert fold("有沒有關於恐龍的書", "zh") == "有没有关于恐龙的书"


@pytest.mark.parametrize(
    "text", ["", "?", "🦖", "\x00", "a" * 5000, "「" * 400, "の" * 400, "' OR 1=1 --", "﷽" * 100, "\ud800", "見たい" * 130, "book " * 80]
)
def test_nonsense_makes_a_plan_too(text: str) -> None:
    assert understood(said(text)).intent in Intent


def test_an_entry_of_the_guide_that_fits_well_is_the_answer() -> None:
    asked = said("子どもカードの名前を直したい")
    assert understood(asked).intent is not Intent.PROCEDURE
    sure = msgspec.structs.replace(asked, procedures={"change-of-name": 0.9, "lost-card": 0.1})
    assert understood(sure).slots.procedure == "change-of-name"


def test_more_turns_the_page_of_what_was_asked_before() -> None:
    first = understood(said("恐竜の本"))
    second = understood(said("もっと", Before(plan=first)))
    assert (second.slots, second.page) == (first.slots, 2)


def test_that_book_is_the_first_one_shown() -> None:
    before = Before(plan=understood(said("恐竜の本")), records=(12, 13))
    asked = understood(said("その本はいま借りられますか", before))
    assert (asked.intent, asked.slots) == (Intent.IS_AVAILABLE, Slots(record=12))


def test_a_day_that_is_named_is_the_next_of_its_name() -> None:
    for text, day in (
        ("2月29日は開いていますか", None),
        ("11月23日は休みですか", "2027-11-23"),
        ("元日は開いていますか", "2027-01-01"),
        ("火曜日は開いてる？", "2026-11-24"),
    ):
        found = understood(Said(text=text, language="ja", today=TODAY)).slots.day
        assert (found.isoformat() if found else None) == day


def test_the_conversation_speaks_four_languages() -> None:
    spoken = {text for text, path in every_text() if path.startswith("search/chat/")}
    assert len(spoken) > 80
    for language in ("en", "zh", "ko"):
        known = i18n.texts(language).texts
        assert sorted(text for text in spoken if text not in known) == [], language
