"""The two keys of the service, made with the server's master key: each may do its own work on our indexes and nothing else."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import msgspec

from library import clock
from search.index.meilisearch.connection import Connection

SEARCHING = ("search",)
INDEXING = (
    *("documents.add", "documents.get", "documents.delete"),
    *("indexes.create", "indexes.get", "indexes.delete", "indexes.swap"),
    *("settings.get", "settings.update", "tasks.get", "stats.get", "version"),
)
_SECONDS = 10.0


class Keys(msgspec.Struct, frozen=True):
    search: str
    index: str


def make(url: str, master: str, index: str, *, ca: Path | None = None) -> Keys:
    """A fresh pair; earlier ones go on until they are retired. Raises EngineUnavailable, EngineError."""
    server = Connection(url, master, seconds=_SECONDS, ca=ca)
    try:
        made = f"{clock.now():%Y-%m-%d %H:%M}"
        search = server.make_key(f"{_name(index)} searches, {made}", SEARCHING, [f"{index}*"])
        return Keys(search, server.make_key(f"{_name(index)} writes, {made}", INDEXING, [f"{index}*"]))
    finally:
        server.close()


def retire(url: str, master: str, index: str, *, but: Container[str], ca: Path | None = None) -> list[str]:
    """Deletes the keys that were made here for this index, but those given; returns their names."""
    server = Connection(url, master, seconds=_SECONDS, ca=ca)
    try:
        old = [one for one in server.every_key() if one.name.startswith(f"{_name(index)} ") and one.key not in but]
        for one in old:
            server.delete_key(one.uid)
        return [one.name for one in old]
    finally:
        server.close()


def _name(index: str) -> str:
    return f"ward library, {index}:"
