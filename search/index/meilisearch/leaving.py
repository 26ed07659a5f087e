"""Which processes of this host have left the index server for now: a small file of each, for those who look after the service."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from library import clock
from search.index.embedded.shelf import write_atomically

_NAMED = "server-left-{}.json"


class Left(msgspec.Struct, frozen=True):
    pid: int
    reason: str
    since: datetime


def keep(folder: Path, reason: str) -> None:
    """This process has left. A disk that is full keeps nothing and stops nobody."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / _NAMED.format(os.getpid()), msgspec.json.encode(Left(os.getpid(), reason, clock.now())).decode())


def forget(folder: Path) -> None:
    """This process is back, or ends."""
    with suppress(OSError):
        (folder / _NAMED.format(os.getpid())).unlink(missing_ok=True)


def read(folder: Path) -> list[Left]:
    """Those of processes that live."""
    found: list[Left] = []
    for path in sorted(folder.glob(_NAMED.format("*"))):
        try:
            one = msgspec.json.decode(path.read_bytes(), type=Left)
            os.kill(one.pid, 0)
        except (OSError, msgspec.MsgspecError):
            continue
        found.append(one)
    return found
