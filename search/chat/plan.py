"""What is said and what is to be done about it, as plain values: the planner stands between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Protocol

import msgspec


class Intent(StrEnum):
    """What somebody wants. The chat changes nothing: for renewing it shows the page."""

    FIND_BOOKS = "find_books"
    KNOWN_ITEM = "known_item"
    WHERE_IS = "where_is"
    IS_AVAILABLE = "is_available"
    NEW_ARRIVALS = "new_arrivals"
    RECOMMEND_LIKE = "recommend_like"
    OPENING_HOURS = "opening_hours"
    IS_OPEN = "is_open"
    PROCEDURE = "procedure"
    MY_LOANS = "my_loans"
    MY_HOLDS = "my_holds"
    RENEW_HOW = "renew_how"
    HUMAN = "human"
    GREETING = "greeting"
    THANKS = "thanks"
    OFF_TOPIC = "off_topic"
    UNSAFE = "unsafe"
    UNKNOWN = "unknown"


ABOUT_BOOKS = frozenset(
    {Intent.FIND_BOOKS, Intent.KNOWN_ITEM, Intent.WHERE_IS, Intent.IS_AVAILABLE, Intent.NEW_ARRIVALS, Intent.RECOMMEND_LIKE}
)
# Answered here whatever planner is set: what a person has borrowed never leaves the house, nor does a call for help.
OWN_HOUSE = frozenset({Intent.MY_LOANS, Intent.MY_HOLDS, Intent.RENEW_HOW, Intent.HUMAN, Intent.GREETING, Intent.THANKS, Intent.UNSAFE})


class Slots(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`words`: title, author or name to search for; `typed`: all that said which books, as it was written.

    `topics`: keys of the table; `subject`: the topic's Japanese word.
    `grade`: P1-P6, J1-J3, H1-H3, E (before school), low, middle, high. `branch`: a code; `near`: one's own school or usual branch.
    `record`: one that was shown before.
    """

    words: str = ""
    typed: str = ""
    topics: tuple[str, ...] = ()
    subject: str = ""
    ndc: tuple[str, ...] = ()
    audience: str = ""
    grade: str = ""
    branch: str = ""
    near: bool = False
    available: bool = False
    material: str = ""
    language: str = ""
    volume: str = ""
    sort: str = ""
    day: date | None = None
    procedure: str = ""
    record: int | None = None

    @property
    def names_books(self) -> bool:
        """Whether it says which books, and not only how to narrow them."""
        return bool(self.words or self.topics or self.ndc or self.record)


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What to do. `page` counts from 1: what 「もっと」 turns.

    `told`: the words of a planner that is not ours, held against what it was shown before they come here; `cited`: the records it named.
    """

    intent: Intent
    slots: Slots = Slots()
    page: int = 1
    told: str = ""
    cited: tuple[int, ...] = ()
    planner: str = "rules"


class PlaceName(msgspec.Struct, frozen=True):
    """A branch by every name it goes by."""

    code: str
    names: tuple[str, ...]


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """What was said and what was answered, as far as it may be carried along."""

    said: str
    answered: str


class Before(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the conversation came to so far; the caller carries it, nothing of it is kept here."""

    plan: Plan | None = None
    records: tuple[int, ...] = ()
    stuck: int = 0  # answers in a row that led nowhere
    turns: tuple[Turn, ...] = ()


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance with all that is needed to understand it. `procedures`: how well each entry of the guide answers it."""

    text: str
    language: str
    today: date
    places: tuple[PlaceName, ...] = ()
    before: Before = Before()
    procedures: Mapping[str, float] = {}


class Planner(Protocol):
    """Turns what is said into a plan. Whoever implements it decides nothing about books, rules or people: it only says what to ask for."""

    async def plan(self, said: Said) -> Plan: ...
