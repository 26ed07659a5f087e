"""The protocol: the bearer key, the schema of the tools, and one scripted behaviour for each model's name."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "stand-in-key"


class StandIn(ThreadingHTTPServer):
    """`heard`: every body that came in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def running() -> Iterator[StandIn]:
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {KEY}" or self.path != "/v1/chat/completions":
            self._send(401, {"error": {"message": "wrong key"}})
            return
        if not _is_well_formed(body):
            self._send(400, {"error": {"message": "wrong tools"}})
            return
        self.server.heard.append(body)
        if body["model"] == "hangs":
            time.sleep(1.5)
        if body["model"] == "malformed":
            self._raw(200, b'{"choices": [{"message": {"tool_calls": [')
            return
        self._send(200, {"choices": [{"message": _behaves(body["model"], body["messages"])}]})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self._raw(status, json.dumps(body).encode())

    def _raw(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """A test's output is not its log."""


def _is_well_formed(body: dict[str, Any]) -> bool:
    tools = [one["function"] for one in body.get("tools", [])]
    return all(one["name"] and one["parameters"]["type"] == "object" for one in tools) and body["messages"][0]["role"] == "system"


def _behaves(model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    results = [one["content"] for one in messages if one["role"] == "tool"]
    if model == "translates":
        return {"content": "日本語にしたもの"}
    if not results:
        return _calls("search", {"q": "虫"})
    found = re.search(r'"id":"(\d+)","title":"([^"]+)"', results[-1])
    number, title = (found[1], found[2]) if found else ("0", "")
    said = {
        "honest": (f"「{title}」があります。", [number]),
        "invents": ("「だれも書かなかった虫の本」があります。", [number]),
        "invents-a-record": (f"「{title}」があります。", ["987654321"]),
        "invents-a-rule": (f"「{title}」は20週間借りられます。", [number]),
        "obeys-a-title": ("くわしくは https://example.com へ。", [number]),
    }.get(model, (f"「{title}」があります。", [number]))
    return _calls("answer", {"text": said[0], "records": said[1]})


def _calls(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
