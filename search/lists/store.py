"""Book lists as values: one, those of the staff, those shown to a viewer, and which of them a record is in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, insert, or_, select, text, update
from sqlalchemy.orm import aliased

from library.db import Reading, Writing
from library.errors import N_, NotFound
from library.identity.roles import Permission, Place
from library.identity.viewer import ANY_SCHOOL, EVERYONE, FIRST_ORGANISATION, Viewer
from library.places.models import Branch, BranchOrganisation, Organisation, OrganisationKind, Translated
from search.lists.models import BookList, BookListLine
from search.lists.rules import Circle, Grade, Kind, Standing, State, standing
from search.visible import bound, visible

MOST_LISTED = 200
COVERS = 6

# Every copy of it was taken off the books and no licence is left: nobody can read it here any more.
_WITHDRAWN = """(EXISTS (SELECT FROM item w WHERE w.record_id = r.id)
    AND NOT EXISTS (SELECT FROM item w WHERE w.record_id = r.id AND w.withdrawn_on IS NULL)
    AND NOT EXISTS (SELECT FROM electronic_access w WHERE w.record_id = r.id AND w.phase <> 'over'))"""
_READABLE = f"{visible('r')} AND NOT {_WITHDRAWN}"

_COVERS = text(
    f"""
    SELECT * FROM (
      SELECT l.list_id, r.id, r.title, r.author, r.ndc, r.audience, count(*) OVER (PARTITION BY l.list_id) AS books,
             row_number() OVER (PARTITION BY l.list_id ORDER BY l.position, r.id) AS place
        FROM book_list_line l JOIN record r ON r.id = l.record_id
       WHERE l.list_id = ANY(:lists) AND {_READABLE}) numbered
     WHERE place <= :most ORDER BY list_id, place
    """  # noqa: S608 - only conditions of our own are put in
)
_LINES = text(
    f"""
    SELECT l.record_id, l.position, l.note, r.title, r.volume, r.author, r.year, r.publisher, {_WITHDRAWN} AS is_withdrawn,
           {visible("r")} AS is_visible, r.description -> 'isbns' -> 0 ->> 'number' AS isbn
      FROM book_list_line l JOIN record r ON r.id = l.record_id WHERE l.list_id = :list ORDER BY l.position, l.record_id
    """  # noqa: S608 - only conditions of our own are put in
)


@dataclass(frozen=True)
class ListFacts:
    """A list with the names of who made it."""

    id: int
    organisation_id: int
    organisation: str  # code
    organisation_name: Mapping[str, str]
    is_school: bool
    branch_id: int | None
    branch: str | None
    branch_name: Mapping[str, str] | None
    kind: Kind
    title: Mapping[str, str]
    words: Mapping[str, str]
    place: Mapping[str, str]
    audience: Circle
    grade: Grade | None
    state: State
    shown_from: date | None
    shown_to: date | None
    published_at: datetime | None
    changed_at: datetime
    version: int

    @property
    def where(self) -> Place:
        """Where somebody must be allowed to edit lists to edit this one."""
        return place_of(self.organisation_id, self.branch_id)

    def standing(self, today: date) -> Standing:
        return standing(self.state, self.shown_from, self.shown_to, today=today)

    def is_for(self, viewer: Viewer) -> bool:
        """Whether the viewer belongs to those who may see it once it is out."""
        return self.audience is Circle.EVERYONE or self.organisation_id in viewer.organisation_ids

    def is_edited_by(self, viewer: Viewer) -> bool:
        return viewer.can(Permission.EDIT_LISTS, self.where)


@dataclass(frozen=True)
class LineFacts:
    """A record in a list, as its editors see it. `is_hidden`: those for whom the list is cannot see the record."""

    record_id: int
    note: Mapping[str, str]
    title: str
    volume: str
    author: str
    publisher: str
    year: int | None
    isbn: str
    is_withdrawn: bool
    is_hidden: bool


@dataclass(frozen=True)
class Cover:
    """One of the first books of a list, as its cover is drawn."""

    record_id: int
    title: str
    author: str
    ndc: str
    juvenile: bool


@dataclass(frozen=True)
class Overview:
    """A list with how many books a viewer finds in it, and the first of them."""

    facts: ListFacts
    books: int
    covers: tuple[Cover, ...]


def place_of(organisation_id: int, branch_id: int | None) -> Place:
    return Place(frozenset({organisation_id}), branch_id)


def no_such_list() -> NotFound:
    return NotFound("list_not_found", N_("このリストはありません。"))


_branch = aliased(Branch)


def _selected() -> Select[BookList, str, Translated, str, str, Translated]:
    return (
        select(BookList, Organisation.code, Organisation.name, Organisation.kind, _branch.code, _branch.name)
        .join(Organisation, Organisation.id == BookList.organisation_id)
        .join(_branch, _branch.id == BookList.branch_id, isouter=True)
    )


def _facts(row: Row[BookList, str, Translated, str, str, Translated]) -> ListFacts:
    one, code, name, organisation_kind, branch, branch_name = row
    return ListFacts(
        id=one.id,
        organisation_id=one.organisation_id,
        organisation=code,
        organisation_name=name,
        is_school=organisation_kind == OrganisationKind.SCHOOL.value,
        branch_id=one.branch_id,
        branch=branch,
        branch_name=branch_name,
        kind=Kind(one.kind),
        title=one.title,
        words=one.words,
        place=one.place,
        audience=Circle(one.audience),
        grade=Grade(one.grade) if one.grade else None,
        state=State(one.state),
        shown_from=one.shown_from,
        shown_to=one.shown_to,
        published_at=one.published_at,
        changed_at=one.changed_at,
        version=one.version,
    )


async def one(session: Reading, list_id: int) -> ListFacts:
    """Raises NotFound."""
    row = (await session.execute(_selected().where(BookList.id == list_id))).first() if 0 < list_id < 2**63 else None
    if row is None:
        raise no_such_list()
    return _facts(row)


async def lock(session: Writing, list_id: int) -> ListFacts:
    """The list, locked. Records are locked before lists, as a merge does. Raises NotFound."""
    if 0 < list_id < 2**63:
        await session.execute(select(BookList.id).where(BookList.id == list_id).with_for_update())
    return await one(session, list_id)


async def of_staff(session: Reading, viewer: Viewer) -> tuple[ListFacts, ...]:
    """Lists the viewer may edit: what is under way first, then the newest."""
    order = case({State.DRAFT.value: 0, State.PUBLISHED.value: 1}, value=BookList.state, else_=2)
    rows = await session.execute(_selected().order_by(order, BookList.changed_at.desc(), BookList.id.desc()))
    return tuple(found for row in rows if (found := _facts(row)).is_edited_by(viewer))


async def of_house(session: Reading, viewer: Viewer, *, today: date) -> tuple[ListFacts, ...]:
    """Lists shown today of the houses somebody belongs to that others edit."""
    mine = BookList.organisation_id.in_(sorted(viewer.organisation_ids))
    rows = await session.execute(_selected().where(*_shown_on(today), mine).order_by(BookList.shown_from.desc(), BookList.id.desc()))
    return tuple(found for row in rows if not (found := _facts(row)).is_edited_by(viewer))


async def current(session: Reading, viewer: Viewer, *, today: date, most: int = MOST_LISTED) -> tuple[ListFacts, ...]:
    """What is shown to a viewer today: the lists of the viewer's own school first, then the newest."""
    own = sorted(viewer.school_ids)
    rows = await session.execute(
        _selected()
        .where(*_shown_on(today), _meant_for(viewer))
        .order_by(BookList.organisation_id.in_(own).desc(), BookList.shown_from.desc(), BookList.id.desc())
        .limit(most)
    )
    return tuple(map(_facts, rows))


