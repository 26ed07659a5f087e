"""Searches go on whatever becomes of the server, and go back to it by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search.asking.query import parse
from search.index.embedded import EmbeddedEngine
from search.index.engine import EngineError, EngineUnavailable, Filters, Found, Sort
from search.index.meilisearch import MeilisearchEngine, breaker, declared
from search.index.meilisearch.breaker import Guarded
from search.index.meilisearch.entries import About
from tests.integration.search.test_embedded import book
from tests.standins.meilisearch.running import MASTER, StandIn

PUBLIC = Filters(seen_by=frozenset({0}))
BOOKS = [book(1, "花"), book(2, "花の歳時記"), book(3, "海")]


@pytest.fixture
def server() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path / "index")
    build = made.build_beside()
    build.put(BOOKS)
    made.swap(build)
    yield made
    made.close()


@pytest.fixture
def engine(server: StandIn, embedded: EmbeddedEngine) -> Iterator[Guarded]:
    made = Guarded(filled(server), embedded)
    yield made
    made.close()


def filled(server: StandIn) -> MeilisearchEngine:
    made = MeilisearchEngine(server.url, search_key=MASTER, index_key=MASTER)
    build = made.build_beside()
    build.put(BOOKS)
    made.swap(build, About(declared.VERSIONS))
    return made


def find(engine: Guarded) -> Found:
    return engine.search(parse("花"), filters=PUBLIC, page=1, per_page=20, sort=Sort.RELEVANCE, facets=True)


def wait_for(engine: Guarded, backend: str) -> None:
    deadline = time.monotonic() + 10
    while find(engine).backend != backend:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_answer_says_which_engine_gave_it_and_is_the_same(engine: Guarded, embedded: EmbeddedEngine, server: StandIn) -> None:
    first = find(engine)
    server.stop()
    second = find(engine)
    assert (first.backend, second.backend) == ("meilisearch", "embedded")
    assert (first.ids, first.total) == (second.ids, second.total)
    left = engine.left()
    assert left is not None
    assert left.reason.startswith("EngineUnavailable: Meilisearch")


def test_it_goes_back_by_itself(engine: Guarded, server: StandIn) -> None:
    server.set(broken=True)
    assert find(engine).backend == "embedded"
    server.set(broken=False)
    wait_for(engine, "meilisearch")
    assert engine.left() is None


def test_while_the_server_rests_it_is_left_in_peace(engine: Guarded, server: StandIn) -> None:
    find(engine)
    server.set(broken=True)
    find(engine)
    server.set(broken=False)
    asked = server.set()["searches"]
    for _ in range(20):
        assert find(engine).backend == "embedded"
    assert server.set()["searches"] == asked


def test_a_server_that_hangs_costs_one_search_its_patience_and_no_other(engine: Guarded, server: StandIn) -> None:
    find(engine)
    server.set(slow=3.0)
    began = time.monotonic()
    assert find(engine).backend == "embedded"
    assert time.monotonic() - began < 1.0
    began = time.monotonic()
    assert find(engine).backend == "embedded"
    assert time.monotonic() - began < 0.3


def test_killing_the_server_under_load_fails_no_search(engine: Guarded, server: StandIn) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(find, engine) for _ in range(100)]
        time.sleep(0.1)
        server.stop()
        asked += [pool.submit(find, engine) for _ in range(200)]
        answers = [one.result() for one in asked]
    assert {one.ids[0] for one in answers} == {1}
    assert {one.backend for one in answers} == {"meilisearch", "embedded"}


def test_a_host_without_a_copy_is_served_by_the_server(server: StandIn, tmp_path: Path) -> None:
    engine = Guarded(filled(server), EmbeddedEngine(tmp_path / "none"))
    assert find(engine).backend == "meilisearch"
    server.stop()
    with pytest.raises(EngineUnavailable):
        find(engine)


def test_an_answer_that_is_slow_three_times_is_asked_for_elsewhere(engine: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "SLOW", 0.0)
    assert [find(engine).backend for _ in range(4)] == ["meilisearch"] * 3 + ["embedded"]


def test_nobody_writes_through_it(engine: Guarded) -> None:
    with pytest.raises(EngineError):
        engine.put(BOOKS)
    with pytest.raises(EngineError):
        engine.remove([1])
    with pytest.raises(EngineError):
        engine.commit()


def test_one_that_falls_again_soon_rests_longer_each_time(engine: Guarded, server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "_FIRST_REST", 0.05)
    rests = []
    for _ in range(3):
        server.set(broken=True)
        find(engine)
        rests.append(engine._rest)
        server.set(broken=False)
        wait_until_back(engine)
    assert rests == sorted(rests)
    assert rests[0] == 0.05 < rests[-1]


def test_no_readers_search_is_risked_while_it_is_tried_again(engine: Guarded, server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "_FIRST_REST", 0.05)
    find(engine)
    server.set(slow=3.0)
    find(engine)
    deadline = time.monotonic() + 1.5
    worst = 0.0
    while time.monotonic() < deadline:
        began = time.monotonic()
        assert find(engine).backend == "embedded"
        worst = max(worst, time.monotonic() - began)
        time.sleep(0.02)
    assert worst < 0.3
    server.set(slow=0.0)
    wait_until_back(engine)


def wait_until_back(engine: Guarded) -> None:
    """Nobody searches meanwhile."""
    deadline = time.monotonic() + 10
    while engine.left() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert find(engine).backend == "meilisearch"
