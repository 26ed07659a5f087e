"""Searches that an account keeps: saving, listing, noting what was looked at, deleting, and forgetting those nobody uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import delete, func, select, text, update

from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound
from library.identity.models import Account
from search.asking import asked as reading
from search.asking.asked import Asked
from search.saved.models import SavedSearch

MOST = 50  # of one account
LONGEST_NAME = 60
LONGEST = 600  # characters of an address that is kept
UNUSED = timedelta(days=365)
WARNED = timedelta(days=335)
TOLD = timedelta(days=90)  # how long a deletion is told


@dataclass(frozen=True)
class Kept:
    """A saved search. `goes_soon`: nobody has used it for eleven months."""

    id: int
    name: str
    asked: Asked
    tells: bool
    arrived: int
    created_at: datetime
    used_at: datetime
    seen_up_to: int
    seen_on: date

    @property
    def href(self) -> str:
        return f"/search?{urlencode(self.asked.pairs())}"

    def goes_soon(self, now: datetime) -> bool:
        return now - self.used_at > WARNED


async def save(session: Writing, account_id: int, asked: Asked, *, name: str, tells: bool, now: datetime) -> int:
    """Keeps a search; what is in the catalogue now is not new. Raises Invalid, Conflict for the fifty-first or the same again."""
    kept = as_kept(asked)
    name = (" ".join(name.split()) or asked.text)[:LONGEST_NAME]
    if not kept:
        raise Invalid("search_empty", N_("ことばか条件をえらんでから、ほぞんしてください。"), where="q")
    if len(urlencode(asked.pairs())) > LONGEST * 9 or sum(len(value) for values in kept.values() for value in values) > LONGEST:
        raise Invalid("search_long", N_("長すぎる検索はほぞんできません。"), where="q")
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    mine = (SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_(None))
    if (await session.scalar(select(func.count()).where(*mine)) or 0) >= MOST:
        raise Conflict("too_many_saved", N_("ほぞんできる検索は{limit}件までです。"), limit=MOST)
    row = SavedSearch(
        account_id=account_id,
        name=name,
        asked=kept,
        tells=tells,
        seen_up_to=await session.scalar(text("SELECT coalesce(max(id), 0) FROM record")) or 0,
        seen_on=now.date(),
        created_at=now,
        used_at=now,
    )
    session.add(row)
    await session.flush()
    return row.id


async def already(session: Reading, account_id: int, asked: Asked) -> Kept | None:
    """The same search as the account keeps it."""
    mine = (SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_(None), SavedSearch.asked == as_kept(asked))
    row = await session.scalar(select(SavedSearch).where(*mine))
    return _kept(row) if row is not None else None


def as_kept(asked: Asked) -> dict[str, list[str]]:
    """The parameters of the search's address, without page and order: they say nothing of what is looked for."""
    found: dict[str, list[str]] = {}
    for name, value in asked.pairs():
        if name not in ("page", "sort"):
            found.setdefault(name, []).append(value)
    return found


async def all_of(session: Reading, account_id: int) -> tuple[Kept, ...]:
    rows = await session.scalars(
        select(SavedSearch)
        .where(SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_(None))
        .order_by(SavedSearch.created_at.desc(), SavedSearch.id.desc())
    )
    return tuple(_kept(row) for row in rows)


async def dropped(session: Reading, account_id: int) -> int:
    """How many went because nobody used them, as long as that is told."""
    return await session.scalar(select(func.count()).where(SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_not(None))) or 0


async def one(session: Reading, account_id: int, number: int) -> Kept:
    """Raises NotFound for what is not the account's own."""
    asked = select(SavedSearch).where(SavedSearch.id == number, SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_(None))
    row = (await session.scalars(asked)).one_or_none() if 0 < number < 2**63 else None
    if row is None:
        raise NotFound("saved_search_not_found", N_("このほぞんした検索はありません。"))
    return _kept(row)


def _kept(row: SavedSearch) -> Kept:
    try:
        asked = reading.read(row.asked)
    except Invalid:  # a filter that is not offered any more
        asked = Asked(text="".join(row.asked.get("q", [])))
    return Kept(row.id, row.name, asked, row.tells, row.arrived, row.created_at, row.used_at, row.seen_up_to, row.seen_on)


async def seen(session: Writing, account_id: int, number: int, *, up_to: int, now: datetime) -> None:
    """What was shown up to a number is not new any more."""
    kept = await one(session, account_id, number)
    newest = await session.scalar(text("SELECT coalesce(max(id), 0) FROM record")) or 0
    mark = min(max(kept.seen_up_to, up_to), newest)
    await _change(session, number, seen_up_to=mark, seen_on=now.date(), used_at=now, arrived=0)


async def used(session: Writing, account_id: int, now: datetime) -> None:
    """The list was looked at: none of them is forgotten within the next year."""
    mine = update(SavedSearch).where(SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_(None))
    await session.execute(mine.values(used_at=now).execution_options(synchronize_session=False))


async def tell(session: Writing, account_id: int, number: int, *, tells: bool) -> None:
    await one(session, account_id, number)
    await _change(session, number, tells=tells, arrived=0)


async def remove(session: Writing, account_id: int, number: int) -> None:
    """At once and for good. Raises NotFound for what is not the account's own."""
    await one(session, account_id, number)
    await session.execute(delete(SavedSearch).where(SavedSearch.id == number))


async def understood(session: Writing, account_id: int) -> None:
    """Its owner has read that some went."""
    await session.execute(delete(SavedSearch).where(SavedSearch.account_id == account_id, SavedSearch.dropped_on.is_not(None)))


async def telling(session: Reading, *, after: int, most: int) -> Sequence[tuple[int, Kept]]:
    """Accounts and their searches that tell of new arrivals, in order of their numbers."""
    rows = await session.scalars(
        select(SavedSearch)
        .where(SavedSearch.tells, SavedSearch.dropped_on.is_(None), SavedSearch.id > after)
        .order_by(SavedSearch.id)
        .limit(most)
    )
    return [(row.account_id, _kept(row)) for row in rows]


async def count(session: Writing, kept: Kept, arrived: int) -> None:
    """Notes how many came in, unless its owner has looked since `kept` was read."""
    same = (SavedSearch.id == kept.id, SavedSearch.seen_up_to == kept.seen_up_to, SavedSearch.dropped_on.is_(None))
    await session.execute(update(SavedSearch).where(*same).values(arrived=arrived).execution_options(synchronize_session=False))


async def forget_unused(session: Writing, *, now: datetime) -> int:
    """Empties searches nobody has used for a year, leaving only that one went; after 90 days that goes too. Returns how many."""
    today = now.date()
    await session.execute(delete(SavedSearch).where(SavedSearch.dropped_on < today - TOLD))
    empty = {"name": "", "asked": {}, "tells": False, "arrived": 0, "seen_up_to": 0, "dropped_on": today}
    gone = await session.execute(
        update(SavedSearch)
        .where(SavedSearch.dropped_on.is_(None), SavedSearch.used_at < now - UNUSED)
        .values(**empty)
        .returning(SavedSearch.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def _change(session: Writing, number: int, **columns: object) -> None:
    changed = update(SavedSearch).where(SavedSearch.id == number).values(**columns)
    await session.execute(changed.execution_options(synchronize_session=False))
