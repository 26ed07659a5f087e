"""Finding: the engine says which records answer, PostgreSQL says what they are and where they are at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from sqlalchemy import text

from catalog.description import Description
from circulation import availability
from circulation.availability import AtBranch
from library.db import Reading
from library.errors import N_, Busy
from library.identity.viewer import Viewer
from search.asking.asked import LAST_PAGE, PER_PAGE, Asked
from search.asking.query import Query, parse
from search.directory import Directory, Where, directory_for
from search.index.engine import MOST_COUNTED, Engine, EngineUnavailable, Filters, First, Found, Sort, silent
from search.index.headings import Kind, key
from search.index.standing import reason_of
from search.visible import bound, lets_see, visible

log = structlog.get_logger(__name__)

_SHOWN = text(
    f"""
    SELECT r.id, r.work_id, r.title, r.volume, r.author, r.publisher, r.year, r.material, r.language, r.audience, r.ndc,
           CAST(r.description AS text) AS description,
           (SELECT count(*) FROM record o WHERE o.work_id = r.work_id AND o.id <> r.id AND {visible("o")}) AS other_editions,
           (SELECT jsonb_agg(jsonb_build_object('url', e.url, 'label', e.label) ORDER BY e.id) FROM electronic_access e
              LEFT JOIN owner_policy p ON p.organisation_id = e.organisation_id
             WHERE e.record_id = r.id AND e.phase = 'running'
               AND (:sees_all OR {lets_see("p", "e.organisation_id")})) AS electronic
      FROM record r WHERE r.id = ANY(:ids) AND {visible("r")}
    """  # noqa: S608 - only conditions of our own are put in
)


_WORKS = text("SELECT id, coalesce(work_id, -id) AS work FROM record WHERE id = ANY(:ids)")


class Access(msgspec.Struct, frozen=True):
    """A way to an electronic title."""

    url: str
    label: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it is shown: its columns, its description, where its copies are for this viewer."""

    id: int
    work_id: int | None
    title: str
    volume: str
    author: str
    publisher: str
    year: int | None
    material: str
    language: str
    audience: str
    ndc: str
    description: Description
    other_editions: int
    electronic: tuple[Access, ...]
    at: tuple[AtBranch, ...]


@dataclass(frozen=True)
class Results:
    """One page of an answer. `groups`: records by nearness of their place, when they were asked for."""

    asked: Asked
    query: Query
    total: int
    total_is_exact: bool
    pages: int
    relaxed: bool
    hits: tuple[Shown, ...]
    facets: Mapping[str, Mapping[str, int]]
    groups: Mapping[Where, int]
    directory: Directory
    backend: str

    @property
    def is_beyond_the_end(self) -> bool:
        return self.total > 0 and self.asked.page > self.pages


