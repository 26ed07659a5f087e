"""Searching and writing the index on the server."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from search.asking.query import Query, parse
from search.index.document import Document
from search.index.engine import EngineError, EngineUnavailable, Filters, First, Found, Sort, Status, silent
from search.index.meilisearch import declared, entries, plan
from search.index.meilisearch.answer import BACKEND, Ask, answer
from search.index.meilisearch.connection import Connection, DocumentsRefused, NoIndex
from search.index.meilisearch.entries import About

OLDEST_VERSION = (1, 47)  # the first with its ranking rules in this order
_VERSION_KNOWN = 10.0  # seconds for which an index is taken to be of this version
_SEARCH_SECONDS = 0.5  # of one request; a search has one to three, and the one who searches has less patience than that
_LOOK_SECONDS = 2.0  # of questions about how the index stands: who asks them holds up others
_INDEX_SECONDS = 30.0
SAMPLES = 20


class MeilisearchEngine:
    """The `Engine` of one index of a server. Safe to call from many threads. `given` makes another of the same, and is secret."""

    def __init__(self, url: str, *, search_key: str, index_key: str, index: str = "catalogue", ca: Path | None = None) -> None:
        self.index = index
        self.given = {"url": url, "search_key": search_key, "index_key": index_key, "index": index, "ca": str(ca) if ca else None}
        self.searching = Connection(url, search_key, seconds=_SEARCH_SECONDS, ca=ca)
        self.looking = Connection(url, index_key, seconds=_LOOK_SECONDS, ca=ca)
        self.writing = Connection(url, index_key, seconds=_INDEX_SECONDS, ca=ca)
        self._version_lock = threading.Lock()
        self._version_seen = float("-inf")

    def close(self) -> None:
        self.searching.close()
        self.looking.close()
        self.writing.close()

    def search(
        self,
        query: Query,
        *,
        filters: Filters,
        page: int = 1,
        per_page: int = 20,
        sort: Sort = Sort.RELEVANCE,
        facets: bool = False,
        first: First = silent,
        near: bool = True,
    ) -> Found:
        self._check_version()
        ask = self.asked_of(self.index)
        return answer(ask, query, filters=filters, page=page, per_page=per_page, sort=sort, facets=facets, first=first, near=near)

    def put(self, documents: Iterable[Document]) -> int:
        """Raises DocumentsRefused when the server would not take them, EngineUnavailable."""
        sent = [entries.whole(document) for document in documents]
        if sent:
            self.writing.wait(self.writing.put(self.index, sent))
        return len(sent)

    def remove(self, record_ids: Sequence[int]) -> None:
        if record_ids:
            self.writing.wait(self.writing.remove(self.index, record_ids))

    def commit(self, cursor: str | None = None) -> None:
        """What was put is searchable already; here only the cursor is kept."""
        if cursor is not None:
            self.keep_about(About(declared.VERSIONS, cursor))

    def send(self, index: str, changed: Sequence[dict[str, Any]], gone: Sequence[int], about: About) -> None:
        """Changes and the cursor behind them, in one piece. Raises DocumentsRefused, and then nothing of it was taken in."""
        removing = self.writing.remove(index, gone) if gone else None
        putting = self.writing.put(index, [*changed, entries.about(about)])
        if removing is not None:
            self.writing.wait(removing)
        self.writing.wait(putting)

    def about(self, index: str | None = None) -> About:
        """Raises NoIndex, EngineUnavailable."""
        return entries.read_about(self.looking.document(index or self.index, entries.ABOUT_ID))

    def keep_about(self, about: About, index: str | None = None) -> None:
        self.writing.wait(self.writing.put(index or self.index, [entries.about(about)]))

    def status(self) -> Status:
        """Raises EngineUnavailable when the server is away: then there is nothing to say."""
        try:
            about = self.about()
            count = self.looking.documents_in(self.index)
        except NoIndex as error:
            return Status(backend=BACKEND, records=0, needs_rebuild=True, reason=str(error).partition(":")[0])
        reason = "" if about.versions == declared.VERSIONS else "the search index was built for another version"
        return Status(backend=BACKEND, records=max(0, count - 1), needs_rebuild=bool(reason), reason=reason, cursor=about.cursor)

    def settings_that_differ(self) -> list[str]:
        """Raises NoIndex, EngineUnavailable."""
        return declared.differences(self.looking.settings_of(self.index))

    def check_server(self) -> str:
        """Its version. Raises EngineError when it is too old."""
        said = self.looking.version()
        numbers = tuple(int(part) for part in said.split(".")[:2] if part.isdigit())
        if numbers < OLDEST_VERSION:
            raise EngineError(f"Meilisearch is too old, it must be {'.'.join(map(str, OLDEST_VERSION))} or newer: {said}")
        return said

    def set_up(self) -> list[str]:
        """Makes the live index where there is none and gives it the settings declared; returns those that had differed."""
        self.check_server()
        if self.index not in self.writing.indexes():
            self._create(self.index)
            return list(declared.SETTINGS)
        if differing := self.settings_that_differ():
            self.writing.wait(self.writing.declare(self.index, declared.SETTINGS))
        return differing

    def build_beside(self) -> Build:
        """Begins a new index; what an interrupted rebuild left is removed first."""
        self.check_server()
        self.clear_leftovers()
        name = f"{self.index}-{time.time_ns()}-{secrets.token_hex(2)}"
        self._create(name)
        return Build(self, name)

    def clear_leftovers(self) -> None:
        """Removes what interrupted rebuilds left. For one who has the place of those who write."""
        for name in self.writing.indexes():
            if name.startswith(f"{self.index}-"):
                self.writing.wait(self.writing.delete(name))

    def swap(self, build: Build, about: About) -> None:
        """Finishes a build and lets it serve."""
        build.finish(about)
        self.put_in_place(build)

    def put_in_place(self, build: Build) -> None:
        """A finished build serves from now on; the old index goes."""
        if self.index not in self.writing.indexes():
            self._create(self.index)
        self.writing.wait(self.writing.swap(self.index, build.name))
        with self._version_lock:
            self._version_seen = float("-inf")
        self.writing.wait(self.writing.delete(build.name))

    def abandon(self, build: Build) -> None:
        try:
            self.writing.wait(self.writing.delete(build.name))
        except EngineError:
            return  # the next rebuild removes it

    def _create(self, name: str) -> None:
        self.writing.wait(self.writing.create(name))
        self.writing.wait(self.writing.declare(name, declared.SETTINGS))

    def asked_of(self, index: str) -> Ask:
        """A way to search one index."""

        def ask(queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
            return self.searching.search([{"indexUid": index, **query} for query in queries])

        return ask

    def _check_version(self) -> None:
        """An index with words cut by other rules would find nothing and say so without blushing."""
        with self._version_lock:
            if time.monotonic() - self._version_seen < _VERSION_KNOWN:
                return
        asked = {"q": "", "filter": plan.these([entries.ABOUT_ID]), "limit": 1, "attributesToRetrieve": [declared.ABOUT]}
        hits = self.asked_of(self.index)([asked])[0]["hits"]
        if entries.read_about(hits[0] if hits else None).versions != declared.VERSIONS:
            raise EngineUnavailable("the search index was built for another version")
        with self._version_lock:
            self._version_seen = time.monotonic()


class Build:
    """A new index growing beside the one that serves. One batch is on its way while the next is made ready."""

    def __init__(self, engine: MeilisearchEngine, name: str) -> None:
        self.name = name
        self.engine = engine
        self._on_its_way: tuple[int, Sequence[Document]] | None = None
        self._sample: list[Document] = []
        self.records = 0
        self.refused: dict[int, str] = {}

    def put(self, found: Sequence[Document]) -> dict[int, str]:
        """Returns those of which no document can be made, each with its reason; those that the server refuses are in `refused`."""
        ready, failed = entries.made(found)
        kept = [document for document in found if document.record_id in ready]
        task = self.engine.writing.put(self.name, list(ready.values())) if ready else None
        self.settle()
        self._on_its_way = (task, kept) if task is not None else None
        self._sample += kept[:: max(1, len(kept) // 4)]
        return failed

    def finish(self, about: About) -> None:
        """Raises EngineError when the new index does not hold what was put."""
        self.check()
        writing = self.engine.writing
        writing.wait(writing.put(self.name, [entries.about(about)]))

    def check(self) -> None:
        """That it holds as many as were put, and that some of them are found. Raises EngineError."""
        self.settle()
        holds = self.engine.writing.documents_in(self.name)
        if holds != self.records:
            raise EngineError(f"the new search index holds another number of records than were put: {holds}, {self.records}")
        for document in self._sample[:: max(1, len(self._sample) // SAMPLES)]:
            self._must_find(document)

    def _must_find(self, document: Document) -> None:
        if not document.title or document.record_id in self.refused:
            return
        ask = self.engine.asked_of(self.name)
        found = answer(ask, parse(document.title), filters=Filters(seen_by=None), page=1, per_page=100, sort=Sort.RELEVANCE, facets=False)
        if document.record_id not in found.ids and found.total <= 100:
            raise EngineError(f"the new search index does not find a record by its title: {document.record_id}")

    def settle(self) -> None:
        """Waits for the batch that is on its way."""
        if self._on_its_way is None:
            return
        task, found = self._on_its_way
        self._on_its_way = None
        try:
            self.engine.writing.wait(task)
            self.records += len(found)
        except DocumentsRefused as refused:
            self._halve(found, refused)

    def _halve(self, found: Sequence[Document], refused: DocumentsRefused) -> None:
        """Finds the ones that the server will not take, and puts the others."""
        if len(found) == 1:
            self.refused[found[0].record_id] = refused.reason
            return
        middle = len(found) // 2
        for half in (found[:middle], found[middle:]):
            writing = self.engine.writing
            try:
                writing.wait(writing.put(self.name, [entries.whole(document) for document in half]))
                self.records += len(half)
            except DocumentsRefused as again:
                self._halve(half, again)
