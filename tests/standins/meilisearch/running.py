"""Starting the stand-in from a test, and ending it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

MASTER = "stand-in-master-key"
_ROOT = Path(__file__).resolve().parents[3]


@dataclass
class StandIn:
    """`start` and `stop` may alternate; it forgets everything when it stops. With a certificate it speaks HTTPS."""

    delay: float = 0.0
    port: int = 0
    certificate: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    @property
    def _verify(self) -> str | bool:
        return str(self.certificate) if self.certificate else True

    def start(self) -> StandIn:
        self.port = self.port or _free_port()
        command = [sys.executable, "-m", "tests.standins.meilisearch", "--port", str(self.port), "--delay", str(self.delay)]
        more = ["--certificate", str(self.certificate)] if self.certificate else []
        self.process = subprocess.Popen([*command, "--master-key", MASTER, *more], cwd=_ROOT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/health", timeout=1, verify=self._verify).ok:
                    return self
            except requests.ConnectionError:
                time.sleep(0.02)
        raise TimeoutError("the stand-in for Meilisearch does not answer")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, method: str, path: str, body: Any = None, *, key: str = MASTER) -> Any:
        """As the master unless another key is given."""
        answered = requests.request(
            method, self.url + path, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=10, verify=self._verify
        )
        return answered.json()

    def set(self, **how: Any) -> dict[str, Any]:
        """delay, hold, failing, slow, broken, refused, faults; answers what it has counted."""
        return dict(requests.post(f"{self.url}/stand-in", json=how, timeout=10, verify=self._verify).json())

    def make_key(self, *actions: str, indexes: str = "catalogue*", uid: str | None = None) -> str:
        """The same `uid` makes the same key again, after a restart too."""
        asked = {"actions": list(actions), "indexes": [indexes], "expiresAt": None, "uid": uid}
        return str(self.ask("POST", "/keys", asked)["key"])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
