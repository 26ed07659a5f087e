"""Files people sent, kept between looking at what they would do and doing it; an hour at most, for their sender only."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from library import clock
from library.errors import N_, NotFound
from library.settings import Settings

KEPT = timedelta(hours=1)
EVERY = 300  # seconds
_KEY = re.compile(r"[\w-]{22}")


def keep(settings: Settings, account_id: int, file: IO[bytes], *, now: datetime) -> str:
    """Copies a file into LIBRARY_DATA, readable by this service only; returns the key to find it by. Slow: call it in a thread."""
    forget(settings, now=now)
    key = secrets.token_urlsafe(16)
    path = _path(settings, account_id, key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.seek(0)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        shutil.copyfileobj(file, copy, 1024 * 1024)
    return key


def kept(settings: Settings, account_id: int, key: str, *, now: datetime) -> Path:
    """Where the file is; NotFound when it is gone, or was somebody else's."""
    forget(settings, now=now)
    path = _path(settings, account_id, key) if _KEY.fullmatch(key) else None
    if path is None or not path.is_file():
        raise NotFound("upload_gone", N_("送ったファイルはもう残っていません。もういちど選んでください。"), where="file")
    return path


def discard(settings: Settings, account_id: int, key: str) -> None:
    """Deletes a file that is done with; one that is gone already is no error."""
    if _KEY.fullmatch(key):
        _path(settings, account_id, key).unlink(missing_ok=True)


def forget(settings: Settings, *, now: datetime) -> int:
    """Deletes what nobody came back for; returns how many."""
    gone = 0
    for path in (settings.data / "uploads").glob("*.part"):
        try:
            if path.stat().st_mtime < (now - KEPT).timestamp():
                path.unlink(missing_ok=True)
                gone += 1
        except FileNotFoundError:
            continue
    return gone


async def keep_forgetting(settings: Settings) -> None:
    """Runs beside a web process for as long as it serves: nobody has to come back for an old file to go."""
    while True:
        await asyncio.to_thread(forget, settings, now=clock.now())
        await asyncio.sleep(EVERY)


def _path(settings: Settings, account_id: int, key: str) -> Path:
    """The name is a keyed digest of sender and key, so that a key alone opens nothing."""
    name = hmac.new(settings.key, f"upload:{account_id}:{key}".encode(), hashlib.sha256).hexdigest()[:40]
    return settings.data / "uploads" / f"{name}.part"
