"""Speaking with the server: one kept-alive session, time-outs, what may be asked twice, and what its errors mean to us."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import meilisearch
import msgspec
import requests
from meilisearch._httprequests import HttpRequests
from meilisearch.errors import MeilisearchApiError, MeilisearchCommunicationError, MeilisearchError, MeilisearchTimeoutError

from search.index.engine import EngineError, EngineUnavailable

LOCALES = ["jpn"]

_LOOK_FIRST, _LOOK_LAST = 0.01, 0.1  # seconds between looks at a task
_NO_INDEX = "index_not_found"
_NO_KEY = frozenset({"invalid_api_key", "missing_authorization_header"})


class NoIndex(EngineUnavailable):
    """The server is there, the index is not."""


class DocumentsRefused(Exception):
    """The server would not take documents as they are."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.reason = f"Meilisearch refuses it with {code}"


class Key(msgspec.Struct, frozen=True):
    uid: str
    name: str
    key: str


class _KeptAlive(HttpRequests):
    """The package opens a connection for every call, and changes its headers while other threads read them."""

    def __init__(self, config: Any, session: requests.Session) -> None:
        super().__init__(config)
        self._session = session

    def send_request(
        self, http_method: Callable[..., Any], path: str, body: Any = None, content_type: str | None = None, *, serializer: Any = None
    ) -> Any:
        def kept(url: str, **options: Any) -> requests.Response:
            headers = {**self.headers, **({"Content-Type": content_type} if content_type else {})}
            return self._session.request(http_method.__name__, url, **{**options, "headers": headers})

        kept.__name__ = http_method.__name__  # by which the package tells a GET
        one = HttpRequests(self.config)
        return one.send_request(kept, path, body, content_type, serializer=serializer)


