"""From tables to index documents: records with their holdings, as every engine keeps them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import text

from catalog.description import Description
from circulation.availability import AVAILABLE
from library.db import Reading
from library.identity.viewer import EVERYONE, seen_numbers
from search.index.document import ONLINE, Document, spot
from search.index.standing import reason_of
from search.suggest import phrases

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_RECORDS = text(
    "SELECT id, work_id, title_sort, volume, year, material, language, audience, popularity, created_at,"
    " CAST(description AS text) AS description FROM record WHERE id = ANY(:ids)"
)
_HOLDINGS = text(
    f"""
    SELECT i.record_id, b.number, i.organisation_id, coalesce(p.seen_by, 'all') AS seen_by, bool_or({AVAILABLE}) AS available
      FROM item i JOIN branch b ON b.id = i.branch_id LEFT JOIN owner_policy p ON p.organisation_id = i.organisation_id
     WHERE i.record_id = ANY(:ids) AND i.withdrawn_on IS NULL
     GROUP BY i.record_id, b.number, i.organisation_id, p.seen_by
    UNION ALL
    SELECT e.record_id, {ONLINE}, e.organisation_id, coalesce(p.seen_by, 'all'), bool_or(e.phase = 'running')
      FROM electronic_access e LEFT JOIN owner_policy p ON p.organisation_id = e.organisation_id
     WHERE e.record_id = ANY(:ids) AND e.phase <> 'over'
     GROUP BY e.record_id, e.organisation_id, p.seen_by
    """  # noqa: S608 - only constants are put in
)


class Gathered(msgspec.Struct, frozen=True):
    """`gone`: there is no such record (any more). `unreadable`: its description is none, and why."""

    documents: list[Document]
    gone: list[int]
    unreadable: dict[int, str]


class Holding(msgspec.Struct, frozen=True):
    """One owner's copies of a record at one branch; `number` ONLINE for a licence."""

    number: int
    organisation_id: int
    seen_by: str
    available: bool

    @property
    def sight(self) -> frozenset[int]:
        return _sight(self.seen_by, self.organisation_id)


_sight = lru_cache(maxsize=4096)(seen_numbers)


async def documents(session: Reading, record_ids: Collection[int]) -> Gathered:
    """The documents of the records that exist; one that cannot be read keeps none of the others out."""
    ids = list(record_ids)
    rows = (await session.execute(_RECORDS, {"ids": ids})).all()
    holdings: dict[int, list[Holding]] = {}
    for record_id, number, organisation_id, seen_by, available in await session.execute(_HOLDINGS, {"ids": ids}):
        holdings.setdefault(record_id, []).append(Holding(number, organisation_id, seen_by, available))
    made: list[Document] = []
    unreadable: dict[int, str] = {}
    for row in rows:
        try:
            made.append(document_of(row, holdings.get(row.id, ())))
        except (msgspec.MsgspecError, ValueError) as exc:
            unreadable[row.id] = reason_of(exc)
    there = {row.id for row in rows}
    return Gathered(made, [number for number in ids if number not in there], unreadable)


def document_of(row: Any, holdings: Sequence[Holding]) -> Document:
    """One record's document. A branch counts as holding only where somebody beside its staff may see it."""
    said = msgspec.json.decode(row.description, type=Description)
    seen = [holding for holding in holdings if holding.seen_by != "nobody"]
    visible = frozenset().union(*(holding.sight for holding in seen)) if holdings else {EVERYONE}
    return Document(
        record_id=row.id,
        work_id=row.work_id,
        title=said.title.main,
        subtitle=said.title.rest,
        volume=said.title.volume,
        titles_other=tuple(filled([title.main for title in said.other_titles])),
        title_readings=tuple(_readings(said)),
        authors=tuple(filled([agent.name for agent in said.agents])) or tuple(filled([said.title.responsibility])),
        author_readings=tuple(filled([agent.reading for agent in said.agents])),
        series=tuple(filled([series.title for series in said.series])),
        series_readings=tuple(filled([series.reading for series in said.series])),
        series_numbered=tuple(filled([_joined(series.title, series.volume) for series in said.series if series.title and series.volume])),
        subjects=tuple(filled([subject.term for subject in said.subjects])),
        subject_readings=tuple(filled([subject.reading for subject in said.subjects])),
        publisher=said.publisher,
        isbns=tuple(isbn.number for isbn in said.isbns),
        ndc=tuple(filled([number.number for number in said.classes if number.scheme == "ndc"])),
        material=row.material,
        language=row.language,
        audience=row.audience,
        year=row.year,
        held=_spots(seen),
        available=_spots(holding for holding in seen if holding.available),
        seen_by=tuple(sorted(visible)),
        popularity=row.popularity,
        title_sort=row.title_sort,
        added_on=(row.created_at - EPOCH).days,
        phrases=phrases.of(said),
    )


def _readings(said: Description) -> list[str]:
    """Of the title alone, with its subtitle, and of its other titles."""
    title = said.title
    return filled([title.reading, _joined(title.reading, title.rest_reading), *(one.reading for one in said.other_titles)])


def _spots(holdings: Iterable[Holding]) -> tuple[int, ...]:
    """Where copies are, for whom: once for everyone where everyone may see them, else for each circle by itself."""
    circles: dict[int, frozenset[int]] = {}
    for holding in holdings:
        before = circles.get(holding.number)
        circles[holding.number] = holding.sight if before is None else before | holding.sight
    found: list[int] = []
    for number, seen in circles.items():
        found += [spot(number, EVERYONE)] if EVERYONE in seen else [spot(number, sight) for sight in seen]
    return tuple(sorted(found))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def filled(texts: Any) -> list[str]:
    """Without the empty ones and without doubles, in order."""
    return list(dict.fromkeys(filter(None, texts)))
