"""What stands below a card: the next things to do, which other rooms know and give when the service is put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from library import i18n
from library.db import Reading
from library.identity.viewer import Viewer

Value = str | int | date | Mapping[str, str]
Nearness = Literal["here", "near", "wait", "away", "none"]


@dataclass(frozen=True)
class Words:
    """A msgid with `{names}` of its fields; days, numbers and translated names are written in the reader's language.

    With `many` the sentence is for one and `many` for other numbers, chosen by the field `count`.
    """

    sentence: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    many: str = ""


@dataclass(frozen=True)
class Line:
    """One thing to do: how many and until when, where it leads, and a mark (its shape and word). No titles: a phone is seen by others."""

    title: Words
    href: str
    detail: Words | None = None
    mark: tuple[Nearness, Words] | None = None


Lines = Callable[[Reading, Viewer, int], Awaitable[Sequence[Line]]]
"""Gives the lines for one person (by id) who is the viewer or a child in the viewer's care. It is asked within a reading transaction."""


@dataclass(frozen=True)
class Said:
    """A line in the reader's language."""

    title: str
    href: str
    detail: str = ""
    nearness: Nearness = "none"
    mark: str = ""


def said(line: Line, texts: i18n.Texts) -> Said:
    nearness, mark = line.mark or ("none", None)
    return Said(
        title=_worded(line.title, texts),
        href=line.href,
        detail=_worded(line.detail, texts) if line.detail else "",
        nearness=nearness,
        mark=_worded(mark, texts) if mark else "",
    )


def _worded(words: Words, texts: i18n.Texts) -> str:
    count = words.fields.get("count")
    sentence = texts.gettext(words.sentence)
    if words.many and isinstance(count, int):
        sentence = texts.ngettext(words.sentence, words.many, count)
    locale = i18n.locale(texts.language)

    def shown(value: Value) -> str:
        if isinstance(value, Mapping):
            return i18n.in_language(value, texts.language)
        if isinstance(value, date):
            return format_skeleton("MMMEd", value, locale=locale)  # 12月1日(火): near enough to need no year
        return format_decimal(value, locale=locale) if isinstance(value, int) else value

    return sentence.format(**{name: shown(value) for name, value in words.fields.items()})
