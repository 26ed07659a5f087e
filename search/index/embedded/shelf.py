"""The folder of the embedded index on a host: which build is current, who may write, and how far a build has followed.

CURRENT          name of the folder that serves, replaced atomically
writer.lock      held by the one process of this host that writes
index-<stamp>/   one build: `about.json` (versions), `cursor`, `segments/`, and `damaged` once it was found so;
                 `part-<n>/` while it is written by several processes, each in a build of its own
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path

from search.index.embedded.fields import VERSIONS
from search.index.engine import WriterBusy

_POINTER = "CURRENT"
_BUILD = "index-"


def write_atomically(path: Path, text: str) -> None:
    """After a crash the file holds the old text or the new one, whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def segments(build: Path) -> Path:
    return build / "segments"


def new_build(root: Path) -> Path:
    build = root / f"{_BUILD}{time.time_ns():020d}-{secrets.token_hex(2)}"
    segments(build).mkdir(parents=True)
    write_atomically(build / "about.json", json.dumps(VERSIONS))
    return build


def part(build: Path, number: int) -> Path:
    return build / f"part-{number}"


def current_build(root: Path) -> Path | None:
    """The build that serves, if there is one."""
    try:
        name = (root / _POINTER).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    build = root / name
    return build if name.startswith(_BUILD) and "/" not in name and build.is_dir() else None


def point_to(root: Path, build: Path) -> None:
    write_atomically(root / _POINTER, build.name)


def serves_this_version(build: Path) -> bool:
    try:
        return bool(json.loads((build / "about.json").read_text(encoding="utf-8")) == VERSIONS)
    except (FileNotFoundError, ValueError):
        return False


def mark_damaged(build: Path, reason: str) -> None:
    """For every process of this host: leave this build and build anew."""
    write_atomically(build / "damaged", reason)


def damage_of(build: Path) -> str:
    try:
        return (build / "damaged").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def cursor_of(build: Path) -> str | None:
    try:
        return (build / "cursor").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def keep_cursor(build: Path, cursor: str) -> None:
    write_atomically(build / "cursor", cursor)


def clear(root: Path, keep: Path | None) -> None:
    """Remove every build but one: what a crash left half built, and what was swapped out."""
    for build in root.glob(f"{_BUILD}*"):
        if build != keep:
            shutil.rmtree(build, ignore_errors=True)


class WriterLock:
    """Held from the first write to `release`, or until the process ends, however it ends."""

    def __init__(self, root: Path) -> None:
        self._path = root / "writer.lock"
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> None:
        if self._file is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise WriterBusy("another process of this host writes to the search index") from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
