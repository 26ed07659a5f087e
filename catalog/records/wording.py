"""Descriptions in words: what each field says as lines to read, and where two descriptions differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from catalog import ndc
from catalog.description import Agent, ClassNumber, Description, Isbn, Subject
from catalog.matching.normal import key
from catalog.records import labels
from catalog.records.composing import spoken_name
from library.errors import N_

Translate = Callable[[str], str]

# What a reader's eye looks for first; the fields of `labels.FIELDS` with the title taken apart.
NAMES: dict[str, str] = {
    "title": labels.FIELDS["title"],
    "reading": N_("書名の読み"),
    "volume": N_("巻次"),
    "responsibility": N_("責任表示"),
    **{name: label for name, label in labels.FIELDS.items() if name != "title"},
}


_TELLING = frozenset(
    ("title", "volume", "responsibility", "edition", "publisher", "published", "year", "extent", "size", "material", "isbns", "nbn")
)


class Compared(NamedTuple):
    """One field of two descriptions side by side."""

    name: str
    label: str
    left: list[str]
    right: list[str]
    differs: bool

    @property
    def decides(self) -> bool:
        """Whether one looks here first to tell two publications apart."""
        return self.differs or self.name in _TELLING


def lines_of(description: Description, translate: Translate) -> dict[str, list[str]]:
    """Field → what it says, a line for each thing; fields that say nothing are left out."""
    title = description.title
    found: dict[str, list[str]] = {
        "title": [" : ".join(filter(None, (title.main, title.rest)))],
        "reading": [" : ".join(filter(None, (title.reading, title.rest_reading)))],
        "volume": [title.volume],
        "responsibility": [title.responsibility],
        "other_titles": [" : ".join(filter(None, (one.main, one.rest))) for one in description.other_titles],
        "agents": [_agent(one) for one in description.agents],
        "year": [str(description.year or "")],
        "material": [translate(labels.MATERIALS[description.material])],
        "language": [_language(description.language, translate)],
        "original_language": [_language(description.original_language, translate)],
        "audience": [translate(labels.AUDIENCES[description.audience])] if description.audience else [],
        "series": [" ; ".join(filter(None, (one.title, one.volume))) for one in description.series],
        "subjects": [_subject(one) for one in description.subjects],
        "classes": [_class_number(one, translate) for one in description.classes],
        "isbns": [_isbn(one, translate) for one in description.isbns],
        "issns": list(description.issns),
        "notes": [f"{translate(labels.NOTE_KINDS.get(one.kind, one.kind))}: {one.text}" for one in description.notes],
        "links": [f"{one.label} {one.url}".strip() for one in description.links],
    }
    for name in ("edition", "place", "publisher", "publisher_reading", "published", "extent", "size", "nbn", "lccn", "accompanying"):
        found[name] = [getattr(description, name)]
    return {name: kept for name in NAMES if (kept := [line for line in found[name] if line])}


def compared(left: Description, right: Description, translate: Translate) -> list[Compared]:
    """Fields that either side says. Width, case and punctuation are no difference; neither is what only one side says."""
    of_left, of_right = lines_of(left, translate), lines_of(right, translate)
    return [
        Compared(name, label, of_left.get(name, []), of_right.get(name, []), _differ(of_left.get(name, []), of_right.get(name, [])))
        for name, label in NAMES.items()
        if name in of_left or name in of_right
    ]


def _differ(left: list[str], right: list[str]) -> bool:
    return bool(left and right) and {key(line) for line in left} != {key(line) for line in right}


def changed_lines(changes: Mapping[str, Any], translate: Translate) -> list[tuple[str, str, str]]:
    """A history's changes as (label, before, after) in words."""
    found: list[tuple[str, str, str]] = []
    for name, pair in changes.items():
        before, after = (lines_of(_only(name, value), translate) for value in pair)
        for part in ("title", "reading", "volume", "responsibility") if name == "title" else (name,):
            was, now = "、".join(before.get(part, [])), "、".join(after.get(part, []))
            if was != now:
                found.append((NAMES[part], was, now))
    return found


def _only(name: str, value: Any) -> Description:
    return msgspec.convert({name: value}, Description)


def _agent(agent: Agent) -> str:
    reading = f"（{agent.reading}）" if agent.reading else ""
    return " ".join(filter(None, (spoken_name(agent) + reading, agent.role, agent.dates)))


def _subject(subject: Subject) -> str:
    return f"{subject.term}（{subject.reading}）" if subject.reading else subject.term


def _class_number(number: ClassNumber, translate: Translate) -> str:
    scheme = translate(labels.CLASS_SCHEMES.get(f"{number.scheme}:{number.edition}", number.scheme.upper()))
    words = ndc.label(number.number) if number.scheme == "ndc" else ""
    return " ".join(filter(None, (number.number, words, f"[{scheme}]")))


def _isbn(isbn: Isbn, translate: Translate) -> str:
    whole = translate(N_("セットの番号")) if isbn.whole_set else ""
    return " ".join(filter(None, (isbn.number, isbn.qualifier, whole)))


def _language(code: str, translate: Translate) -> str:
    return translate(labels.LANGUAGES[code]) if code in labels.LANGUAGES else code
