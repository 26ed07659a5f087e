"""One index: its documents, the words in them, and which documents answer a query in which order. It matches literally."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tests.standins.meilisearch import declared
from tests.standins.meilisearch.refusals import ApiError

Document = dict[str, Any]
MOST_WORDS = 10  # the server looks at no more terms of a query

_WORD = re.compile(r"[^\W_]+")
_ID = re.compile(r"[A-Za-z0-9_-]{1,511}")
_ASKED = re.compile(r'"([^"]*)"?|([^\s"]+)')
_GAP = 8  # between the values of a list


class Part(NamedTuple):
    """A term of a query: words in a row; `prefix`: the word is still being typed."""

    words: tuple[str, ...]
    prefix: bool = False


class Shelf:
    """Documents keep the order in which they first came."""

    def __init__(self, primary: str | None) -> None:
        self.primary = primary
        self.settings = declared.fresh()
        self.documents: dict[str, Document] = {}
        self._order: dict[str, int] = {}
        self._arrivals = 0
        self._words: dict[str, dict[str, dict[str, list[int]]]] = {}  # word → document → attribute → positions
        self._held: dict[str, set[str]] = {}

    def put(self, documents: list[Document], *, partial: bool) -> None:
        """All or nothing. Raises ApiError."""
        named = [(self._name(one), one) for one in documents]
        for name, document in named:
            now = {**self.documents.get(name, {}), **document} if partial else document
            self._forget(name)
            self.documents[name] = now
            if name not in self._order:
                self._arrivals += 1
                self._order[name] = self._arrivals
            self._learn(name)

    def delete(self, names: Iterable[str]) -> int:
        gone = [name for name in names if name in self.documents]
        for name in gone:
            self._forget(name)
            del self.documents[name], self._order[name]
        return len(gone)

    def take_settings(self, patch: dict[str, Any]) -> None:
        before = self.settings["searchableAttributes"]
        self.settings = declared.merged(self.settings, patch)
        if self.settings["searchableAttributes"] != before:
            self._words.clear()
            self._held.clear()
            for name in self.documents:
                self._learn(name)

    def in_order(self) -> list[Document]:
        return [self.documents[name] for name in sorted(self.documents, key=self._order.__getitem__)]

    def found(self, text: str, *, strategy: str, attributes: list[str] | None, sort: list[str]) -> list[Document]:
        """Best first by the ranking rules, without any filter."""
        parts = asked(text)[:MOST_WORDS]
        searched = attributes or self._attributes()
        levels: dict[str, int] = {}
        least = 1 if strategy == "last" else len(parts)
        matching = [self._matching(part, searched) for part in parts]
        if not parts:
            levels = dict.fromkeys(self.documents, 0)
        for count in range(len(parts), least - 1, -1) if parts else ():
            for name in set.intersection(*(set(one) for one in matching[:count])):
                levels.setdefault(name, count)
        keys = {name: self._key(name, count, matching, searched, sort) for name, count in levels.items()}
        return [self.documents[name] for name in sorted(keys, key=keys.__getitem__)]

    def _name(self, document: Document) -> str:
        primary = self.primary or "id"
        if primary not in document:
            shown = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            raise ApiError(400, "missing_document_id", f"Document doesn't have a `{primary}` attribute: `{shown}`.")
        name = document[primary]
        if isinstance(name, bool) or not isinstance(name, int | str) or not _ID.fullmatch(str(name)):
            said = f'Document identifier `"{name}"` is invalid. A document identifier can be of type integer or string, only composed of'
            rest = "alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more than 511 bytes."
            raise ApiError(400, "invalid_document_id", f"{said} {rest}")
        return str(name)

    def _attributes(self) -> list[str]:
        declared_ones: list[str] = self.settings["searchableAttributes"]
        if declared_ones != ["*"]:
            return declared_ones
        return list(dict.fromkeys(name for document in self.documents.values() for name in document))

    def _learn(self, name: str) -> None:
        document = self.documents[name]
        wanted = self.settings["searchableAttributes"]
        held: set[str] = set()
        for attribute, value in document.items():
            if wanted == ["*"] or attribute in wanted:
                for word, position in _positions(value):
                    self._words.setdefault(word, {}).setdefault(name, {}).setdefault(attribute, []).append(position)
                    held.add(word)
        self._held[name] = held

    def _forget(self, name: str) -> None:
        for word in self._held.pop(name, ()):
            entries = self._words[word]
            entries.pop(name, None)
            if not entries:
                del self._words[word]

    def _matching(self, part: Part, searched: list[str]) -> dict[str, tuple[int, int]]:
        """Document → (rank of the best attribute, first position in it)."""
        found: dict[str, tuple[int, int]] = {}
        for words in self._spellings(part):
            entries = [self._words.get(word, {}) for word in words]
            for name in set.intersection(*(set(one) for one in entries)):
                for rank, attribute in enumerate(searched):
                    places = [one[name].get(attribute, []) for one in entries]
                    at = _anywhere(places) if self.settings["proximityPrecision"] == "byAttribute" else _in_a_row(places)
                    if at is not None and (name not in found or (rank, at) < found[name]):
                        found[name] = (rank, at)
        return found

    def _spellings(self, part: Part) -> Iterator[tuple[str, ...]]:
        if not part.prefix or self.settings["prefixSearch"] == "disabled":
            yield part.words
            return
        for word in self._words:
            if word.startswith(part.words[0]):
                yield (word,)

    def _key(self, name: str, count: int, matching: list[dict[str, tuple[int, int]]], searched: list[str], sort: list[str]) -> Any:
        document = self.documents[name]
        places = [one[name] for one in matching if name in one]
        key: list[Any] = []
        for rule in self.settings["rankingRules"]:
            if rule == "sort":
                key += [_sorted_by(document, one) for one in sort]
            elif rule == "words":
                key.append(-count)
            elif rule in {"attributeRank", "attribute"}:
                key.append(sum(rank for rank, _ in places))
            elif rule == "wordPosition":
                key.append(sum(at for _, at in places))
            elif ":" in rule:
                key.append(_sorted_by(document, rule))
        return (*key, self._order[name])


def asked(text: str) -> list[Part]:
    """Phrases in quotation marks, words, and the last word as a beginning unless a space follows it."""
    parts: list[Part] = []
    for match in _ASKED.finditer(text):
        words = tuple(word.lower() for word in _WORD.findall(match[1] if match[1] is not None else match[2]))
        if match[1] is not None:
            parts += [Part(words)] if words else []
        else:
            last = match.end() == len(text)
            parts += [Part((word,), prefix=last and at == len(words) - 1) for at, word in enumerate(words)]
    return parts


def _positions(value: Any) -> Iterator[tuple[str, int]]:
    at = 0
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int | float) and not isinstance(one, bool):
            for word in _WORD.findall(str(one)):
                yield word.lower(), at
                at += 1
            at += _GAP


def _anywhere(places: list[list[int]]) -> int | None:
    """Where it begins. By attribute the server asks of a phrase only that one attribute has all its words."""
    return places[0][0] if all(places) else None


def _in_a_row(places: list[list[int]]) -> int | None:
    rest = [set(one) for one in places[1:]]
    return next((at for at in places[0] if all(at + step in one for step, one in enumerate(rest, 1))), None)


def _sorted_by(document: Document, rule: str) -> tuple[int, Any]:
    """Numbers before texts, what has no value last, in either direction."""
    name, _, direction = rule.partition(":")
    value = document.get(name)
    if value is None or value == []:
        return (9, 0)
    if isinstance(value, int | float):
        return (1, -value if direction == "desc" else value)
    text = str(value)
    return (2, (*(-ord(c) for c in text), 1) if direction == "desc" else tuple(map(ord, text)))
