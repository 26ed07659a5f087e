"""What a reader asks for, read from an address and written back into one: the words, the filters, the order, the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from catalog import ndc
from catalog.description import Audience, Material
from library.errors import N_, Invalid
from search.directory import Where
from search.index.engine import Sort

PER_PAGE = 20
LAST_PAGE = 50  # deeper results are reached by narrowing; no engine counts further exactly
MOST_VALUES = 100  # of one filter
LONGEST_HEADING = 200  # characters
HEADINGS = ("author", "subject", "series")

_PAGE = re.compile(r"0*[1-9][0-9]{0,8}")
_YEARS = re.compile(r"([0-9]{1,4})?(?:(-)([0-9]{1,4})?)?")
_LANGUAGE = re.compile(r"[a-z]{3}")
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)], " ")

Option = TypeVar("Option", bound=StrEnum)


@dataclass(frozen=True)
class Years:
    """From one year to another, both included; None is open."""

    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        if self.first is not None and self.first == self.last:
            return str(self.first)
        return f"{'' if self.first is None else self.first}-{'' if self.last is None else self.last}"


@dataclass(frozen=True)
class Asked:
    """One search as an address says it."""

    text: str = ""
    where: tuple[Where, ...] = ()
    branch: tuple[str, ...] = ()
    available: bool = False
    material: tuple[Material, ...] = ()
    ndc: tuple[str, ...] = ()
    audience: tuple[Audience, ...] = ()
    language: tuple[str, ...] = ()
    year: Years | None = None
    author: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    by_work: bool = False  # editions of a work as one
    sort: Sort = Sort.RELEVANCE
    page: int = 1

    @property
    def filters(self) -> int:
        """How many values narrow the search."""
        several = (self.where, self.branch, self.material, self.ndc, self.audience, self.language, self.author, self.subject, self.series)
        return sum(map(len, several)) + self.available + (self.year is not None)

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.filters

    def pairs(self) -> list[tuple[str, str]]:
        """The address's parameters; what is at its default is left out."""
        found: list[tuple[str, str]] = [("q", self.text)] if self.text else []
        for name in ("where", "branch", "material", "ndc", "audience", "language", *HEADINGS):
            found += [(name, str(value)) for value in getattr(self, name)]
        if self.available:
            found.append(("available", "1"))
        if self.year is not None:
            found.append(("year", str(self.year)))
        if self.by_work:
            found.append(("group", "work"))
        if self.sort is not Sort.RELEVANCE:
            found.append(("sort", self.sort.value))
        if self.page != 1:
            found.append(("page", str(self.page)))
        return found

    def with_page(self, page: int) -> Asked:
        return replace(self, page=page)

    def without(self, name: str, value: str = "") -> Asked:
        """The same search without one filter value, from its first page."""
        if name in ("available", "year"):
            return replace(self, available=self.available and name != "available", year=None if name == "year" else self.year, page=1)
        kept = tuple(one for one in getattr(self, name) if str(one) != value)
        return replace(self, **{name: kept}, page=1)  # type: ignore[arg-type]  # a filter's own values

    def without_filters(self) -> Asked:
        return Asked(text=self.text, by_work=self.by_work, sort=self.sort)


def read(parameters: Mapping[str, list[str]]) -> Asked:
    """Reads parameters of a query string, each with all its values. Raises Invalid naming the first that cannot be."""
    return Asked(
        text=" ".join(_first(parameters, "q").translate(_CONTROL).split()),
        where=_options(parameters, "where", Where),
        branch=_values(parameters, "branch"),
        available=_yes(parameters, "available", ("1", "true")),
        material=_options(parameters, "material", Material),
        ndc=tuple(_class(value) for value in _values(parameters, "ndc")),
        audience=_options(parameters, "audience", Audience),
        language=_languages(parameters),
        year=_years(_first(parameters, "year").strip()),
        author=_headings(parameters, "author"),
        subject=_headings(parameters, "subject"),
        series=_headings(parameters, "series"),
        by_work=_yes(parameters, "group", ("work",)),
        sort=next(iter(_options(parameters, "sort", Sort)), Sort.RELEVANCE),
        page=_page(_first(parameters, "page")),
    )


def _first(parameters: Mapping[str, list[str]], name: str) -> str:
    return next(iter(parameters.get(name, ())), "")


def _values(parameters: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    """Values given by repeating the parameter or with commas, each once."""
    given = (part.strip() for value in parameters.get(name, ()) for part in value.split(","))
    return tuple(dict.fromkeys(part for part in given if part))[:MOST_VALUES]


def _options(parameters: Mapping[str, list[str]], name: str, kind: type[Option]) -> tuple[Option, ...]:
    values = _values(parameters, name)
    known = {option.value: option for option in kind}
    for value in values:
        if value not in known:
            raise _unknown(name, value, known)
    return tuple(known[value] for value in values)


def _unknown(name: str, value: str, known: Iterable[str]) -> Invalid:
    return Invalid(
        "filter_unknown",
        N_("{parameter} に「{value}」は使えません。使えるのは {known} です。"),
        where=name,
        parameter=name,
        value=_shown(value),
        known=", ".join(known),
    )


def _shown(value: str) -> str:
    return value.translate(_CONTROL)[:60]


def _headings(parameters: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    """Given by repeating the parameter; a name has commas of its own: 「宮沢, 賢治」."""
    given = (" ".join(value.translate(_CONTROL).split())[:LONGEST_HEADING].strip() for value in parameters.get(name, ()))
    return tuple(dict.fromkeys(value for value in given if value))[:MOST_VALUES]


def _yes(parameters: Mapping[str, list[str]], name: str, yes: tuple[str, ...]) -> bool:
    value = _first(parameters, name).strip().lower()
    if value in ("", "0", "false"):
        return False
    if value in yes:
        return True
    raise _unknown(name, value, (yes[0], "0"))


def _class(value: str) -> str:
    number = ndc.normalise(value) if len(value) < 40 else None
    if number is None:
        raise Invalid(
            "class_form", N_("分類「{value}」は読み取れません。913 や 913.6 のように書いてください。"), where="ndc", value=_shown(value)
        )
    return number


def _languages(parameters: Mapping[str, list[str]]) -> tuple[str, ...]:
    values = _values(parameters, "language")
    for value in values:
        if not _LANGUAGE.fullmatch(value):
            raise Invalid(
                "language_form", N_("言語「{value}」は読み取れません。jpn のような3文字の記号です。"), where="language", value=_shown(value)
            )
    return values


def _years(value: str) -> Years | None:
    if not value:
        return None
    match = _YEARS.fullmatch(value) if value.isascii() else None
    if match is None or not (match[1] or match[3]):
        raise Invalid(
            "year_form", N_("年「{value}」は読み取れません。2011 や 2010-2019 のように書いてください。"), where="year", value=_shown(value)
        )
    first = int(match[1]) if match[1] else None
    if not match[2]:
        return Years(first, first)
    return Years(first, int(match[3]) if match[3] else None)


def _page(value: str) -> int:
    if not value.strip():
        return 1
    if not value.isascii() or not _PAGE.fullmatch(value.strip()):
        raise Invalid("page_form", N_("ページは1からの数で指定してください。「{value}」は使えません。"), where="page", value=_shown(value))
    return int(value)
