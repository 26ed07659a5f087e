"""What stands beside a record: other editions of its work, and its neighbours by class number."""

from __future__ import annotations

from sqlalchemy import text

from library.db import Reading
from library.identity.viewer import Viewer
from search.finding import Shown, shown
from search.visible import bound, visible

MOST_EDITIONS = 60

_EDITIONS = text(
    f"SELECT r.id FROM record r WHERE r.work_id = :work AND r.id <> :record AND {visible('r')}"  # noqa: S608 - a condition of our own
    " ORDER BY r.year DESC NULLS LAST, r.id LIMIT :most"
)
_PLACE = "r.ndc, r.title_sort, r.id"
_ANOTHER = "r.work_id IS DISTINCT FROM :work"  # its own editions are listed elsewhere
_BEFORE = text(
    f"SELECT r.id FROM record r WHERE ({_PLACE}) < (:ndc, :title_sort, :record) AND r.ndc <> '' AND {_ANOTHER} AND {visible('r')}"  # noqa: S608
    " ORDER BY r.ndc DESC, r.title_sort DESC, r.id DESC LIMIT :most"
)
_AFTER = text(
    f"SELECT r.id FROM record r WHERE ({_PLACE}) > (:ndc, :title_sort, :record) AND r.ndc <> '' AND {_ANOTHER} AND {visible('r')}"  # noqa: S608
    f" ORDER BY {_PLACE} LIMIT :most"
)
_NEWLY_IN = text(
    f"""
    SELECT DISTINCT ON (coalesce(r.work_id, -r.id)) r.id, newest.place
      FROM unnest(CAST(:candidates AS bigint[])) WITH ORDINALITY newest(record_id, place)
      JOIN record r ON r.id = newest.record_id
     WHERE {visible("r")} ORDER BY coalesce(r.work_id, -r.id), newest.place
    """  # noqa: S608 - a condition of our own
)


async def editions(session: Reading, record: Shown, *, viewer: Viewer) -> tuple[Shown, ...]:
    """Other editions of the work, newest first."""
    if record.work_id is None or not record.other_editions:
        return ()
    values = {"work": record.work_id, "record": record.id, "most": MOST_EDITIONS} | bound(viewer.sees)
    return await shown(session, list(await session.scalars(_EDITIONS, values)), viewer=viewer)


async def beside(session: Reading, record: Shown, *, viewer: Viewer, most: int = 5) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """What stands left and right of it where everything stands in order of class and title; both in shelf order."""
    if not record.ndc:
        return (), ()
    title_sort = await session.scalar(text("SELECT title_sort FROM record WHERE id = :record"), {"record": record.id})
    values = {"ndc": record.ndc, "title_sort": title_sort or "", "record": record.id, "work": record.work_id, "most": most}
    values |= bound(viewer.sees)
    left = list(await session.scalars(_BEFORE, values))[::-1]
    right = list(await session.scalars(_AFTER, values))
    found = {one.id: one for one in await shown(session, [*left, *right], viewer=viewer)}
    return tuple(found[n] for n in left if n in found), tuple(found[n] for n in right if n in found)


async def of_different_works(session: Reading, candidates: list[int], *, viewer: Viewer, most: int) -> tuple[Shown, ...]:
    """The first records of `candidates` that the viewer may see, one of each work."""
    rows = (await session.execute(_NEWLY_IN, {"candidates": candidates} | bound(viewer.sees))).all()
    kept = [row.id for row in sorted(rows, key=lambda row: row.place)][:most]
    return await shown(session, kept, viewer=viewer)
