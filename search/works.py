"""A work under one permanent number: the editions of it that a viewer may see, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import text

from catalog.store import LARGEST_ID
from library.db import Reading
from library.errors import N_, NotFound
from library.identity.viewer import Viewer
from search.asking.asked import PER_PAGE
from search.finding import Shown, shown
from search.visible import bound, visible

_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_EDITIONS = text(
    f"SELECT r.id FROM record r WHERE r.work_id = :work AND {visible('r')}"  # noqa: S608 - a condition of our own
    " ORDER BY r.year DESC NULLS LAST, r.id"
)


@dataclass(frozen=True)
class Editions:
    """One page of a work. `first` is its newest edition, whose title the work bears."""

    work_id: int
    first: Shown
    total: int
    page: int
    pages: int
    on_page: tuple[Shown, ...]


async def editions(session: Reading, written: str, *, viewer: Viewer, page: int) -> Editions:
    """A page behind the last one is the last. Raises NotFound for a work without an edition that the viewer may see."""
    number = int(written) if _NUMBER.fullmatch(written) else 0
    if not 0 < number <= LARGEST_ID:
        raise _no_such_work()
    ids = list(await session.scalars(_EDITIONS, {"work": number} | bound(viewer.sees)))
    pages = -(-len(ids) // PER_PAGE)
    page = min(page, pages)
    wanted = ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    found = {one.id: one for one in await shown(session, list(dict.fromkeys([*ids[:1], *wanted])), viewer=viewer)}
    if not found:
        raise _no_such_work()
    first = found.get(ids[0]) or next(iter(found.values()))
    return Editions(number, first, len(ids), page, pages, tuple(found[one] for one in wanted if one in found))


def _no_such_work() -> NotFound:
    return NotFound("work_not_found", N_("この作品はありません。"))
