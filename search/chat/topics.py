"""Everyday topics and where books on them stand, by what people call them in four languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from importlib.resources import files

import msgspec

from catalog import ndc
from search.chat.tongues import LANGUAGES, fold


class Kind(StrEnum):
    """What a row of the table is."""

    TOPIC = "t"
    GENRE = "g"
    PURPOSE = "m"
    NAME = "n"


class Topic(msgspec.Struct, frozen=True, eq=False):
    """One row; `forms` by language, each folded as what is said is folded."""

    key: str
    kind: Kind
    ndc: tuple[str, ...]
    ja: str
    forms: dict[str, tuple[str, ...]]


class Lexicon:
    """What things are called in one language. Japanese and Latin names are known in every language."""

    def __init__(self, language: str, rows: Iterable[Topic]) -> None:
        self._by_form: dict[str, Topic] = {}
        for row in rows:
            for form in (*row.forms[language], *row.forms["ja"]):
                self._by_form.setdefault(form, row)
        longest_first = sorted(self._by_form, key=len, reverse=True)
        self.alternatives = "|".join(re.escape(form) for form in longest_first)
        self.longest = max(form.count(" ") + 1 for form in self._by_form)

    def get(self, form: str) -> Topic | None:
        return self._by_form.get(form)

    def named(self, form: str) -> Topic | None:
        """By a form of any number: insects, stories, volcanoes."""
        for candidate in _singulars(form):
            if (found := self._by_form.get(candidate)) is not None:
                return found
        return None


def _singulars(form: str) -> Iterable[str]:
    yield form
    if form.endswith("ies"):
        yield f"{form[:-3]}y"
    if form.endswith("es"):
        yield form[:-2]
    if form.endswith("s"):
        yield form[:-1]
    if form.endswith("'s"):
        yield form[:-2]


@cache
def rows() -> tuple[Topic, ...]:
    """The table, in its order: where two rows share a form, the first is meant."""
    found = []
    for line in files("search.chat").joinpath("data/topics.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        key, kind, numbers, *forms = line.split("\t")
        named = {
            language: tuple(fold(form, language) for form in column.split(",") if form)
            for language, column in zip(LANGUAGES, forms, strict=True)
        }
        found.append(Topic(key, Kind(kind), tuple(numbers.split()), forms[0].split(",")[0], named))
    return tuple(found)


@cache
def lexicon(language: str) -> Lexicon:
    return Lexicon(language, rows())


@cache
def by_key() -> dict[str, Topic]:
    return {row.key: row for row in rows()}


def classes_named(term: str) -> tuple[str, ...]:
    """Numbers of the classes that are called exactly so in the classification or its index: 養蜂 → 646.9."""
    if len(term) < 2:
        return ()
    found = [
        one.number for one in ndc.lookup(term, limit=8) if one.ja == term or any(name == term for name, _ in ndc.index_terms(one.number))
    ]
    return tuple(found[:3])
