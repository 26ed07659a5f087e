"""Licences for electronic titles: a link instead of a copy, kept by an organisation for its readers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, text

from catalog.models import ElectronicAccess, Phase
from catalog.records.composing import tell_index
from catalog.records.worksheet import is_web_address, line
from catalog.store import LARGEST_ID, add_event, lock_current
from library.db import Writing
from library.errors import N_, Conflict, Invalid, NotFound
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer

MOST_SEATS = 1_000_000

_TURN = text(
    """
    UPDATE electronic_access e SET phase = now.phase
      FROM (SELECT id, CASE WHEN valid_to < :today THEN 'over' WHEN valid_from > :today THEN 'coming' ELSE 'running' END AS phase
              FROM electronic_access) now
     WHERE now.id = e.id AND now.phase <> e.phase RETURNING e.record_id
    """
)


def phase_on(today: date, first: date | None, last: date | None) -> Phase:
    """Where a term stands on a day; its first and last day belong to it, None is open."""
    if last is not None and last < today:
        return Phase.OVER
    return Phase.COMING if first is not None and first > today else Phase.RUNNING


async def turn(session: Writing, *, today: date) -> list[int]:
    """Puts every licence into the phase it has on this day and tells the index; returns the records concerned.

    Days on which it did not run are caught up with, and doing it again changes nothing.
    """
    records = sorted(set(await session.scalars(_TURN, {"today": today})))
    await tell_index(session, records, "availability")
    return records


async def add(
    session: Writing,
    record_id: int,
    *,
    organisation_id: int,
    url: str,
    label: str = "",
    seats: int | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    today: date,
    viewer: Viewer,
) -> ElectronicAccess:
    """Adds a licence. `seats`: readers at once, None for any number. Raises Invalid, or Conflict for a link that is there."""
    account_id = viewer.must(Permission.EDIT_ITEMS, Place(frozenset({organisation_id})))
    url = line(url)
    if not is_web_address(url):
        raise Invalid("web_address", N_("リンクは https:// で始まる正しいアドレスで入れてください。"), where="url")
    if seats is not None and not 1 <= seats <= MOST_SEATS:
        raise Invalid("seats_range", N_("同時に使える人数は1以上の数で入れてください。"), where="seats")
    if valid_from and valid_to and valid_to < valid_from:
        raise Invalid("dates_in_order", N_("終わりの日が、始まりの日より前になっています。"), where="valid_to")
    held = await lock_current(session, record_id)
    same = (ElectronicAccess.record_id == held.id, ElectronicAccess.organisation_id == organisation_id, ElectronicAccess.url == url)
    if await session.scalar(select(ElectronicAccess.id).where(*same)) is not None:
        raise Conflict("link_taken", N_("このリンクはすでに登録されています。"), where="url")
    row = ElectronicAccess(
        record_id=held.id,
        organisation_id=organisation_id,
        url=url,
        label=line(label),
        seats=seats,
        valid_from=valid_from,
        valid_to=valid_to,
        phase=phase_on(today, valid_from, valid_to).value,
    )
    session.add(row)
    await session.flush()
    add_event(session, held.id, "access_added", account_id=account_id, url=url)
    await tell_index(session, [held.id])
    return row


async def remove(session: Writing, access_id: int, *, viewer: Viewer) -> int:
    """Ends a licence; returns the record it was for."""
    row = await session.get(ElectronicAccess, access_id, with_for_update=True) if 0 < access_id <= LARGEST_ID else None
    if row is None:
        raise NotFound("access_not_found", N_("この利用権はもうありません。"))
    account_id = viewer.must(Permission.EDIT_ITEMS, Place(frozenset({row.organisation_id})))
    record_id = row.record_id
    await session.delete(row)
    await session.flush()
    add_event(session, record_id, "access_removed", account_id=account_id, url=row.url)
    await tell_index(session, [record_id])
    return record_id
