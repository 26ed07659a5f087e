"""Goes through the contract point by point; one that fails hinders no other."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import requests

from search.index.engine import EngineError
from search.index.meilisearch.connection import DocumentsRefused
from search.index.meilisearch.contract import counting, finding, rights, settings, writing
from search.index.meilisearch.contract.trial import Checks, Server, Trial, Tried

_LONGEST = 300  # characters of what is shown

PARTS: tuple[tuple[str, Checks], ...] = (
    ("settings", settings.CHECKS),
    ("tokens", finding.TOKENS),
    ("queries", finding.QUERIES),
    ("filters", counting.FILTERS),
    ("facets", counting.FACETS),
    ("order", counting.ORDER),
    ("several searches", finding.SEVERAL),
    ("keys", rights.KEYS),
    ("errors", rights.ERRORS),
    ("tasks", writing.TASKS),
    ("changes", writing.CHANGES),
)


class Point(msgspec.Struct, frozen=True):
    """One thing the service relies on: what was expected of the server and what was seen."""

    part: str
    name: str
    ok: bool
    expected: str = ""
    seen: str = ""


def examine(server: Server, tell: Callable[[Point], None]) -> list[Point]:
    """Every point of the contract. Raises EngineError when not even the throw-away index can be made and filled."""
    trial = Trial(server)
    found: list[Point] = []
    with trial.filled():
        for part, checks in PARTS:
            for name, tried in checks:
                found.append(_point(trial, part, name, tried))
                tell(found[-1])
    return found


def _point(trial: Trial, part: str, name: str, tried: Tried) -> Point:
    try:
        expected, seen = tried(trial)
    except (EngineError, DocumentsRefused, requests.RequestException, KeyError, ValueError, TypeError) as error:
        return Point(part, name, False, "an answer", f"{type(error).__name__}: {error}"[:_LONGEST])
    return Point(part, name, expected == seen, _shown(expected), _shown(seen))


def _shown(value: object) -> str:
    return str(value)[:_LONGEST]
