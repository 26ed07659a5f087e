"""What every search engine offers, and the values that go in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from search.asking.query import Query
from search.index.document import Document

FACETS = ("branch", "material", "ndc1", "language", "audience", "year", "available")
MOST_COUNTED = 1000  # above this a total reads 「1,000件以上」, whichever engine answers


class Sort(StrEnum):
    RELEVANCE = "relevance"  # an empty query has none and lists the popular first
    NEWEST = "newest"  # added last, first
    POPULAR = "popular"
    TITLE = "title"
    YEAR = "year"  # published last, first
    OLDEST = "oldest"  # published first, first


class Filters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a result must be. `seen_by` is who is looking and holds in every search; None sees all and is for staff."""

    seen_by: frozenset[int] | None
    branches: frozenset[int] = frozenset()
    available: bool = False  # at one of `branches`, or anywhere when none is named
    material: frozenset[str] = frozenset()
    language: frozenset[str] = frozenset()
    audience: frozenset[str] = frozenset()
    ndc: frozenset[str] = frozenset()  # prefixes: "9", "913", "913.6"
    year_from: int | None = None
    year_to: int | None = None
    headings: frozenset[str] = frozenset()  # keys of `index.headings`: one of each kind that is named
    added_from: int | None = None  # came into the catalogue on this day or later, in days since 1970


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page of an answer. `relaxed`: nothing held every word, these come near.

    `facets`: facet → value → records; the counts of a facet that is filtered on ignore that facet's own filter. None are counted
    of what only comes near.
    """

    ids: tuple[int, ...]
    total: int
    total_is_exact: bool = True
    relaxed: bool = False
    facets: dict[str, dict[str, int]] = {}
    backend: str = ""


First = Callable[[tuple[int, ...]], None]  # hears a page before its facets are counted; only the answer says whether it is the one


def silent(ids: tuple[int, ...]) -> None:
    """For those who wait for the whole answer."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a copy of the index stands. `cursor`: how far it has followed the catalogue, None when it has not begun."""

    backend: str
    records: int
    needs_rebuild: bool
    reason: str = ""
    cursor: str | None = None


class EngineError(Exception):
    """An engine cannot do what is asked."""


class EngineUnavailable(EngineError):
    """No index to search: none built yet, built for another version, or damaged. Rebuild, and ask another engine meanwhile."""


class WriterBusy(EngineError):
    """Another process of this host writes to the index."""


class Engine(Protocol):
    """Synchronous and safe to call from many threads; callers on an event loop use a thread."""

    def search(
        self,
        query: Query,
        *,
        filters: Filters,
        page: int,
        per_page: int,
        sort: Sort,
        facets: bool,
        first: First = silent,
        near: bool = True,
    ) -> Found:
        """Page numbers start at 1. `near`: whether what comes near will do where nothing holds all. Raises `EngineUnavailable`."""
        ...

    def put(self, documents: Iterable[Document]) -> int:
        """Add or replace; how many. Seen by searches after the engine's next commit. Raises `WriterBusy`, `EngineUnavailable`."""
        ...

    def remove(self, record_ids: Sequence[int]) -> None:
        """Unknown ids are no error."""
        ...

    def commit(self, cursor: str | None = None) -> None:
        """Make what was put and removed durable and searchable; `cursor` is kept no sooner than that."""
        ...

    def status(self) -> Status: ...
