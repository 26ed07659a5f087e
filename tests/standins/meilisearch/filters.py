"""Filter expressions: a string, or arrays in which the outer level is AND and the inner one OR."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.standins.meilisearch.refusals import ApiError

Document = dict[str, Any]
Condition = Callable[[Document], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<sign><=|>=|!=|=|<|>|\(|\)|\[|\]|,)|'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|(?P<word>[\w.\-]+))"
)


def condition(expression: Any, filterable: dict[str, bool], *, index: str) -> Condition:
    """Raises ApiError for what does not parse and for attributes that may not be filtered on."""
    if expression in (None, "", []):
        return lambda _: True
    if isinstance(expression, str):
        return _Parser(expression, filterable, index).parsed()
    if not isinstance(expression, list):
        raise _refused("Invalid type: expected a string or an array.")
    every = [_any_of(one, filterable, index) for one in expression]
    return lambda document: all(one(document) for one in every)


def _any_of(part: Any, filterable: dict[str, bool], index: str) -> Condition:
    if isinstance(part, str):
        return condition(part, filterable, index=index)
    ways = [condition(one, filterable, index=index) for one in part]
    return lambda document: any(one(document) for one in ways)


def _refused(message: str) -> ApiError:
    return ApiError(400, "invalid_search_filter", message)


class _Parser:
    """OR of ANDs of conditions, NOT and brackets."""

    def __init__(self, text: str, filterable: dict[str, bool], index: str) -> None:
        self._text = text
        self._filterable = filterable
        self._index = index
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise _refused(f"Found unexpected characters at the end of the filter: `{text[at:].strip()}`.")
            kind = match.lastgroup or ""
            self._tokens.append((kind, re.sub(r"\\(.)", r"\1", match[kind]) if kind in {"single", "double"} else match[kind]))
            at = match.end()
        self._at = 0

    def parsed(self) -> Condition:
        found = self._either()
        if self._at < len(self._tokens):
            raise _refused(f"Found unexpected characters at the end of the filter: `{self._tokens[self._at][1]}`.")
        return found

    def _either(self) -> Condition:
        ways = [self._both()]
        while self._word("OR"):
            ways.append(self._both())
        return lambda document: any(one(document) for one in ways)

    def _both(self) -> Condition:
        every = [self._one()]
        while self._word("AND"):
            every.append(self._one())
        return lambda document: all(one(document) for one in every)

    def _one(self) -> Condition:
        if self._word("NOT"):
            inner = self._one()
            return lambda document: not inner(document)
        if self._sign("("):
            inside = self._either()
            if not self._sign(")"):
                raise _refused("Expression is missing the closing delimiter `)`.")
            return inside
        return self._comparison(self._value())

    def _comparison(self, name: str) -> Condition:
        if self._word("IN"):
            wanted = self._list()
            self._check(name, "=", min(wanted, default=""))
            return lambda document: bool(wanted & _values(document, name))
        if self._word("EXISTS"):
            self._check(name, "EXISTS", "")
            return lambda document: name in document
        sign = self._tokens[self._at][1] if self._at < len(self._tokens) and self._tokens[self._at][0] == "sign" else ""
        if sign not in {"=", "!=", "<", "<=", ">", ">="}:
            raise _refused(f"Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, … at `{name}`.")
        self._at += 1
        value = self._value()
        self._check(name, sign, value)
        if sign in {"=", "!="}:
            plain = _plain(value)
            return lambda document: (plain in _values(document, name)) == (sign == "=")
        return self._order(name, sign, value)

    def _order(self, name: str, sign: str, value: str) -> Condition:
        try:
            bound = float(value)
        except ValueError:
            raise _refused(f"Expected a number but instead got `{value}`.") from None
        compare: dict[str, Callable[[float], bool]] = {
            "<": lambda one: one < bound,
            "<=": lambda one: one <= bound,
            ">": lambda one: one > bound,
            ">=": lambda one: one >= bound,
        }
        return lambda document: any(compare[sign](one) for one in _listed(document.get(name)) if isinstance(one, int | float))

    def _check(self, name: str, sign: str, value: str) -> None:
        if name not in self._filterable:
            known = ", ".join(f"`{one}`" for one in sorted(self._filterable))
            at = f"2:{len(name) + 2}"
            said = f"Attribute `{name}` is not filterable. Available filterable attribute patterns are: {known}."
            raise _refused(f'Index `{self._index}`: {said}\n{at} "{name}" {sign} "{value}"')
        if sign in {"<", "<=", ">", ">="} and not self._filterable[name]:
            raise _refused(f"Index `{self._index}`: Filter operator `{sign}` is not allowed for the attribute `{name}`.")

    def _list(self) -> frozenset[str]:
        found: list[str] = []
        if not self._sign("["):
            raise _refused("Expected only comma-separated field names inside `IN[..]`.")
        while not self._sign("]"):
            found.append(_plain(self._value()))
            self._sign(",")
        return frozenset(found)

    def _value(self) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] == "sign":
            end = len(self._text)
            rest = "nothing" if self._at >= len(self._tokens) else f"`{self._tokens[self._at][1]}`"
            raise _refused(f"Was expecting a value but instead got {rest}.\n{end + 1}:{end + 1} {self._text}")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _word(self, word: str) -> bool:
        return self._take("word", word)

    def _sign(self, sign: str) -> bool:
        return self._take("sign", sign)

    def _take(self, kind: str, text: str) -> bool:
        here = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        taken = here[0] == kind and here[1].upper() == text
        self._at += taken
        return taken


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _values(document: Document, name: str) -> frozenset[str]:
    return frozenset(_plain(one) for one in _listed(document.get(name)))


def _plain(value: Any) -> str:
    """Numbers and their texts are equal, and letters are equal whatever their case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).lower()
