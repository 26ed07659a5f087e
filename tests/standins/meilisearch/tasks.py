"""The queue of writes: each is told at once, done later, one after the other, and remembered with its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.standins.meilisearch.refusals import ApiError

Work = Callable[[dict[str, Any]], None]
"""Does it, and completes the task's details. Raises ApiError for a task that fails."""


class Tasks:
    """`delay`: seconds that each task takes. While `held`, tasks stay in processing."""

    def __init__(self, *, delay: float) -> None:
        self.delay = delay
        self.all: list[dict[str, Any]] = []
        self._open = asyncio.Event()
        self._open.set()
        self._waiting: asyncio.Queue[tuple[dict[str, Any], Work]] = asyncio.Queue()
        self.failing = ""  # the next tasks of this type fail

    @property
    def held(self) -> bool:
        return not self._open.is_set()

    def hold(self, held: bool) -> None:
        if held:
            self._open.clear()
        else:
            self._open.set()

    def add(self, kind: str, index: str | None, details: dict[str, Any] | None, work: Work) -> dict[str, Any]:
        """Returns the short form that answers a write."""
        task: dict[str, Any] = {
            "uid": len(self.all),
            "batchUid": None,
            "indexUid": index,
            "status": "enqueued",
            "type": kind,
            "canceledBy": None,
            "details": details,
            "error": None,
            "duration": None,
            "enqueuedAt": _now(),
            "startedAt": None,
            "finishedAt": None,
        }
        self.all.append(task)
        self._waiting.put_nowait((task, work))
        return {"taskUid": task["uid"], "indexUid": index, "status": "enqueued", "type": kind, "enqueuedAt": task["enqueuedAt"]}

    async def run(self) -> None:
        """Works the queue off until cancelled."""
        while True:
            task, work = await self._waiting.get()
            task |= {"status": "processing", "batchUid": task["uid"], "startedAt": _now()}
            await self._open.wait()
            await asyncio.sleep(self.delay)
            try:
                self._may_go_on(task["type"])
                work(task["details"] or {})
                task["status"] = "succeeded"
            except ApiError as error:
                task |= {"status": "failed", "error": error.body()}
                _leave_nothing_done(task["details"] or {})
            took = datetime.now(UTC) - datetime.fromisoformat(task["startedAt"])
            task |= {"finishedAt": _now(), "duration": f"PT{took.total_seconds():.9f}S"}

    def _may_go_on(self, kind: str) -> None:
        if kind == self.failing:
            raise ApiError(500, "internal", "An internal error has occurred.", kind="internal")

    def listed(self, *, statuses: set[str], limit: int, seen: Callable[[str | None], bool]) -> dict[str, Any]:
        """Newest first."""
        found = [task for task in reversed(self.all) if seen(task["indexUid"]) and (not statuses or task["status"] in statuses)]
        page, rest = found[:limit], found[limit:]
        return {
            "results": page,
            "total": len(found),
            "limit": limit,
            "from": page[0]["uid"] if page else None,
            "next": rest[0]["uid"] if rest else None,
        }

    def swap_names(self, one: str, other: str) -> None:
        """Past tasks follow their index to its new name."""
        for task in self.all:
            if task["indexUid"] in {one, other}:
                task["indexUid"] = other if task["indexUid"] == one else one


def _leave_nothing_done(details: dict[str, Any]) -> None:
    for name in ("indexedDocuments", "deletedDocuments"):
        if name in details:
            details[name] = 0


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
