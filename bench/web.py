"""A small HTTP client that measures: connections kept open, the time to the first byte, bytes as they travel."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TypeVar

PACKED = "br, gzip"

Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass(frozen=True)
class Answer:
    """`first_byte` and `whole` are milliseconds from sending; `body` as it came, packed where the server packs."""

    status: int
    first_byte: float
    whole: float
    body: bytes
    encoding: str
    content_type: str


class Client:
    """One kept connection, as a browser's."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, *, accept: str = "application/json", packed: bool = False) -> Answer:
        headers = {"Accept": accept} | ({"Accept-Encoding": PACKED} if packed else {})
        began = time.perf_counter()
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        first = time.perf_counter()
        body = answer.read()
        done = time.perf_counter()
        encoding, kind = answer.headers.get("Content-Encoding", ""), answer.headers.get("Content-Type", "")
        return Answer(answer.status, 1000 * (first - began), 1000 * (done - began), body, encoding, kind)

    def close(self) -> None:
        self._connection.close()


def get_all(port: int, paths: Sequence[str], *, at_once: int, accept: str = "application/json") -> tuple[list[Answer], float]:
    """Every path once, `at_once` connections at a time; answers in the order of the paths, and the seconds it took."""

    def one_connection(start: int) -> list[Answer]:
        client = Client(port)
        try:
            return [client.get(path, accept=accept) for path in paths[start::at_once]]
        finally:
            client.close()

    began = time.perf_counter()
    shares = each(one_connection, range(at_once), at_once)
    seconds = time.perf_counter() - began
    answers = [shares[place % at_once][place // at_once] for place in range(len(paths))]
    return answers, seconds


def each(work: Callable[[Given], Got], given: Sequence[Given], at_once: int) -> list[Got]:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(work, given))


class _Needs(HTMLParser):
    """What a page needs before it can be seen and used: its style sheets and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and "stylesheet" in (given.get("rel") or "").split():
            self.found.append(given.get("href") or "")
        elif tag == "script" and given.get("src"):
            self.found.append(given["src"] or "")


def needs(html: str) -> list[str]:
    """Addresses on this server, each once."""
    parser = _Needs()
    parser.feed(html)
    return [address for address in dict.fromkeys(parser.found) if address.startswith("/")]
