"""The contract holds on the stand-in, and says so when a server breaks it in one point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from search.index.engine import EngineUnavailable
from search.index.meilisearch.contract import Point, examine
from search.index.meilisearch.contract.trial import Server
from tests.standins.meilisearch.running import StandIn

INDEXING = ("documents.*", "indexes.*", "tasks.get", "settings.*", "stats.get", "version")
PROGRAM = Path(sys.executable).parent / "library"


@pytest.fixture(scope="module")
def meili() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(meili: StandIn) -> Server:
    return Server(meili.url, meili.make_key("search"), meili.make_key(*INDEXING))


def nobody(_: Point) -> None:
    """Is told of each point."""


def test_every_point_holds_and_the_index_is_gone(server: Server, meili: StandIn) -> None:
    points = examine(server, nobody)
    assert [point for point in points if not point.ok] == []
    assert len(points) > 120
    assert meili.set()["indexes"] == []


def long(*values: str) -> ParameterSet:
    return pytest.param(*values, marks=pytest.mark.long)


@pytest.mark.parametrize(
    ("fault", "part", "name"),
    [
        ("filters", "filters", "a branch"),
        long("facets", "facets", "material is counted exactly"),
        long("sort", "order", "by title"),
        long("phrases", "queries", "a phrase asks for its words in one attribute"),
        long("last", "queries", "a wrong character is forgiven and said"),
        long("partial", "changes", "a part of a document is replaced, the rest stays"),
        long("swap", "changes", "two indexes are swapped"),
        long("keys", "keys", "the search key does not write"),
    ],
)
def test_a_server_that_breaks_it_in_one_point_is_found_out(server: Server, meili: StandIn, fault: str, part: str, name: str) -> None:
    meili.set(faults=[fault])
    try:
        points = examine(server, nobody)
    finally:
        meili.set(faults=[])
    failed = {(point.part, point.name) for point in points if not point.ok}
    assert (part, name) in failed
    assert len(failed) < len(points) / 2
    assert meili.set()["indexes"] == []


@pytest.mark.long
def test_keys_that_may_too_much_are_found_out(server: Server, meili: StandIn) -> None:
    wide = Server(server.url, meili.make_key("*"), meili.make_key("*", indexes="*"))
    failed = {point.name for point in examine(wide, nobody) if not point.ok}
    assert {"the search key does not write", "the index key makes no keys", "the index key reaches its own indexes only"} <= failed


def test_a_server_that_is_away_cannot_be_tried() -> None:
    with pytest.raises(EngineUnavailable):
        examine(Server("http://127.0.0.1:9", "a", "b"), nobody)


def command(server: Server | None) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIBRARY_")} | {"LIBRARY_DEMO": "1"}
    given = {"URL": server.url, "SEARCH_KEY": server.search_key, "INDEX_KEY": server.index_key} if server else {}
    environment = kept | {f"LIBRARY_MEILISEARCH_{name}": value for name, value in given.items()}
    words = [str(PROGRAM), "index", "verify", "--contract", "--json"]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")


def test_without_a_server_the_command_says_not_measured() -> None:
    running = command(None)
    out, _ = running.communicate(timeout=30)
    assert (running.returncode, json.loads(out)) == (0, {"measured": False, "reason": "LIBRARY_MEILISEARCH_URL is not set"})


@pytest.mark.long
def test_the_command_ends_with_1_where_a_point_fails(server: Server, meili: StandIn) -> None:
    meili.set(faults=["sort"])
    running = command(server)
    out, err = running.communicate(timeout=60)
    meili.set(faults=[])
    said = json.loads(out)
    assert (running.returncode, said["measured"]) == (1, True)
    assert said["failed"] == len(said["failures"]) > 0
    assert "FAILED  order: by title" in err


@pytest.mark.long
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_examination_leaves_no_index(server: Server, meili: StandIn, told: signal.Signals) -> None:
    running = command(server)
    assert running.stderr
    running.stderr.readline()  # the first point was tried
    running.send_signal(told)
    running.communicate(timeout=30)
    assert running.returncode != 0
    deadline = time.monotonic() + 5
    while meili.set()["indexes"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert meili.set()["indexes"] == []
