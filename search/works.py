"""A work under one number: the editions of it that a viewer may see, newest first, each with its volumes in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from catalog.store import LARGEST_ID
from library.db import Reading
from library.errors import N_, NotFound
from library.identity.viewer import Viewer
from search.asking.asked import PER_PAGE
from search.editions import Edition, Row
from search.editions import editions as told_apart
from search.finding import Shown, shown
from search.visible import bound, visible

_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_EDITIONS = text(
    f"""
    SELECT r.id, r.volume, r.publisher, r.year, r.audience, r.material, coalesce(r.description ->> 'edition', '') AS edition
      FROM record r WHERE r.work_id = :work AND {visible("r")}
    """  # noqa: S608 - a condition of our own
)


@dataclass(frozen=True)
class Editions:
    """One page of a work. `first` is of its newest edition, whose title the work bears; `of` tells a record's edition.

    `total` counts records, `count` editions; `came_from` is the record that led here, if it is one of them.
    """

    work_id: int
    first: Shown
    total: int
    page: int
    pages: int
    on_page: tuple[Shown, ...]
    count: int
    of: Mapping[int, Edition]
    came_from: int | None = None


async def editions(session: Reading, written: str, *, viewer: Viewer, page: int, came_from: str = "") -> Editions:
    """A page behind the last one is the last. Raises NotFound for a work without an edition that the viewer may see."""
    number = int(written) if _NUMBER.fullmatch(written) else 0
    if not 0 < number <= LARGEST_ID:
        raise _no_such_work()
    rows = await session.execute(_EDITIONS, {"work": number} | bound(viewer.sees))
    standing = told_apart(Row(*row) for row in rows)
    of = {record: edition for edition in standing for record in edition.records}
    ids = list(of)
    pages = -(-len(ids) // PER_PAGE)
    page = min(page, pages)
    wanted = ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    found = {one.id: one for one in await shown(session, list(dict.fromkeys([*ids[:1], *wanted])), viewer=viewer)}
    if not found:
        raise _no_such_work()
    first = found.get(ids[0]) or next(iter(found.values()))
    on_page = tuple(found[one] for one in wanted if one in found)
    led_here = int(came_from) if _NUMBER.fullmatch(came_from) and int(came_from) in of else None
    return Editions(number, first, len(ids), page, pages, on_page, len(standing), of, led_here)


def _no_such_work() -> NotFound:
    return NotFound("work_not_found", N_("この作品はありません。"))
