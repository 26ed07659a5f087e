"""What a record gives to suggest: its title, its authors, series and subjects, each as shown, with its reading. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.description import Agent, Description, Subject
from catalog.records.composing import spoken_name
from library.kana import is_kana
from search.index import headings
from search.index.document import Phrase
from search.text.normal import norm

TITLE, AUTHOR, SERIES, SUBJECT = KINDS = ("title", "author", "series", "subject")
_LONGEST = 160  # characters; what is longer is no suggestion but an abstract
_LONGEST_KEY = 120


def of(said: Description) -> tuple[Phrase, ...]:
    """Each phrase once. A subject with subdivisions gives its first parts too."""
    found = [*_title(said), *(phrase for agent in said.agents for phrase in _author(agent))]
    for series in said.series:
        found += _phrase(SERIES, headings.key(headings.Kind.SERIES, series.title), series.title, series.reading)
    for subject in said.subjects:
        found += _subject(subject)
    once: dict[str, Phrase] = {}
    for phrase in found:
        once.setdefault(phrase.key, phrase)
    return tuple(once.values())


def title_key(title: str) -> str:
    """Twenty editions of a title are one phrase."""
    return f"ti:{norm(title)}"[:_LONGEST_KEY]


def _title(said: Description) -> Iterator[Phrase]:
    title = said.title
    return _phrase(TITLE, title_key(title.main), title.main, title.reading)


def _author(agent: Agent) -> Iterator[Phrase]:
    return _phrase(AUTHOR, headings.key(headings.Kind.AUTHOR, agent.name), _shown(agent), agent.reading, agent.name)


def _subject(subject: Subject) -> Iterator[Phrase]:
    parts = headings.leading_parts(subject.term)
    readings = headings.leading_parts(subject.reading) if subject.reading else ()
    for at, part in enumerate(parts):
        reading = readings[at] if len(readings) == len(parts) else ""
        yield from _phrase(SUBJECT, headings.key(headings.Kind.SUBJECT, part), part, reading)


def _phrase(kind: str, key: str, text: str, reading: str, heading: str = "") -> Iterator[Phrase]:
    shown = " ".join(text.split())
    if shown and len(shown) <= _LONGEST and not key.endswith(":"):
        yield Phrase(kind, key, shown, " ".join(reading.split())[:_LONGEST], "" if heading == shown else heading)


def _shown(agent: Agent) -> str:
    """As spoken; a foreign name in kana with the dot that parts its words: ルイス・キャロル."""
    family, comma, given = (part.strip() for part in agent.name.partition(","))
    if agent.kind == "person" and comma and given and is_kana(family) and is_kana(given):
        return f"{given}・{family}"
    return spoken_name(agent)
