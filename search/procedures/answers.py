"""Entries as readers and the conversation get them: in a language, with their facts filled in, and matched to what somebody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from library.db import Reading
from library.i18n import in_language
from library.identity.viewer import Viewer
from search.procedures import facts, matching, store, wording
from search.procedures.content import Content, Topic
from search.procedures.facts import Facts
from search.procedures.matching import ENOUGH

TRIED = 8  # entries shown to whoever tries


@dataclass(frozen=True)
class AnswerButton:
    """A way on; `path` is a page of this service or begins with https://."""

    label: str
    path: str


@dataclass(frozen=True)
class Answer:
    """An entry as it is shown. `language` is that of the text, Japanese where nobody translated it (`is_translated` is false then)."""

    key: str
    title: str
    body_html: str
    body_text: str
    buttons: tuple[AnswerButton, ...]
    language: str
    is_translated: bool


@dataclass(frozen=True)
class Entry:
    """A published entry for a viewer and a language; its answer is composed when asked for."""

    key: str
    organisation_id: int
    content: Content
    language: str
    facts: Facts
    checked_on: date | None

    @property
    def topic(self) -> Topic:
        return self.content.topic

    @property
    def says(self) -> Mapping[str, tuple[str, ...]]:
        """What people say when they mean it, by language."""
        return self.content.says

    @property
    def branches(self) -> tuple[str, ...]:
        """Codes of the branches where it applies; none means everywhere."""
        return self.content.branches

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it can be read in."""
        return tuple(self.content.texts)

    @property
    def title(self) -> str:
        return self.content.texts[self._spoken].title

    @property
    def _spoken(self) -> str:
        return self.language if self.language in self.content.texts else "ja"

    @cached_property
    def answer(self) -> Answer:
        spoken = self._spoken
        body = wording.filled(self.content.texts[spoken].body, self.facts.values(spoken))
        return Answer(
            key=self.key,
            title=self.title,
            body_html=wording.html(body),
            body_text=wording.plain(body),
            buttons=tuple(AnswerButton(in_language(one.label, spoken), one.path) for one in self.content.buttons),
            language=spoken,
            is_translated=spoken == self.language,
        )


@dataclass(frozen=True)
class Match:
    """An entry that words may mean; `score` from matching.ENOUGH to 1."""

    entry: Entry
    score: float


@dataclass(frozen=True)
class Tried:
    """Why an entry answers or does not: the likest of its own lines, and the letters both share."""

    entry: Entry
    score: float
    line: str
    shared: tuple[str, ...]


async def all_for(session: Reading, *, viewer: Viewer, language: str, on: date) -> tuple[Entry, ...]:
    """Every published entry that holds on a day for this viewer: the ward's and those of the viewer's schools.

    A school's entry stands in for the ward's of the same key.
    """
    found = await store.published(session, viewer.organisation_ids, on=on)
    names = {name for one in found for text in one.content.texts.values() for name in wording.named(text.body)}
    known = await facts.gathered(session, on=on, names=names)
    of = {number: known.of(number) for number in {one.organisation_id for one in found}}
    return tuple(Entry(one.key, one.organisation_id, one.content, language, of[one.organisation_id], one.checked_on) for one in found)


def match(entries: Sequence[Entry], text: str, language: str) -> tuple[Match, ...]:
    """The entries that words ask for, the surest first; none when the words do not say enough."""
    scored = matching.scores([entry.says for entry in entries], text, language)
    found = [Match(entry, score) for entry, score in zip(entries, scored, strict=True) if score >= ENOUGH]
    return tuple(sorted(found, key=lambda one: (-one.score, one.entry.key)))


def explained(entries: Sequence[Entry], text: str, language: str) -> tuple[Tried, ...]:
    """The entries that come nearest, also those that do not say enough, each with the line that came nearest."""
    said = [entry.says for entry in entries]
    found = sorted(zip(matching.scores(said, text, language), entries, strict=True), key=lambda pair: (-pair[0], pair[1].key))
    asked = matching.tokens(text)
    return tuple(Tried(entry, score, *_likest(entry, asked)) for score, entry in found[:TRIED] if score > 0)


def _likest(entry: Entry, asked: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    lines = [(line, asked & matching.tokens(line)) for spoken in entry.says.values() for line in spoken]
    line, shared = max(lines, key=lambda pair: len(pair[1]) / (1 + len(matching.tokens(pair[0]))))
    return line, tuple(sorted(matching.shown(token) for token in shared))


__all__ = ["ENOUGH", "Answer", "AnswerButton", "Entry", "Match", "Tried", "all_for", "explained", "match"]