async def with_record(session: Reading, record_id: int, viewer: Viewer, *, today: date, most: int = 20) -> tuple[ListFacts, ...]:
    """The lists shown today that a record is in."""
    rows = await session.execute(
        _selected()
        .join(BookListLine, BookListLine.list_id == BookList.id)
        .where(BookListLine.record_id == record_id, *_shown_on(today), _meant_for(viewer))
        .order_by(BookList.organisation_id.in_(sorted(viewer.school_ids)).desc(), BookList.shown_from.desc(), BookList.id.desc())
        .limit(most)
    )
    return tuple(map(_facts, rows))


def _shown_on(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        BookList.state == State.PUBLISHED.value,
        BookList.shown_from <= today,
        or_(BookList.shown_to.is_(None), BookList.shown_to >= today),
    )


def _meant_for(viewer: Viewer) -> ColumnElement[bool]:
    everyone = BookList.audience == Circle.EVERYONE.value
    return or_(everyone, BookList.organisation_id.in_(sorted(viewer.organisation_ids)))


async def overviews(session: Reading, found: Sequence[ListFacts], viewer: Viewer, *, covers: int = COVERS) -> tuple[Overview, ...]:
    """One query, however many lists. Books that the viewer cannot see, or nobody can have any more, do not count."""
    rows = await session.execute(_COVERS, {"lists": [facts.id for facts in found], "most": covers} | bound(viewer.sees))
    by_list: dict[int, list[Any]] = {}
    for row in rows:
        by_list.setdefault(row.list_id, []).append(row)
    return tuple(_overview(facts, by_list.get(facts.id, [])[:covers]) for facts in found)


