"""Which records of a work are volumes of one edition, and the order in which editions and volumes stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from catalog.matching.volume import volume_token
from search.browse.volumes import volume_of

_PAUSE = 10  # years between two volumes of one edition; what comes later is another


class Row(NamedTuple):
    """What of a record tells its edition."""

    id: int
    volume: str
    publisher: str
    year: int | None
    audience: str
    material: str
    edition: str


class Edition(NamedTuple):
    """`records` in the order of their volumes; `first` and `last` are years, None where none is said."""

    publisher: str
    audience: str
    first: int | None
    last: int | None
    records: tuple[int, ...]


def editions(rows: Iterable[Row]) -> list[Edition]:
    """The newest first. Volumes of one publisher are one edition until a volume comes again; what has no volume stands alone."""
    known: dict[tuple[str, ...], list[dict[str, Row]]] = {}
    for row in sorted(rows, key=lambda one: (one.year or 0, one.id)):
        token = volume_token(row.volume)
        alike = known.setdefault((row.publisher, row.audience, row.material, row.edition), [])
        begun = next((one for one in reversed(alike) if _goes_on(one, token, row)), None)
        if begun is None:
            alike.append({token: row})
        else:
            begun[token] = row
    found = [_edition(list(volumes.values())) for those in known.values() for volumes in those]
    return sorted(found, key=lambda one: (-(one.last or 0), min(one.records)))


def _goes_on(volumes: dict[str, Row], token: str, row: Row) -> bool:
    if not token or token in volumes or "" in volumes:
        return False
    return (row.year or 0) - max(one.year or 0 for one in volumes.values()) <= _PAUSE


def _edition(rows: list[Row]) -> Edition:
    years = [row.year for row in rows if row.year]
    standing = sorted(rows, key=lambda row: (volume_of(row.id, (), row.volume, "").order, row.id))
    return Edition(
        rows[0].publisher, rows[0].audience, min(years, default=None), max(years, default=None), tuple(row.id for row in standing)
    )
