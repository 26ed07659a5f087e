"""What differs between two versions of an entry, line by line. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from search.procedures.content import LANGUAGES, Content


class Side(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Part:
    """A part of an entry that differs: `kind` text, says, buttons or validity; `language` where there is one."""

    kind: str
    language: str
    lines: tuple[tuple[Side, str], ...]


def between(older: Content, newer: Content) -> tuple[Part, ...]:
    """The parts that differ, in the order of the form."""
    pairs = zip(_parts(older), _parts(newer), strict=True)
    return tuple(Part(kind, language, tuple(_lines(before, after))) for (kind, language, before), (_, _, after) in pairs if before != after)


def _parts(content: Content) -> Iterator[tuple[str, str, list[str]]]:
    for language in LANGUAGES:
        text = content.texts.get(language)
        yield "text", language, [text.title, *text.body.split("\n")] if text else []
    for language in LANGUAGES:
        yield "says", language, list(content.says.get(language, ()))
    yield "buttons", "", [f"{one.path} {' / '.join(one.label.values())}" for one in content.buttons]
    days = f"{content.valid_from or ''} – {content.valid_to or ''}"
    yield "validity", "", [content.topic.value, days, *content.branches]


def _lines(before: list[str], after: list[str]) -> Iterator[tuple[Side, str]]:
    signs = {" ": Side.SAME, "-": Side.GONE, "+": Side.NEW}
    for line in difflib.ndiff(before, after):
        if line[0] in signs:
            yield signs[line[0]], line[2:]