def _overview(facts: ListFacts, rows: Sequence[Any]) -> Overview:
    covers = tuple(Cover(row.id, row.title, row.author, row.ndc, row.audience == "children") for row in rows)
    return Overview(facts, rows[0].books if rows else 0, covers)


async def lines(session: Reading, facts: ListFacts) -> tuple[LineFacts, ...]:
    """Every line in order, with what its editors must know of the record."""
    rows = await session.execute(_LINES, {"list": facts.id} | bound(_eyes(facts)))
    return tuple(
        LineFacts(
            row.record_id,
            row.note,
            row.title,
            row.volume,
            row.author,
            row.publisher,
            row.year,
            row.isbn or "",
            is_withdrawn=row.is_withdrawn,
            is_hidden=not row.is_visible,
        )
        for row in rows
    )


def _eyes(facts: ListFacts) -> frozenset[int]:
    """What those see for whom the list is."""
    if facts.audience is Circle.EVERYONE:
        return frozenset({EVERYONE})
    own = {EVERYONE, FIRST_ORGANISATION + facts.organisation_id}
    return frozenset(own | {ANY_SCHOOL}) if facts.is_school else frozenset(own)


async def withdrawn(session: Reading, record_ids: Collection[int]) -> frozenset[int]:
    """Those of the records that nobody can have here any more."""
    asked = text(f"SELECT r.id FROM record r WHERE r.id = ANY(:ids) AND {_WITHDRAWN}")  # noqa: S608 - a condition of our own
    return frozenset(await session.scalars(asked, {"ids": list(record_ids)}))


async def put_in_order(session: Writing, list_id: int, record_ids: Iterable[int]) -> None:
    """Numbers the lines anew."""
    order = {record: place for place, record in enumerate(record_ids)}
    if not order:  # a CASE without a WHEN is no SQL
        return
    places = case(order, value=BookListLine.record_id, else_=BookListLine.position)
    await session.execute(
        update(BookListLine).where(BookListLine.list_id == list_id).values(position=places).execution_options(synchronize_session=False)
    )


async def order_of(session: Reading, list_id: int) -> list[int]:
    """The records of a list in order."""
    statement = select(BookListLine.record_id).where(BookListLine.list_id == list_id)
    return list(await session.scalars(statement.order_by(BookListLine.position, BookListLine.record_id)))


async def follow(session: Writing, from_id: int, to_id: int) -> None:
    """A merge moves the record's place in every list; where both were in one the earlier place stays, with both notes in one."""
    holding = select(BookListLine.list_id).where(BookListLine.record_id == from_id)
    lists = sorted(await session.scalars(holding))
    await session.execute(select(BookList.id).where(BookList.id.in_(lists)).order_by(BookList.id).with_for_update())
    both = BookListLine.record_id.in_([from_id, to_id])
    for list_id in lists:
        asked = select(BookListLine.position, BookListLine.note).where(BookListLine.list_id == list_id, both)
        rows = (await session.execute(asked.order_by(BookListLine.position, BookListLine.record_id))).all()
        await session.execute(delete(BookListLine).where(BookListLine.list_id == list_id, both))
        kept = {"position": rows[0].position, "note": _joined([row.note for row in rows])}
        await session.execute(insert(BookListLine).values(list_id=list_id, record_id=to_id, **kept))


def _joined(notes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Notes of one book by language, one after the other where they differ."""
    found: dict[str, str] = {}
    for note in notes:
        for language, said in note.items():
            if said and said not in found.get(language, ""):
                found[language] = " ".join(part for part in (found.get(language, ""), said) if part)
    return {"ja": ""} | found


async def organisations_edited_by(session: Reading, viewer: Viewer) -> tuple[tuple[Organisation, tuple[Branch, ...]], ...]:
    """Where the viewer may make lists: organisations, each with the branches a list can be for.

    An organisation is there for those who may edit its lists as a whole, or those of one of its branches.
    """
    rows = await session.execute(
        select(Organisation, Branch)
        .join(BranchOrganisation, BranchOrganisation.organisation_id == Organisation.id)
        .join(Branch, Branch.id == BranchOrganisation.branch_id)
        .where(Organisation.kind.in_([OrganisationKind.WARD.value, OrganisationKind.SCHOOL.value]))
        .order_by(Organisation.kind != OrganisationKind.WARD.value, Organisation.code, Branch.number)
    )
    found: dict[int, tuple[Organisation, list[Branch]]] = {}
    for organisation, branch in rows:
        if viewer.can(Permission.EDIT_LISTS, place_of(organisation.id, branch.id)):
            found.setdefault(organisation.id, (organisation, []))[1].append(branch)
    return tuple((organisation, tuple(branches)) for organisation, branches in found.values())
