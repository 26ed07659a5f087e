"""How this host's copy of the index stands, as the process that writes it leaves it for others to read: a small file in its folder."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from traceback import extract_tb

import msgspec

from search.index.embedded.shelf import write_atomically
from search.index.engine import EngineError

_FILE = "standing.json"
_PLACE = re.compile(r"at `(\$[^`]*)`$")


class Rebuilt(msgspec.Struct, frozen=True):
    """What the last rebuild came to, and when it was done."""

    at: datetime
    records: int
    seconds: float


class Standing(msgspec.Struct, frozen=True):
    """`set_aside`: records that could not be indexed, each with a reason that quotes nothing of it."""

    rebuilt: Rebuilt | None = None
    set_aside: dict[int, str] = {}


def read(folder: Path) -> Standing:
    """What was written last; where nothing was, nothing is known."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=Standing)
    except (OSError, msgspec.MsgspecError):
        return Standing()


def keep(folder: Path, standing: Standing) -> None:
    write_atomically(folder / _FILE, msgspec.json.encode(standing).decode())


def reason_of(error: BaseException) -> str:
    """What kind of error it is and where it arose. Its words may quote a record or a query, so only our own are repeated."""
    name = type(error).__name__
    if isinstance(error, EngineError):
        return f"{name}: {str(error).partition(':')[0]}"  # behind the colon the library speaks
    if isinstance(error, msgspec.MsgspecError) and (place := _PLACE.search(str(error))):
        return f"{name} at {place[1]}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    frames = extract_tb(error.__traceback__)
    return f"{name} in {Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else name
