"""Parts that travel with a copy (discs, maps): one that is missing is noted on the copy where it was noticed, and struck when found."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from catalog.models import Item
from circulation.store import branches, copies
from circulation.store.copies import Copy
from library.db import Writing
from library.identity.roles import Permission
from library.identity.viewer import Viewer

MISSING = "付属資料不足"  # begins the line that is written; cataloguers may write more into the same field


def known_missing(damage: str) -> bool:
    """Whether it is on record already that something is missing."""
    return any(line.startswith(MISSING) for line in damage.splitlines())


def with_missing(damage: str, parts: str, *, on: date, at: str) -> str:
    """The note with a line more: what is missing, since when, noticed where; a copy has one such line at most."""
    return "\n".join(filter(None, (without_missing(damage), f"{MISSING} {on.isoformat()} {at}: {parts}")))


def without_missing(damage: str) -> str:
    return "\n".join(line for line in damage.splitlines() if not line.startswith(MISSING))


async def counted(session: Writing, *, barcode: str, branch: str, complete: bool, by: Viewer, today: date) -> Copy:
    """Writes down that parts are missing, or strikes it when all are there again. Raises NotFound, Conflict, NotAllowed."""
    here = await branches.by_code(session, branch, on=today)
    by.must(Permission.LEND, here.place)
    item_id = (await copies.by_barcode(session, barcode, here)).id
    await copies.lock(session, item_id)
    copy = await copies.facts(session, item_id)
    if complete:
        damage = without_missing(copy.damage)
    elif known_missing(copy.damage):
        damage = copy.damage  # the day it was first noticed stays
    else:
        damage = with_missing(copy.damage, copy.parts, on=today, at=here.name.get("ja", here.code))
    if damage != copy.damage:
        await session.execute(update(Item).where(Item.id == item_id).values(damage=damage, version=Item.version + 1))
    return await copies.facts(session, item_id)
