"""The books of a shelf, of two kana, of a grade, or by chance, for one viewer: the first edition of each work, nearest first."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import text

from catalog.description import Agent
from circulation.availability import AVAILABLE
from library.db import Database, Reading
from library.identity.viewer import Viewer
from search.finding import Shown, shown
from search.index.engine import MOST_COUNTED, Engine, Sort
from search.pupils import asking, kana
from search.pupils.asking import EVERYTHING, Stood
from search.pupils.looking import Looking
from search.pupils.shelves import SHELVES, Ask, Shelf
from search.remembered import remembered
from search.visible import bound, visible

PER_PAGE = 24
ON_THE_DICE = 6
MOST_WRITERS = 8
_WRITTEN = 60  # records looked at for names

_WORKS = text("SELECT id, coalesce(work_id, -id) AS work FROM record WHERE id = ANY(:ids)")
# On the shelves of the own school everything is for pupils; elsewhere, and online, what is catalogued for them.
_REACHED = """(
    EXISTS (SELECT FROM item i JOIN branch b ON b.id = i.branch_id
             WHERE i.record_id = r.id AND {there}
               AND (b.number = ANY(:own_shelves) OR r.audience = ANY(:audience) AND b.number = ANY(:near)))
    OR r.audience = ANY(:audience)
       AND EXISTS (SELECT FROM electronic_access e WHERE e.record_id = r.id AND e.phase = 'running'))"""
_HELD, _THERE = _REACHED.format(there="i.withdrawn_on IS NULL"), _REACHED.format(there=AVAILABLE)
_BEGINS = "r.title_sort ~>=~ {first} AND r.title_sort ~<~ {after}"
_BY_KANA = {
    available: text(
        f"SELECT r.id FROM record r WHERE {_BEGINS.format(first=':first', after=':after')} AND {reached} AND {visible('r')}"  # noqa: S608
        " ORDER BY r.title_sort USING ~<~, r.id LIMIT :most"
    )
    for available, reached in ((False, _HELD), (True, _THERE))
}
_LETTERS = text(
    "SELECT span.letter FROM unnest(CAST(:letters AS text[]), CAST(:firsts AS text[]), CAST(:afters AS text[])) span(letter, first, after)"  # noqa: S608
    f" WHERE EXISTS (SELECT FROM record r WHERE {_BEGINS.format(first='span.first', after='span.after')} AND {_HELD} AND {visible('r')})"
)
_AT_JUNIOR_HIGH = text(
    f"""
    SELECT r.id FROM record r
     WHERE r.id IN (SELECT i.record_id FROM item i JOIN organisation o ON o.id = i.organisation_id
                     WHERE o.school_kind = 'junior_high' AND i.withdrawn_on IS NULL)
       AND EXISTS (SELECT FROM item i JOIN branch b ON b.id = i.branch_id
                    WHERE i.record_id = r.id AND (b.number = ANY(:own_shelves) OR b.number = ANY(:near))
                      AND CASE WHEN :available THEN {AVAILABLE} ELSE i.withdrawn_on IS NULL END)
       AND {visible("r")}
     ORDER BY r.popularity DESC, r.id LIMIT :most
    """  # noqa: S608 - only conditions of our own are put in
)


class Picked(msgspec.Struct, frozen=True):
    """One record of each work; there are more where `is_whole` is not. `is_near`: nothing holds the words, these come near."""

    ids: tuple[int, ...]
    is_whole: bool = True
    is_near: bool = False

    def page(self, number: int) -> tuple[int, ...]:
        return self.ids[(number - 1) * PER_PAGE : number * PER_PAGE]

    @property
    def pages(self) -> int:
        return -(-len(self.ids) // PER_PAGE)


async def picked(session: Reading, stood: Stood, *, is_near: bool = False) -> Picked:
    """Only the first edition of each work: a shelf of seven times the same story is a dull one."""
    work = {row.id: row.work for row in await session.execute(_WORKS, {"ids": list(stood.ids)})} if stood.ids else {}
    first: dict[int, int] = {}
    for number in stood.ids:
        if number in work:
            first.setdefault(work[number], number)
    return Picked(tuple(first.values()), stood.is_whole, is_near)


async def from_asks(session: Reading, engine: Engine, asks: Sequence[Ask], looking: Looking, *, available: bool) -> Picked:
    """Raises Busy while there is no index."""
    return await picked(session, await asyncio.to_thread(asking.standing, engine, asks, looking.nearest_first(available=available)))


async def of_junior_high(session: Reading, looking: Looking, *, available: bool) -> Picked:
    """What junior high schools hold and is within reach, the most read first."""
    values = _reach(looking) | {"available": available, "most": MOST_COUNTED + 1}
    ids = tuple(await session.scalars(_AT_JUNIOR_HIGH, values))
    return await picked(session, Stood(ids[:MOST_COUNTED], len(ids) <= MOST_COUNTED))


async def by_kana(session: Reading, letters: str, looking: Looking, *, available: bool) -> Picked:
    """Titles whose reading begins so, in the order of a dictionary."""
    first, after = kana.span(letters)
    values = _reach(looking) | {"first": first, "after": after, "most": MOST_COUNTED + 1}
    ids = tuple(await session.scalars(_BY_KANA[available], values))
    return await picked(session, Stood(ids[:MOST_COUNTED], len(ids) <= MOST_COUNTED))


async def letters_after(session: Reading, database: Database, letters: str, looking: Looking) -> frozenset[str]:
    """The letters of the board that lead on to some title."""

    async def ask() -> frozenset[str]:
        spans = [kana.span(letters + letter) for letter in kana.LETTERS]
        columns = {"letters": list(kana.LETTERS), "firsts": [first for first, _ in spans], "afters": [after for _, after in spans]}
        return frozenset(await session.scalars(_LETTERS, _reach(looking) | columns))

    return await remembered(database, ("letters", letters, looking.key()), ask)


async def writers(session: Reading, engine: Engine, letters: str, looking: Looking, *, viewer: Viewer) -> tuple[Agent, ...]:
    """Whose name begins so: of those whose books are within reach, the most read first. Raises Busy while there is no index."""

    def ask() -> Stood:
        ids: dict[int, None] = {}
        for query in asking.beginnings(kana.spellings(letters)):
            found, is_near = asking.answering(engine, query, looking.all())
            ids.update({} if is_near else dict.fromkeys(found.ids))
        return Stood(tuple(ids)[:_WRITTEN])

    records = await shown(session, (await asyncio.to_thread(ask)).ids, viewer=viewer)
    found: dict[str, Agent] = {}
    for record in records:
        for agent in record.description.agents:
            if agent.kind == "person" and agent.reading and kana.begins(agent.reading, letters):
                found.setdefault(agent.name, agent)
    return tuple(found.values())[:MOST_WRITERS]


async def by_chance(session: Reading, engine: Engine, looking: Looking) -> Picked:
    """A handful of what is there now in the own school, else in the ward's libraries: by chance alone, whatever was read before."""
    sort = random.choice((Sort.POPULAR, Sort.NEWEST, Sort.TITLE))  # noqa: S311 - an engine shows the first thousand of an order
    for filters in (looking.own(available=True), looking.elsewhere(available=True)):
        found = await picked(session, await asyncio.to_thread(asking.standing, engine, [EVERYTHING], filters, sort=sort))
        if found.ids:
            return Picked(tuple(random.sample(found.ids, min(ON_THE_DICE, len(found.ids)))))
    return Picked(())


