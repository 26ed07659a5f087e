"""The throw-away index in which the contract is tried, and what a single trial says."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from search.asking.query import parse
from search.index.engine import EngineError, Filters, Found, Sort
from search.index.meilisearch import declared
from search.index.meilisearch.contract.books import ALL
from search.index.meilisearch.contract.wire import Wire
from search.index.meilisearch.engine import MeilisearchEngine
from search.index.meilisearch.entries import About

_MARK = "_contract_"  # not beginning as what a rebuild clears away
_LEFT_BEHIND = 3600.0  # seconds after which the index of another examination is taken for forgotten


class Server(msgspec.Struct, frozen=True):
    """Where it is, and the two keys with which the service works."""

    url: str
    search_key: str
    index_key: str
    index: str = "catalogue"
    ca: Path | None = None


class Trial:
    """`engine` works in the throw-away index; `wire` speaks to the server directly."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"{server.index}{_MARK}{int(time.time())}_{secrets.token_hex(2)}"
        self.engine = self._engine(self.name)
        self.wire = Wire(server.url, server.ca)

    def _engine(self, index: str) -> MeilisearchEngine:
        one = self.server
        return MeilisearchEngine(one.url, search_key=one.search_key, index_key=one.index_key, index=index, ca=one.ca)

    @contextmanager
    def filled(self) -> Iterator[None]:
        """While the index is there with its books. Whatever ends the block removes it."""
        try:
            self._clear(lambda made: time.time() - made > _LEFT_BEHIND)
            self.engine.set_up()
            self.engine.put(ALL)
            self.engine.keep_about(About(declared.VERSIONS, "0:0:contract"))
            yield
        finally:
            with suppress(EngineError):
                self._clear(lambda made: False)
            self.wire.close()
            self.engine.close()

    def _clear(self, is_forgotten: Callable[[float], bool]) -> None:
        """This trial's indexes, and those that others forgot."""
        for name in self.engine.writing.indexes():
            mark, _, stamp = name.removeprefix(self.server.index).partition(_MARK)
            made = stamp.partition("_")[0]
            forgotten = name.startswith(self.server.index) and not mark and made.isdigit() and is_forgotten(float(made))
            if name.startswith(self.name) or forgotten:
                self.engine.writing.wait(self.engine.writing.delete(name))

    def find(self, typed: str, filters: Filters | None = None, *, sort: Sort = Sort.RELEVANCE, page: int = 1, per_page: int = 20) -> Found:
        everything = filters or Filters(seen_by=None)
        return self.engine.search(parse(typed), filters=everything, page=page, per_page=per_page, sort=sort, facets=True)

    def ids(self, **asked: Any) -> list[int]:
        """Of one search in the server's own words, in its order."""
        return [int(number) for number in self.answered(**asked)["ids"]]

    def answered(self, **asked: Any) -> dict[str, Any]:
        """One search in the server's own words; `ids` beside what it says."""
        said = self.engine.asked_of(self.name)([{"q": "", "attributesToRetrieve": [declared.ID], **asked}])[0]
        return {**said, "ids": [int(hit[declared.ID]) for hit in said["hits"]]}


Outcome = tuple[object, object]  # what was expected, what was seen
Tried = Callable[[Trial], Outcome]
Checks = tuple[tuple[str, Tried], ...]
