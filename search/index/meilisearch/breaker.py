"""Two engines as one: Meilisearch answers while it answers well, the embedded one otherwise, and nobody who searches need know."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from search.asking.query import Query
from search.index.document import Document
from search.index.engine import Engine, EngineError, EngineUnavailable, Filters, First, Found, Sort, Status, silent
from search.index.meilisearch import leaving
from search.index.standing import reason_of

log = structlog.get_logger(__name__)

PATIENCE = 0.6  # seconds after which a search is answered by the other engine, whatever becomes of the first one's answer
SLOW = 0.35  # seconds; an answer that takes longer counts as a bad one
_BAD_IN_A_ROW = 3  # slow answers or refused requests before the other engine is asked; one that is away is left at once
_FIRST_REST, _LONGEST_REST = 1.0, 30.0  # seconds until it is tried again, doubled each time
_STEADY = 60.0  # seconds of service after which the rests begin anew
_AT_ONCE = 32  # searches under way to the server

_ANSWERS = Counter("library_search_answers", "Searches by the engine that answered", ["backend"])
_AWAY = Gauge("library_search_primary_away", "1 while the embedded engine answers in place of Meilisearch")


class Left(msgspec.Struct, frozen=True):
    """Why the first engine is not asked, and for how many seconds now."""

    reason: str
    seconds: float


class _Asked(msgspec.Struct, frozen=True):
    """One search, to be put to one engine and perhaps to the other."""

    query: Query
    filters: Filters
    page: int
    per_page: int
    sort: Sort
    facets: bool
    first: First = silent
    near: bool = True

    def of(self, engine: Engine) -> Found:
        return engine.search(
            self.query,
            filters=self.filters,
            page=self.page,
            per_page=self.per_page,
            sort=self.sort,
            facets=self.facets,
            first=self.first,
            near=self.near,
        )


class Guarded:
    """The `Engine` that searches are put to. Writing goes to neither: each copy has a follower of its own.

    While the first engine is left, no reader's search is risked on it: a thread tries it by itself until it answers well.
    """

    def __init__(self, primary: Engine, fallback: Engine, *, notes: Path | None = None) -> None:
        self._primary = primary
        self._notes = notes  # a folder in which others of this host read that it is left
        self._fallback = fallback
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="index-server")
        self._closed = threading.Event()
        self._bad = 0
        self._rest = _FIRST_REST
        self._left_at = 0.0
        self._back_at = float("-inf")
        self._reason = ""
        self._is_probed = False

    def close(self) -> None:
        """Ends the trying; searches that are under way are left to themselves."""
        self._closed.set()
        self._note(None)
        self._pool.shutdown(wait=False, cancel_futures=True)

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
        """Raises EngineUnavailable when neither can answer."""
        asked = _Asked(query, filters, page, per_page, sort, facets, first, near)
        is_left = self.left() is not None
        found = None if is_left else self._tried(asked)
        if found is None:
            try:
                found = asked.of(self._fallback)
            except EngineUnavailable:
                # A host that has no copy yet is better served by a slow server than by none.
                found = self._tried(asked) if is_left else None
                if found is None:
                    raise
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

    def _tried(self, asked: _Asked) -> Found | None:
        """The first engine's answer, if it comes in time."""
        began = time.monotonic()
        try:
            answering = self._pool.submit(asked.of, self._primary)
            found = answering.result(PATIENCE)
        except TimeoutError:
            answering.cancel()
            self._note_bad("gives no answer in time", asked, at_once=True)
            return None
        except EngineError as error:
            self._note_bad(reason_of(error), asked, at_once=isinstance(error, EngineUnavailable))
            return None
        if time.monotonic() - began > SLOW:
            self._note_bad("answers are slow", asked, at_once=False)
        else:
            self._note_good()
        return found

    def _note_good(self) -> None:
        with self._lock:
            self._bad = 0
            if not self._reason:
                return
            self._reason = ""
            self._back_at = time.monotonic()
        self._note(None)
        _AWAY.set(0)
        log.info("search_engine_back", backend="meilisearch")

    def _note_bad(self, reason: str, asked: _Asked, *, at_once: bool) -> None:
        with self._lock:
            self._bad += 1
            if self._reason or not (at_once or self._bad >= _BAD_IN_A_ROW):
                return
            self._left_at = time.monotonic()
            steady = self._left_at - self._back_at > _STEADY
            self._rest = _FIRST_REST if steady else min(_LONGEST_REST, self._rest * 2)
            self._reason = reason
            starts_probing, self._is_probed = not self._is_probed, True
        self._note(reason)
        _AWAY.set(1)
        log.warning("search_engine_left", backend="meilisearch", reason=reason)
        if starts_probing:
            threading.Thread(target=self._probe, args=(asked,), name="index-server-probe", daemon=True).start()

    def _note(self, reason: str | None) -> None:
        if self._notes is not None:
            leaving.keep(self._notes, reason) if reason else leaving.forget(self._notes)

    def _probe(self, asked: _Asked) -> None:
        """Asks again what was not answered well, with longer and longer rests, until it is."""
        asked = msgspec.structs.replace(asked, first=silent)  # nobody waits for it any more
        while not self._closed.wait(self._rest):
            if self._answers_well(asked):
                with self._lock:
                    self._is_probed = False
                self._note_good()
                return
            self._rest = min(_LONGEST_REST, self._rest * 2)

    def _answers_well(self, asked: _Asked) -> bool:
        began = time.monotonic()
        try:
            asked.of(self._primary)
        except EngineError:
            return False
        except Exception:
            log.exception("search_engine_probe")
            return False
        return time.monotonic() - began <= SLOW