async def find(session: Reading, engine: Engine, asked: Asked, *, viewer: Viewer, grouped: bool = False) -> Results:
    """Answers a search. Raises Invalid for a branch that is not there for this viewer, Busy while there is no index."""
    query = parse(asked.text)
    names_places = bool(asked.branch or asked.where)
    directory = await directory_for(session, viewer) if names_places else Directory(())
    filters = filters_of(asked, directory, viewer)
    async with _answering(engine, query, asked, filters) as answer:
        if not names_places:
            directory = await directory_for(session, viewer)
        if grouped:
            answer.count_groups(directory)
        ids = () if asked.by_work else await answer.first_page()
        hits = await shown(session, ids, viewer=viewer)  # while the facets are counted
        found, groups = await answer.whole, await answer.groups()
    if asked.by_work:
        found = await _by_work(session, found, asked.page)
    if found.ids != ids:
        hits = await shown(session, found.ids, viewer=viewer)
    total = min(found.total, MOST_COUNTED)
    by_number = directory.by_number()
    facets = {name: dict(counts) for name, counts in found.facets.items()}
    facets["branch"] = {by_number[int(n)].code: count for n, count in facets.get("branch", {}).items() if int(n) in by_number}
    return Results(
        asked=asked,
        query=query,
        total=total,
        total_is_exact=(found.total_is_exact and found.total <= MOST_COUNTED) or total == 0,
        pages=min(-(-total // PER_PAGE), LAST_PAGE),
        relaxed=found.relaxed and total > 0,  # nothing near either is plainly nothing
        hits=hits,
        facets={} if found.relaxed else facets,
        groups={} if found.relaxed else groups,
        directory=directory,
        backend=found.backend,
    )


def filters_of(asked: Asked, directory: Directory, viewer: Viewer) -> Filters:
    """Raises Invalid for an unknown branch. A group without a branch for this viewer holds nothing, not everything."""
    branches = directory.numbers(asked.branch, asked.where)
    if (asked.branch or asked.where) and not branches:
        branches = frozenset({_NOWHERE})
    return Filters(
        seen_by=viewer.sees,
        branches=branches,
        available=asked.available,
        material=frozenset(one.value for one in asked.material),
        language=frozenset(asked.language),
        audience=frozenset(one.value for one in asked.audience),
        ndc=frozenset(asked.ndc),
        headings=_headings(asked),
        year_from=asked.year.first if asked.year else None,
        year_to=asked.year.last if asked.year else None,
    )


_NOWHERE = 10_000  # above every branch number


def _headings(asked: Asked) -> frozenset[str]:
    named = {Kind.AUTHOR: asked.author, Kind.SUBJECT: asked.subject, Kind.SERIES: asked.series}
    return frozenset(key(kind, words) for kind, many in named.items() for words in many)


class _Answer:
    """A search under way in threads: its page is known before its facets are counted."""

    def __init__(self, engine: Engine, query: Query, asked: Asked, filters: Filters) -> None:
        self._engine, self._query, self._filters = engine, query, filters
        self._loop = asyncio.get_running_loop()
        self._page: asyncio.Future[tuple[int, ...]] = self._loop.create_future()
        first = silent if asked.by_work or asked.page > LAST_PAGE else self._hear
        self.whole = asyncio.create_task(asyncio.to_thread(_ask, engine, query, asked, filters, first))
        self._groups: asyncio.Task[dict[Where, int]] | None = None

    def count_groups(self, directory: Directory) -> None:
        self._groups = asyncio.create_task(asyncio.to_thread(_counted, self._engine, self._query, self._filters, directory))

    async def groups(self) -> dict[Where, int]:
        """By nearness; none where they were not asked for."""
        return await self._groups if self._groups else {}

    async def first_page(self) -> tuple[int, ...]:
        """The page as it was heard first; another than the whole answer's where two engines were asked."""
        await asyncio.wait((self._page, self.whole), return_when=asyncio.FIRST_COMPLETED)
        return self._page.result() if self._page.done() else (await self.whole).ids

    async def end(self) -> None:
        """Without effect on what has ended; of what fails now, what failed before is told."""
        for one in filter(None, (self.whole, self._groups)):
            one.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await one

    def _hear(self, ids: tuple[int, ...]) -> None:
        with suppress(RuntimeError):  # the loop is gone, and whoever waited with it
            self._loop.call_soon_threadsafe(self._note, ids)

    def _note(self, ids: tuple[int, ...]) -> None:
        if not self._page.done():
            self._page.set_result(ids)


@asynccontextmanager
async def _answering(engine: Engine, query: Query, asked: Asked, filters: Filters) -> AsyncIterator[_Answer]:
    answer = _Answer(engine, query, asked, filters)
    try:
        yield answer
    finally:
        await answer.end()


def _ask(engine: Engine, query: Query, asked: Asked, filters: Filters, first: First) -> Found:
    beyond = asked.page > LAST_PAGE and not asked.by_work
    with _said_if_not_ready():
        found = engine.search(
            query,
            filters=filters,
            page=1 if beyond or asked.by_work else asked.page,
            per_page=MOST_COUNTED if asked.by_work else PER_PAGE,
            sort=asked.sort,
            facets=True,
            first=first,
        )
    return msgspec.structs.replace(found, ids=()) if beyond else found


@contextmanager
def _said_if_not_ready() -> Iterator[None]:
    try:
        yield
    except EngineUnavailable as exc:
        raise not_ready() from exc


async def _by_work(session: Reading, found: Found, page: int) -> Found:
    """The same answer with the first edition of each work in the place of all of them; counted as far as any answer is.

    Here and not in the engines, so that both group alike.
    """
    rows = await session.execute(_WORKS, {"ids": list(found.ids)})
    work = {row.id: row.work for row in rows}
    first: dict[int, int] = {}
    for number in found.ids:
        if number in work:
            first.setdefault(work[number], number)
    kept = list(first.values())[(page - 1) * PER_PAGE : page * PER_PAGE]
    is_exact = found.total_is_exact and found.total <= len(found.ids)
    return msgspec.structs.replace(found, ids=tuple(kept), total=len(first), total_is_exact=is_exact)


def not_ready() -> Busy:
    return Busy("search_not_ready", N_("さがす準備をしています。しばらくしてから、もう一度お試しください。"), retry_after=10)


def _counted(engine: Engine, query: Query, filters: Filters, directory: Directory) -> dict[Where, int]:
    """Records by nearness under every other filter; a record at two places counts for both."""
    found: dict[Where, int] = {}
    with _said_if_not_ready():
        for where in Where:
            if numbers := directory.group(where):
                found[where] = count(engine, query, msgspec.structs.replace(filters, branches=numbers))
    return found


def count(engine: Engine, query: Query, filters: Filters) -> int:
    """How many records answer exactly; ordered by date, since that needs no ranking."""
    return engine.search(query, filters=filters, page=1, per_page=1, sort=Sort.NEWEST, facets=False, near=False).total


async def shown(session: Reading, record_ids: Sequence[int], *, viewer: Viewer) -> tuple[Shown, ...]:
    """Records in the order given with where they are now: two queries for a page. Those that are gone or hidden are left out."""
    if not record_ids:
        return ()
    ids = list(record_ids)
    rows = {row.id: row for row in await session.execute(_SHOWN, {"ids": ids} | bound(viewer.sees))}
    places = await availability.of_records(session, list(rows), sees=viewer.sees)
    return tuple(one for number in ids if number in rows and (one := _readable(rows[number], places[number])) is not None)


def _readable(row: Any, at: tuple[AtBranch, ...]) -> Shown | None:
    """None for a record with a description that is none: it spoils no page for the others, and the indexes set it aside and say so."""
    try:
        return _shown(row, at)
    except msgspec.MsgspecError as error:
        log.warning("record_not_shown", record=row.id, reason=reason_of(error))
        return None


_describe = msgspec.json.Decoder(Description).decode


def _shown(row: Any, at: tuple[AtBranch, ...]) -> Shown:
    return Shown(
        id=row.id,
        work_id=row.work_id,
        title=row.title,
        volume=row.volume,
        author=row.author,
        publisher=row.publisher,
        year=row.year,
        material=row.material,
        language=row.language,
        audience=row.audience,
        ndc=row.ndc,
        description=_describe(row.description),
        other_editions=row.other_editions,
        electronic=tuple(Access(one["url"], one["label"]) for one in row.electronic or ()),
        at=at,
    )