class Connection:
    """One key's way to the server. Calls may come from many threads; each raises EngineUnavailable or EngineError."""

    def __init__(self, url: str, key: str, *, seconds: float, ca: Path | None = None) -> None:
        session = requests.Session()
        if ca is not None:
            session.verify = str(ca)
        adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=32)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.trust_env = False  # a proxy of the host has no business between us and the index
        self._session = session
        self._client = meilisearch.Client(url, key, timeout=seconds)  # type: ignore[arg-type]  # parts of a second are taken too
        self._client.http = _KeptAlive(self._client.config, session)
        self._client.task_handler.http = self._client.http

    def close(self) -> None:
        self._session.close()

    def search(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """All in one request."""
        with _meaning():
            answered = _twice(lambda: self._client.multi_search([{"locales": LOCALES, **query} for query in queries]))
            return list(answered["results"])

    def version(self) -> str:
        with _meaning():
            return str(_twice(self._client.get_version)["pkgVersion"])

    def indexes(self) -> list[str]:
        with _meaning():
            return [str(one["uid"]) for one in _twice(lambda: self._client.get_raw_indexes({"limit": 1000}))["results"]]

    def documents_in(self, index: str) -> int:
        with _meaning():
            return int(_twice(lambda: self._index(index).get_stats()).number_of_documents)

    def settings_of(self, index: str) -> dict[str, Any]:
        with _meaning():
            return dict(_twice(lambda: self._client.http.get(f"indexes/{index}/settings")))

    def document(self, index: str, number: int) -> dict[str, Any] | None:
        with _meaning():
            try:
                return dict(_twice(lambda: self._client.http.get(f"indexes/{index}/documents/{number}")))
            except MeilisearchApiError as error:
                if error.code == "document_not_found":
                    return None
                raise

    def these(self, index: str, numbers: Sequence[int], *, fields: Sequence[str]) -> list[dict[str, Any]]:
        """Documents by their numbers; those that are not there are left out."""
        return self._fetched(index, {"ids": [str(number) for number in numbers], "limit": len(numbers), "fields": list(fields)})

    def from_place(self, index: str, offset: int, *, most: int) -> list[int]:
        """The numbers of documents in the server's own order."""
        return [int(one["id"]) for one in self._fetched(index, {"offset": offset, "limit": most, "fields": ["id"]})]

    def _fetched(self, index: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        with _meaning():
            return list(_twice(lambda: self._client.http.post(f"indexes/{index}/documents/fetch", asked))["results"])

    def make_key(self, name: str, actions: Sequence[str], indexes: Sequence[str]) -> str:
        """For the master's connection only, as the next two."""
        asked = {"name": name, "actions": list(actions), "indexes": list(indexes), "expiresAt": None}
        with _meaning():
            return str(self._client.http.post("keys", asked)["key"])

    def every_key(self) -> list[Key]:
        with _meaning():
            found = _twice(lambda: self._client.http.get("keys?limit=1000"))["results"]
            return [Key(str(one["uid"]), str(one["name"] or ""), str(one["key"])) for one in found]

    def delete_key(self, uid: str) -> None:
        with _meaning():
            self._client.http.delete(f"keys/{uid}")

    def create(self, index: str) -> int:
        with _meaning():
            return int(self._client.create_index(index, {"primaryKey": "id"}).task_uid)

    def delete(self, index: str) -> int:
        with _meaning():
            return int(self._client.delete_index(index).task_uid)

    def swap(self, one: str, other: str) -> int:
        with _meaning():
            return int(self._client.swap_indexes([{"indexes": [one, other]}]).task_uid)

    def declare(self, index: str, settings: dict[str, Any]) -> int:
        with _meaning():
            return int(self._index(index).update_settings(settings).task_uid)

    def put(self, index: str, documents: Sequence[dict[str, Any]]) -> int:
        """Adds; where a document is there already, the fields given replace its own."""
        lines = b"\n".join(map(msgspec.json.encode, documents))
        with _meaning():
            return int(self._index(index).update_documents_raw(lines, "id", "application/x-ndjson").task_uid)

    def remove(self, index: str, numbers: Sequence[int]) -> int:
        with _meaning():
            told = self._client.http.post(f"indexes/{index}/documents/delete-batch", [str(number) for number in numbers])
            return int(told["taskUid"])

    def wait(self, task: int, *, seconds: float = 600.0) -> dict[str, Any]:
        """The task as it ended. Raises DocumentsRefused or EngineError when it failed, EngineUnavailable when it takes too long."""
        deadline, pause = time.monotonic() + seconds, _LOOK_FIRST
        while True:
            with _meaning():
                found = _twice(lambda: self._client.http.get(f"tasks/{task}"))
            if found["status"] == "succeeded":
                return dict(found)
            if found["status"] in {"failed", "canceled"}:
                raise _failure(found)
            if time.monotonic() > deadline:
                raise EngineUnavailable("Meilisearch has not finished a task in time")
            time.sleep(pause)
            pause = min(_LOOK_LAST, pause * 1.5)

    def _index(self, uid: str) -> Any:
        index = self._client.index(uid)
        index.http = self._client.http
        return index


def _twice(ask: Callable[[], Any]) -> Any:
    """Reading may be asked again at once: the server may have closed a connection that we kept."""
    try:
        return ask()
    except MeilisearchTimeoutError:
        raise
    except MeilisearchCommunicationError:
        return ask()


def _failure(task: dict[str, Any]) -> Exception:
    error = task["error"] or {}
    code = str(error.get("code", task["status"]))
    if task["type"] == "documentAdditionOrUpdate" and error.get("type") == "invalid_request" and code != _NO_INDEX:
        return DocumentsRefused(code)
    said = f"Meilisearch failed a task with {code}: {error.get('message', '')}"
    if code == _NO_INDEX:
        return NoIndex(said)
    return EngineUnavailable(said) if error.get("type") == "internal" else EngineError(said)


@contextmanager
def _meaning() -> Iterator[None]:
    """Errors of the client as ours; behind the colon stands what may quote a query or a record."""
    try:
        yield
    except MeilisearchTimeoutError as error:
        raise EngineUnavailable("Meilisearch does not answer in time") from error
    except MeilisearchCommunicationError as error:
        raise EngineUnavailable("Meilisearch cannot be reached") from error
    except MeilisearchApiError as error:
        if error.code == _NO_INDEX:
            raise NoIndex("Meilisearch has no such index") from error
        if error.code in _NO_KEY or error.status_code >= 500 or error.code is None:
            raise EngineUnavailable(f"Meilisearch does not serve with {error.code or error.status_code}: {error.message}") from error
        raise EngineError(f"Meilisearch refuses a request with {error.code}: {error.message}") from error
    except (MeilisearchError, requests.RequestException, ValueError, KeyError) as error:
        raise EngineUnavailable(f"Meilisearch answers nonsense: {error}") from error
