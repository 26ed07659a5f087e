"""Two engines as one: Meilisearch answers while it answers well, the embedded one otherwise, and nobody who searches need know."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from search.asking.query import Query
from search.index.document import Document
from search.index.engine import Engine, EngineError, EngineUnavailable, Filters, Found, Sort, Status
from search.index.standing import reason_of

log = structlog.get_logger(__name__)

SLOW = 0.8  # seconds; an answer that takes longer counts as a bad one
_BAD_IN_A_ROW = 3  # slow answers or refused requests before the other engine is asked; one that is away is left at once
_FIRST_REST, _LONGEST_REST = 1.0, 30.0  # seconds until it is tried again, doubled each time

_ANSWERS = Counter("library_search_answers", "Searches by the engine that answered", ["backend"])
_AWAY = Gauge("library_search_primary_away", "1 while the embedded engine answers in place of Meilisearch")


class Left(msgspec.Struct, frozen=True):
    """Why the first engine is not asked, and for how many seconds now."""

    reason: str
    seconds: float


class Guarded:
    """The `Engine` that searches are put to. Writing goes to neither: each copy has a follower of its own."""

    def __init__(self, primary: Engine, fallback: Engine) -> None:
        self._primary = primary
        self._fallback = fallback
        self._lock = threading.Lock()
        self._bad = 0
        self._rest = _FIRST_REST
        self._again_at = 0.0
        self._left_at = 0.0
        self._reason = ""

    def search(self, query: Query, *, filters: Filters, page: int, per_page: int, sort: Sort, facets: bool) -> Found:
        """Raises EngineUnavailable when neither can answer."""
        found = None
        if self._may_try():
            found = self._tried(query, filters=filters, page=page, per_page=per_page, sort=sort, facets=facets)
        if found is None:
            try:
                found = self._fallback.search(query, filters=filters, page=page, per_page=per_page, sort=sort, facets=facets)
            except EngineUnavailable:
                # A host that has no copy yet is better served by a slow server than by none.
                found = self._primary.search(query, filters=filters, page=page, per_page=per_page, sort=sort, facets=facets)
        _ANSWERS.labels(found.backend).inc()
        return found

    def left(self) -> Left | None:
        """None while the first engine serves."""
        with self._lock:
            return Left(self._reason, time.monotonic() - self._left_at) if self._reason else None

    def status(self) -> Status:
        """Of the engine that answers now."""
        return self._fallback.status() if self.left() else self._primary.status()

    def put(self, documents: Iterable[Document]) -> int:
        raise EngineError("each copy of the index has its own writer")

    def remove(self, record_ids: Sequence[int]) -> None:
        raise EngineError("each copy of the index has its own writer")

    def commit(self, cursor: str | None = None) -> None:
        raise EngineError("each copy of the index has its own writer")

    def _may_try(self) -> bool:
        """While it rests nobody asks it; then one search tries, and the others go on without waiting for how that ends."""
        with self._lock:
            if not self._reason:
                return True
            now = time.monotonic()
            if now < self._again_at:
                return False
            self._again_at = now + self._rest
            return True

    def _tried(self, query: Query, *, filters: Filters, page: int, per_page: int, sort: Sort, facets: bool) -> Found | None:
        began = time.monotonic()
        try:
            found = self._primary.search(query, filters=filters, page=page, per_page=per_page, sort=sort, facets=facets)
        except EngineError as error:
            self._note_bad(reason_of(error), at_once=isinstance(error, EngineUnavailable))
            return None
        if time.monotonic() - began > SLOW:
            self._note_bad("answers are slow", at_once=False)
        else:
            self._note_good()
        return found

    def _note_good(self) -> None:
        with self._lock:
            self._bad = 0
            if not self._reason:
                return
            self._reason, self._rest = "", _FIRST_REST
        _AWAY.set(0)
        log.info("search_engine_back", backend="meilisearch")

    def _note_bad(self, reason: str, *, at_once: bool) -> None:
        with self._lock:
            self._bad += 1
            was_left = bool(self._reason)
            if not (at_once or was_left or self._bad >= _BAD_IN_A_ROW):
                return
            now = time.monotonic()
            if was_left:
                self._rest = min(_LONGEST_REST, self._rest * 2)
            else:
                self._left_at = now
            self._reason = reason
            self._again_at = now + self._rest
        _AWAY.set(1)
        if not was_left:
            log.warning("search_engine_left", backend="meilisearch", reason=reason)
