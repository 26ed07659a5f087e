"""Files sent to be imported: laid down in the data folder until their run needs them no more."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path
from typing import IO

from library import clock
from library.errors import N_, NotFound
from library.settings import Settings

FOLDER = "uploads"
FORGOTTEN_AFTER = 24 * 3600  # seconds; a file without a run is what a request left that never ended
_NAME = re.compile(r"run-[\w-]{22}")


def keep(settings: Settings, file: IO[bytes]) -> str:
    """Copies a file piece by piece, readable by this service only; returns its name. Slow: call it in a thread."""
    name = f"run-{secrets.token_urlsafe(16)}"
    path = settings.data / FOLDER / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.seek(0)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        shutil.copyfileobj(file, copy, 1024 * 1024)
    return name


def path_of(settings: Settings, name: str) -> Path:
    """Where a file was laid down, whether or not it is still there."""
    if not _NAME.fullmatch(name):
        raise NotFound("upload_gone", N_("送ったファイルはもう残っていません。もういちど選んでください。"), where="file")
    return settings.data / FOLDER / name


def kept(settings: Settings, name: str) -> Path:
    """Where a file is; raises NotFound when it is gone."""
    path = path_of(settings, name)
    if not path.is_file():
        raise NotFound("upload_gone", N_("送ったファイルはもう残っていません。もういちど選んでください。"), where="file")
    return path


def discard(settings: Settings, name: str) -> None:
    """Deletes a file that is done with; one that is gone already is no error."""
    if name:
        path_of(settings, name).unlink(missing_ok=True)


def forget_others(settings: Settings, needed: set[str]) -> int:
    """Deletes the files no run needs; returns how many. A fresh one may belong to a request under way."""
    gone = 0
    for path in (settings.data / FOLDER).glob("run-*"):
        try:
            if path.name not in needed and path.stat().st_mtime < clock.now().timestamp() - FORGOTTEN_AFTER:
                path.unlink(missing_ok=True)
                gone += 1
        except FileNotFoundError:
            continue
    return gone
