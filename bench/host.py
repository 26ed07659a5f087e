"""A library of its own to measure: a temporary folder, PostgreSQL in it, processes of the service; all gone afterwards."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql

from bench import machine
from library import postgres, schema
from library.errors import Unavailable
from library.jobs import conninfo

ROOT = Path(__file__).resolve().parent.parent
STARTING = 60.0  # seconds until a server that does not answer is given up
_LIBRARY = "from library.cli import main; main()"


@dataclass
class Web:
    """A running `library serve`."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid


@dataclass
class Host:
    """The folder and the address of its database."""

    folder: Path
    url: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def facts(self) -> dict[str, str | int | float]:
        """What of PostgreSQL decides how safe and how fast it writes."""
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        return {f"postgres {name}": str(self._one(sql.SQL("SHOW {}").format(sql.Identifier(name)))) for name in names}

    def count(self, table: str) -> int:
        return int(str(self._one(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))))

    def _one(self, query: sql.Composed) -> object:
        with psycopg.connect(conninfo(self.url)) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def settle(self) -> None:
        """What autovacuum does within minutes, done now, so that no part of the run meets it by chance."""
        with psycopg.connect(conninfo(self.url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def database_cpu(self) -> float | None:
        try:
            return machine.cpu_seconds(int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0]))
        except (OSError, ValueError):
            return None

    def environment(self, port: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LIBRARY_")}
        ours = {"DEMO": "1", "DATABASE_URL": self.url, "DATA": str(self.data), "PORT": str(port), "LOG_LEVEL": "WARNING"}
        return kept | {f"LIBRARY_{name}": value for name, value in ours.items()} | {"PYTHONPATH": str(ROOT)}

    def run(self, module: str, *arguments: str) -> dict[str, Any]:
        """Runs a module of the benchmarks in a process of its own; its last line on standard output is the answer."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,  # away from any .env
            env=self.environment(1),
            stdout=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            sentence = "python -m {module} ended with {status}; the reason stands above"
            raise Unavailable("bench_child", sentence, module=module, status=done.returncode)
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    @contextmanager
    def serving(self, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Web]:
        """`library serve` on a free port with `more` LIBRARY_ settings, until the block ends."""
        port = _free_port()
        said = self.folder / f"serve-{port}.log"
        environment = self.environment(port) | {f"LIBRARY_{name}": value for name, value in more.items()}
        with said.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _LIBRARY, "serve"], cwd=self.folder, env=environment, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            _wait_for(process, port, said)
            yield Web(process, port)
        finally:
            _end(process)


@contextmanager
def host() -> Iterator[Host]:
    """Below /var/tmp as root, since PostgreSQL then runs as another user who must reach it."""
    parent = Path("/var/tmp") if os.geteuid() == 0 else Path(tempfile.gettempdir())  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="library-bench-", dir=parent))
    folder.chmod(0o755)
    try:
        (folder / "data").mkdir()
        url = postgres.embedded(folder / "postgres")
        try:
            schema.upgrade(url)
            yield Host(folder, url)
        finally:
            postgres.stop(folder / "postgres")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, said: Path) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    last = said.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise Unavailable("bench_server", "library serve does not answer: {line}", line=last[0])


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
