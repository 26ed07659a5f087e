"""The protocol: addresses, rights, bodies, and the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from tests.standins.meilisearch import declared
from tests.standins.meilisearch.keys import Keys
from tests.standins.meilisearch.refusals import ApiError, no_index
from tests.standins.meilisearch.searching import answer
from tests.standins.meilisearch.shelf import Shelf
from tests.standins.meilisearch.tasks import Tasks

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, Any]

VERSION = {"commitSha": "stand-in", "commitDate": "2026-07-23T14:39:41.000000000Z", "pkgVersion": "1.50.0"}


@dataclass(frozen=True)
class Asked:
    method: str
    path: tuple[str, ...]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str | None:
        return self.headers.get("authorization")

    def json(self) -> Any:
        """Raises ApiError for another type or a body that is none."""
        kind = self.headers.get("content-type", "").partition(";")[0]
        if kind != "application/json":
            said = f"The Content-Type `{kind}` is invalid. Accepted values for the Content-Type header are: `application/json`"
            raise ApiError(415, "invalid_content_type", said)
        return _parsed(self.body)

    def documents(self) -> list[dict[str, Any]]:
        if self.headers.get("content-type", "").partition(";")[0] == "application/x-ndjson":
            return [_parsed(line) for line in self.body.splitlines() if line.strip()]
        found = self.json()
        return found if isinstance(found, list) else [found]


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        said = "key must be a string at line 1 column 2" if body.startswith(b"{") else "expected value at line 1 column 1"
        raise ApiError(400, "malformed_payload", f"The json payload provided is malformed. `{said}`.") from None


class Server:
    """An ASGI application. `/stand-in` is not of the protocol: tests set there how slow or broken it is."""

    def __init__(self, *, master: str, delay: float) -> None:
        self.keys = Keys(master)
        self.tasks = Tasks(delay=delay)
        self.shelves: dict[str, Shelf] = {}
        self.slow = 0.0  # seconds before a search is answered
        self.broken = False
        self.refused: int | None = None  # a document that is not taken
        self.faults: frozenset[str] = frozenset()  # points in which it answers wrongly, so that somebody should notice
        self.searches = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        asked = Asked(scope["method"], tuple(part for part in scope["path"].split("/") if part), query, headers, body)
        status, said = await self._answered(asked)
        sent = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": sent})

    async def _live(self, receive: Receive, send: Send) -> None:
        working: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                working = asyncio.create_task(self.tasks.run())
                await send({"type": "lifespan.startup.complete"})
            else:
                if working:
                    working.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answered(self, asked: Asked) -> Answer:
        if asked.path == ("stand-in",):
            return 200, self._set(json.loads(asked.body or b"{}"))
        if self.broken:
            return 500, ApiError(500, "internal", "An internal error has occurred.", kind="internal").body()
        if asked.path[-1:] in {("search",), ("multi-search",)}:
            self.searches += 1
            await asyncio.sleep(self.slow)
        try:
            return self._route(asked)
        except ApiError as error:
            return error.status, error.body()

    def _set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        self.slow = wanted.get("slow", self.slow)
        self.broken = wanted.get("broken", self.broken)
        self.refused = wanted.get("refused", self.refused)
        self.faults = frozenset(wanted.get("faults", self.faults))
        self.keys.allow_all = "keys" in self.faults
        self.tasks.delay = wanted.get("delay", self.tasks.delay)
        self.tasks.failing = wanted.get("failing", self.tasks.failing)
        self.tasks.hold(wanted.get("hold", self.tasks.held))
        return {"searches": self.searches, "tasks": len(self.tasks.all), "indexes": sorted(self.shelves)}

    def _route(self, asked: Asked) -> Answer:
        match asked.method, *asked.path:
            case "GET", "health":
                return 200, {"status": "available"}
            case "GET", "version":
                self.keys.check(asked.key, "version", None)
                return 200, VERSION
            case "POST", "multi-search":
                return 200, self._many(asked)
            case "POST", "swap-indexes":
                return self._swap(asked)
            case "POST", "keys":
                self.keys.check(asked.key, "keys.create", None)
                return 201, self.keys.create(asked.json())
            case "GET", "keys":
                self.keys.check(asked.key, "keys.get", None)
                return 200, self.keys.listed()
            case "DELETE", "keys", uid:
                self.keys.check(asked.key, "keys.delete", None)
                self.keys.delete(uid)
                return 204, None
            case _, "tasks", *rest:
                return self._told(asked, rest)
            case _, "indexes", *rest:
                return self._index(asked, rest)
        raise ApiError(404, "not_found", "Not found")

    def _told(self, asked: Asked, rest: list[str]) -> Answer:
        self.keys.check(asked.key, "tasks.get", None)
        if not rest:
            statuses = {one for one in asked.query.get("statuses", "").split(",") if one}
            limit = int(asked.query.get("limit", "20"))
            return 200, self.tasks.listed(statuses=statuses, limit=limit, seen=lambda index: self.keys.sees(asked.key, index))
        number = int(rest[0])
        if number >= len(self.tasks.all) or not self.keys.sees(asked.key, self.tasks.all[number]["indexUid"]):
            raise ApiError(404, "task_not_found", f"Task `{number}` not found.")
        return 200, self.tasks.all[number]

    def _index(self, asked: Asked, rest: list[str]) -> Answer:
        uid = rest[0] if rest else None
        match asked.method, *rest[1:]:
            case "GET", *more if not rest and not more:
                self.keys.check(asked.key, "indexes.get", None)
                found = [{"uid": name, "primaryKey": one.primary, "createdAt": "", "updatedAt": ""} for name, one in self.shelves.items()]
                return 200, {"results": found, "offset": 0, "limit": 20, "total": len(found)}
            case "POST", *more if not rest and not more:
                return self._create(asked)
        assert uid is not None
        match asked.method, *rest[1:]:
            case "GET", *more if not more:
                shelf = self._shelf(asked, uid, "indexes.get")
                return 200, {"uid": uid, "primaryKey": shelf.primary, "createdAt": "", "updatedAt": ""}
            case "DELETE", *more if not more:
                self.keys.check(asked.key, "indexes.delete", uid)
                return 202, self.tasks.add("indexDeletion", uid, {"deletedDocuments": None}, lambda details: self._delete(uid, details))
            case "GET", "stats":
                return 200, self._stats(self._shelf(asked, uid, "stats.get"))
            case "GET", "settings":
                return 200, self._shelf(asked, uid, "settings.get").settings
            case "PATCH", "settings":
                return self._settings(asked, uid)
            case "POST", "search":
                return 200, answer(self._shelf(asked, uid, "search"), asked.json(), index=uid, faults=self.faults)
            case method, "documents", *more:
                return self._documents(asked, uid, (method, *more))
        raise ApiError(404, "not_found", "Not found")

    def _shelf(self, asked: Asked, uid: str, action: str) -> Shelf:
        self.keys.check(asked.key, action, uid)
        if uid not in self.shelves:
            raise no_index(uid)
        return self.shelves[uid]

    def _create(self, asked: Asked) -> Answer:
        wanted = asked.json()
        uid, primary = wanted["uid"], wanted.get("primaryKey")
        self.keys.check(asked.key, "indexes.create", uid)

        def work(_: dict[str, Any]) -> None:
            if uid in self.shelves:
                raise ApiError(409, "index_already_exists", f"Index `{uid}` already exists.")
            self.shelves[uid] = Shelf(primary)

        return 202, self.tasks.add("indexCreation", uid, {"primaryKey": primary}, work)

    def _delete(self, uid: str, details: dict[str, Any]) -> None:
        if uid not in self.shelves:
            raise no_index(uid)
        details["deletedDocuments"] = len(self.shelves.pop(uid).documents)

    def _swap(self, asked: Asked) -> Answer:
        pairs = [(one["indexes"], one.get("rename", False)) for one in asked.json()]
        for names, _ in pairs:
            for name in names:
                self.keys.check(asked.key, "indexes.swap", name)

        def work(_: dict[str, Any]) -> None:
            for (one, other), _rename in pairs:
                for name in (one, other):
                    if name not in self.shelves:
                        raise no_index(name)
                if "swap" not in self.faults:
                    self.shelves[one], self.shelves[other] = self.shelves[other], self.shelves[one]
                self.tasks.swap_names(one, other)

        details = {"swaps": [{"indexes": names, "rename": rename} for names, rename in pairs]}
        return 202, self.tasks.add("indexSwap", None, details, work)

    def _settings(self, asked: Asked, uid: str) -> Answer:
        self.keys.check(asked.key, "settings.update", uid)
        patch = asked.json()
        shown = declared.checked(patch)

        def work(_: dict[str, Any]) -> None:
            self.shelves.setdefault(uid, Shelf(None)).take_settings(shown)

        return 202, self.tasks.add("settingsUpdate", uid, dict(shown), work)

    def _documents(self, asked: Asked, uid: str, what: tuple[str, ...]) -> Answer:
        match what:
            case ("POST" | "PUT",):
                self.keys.check(asked.key, "documents.add", uid)
                return self._take_in(uid, asked.documents(), partial=what[0] == "PUT")
            case ("POST", "delete-batch"):
                self.keys.check(asked.key, "documents.delete", uid)
                return self._take_out(uid, [str(one) for one in asked.json()])
            case ("POST", "fetch"):
                shelf = self._shelf(asked, uid, "documents.get")
                return 200, _fetched(shelf, asked.json())
            case ("GET", name):
                shelf = self._shelf(asked, uid, "documents.get")
                if name not in shelf.documents:
                    raise ApiError(404, "document_not_found", f"Document `{name}` not found.")
                return 200, shelf.documents[name]
        raise ApiError(404, "not_found", "Not found")

    def _take_in(self, uid: str, documents: list[dict[str, Any]], *, partial: bool) -> Answer:
        def work(details: dict[str, Any]) -> None:
            if self.refused is not None and any(one.get("id") == self.refused for one in documents):
                raise ApiError(400, "invalid_document_geo_field", "A field of the document is refused.")
            self.shelves.setdefault(uid, Shelf("id")).put(documents, partial=partial and "partial" not in self.faults)
            details["indexedDocuments"] = len(documents)

        details = {"receivedDocuments": len(documents), "indexedDocuments": None}
        return 202, self.tasks.add("documentAdditionOrUpdate", uid, details, work)

    def _take_out(self, uid: str, names: list[str]) -> Answer:
        def work(details: dict[str, Any]) -> None:
            if uid not in self.shelves:
                raise no_index(uid)
            details["deletedDocuments"] = self.shelves[uid].delete(names)

        details = {"providedIds": len(names), "deletedDocuments": None, "originalFilter": None}
        return 202, self.tasks.add("documentDeletion", uid, details, work)

    def _stats(self, shelf: Shelf) -> dict[str, Any]:
        counts: dict[str, int] = {}
        for document in shelf.documents.values():
            for name in document:
                counts[name] = counts.get(name, 0) + 1
        return {
            "numberOfDocuments": len(shelf.documents),
            "rawDocumentDbSize": 0,
            "avgDocumentSize": 0,
            "isIndexing": any(task["status"] == "processing" for task in self.tasks.all),
            "numberOfEmbeddings": 0,
            "numberOfEmbeddedDocuments": 0,
            "fieldDistribution": dict(sorted(counts.items())),
        }

    def _many(self, asked: Asked) -> dict[str, Any]:
        results = []
        for at, one in enumerate(asked.json()["queries"]):
            query = dict(one)
            uid = query.pop("indexUid")
            self.keys.check(asked.key, "search", uid)
            if uid not in self.shelves:
                raise no_index(uid, status=400, inside=f"Inside `.queries[{at}]`: ")
            try:
                results.append({"indexUid": uid, **answer(self.shelves[uid], query, index=uid, faults=self.faults)})
            except ApiError as error:
                raise ApiError(error.status, error.code, f"Inside `.queries[{at}]`: {error}", kind=error.kind) from None
        return {"results": results}


def _fetched(shelf: Shelf, asked: dict[str, Any]) -> dict[str, Any]:
    offset, limit = asked.get("offset", 0), asked.get("limit", 20)
    every = shelf.in_order()
    ids = asked.get("ids")
    if ids is not None:
        wanted = {str(one) for one in ids}
        every = [one for one in every if str(one[shelf.primary or "id"]) in wanted]
    fields = asked.get("fields")
    page = every[offset : offset + limit]
    shown = [one if not fields else {name: one[name] for name in fields if name in one} for one in page]
    return {"results": shown, "offset": offset, "limit": limit, "total": len(every)}