async def alike(session: Reading, engine: Engine, record: Shown, looking: Looking, *, most: int) -> tuple[int, ...]:
    """Other works of the same writer, then of the same class. Raises Busy while there is no index."""

    def ask() -> Stood:
        ids: dict[int, None] = {record.id: None}
        writers, classes = [Ask(writers=(agent.name,)) for agent in record.description.agents[:1]], [Ask(classes=(record.ndc[:3],))]
        for asks, share in ((writers, most // 2), (classes if record.ndc else [], most)):
            ids.update(dict.fromkeys(asking.standing(engine, asks, looking.all()).ids[: 8 * share]))  # several editions of each
        return Stood(tuple(ids))

    stood = await asyncio.to_thread(ask)
    work = {row.id: row.work for row in await session.execute(_WORKS, {"ids": list(stood.ids)})}
    first: dict[int, int] = {}
    for number in stood.ids:
        if number in work and work[number] != work.get(record.id):
            first.setdefault(work[number], number)
    return tuple(first.values())[:most]


class Count(msgspec.Struct, frozen=True):
    """How many works; more where it is not exact."""

    number: int
    is_exact: bool


async def counts(session: Reading, database: Database, engine: Engine, looking: Looking) -> dict[str, Count]:
    """Works on each shelf and part of a shelf that holds any. Raises Busy while there is no index."""

    async def ask() -> dict[str, Count]:
        stood = await asyncio.to_thread(_all_standing, engine, looking)
        every = sorted({number for one in stood.values() for number in one.ids})
        rows = await session.execute(_WORKS, {"ids": every})
        work = {row.id: row.work for row in rows}
        found = {key: Count(len({work[number] for number in one.ids if number in work}), one.is_whole) for key, one in stood.items()}
        return {key: count for key, count in found.items() if count.number}

    return await remembered(database, ("picture shelves", looking.key()), ask)


def _all_standing(engine: Engine, looking: Looking) -> dict[str, Stood]:
    """A part is asked once, for itself and for the shelf it belongs to."""
    found: dict[str, Stood] = {}
    for shelf in SHELVES:
        parts = {part.key: asking.standing(engine, part.asks, looking.all()) for part in shelf.parts}
        own = asking.standing(engine, shelf.asks, looking.all())
        found |= parts
        found[shelf.key] = _together([own, *parts.values()])
    return found


def _together(stood: Iterable[Stood]) -> Stood:
    many = list(stood)
    return Stood(tuple(dict.fromkeys(number for one in many for number in one.ids)), all(one.is_whole for one in many))


def _reach(looking: Looking) -> dict[str, object]:
    numbers = {"own_shelves": sorted(looking.own_shelves), "near": sorted(looking.near | looking.own_mixed)}
    return numbers | {"audience": sorted(looking.audience)} | bound(looking.seen_by)


async def on_shelf(session: Reading, engine: Engine, shelf: Shelf, looking: Looking, *, available: bool) -> Picked:
    """Raises Busy while there is no index."""
    return await from_asks(session, engine, shelf.every_ask(), looking, available=available)
