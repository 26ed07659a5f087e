"""The index server that is measured: the one that LIBRARY_MEILISEARCH_URL names, or the stand-in, which shows the protocol and no speed."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.host import Host, Web
from bench.web import Client
from library.errors import Unavailable
from library.settings import Settings
from search.index.meilisearch import MeilisearchEngine
from search.index.meilisearch.keys import make
from tests.standins.meilisearch.running import MASTER, StandIn

MOST_ON_STAND_IN = 20_000  # records; it keeps all in memory and looks at each
TASK_SECONDS = 0.6  # that a real server was measured to take for a small task; the stand-in takes as long
STARTING = 900.0  # seconds until the server must hold the catalogue


@dataclass(frozen=True)
class IndexServer:
    """`label` says of every figure what it was measured on."""

    settings: Settings
    label: str

    @property
    def environment(self) -> dict[str, str]:
        chosen = self.settings
        found = {
            "MEILISEARCH_URL": chosen.meilisearch_url or "",
            "MEILISEARCH_SEARCH_KEY": chosen.meilisearch_search_key or "",
            "MEILISEARCH_INDEX_KEY": chosen.meilisearch_index_key or "",
            "MEILISEARCH_INDEX": chosen.meilisearch_index,
        }
        return found | ({"MEILISEARCH_CA": str(chosen.meilisearch_ca)} if chosen.meilisearch_ca else {})

    @contextmanager
    def serving(self, where: Host) -> Iterator[Web]:
        """A web process that is answered by the server, once the server holds everything."""
        with where.serving(self.environment) as web:
            client = Client(web.port)
            deadline = time.monotonic() + STARTING
            while b'"backend":"meilisearch"' not in client.get("/api/v1/search?q=").body or _is_behind(client):
                if time.monotonic() > deadline:
                    raise Unavailable("bench_index", "the index server did not catch up within {seconds} s", seconds=STARTING)
                time.sleep(0.2)
            client.close()
            yield web


def _is_behind(client: Client) -> bool:
    return b'"meilisearch"' in client.get("/readyz").body


@contextmanager
def index_server(records: int) -> Iterator[IndexServer | None]:
    """None where there is only the stand-in and the catalogue is too large for it."""
    if os.environ.get("LIBRARY_MEILISEARCH_URL"):
        with _real() as server:
            yield server
    elif records > MOST_ON_STAND_IN:
        yield None
    else:
        with _stand_in() as server:
            yield server


@contextmanager
def _real() -> Iterator[IndexServer]:
    """An index of our own on it, removed afterwards."""
    given = Settings(demo=True)
    chosen = given.model_copy(update={"meilisearch_index": f"{given.meilisearch_index}_bench_{secrets.token_hex(3)}"})
    engine = MeilisearchEngine(
        chosen.meilisearch_url or "",
        search_key=chosen.meilisearch_search_key or "",
        index_key=chosen.meilisearch_index_key or "",
        index=chosen.meilisearch_index,
        ca=chosen.meilisearch_ca,
    )
    try:
        yield IndexServer(chosen, f"Meilisearch {engine.check_server()}")
    finally:
        for name in engine.writing.indexes():
            if name.startswith(chosen.meilisearch_index):
                engine.writing.wait(engine.writing.delete(name))
        engine.close()


@contextmanager
def _stand_in() -> Iterator[IndexServer]:
    server = StandIn(delay=TASK_SECONDS).start()
    try:
        keys = make(server.url, MASTER, "catalogue")
        chosen = Settings(demo=True, meilisearch_url=server.url, meilisearch_search_key=keys.search, meilisearch_index_key=keys.index)
        yield IndexServer(chosen, "stand-in: protocol only, not speed")
    finally:
        server.stop()
