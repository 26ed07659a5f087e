"""The stand-in answers as a real server did: every recorded exchange is asked again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standins.meilisearch.running import MASTER, StandIn

RECORDED = Path(__file__).resolve().parents[3].parent / "shared/fixtures/meilisearch/exchanges.jsonl"
FIRST_TASK = 42  # the recorded server had done as much before

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded exchanges are not beside the project")

# What no second server can say again, and what says how large or how fast it was.
NEVER_AGAIN = frozenset(
    {"requestUid", "processingTimeMs", "enqueuedAt", "startedAt", "finishedAt", "duration", "key", "createdAt", "updatedAt"}
    | {"batchUid", "commitSha", "commitDate", "rawDocumentDbSize", "avgDocumentSize"}
)
# Of single exchanges: the part that cannot hold, and why.
EXCEPT = {
    "tasks by status": ({"total"}, "counts what the recorded server did before"),
    "keys: create search key": ({"uid"}, "drawn at random"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


def exchanges() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()] if RECORDED.exists() else []


def comparable(said: Any, without: frozenset[str], shift: int = 0) -> Any:
    """Without what is never the same again; task numbers counted from the first."""
    if isinstance(said, dict):
        kept = {name: comparable(value, without, shift) for name, value in said.items() if name not in without}
        for name in ("uid", "taskUid", "from", "next"):
            if isinstance(kept.get(name), int):
                kept[name] -= shift
        return kept
    return [comparable(one, without, shift) for one in said] if isinstance(said, list) else said


class Replay:
    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.http = requests.Session()
        self.search_key = ""

    def ask(self, one: dict[str, Any]) -> requests.Response:
        path = one["path"]
        if path.startswith("/tasks/") and (number := int(path.removeprefix("/tasks/"))) < 999_999:
            path = f"/tasks/{number - FIRST_TASK}"
        headers = {"Authorization": f"Bearer {self._key(one['step'])}"} if one["authorized"] else {}
        if one["content_type"]:
            headers["Content-Type"] = one["content_type"]
        body = one["request"]
        data = None if body is None else body if isinstance(body, str) else json.dumps(body)
        answered = self.http.request(
            one["method"], self.server.url + path, data=data.encode() if data else None, headers=headers, timeout=10
        )
        if one["step"] == "keys: create search key":
            self.search_key = answered.json()["key"]
        return answered

    def until(self, one: dict[str, Any]) -> requests.Response:
        """Asks until a task has got as far as it had."""
        deadline = time.monotonic() + 10
        while True:
            answered = self.ask(one)
            if answered.json().get("status") == one["response"]["status"] or time.monotonic() > deadline:
                return answered
            time.sleep(0.005)

    def _key(self, step: str) -> str:
        if step.startswith("search key"):
            return self.search_key
        return "wrong" if step == "wrong key" else MASTER


def test_every_recorded_exchange_is_answered_the_same(server: StandIn) -> None:
    replay = Replay(server)
    asked = exchanges()
    for at, one in enumerate(asked):
        following = asked[at + 1]["response"] if at + 1 < len(asked) else {}
        is_task = one["path"].startswith("/tasks/") and "status" in one["response"]
        if is_task:
            server.set(hold=one["response"]["status"] == "processing")
        else:
            server.set(hold=isinstance(following, dict) and following.get("status") == "processing")
        answered = replay.until(one) if is_task else replay.ask(one)
        without = NEVER_AGAIN | EXCEPT.get(one["step"], (frozenset(), ""))[0]
        where = f"exchange {at}: {one['step']}"
        assert answered.status_code == one["status"], f"{where}: {answered.text}"
        assert answered.headers["content-type"] == one["response_content_type"], where
        assert comparable(answered.json(), without) == comparable(one["response"], without, FIRST_TASK), where
    assert len(asked) == 116


def test_a_write_is_done_when_its_task_is_and_not_before(server: StandIn) -> None:
    server.set(hold=True)
    told = server.ask("POST", "/indexes", {"uid": "slow", "primaryKey": "id"})
    assert server.ask("GET", "/indexes/slow")["code"] == "index_not_found"
    server.set(hold=False)
    deadline = time.monotonic() + 5
    while server.ask("GET", f"/tasks/{told['taskUid']}")["status"] != "succeeded" and time.monotonic() < deadline:
        time.sleep(0.005)
    assert server.ask("GET", "/indexes/slow")["uid"] == "slow"


def test_a_key_reaches_its_own_indexes_only(server: StandIn) -> None:
    key = server.make_key("search", indexes="other*")
    assert server.ask("POST", "/indexes/catalogue/search", {"q": ""}, key=key)["code"] == "invalid_api_key"
    assert server.ask("POST", "/indexes/other/search", {"q": ""}, key=key)["code"] == "index_not_found"
