"""Searches timed: over HTTP as a reader's program asks, and in the engine alone."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace

from bench.asking import EVERYONE, Ask
from bench.report import Line, percentile, spread
from bench.web import Answer, Client, each, get_all
from search.asking.query import parse
from search.index.embedded import EmbeddedEngine
from search.index.engine import Filters, Sort

SECTION = "search"
API = "/api/v1/search"
WARMING = 20
AT_ONCE = 8


def over_http(port: int, asks: Sequence[Ask], *, backend: str = "") -> list[Line]:
    """Each search once alone and once among eight; then how the kinds differ. `backend` says what answers, where it is not this host."""
    paths = [ask.path(API) for ask in asks]
    client = Client(port)
    warm = [client.get(path) for path in paths[:WARMING]]
    client.close()
    if all(answer.status == 404 for answer in warm):
        return [Line(SECTION, f"HTTP {API}", None, "ms", 0, "404: not part of this program")]
    alone, _ = get_all(port, paths, at_once=1)
    crowd, seconds = get_all(port, paths, at_once=AT_ONCE)
    lines = [
        *spread(SECTION, "HTTP, one at a time", _times(alone), _said(asks, alone)),
        *spread(SECTION, f"HTTP, {AT_ONCE} at once", _times(crowd), _refused(crowd)),
        Line(SECTION, f"HTTP, {AT_ONCE} at once, answered", len(crowd) / seconds, "requests/s", len(crowd), "one web process"),
        *_by_kind(asks, alone),
    ]
    return [_on(backend, line, [*alone, *crowd]) for line in lines] if backend else lines


def _on(backend: str, line: Line, answers: Sequence[Answer]) -> Line:
    """Named after the backend, which answered this share of them; the others were slow enough to be answered here."""
    if line.what.startswith(" "):
        return replace(line, what=f"  {line.what.strip()}, index server", note=backend)
    by_it = sum(1 for answer in answers if b'"backend":"meilisearch"' in answer.body)
    note = f"{backend}; {by_it} of {len(answers)} answered by it" + (f"; {line.note}" if line.note else "")
    return replace(line, what=f"index server, {line.what}", note=note)


def _times(answers: Sequence[Answer]) -> list[float]:
    return [answer.whole for answer in answers if answer.status == 200]


def _refused(answers: Sequence[Answer]) -> str:
    other = sorted({answer.status for answer in answers if answer.status != 200})
    return f"also answered: {', '.join(map(str, other))}" if other else ""


def _said(asks: Sequence[Ask], answers: Sequence[Answer]) -> str:
    """Proof that it is not emptiness that is fast."""
    sure = [answer for ask, answer in zip(asks, answers, strict=True) if ask.finds and answer.status == 200]
    found = sum(1 for answer in sure if json.loads(answer.body).get("total", 0) > 0)
    told = f"{found} of {len(sure)} searches for books that are there found some"
    return f"{told}; {_refused(answers)}".removesuffix("; ")


def _by_kind(asks: Sequence[Ask], answers: Sequence[Answer]) -> list[Line]:
    kinds: dict[str, list[float]] = {}
    for ask, answer in zip(asks, answers, strict=True):
        if answer.status == 200:
            kinds.setdefault(ask.kind, []).append(answer.whole)
    return [Line(SECTION, f"  {kind} p95", percentile(sorted(times), 0.95), "ms", len(times)) for kind, times in sorted(kinds.items())]


def in_the_engine(engine: EmbeddedEngine, asks: Sequence[Ask]) -> list[Line]:
    """The same searches without HTTP and PostgreSQL: parsing, finding, ranking and counting."""
    each(lambda ask: _ask(engine, ask), asks[:WARMING], 1)
    alone = each(lambda ask: _ask(engine, ask), asks, 1)
    crowd = each(lambda ask: _ask(engine, ask), asks, AT_ONCE)
    newest = [_timed(engine, "", Filters(seen_by=EVERYONE), Sort.NEWEST) for _ in range(30)]
    return [
        *spread(SECTION, "engine alone, one at a time", alone, "twenty results and all counts"),
        *spread(SECTION, f"engine alone, {AT_ONCE} at once", crowd, "threads of one process"),
        *spread(SECTION, "engine alone, everything, newest first", newest),
    ]


def _ask(engine: EmbeddedEngine, ask: Ask) -> float:
    return _timed(engine, ask.text, ask.filters(), Sort.RELEVANCE)


def _timed(engine: EmbeddedEngine, typed: str, filters: Filters, sort: Sort) -> float:
    began = time.perf_counter()
    engine.search(parse(typed), filters=filters, page=1, per_page=20, sort=sort, facets=True)
    return 1000 * (time.perf_counter() - began)
