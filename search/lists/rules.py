"""What a book list may be: its kinds and states, when it is shown and to whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from library.errors import N_, Conflict, Invalid

LONGEST_TITLE = 100
LONGEST_WORDS = 2000
LONGEST_NOTE = 300
MOST_LINES = 500
LANGUAGES = ("ja", "en")

Translated = Mapping[str, str]


class Kind(StrEnum):
    DISPLAY = "display"  # 展示: stands somewhere for some weeks
    GRADE = "grade"
    THEME = "theme"
    NEW = "new"


class Circle(StrEnum):
    """Who may see a list."""

    EVERYONE = "everyone"
    OWN = "own"  # those who belong to its organisation or work there


class Grade(StrEnum):
    """For whom its books are meant; anybody else may read them too."""

    LOWER = "lower"
    MIDDLE = "middle"
    UPPER = "upper"
    JUNIOR_HIGH = "junior_high"


class State(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ENDED = "ended"


class Act(StrEnum):
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    END = "end"


class Standing(StrEnum):
    """Where a list stands on a day."""

    DRAFT = "draft"
    COMING = "coming"
    CURRENT = "current"
    ENDED = "ended"


NEXT: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.PUBLISH): State.PUBLISHED,
    (State.PUBLISHED, Act.WITHDRAW): State.DRAFT,
    (State.PUBLISHED, Act.END): State.ENDED,
    (State.ENDED, Act.PUBLISH): State.PUBLISHED,
}


def after(state: State, act: Act) -> State:
    """Raises Conflict for an act that does not fit."""
    found = NEXT.get((state, act))
    if found is None:
        raise Conflict("list_state", N_("このリストは、いまその操作ができません。画面を読みなおしてください。"), state=state.value)
    return found


def standing(state: State, shown_from: date | None, shown_to: date | None, *, today: date) -> Standing:
    """A published list is shown from its first day to its last, both included; without a last day until somebody ends it."""
    if state is State.DRAFT:
        return Standing.DRAFT
    if state is State.ENDED or (shown_to is not None and shown_to < today):
        return Standing.ENDED
    return Standing.COMING if shown_from is not None and shown_from > today else Standing.CURRENT


@dataclass(frozen=True)
class Details:
    """What is said of a list as a whole. Translations have "ja"; where nothing is said it is empty."""

    kind: Kind
    title: Translated
    words: Translated
    audience: Circle = Circle.EVERYONE
    grade: Grade | None = None
    place: Translated | None = None
    shown_from: date | None = None
    shown_to: date | None = None


def checked(said: Details) -> Details:
    """The details with texts trimmed. Raises Invalid naming the field at fault."""
    title, words, place = (translated(one) for one in (said.title, said.words, said.place or {}))
    if not title["ja"]:
        raise Invalid("list_title_missing", N_("リストの名前を入れてください。"), where="title")
    for where, texts, longest in (("title", title, LONGEST_TITLE), ("words", words, LONGEST_WORDS), ("place", place, LONGEST_TITLE)):
        check_length(texts, longest, where=where)
    if said.kind is Kind.GRADE and said.grade is None:
        raise Invalid("list_grade_missing", N_("どの学年へのおすすめかを選んでください。"), where="grade")
    if said.shown_from and said.shown_to and said.shown_to < said.shown_from:
        raise Invalid("list_days", N_("終わりの日は、始まりの日より後にしてください。"), where="shown_to")
    return Details(said.kind, title, words, said.audience, said.grade, place, said.shown_from, said.shown_to)


def translated(texts: Translated) -> dict[str, str]:
    """Trimmed texts by language; Japanese is always there, another language only where something is said in it."""
    trimmed = {language: texts.get(language, "").strip() for language in LANGUAGES}
    return {language: text for language, text in trimmed.items() if text or language == "ja"}


def check_length(texts: Translated, longest: int, *, where: str) -> None:
    if any(len(text) > longest for text in texts.values()):
        raise Invalid("text_long", N_("{limit}文字までにしてください。"), where=where, limit=longest)
