"""Asking the process that writes a host's index to build it anew, and hearing how it goes: three small files in the index's folder.

rebuild-asked    the token of who asks; gone once the writer has answered
rebuild-going    the token, and how many records are in
rebuild-done     the token, and what came of it
"""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from search.index.embedded.shelf import write_atomically

_ASKED, _GOING, _DONE = "rebuild-asked", "rebuild-going", "rebuild-done"


class Heard(msgspec.Struct, frozen=True):
    """`records` are in so far; `seconds` is set at the end, `error` where it failed."""

    token: str
    records: int = 0
    seconds: float | None = None
    error: str = ""

    @property
    def is_over(self) -> bool:
        return self.seconds is not None or bool(self.error)


def ask(folder: Path) -> str:
    """Leaves the request; returns its token."""
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(8)
    write_atomically(folder / _ASKED, token)
    return token


def asked(folder: Path) -> str | None:
    """The token of an open request."""
    try:
        return (folder / _ASKED).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def withdraw(folder: Path, token: str) -> None:
    """Takes the request back, if it is still this one."""
    if asked(folder) == token:
        (folder / _ASKED).unlink(missing_ok=True)


def tell(folder: Path, token: str, records: int) -> None:
    write_atomically(folder / _GOING, msgspec.json.encode(Heard(token, records)).decode())


def answer(folder: Path, heard: Heard) -> None:
    """Says what came of it, and closes the request."""
    write_atomically(folder / _DONE, msgspec.json.encode(heard).decode())
    withdraw(folder, heard.token)


def heard(folder: Path, token: str) -> Heard:
    """What has been said to this request so far."""
    for name in (_DONE, _GOING):
        try:
            said = msgspec.json.decode((folder / name).read_bytes(), type=Heard)
        except (OSError, msgspec.MsgspecError):
            continue
        if said.token == token:
            return said
    return Heard(token)
