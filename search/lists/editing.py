"""What the staff does with book lists: makes, fills, orders, publishes, ends and copies them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from catalog.store import hold
from library import clock
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid
from library.identity import audit
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places.models import Branch, BranchOrganisation, Organisation
from search.lists import store, wanted
from search.lists.models import BookList, BookListLine
from search.lists.rules import LONGEST_NOTE, MOST_LINES, Act, Details, Standing, State, after, check_length, checked, translated
from search.lists.store import ListFacts

COPIED = {"ja": "（写し）", "en": " (copy)"}


class Step(StrEnum):
    """Where a line goes."""

    UP = "up"
    DOWN = "down"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class Entry:
    """A record to be in a list. `note` None leaves the note as it is."""

    record_id: int
    note: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Added:
    """How many came in, and how many were in the list before."""

    new: int
    known: int


async def make(session: Writing, said: Details, *, organisation_id: int, branch_id: int | None, by: Viewer) -> int:
    """A draft; returns its number. Raises Invalid, and NotAllowed where the viewer may not edit lists."""
    by.must(Permission.EDIT_LISTS, store.place_of(organisation_id, branch_id))
    await _check_place(session, organisation_id, branch_id)
    row = BookList(organisation_id=organisation_id, branch_id=branch_id, changed_at=clock.now(), **_columns(checked(said)))
    session.add(row)
    await session.flush()
    audit.record(session, by, "list.made", subject_kind="list", subject_id=row.id, branch_id=branch_id)
    return row.id


async def change(session: Writing, list_id: int, said: Details, *, version: int | None, by: Viewer) -> None:
    """Raises Conflict when somebody changed it since `version` was read; a list that is out keeps a first day."""
    facts = await _mine(session, list_id, by)
    if version is not None and facts.version != version:
        raise Conflict("list_changed_meanwhile", N_("このリストは、ほかの画面で変えられました。読みなおしてから、もう一度お試しください。"))
    if facts.state is not State.DRAFT and said.shown_from is None:
        said = replace(said, shown_from=facts.shown_from)
    await _touch(session, list_id, **_columns(checked(said)))


async def decide(session: Writing, list_id: int, act: Act, *, by: Viewer, today: date) -> State:
    """Publishes, withdraws or ends. Publishing without a first day shows it from today, and again after its last day without one.

    Raises Conflict for an act that does not fit, Invalid for a list without books.
    """
    facts = await _mine(session, list_id, by)
    state = after(facts.state, act)
    columns: dict[str, object] = {"state": state.value}
    if act is Act.PUBLISH:
        if not await session.scalar(select(exists().where(BookListLine.list_id == list_id))):
            raise Invalid("list_empty", N_("本を1冊以上加えてから公開してください。"), where="wanted")
        columns |= {"published_at": facts.published_at or clock.now(), "shown_from": facts.shown_from or today}
        if facts.shown_to and facts.shown_to < today:
            columns["shown_to"] = None
    await _touch(session, list_id, **columns)
    audit.record(session, by, f"list.{act.value}", subject_kind="list", subject_id=list_id, branch_id=facts.branch_id)
    return state


async def remove(session: Writing, list_id: int, *, by: Viewer) -> None:
    """Deletes a draft. Raises Conflict for a list that was published: it is ended, and kept."""
    facts = await _mine(session, list_id, by)
    if facts.state is not State.DRAFT:
        raise Conflict("list_not_draft", N_("公開したリストは消せません。公開をやめて下書きに戻すか、終わりにしてください。"))
    await session.execute(delete(BookList).where(BookList.id == list_id))
    audit.record(session, by, "list.removed", subject_kind="list", subject_id=list_id, branch_id=facts.branch_id)


async def copy(
    session: Writing, list_id: int, *, by: Viewer, today: date, organisation_id: int | None = None, branch_id: int | None = None
) -> int:
    """A draft with the same words and books, without its days, for the same place or another; returns its number.

    Whoever may edit it can copy it, and everybody on the staff a list that is shown to them.
    """
    facts = await store.one(session, list_id)
    is_shown = facts.standing(today) in (Standing.CURRENT, Standing.ENDED) and facts.is_for(by)
    if not (facts.is_edited_by(by) or is_shown):
        raise store.no_such_list()
    here = organisation_id is None
    title = {language: f"{text}{COPIED.get(language, '')}"[: len(text) + 20] for language, text in facts.title.items()}
    said = Details(facts.kind, title, facts.words, facts.audience, facts.grade, facts.place if here else {})
    made = await make(
        session, said, organisation_id=organisation_id or facts.organisation_id, branch_id=facts.branch_id if here else branch_id, by=by
    )
    lines = await session.execute(
        select(BookListLine.record_id, BookListLine.note).where(BookListLine.list_id == list_id).order_by(BookListLine.position)
    )
    await add(session, made, [Entry(row.record_id, row.note) for row in lines], by=by)
    return made


async def add(session: Writing, list_id: int, entries: Sequence[Entry], *, by: Viewer) -> Added:
    """Records at the end of a list, in their order; one that is in it keeps its place, and takes a note that is given.

    What the viewer cannot see does not come in, or its title would be read there. Raises Invalid for a note that is too long,
    Conflict for a list that would be.
    """
    notes = {entry.record_id: entry.note for entry in entries}
    for note in notes.values():
        check_length(note or {}, LONGEST_NOTE, where="note")
    held = await hold(session, notes)  # before the list, as a merge locks them
    there = await wanted.seen(session, held, by)
    await _mine(session, list_id, by)
    order = await store.order_of(session, list_id)
    new = [record for record in notes if record in there and record not in order]
    if len(order) + len(new) > MOST_LINES:
        raise Conflict("list_full", N_("1つのリストに入れられるのは{limit}冊までです。"), limit=MOST_LINES)
    rows = [
        {"list_id": list_id, "record_id": record, "position": place, "note": translated(notes[record] or {})}
        for place, record in enumerate(new, start=len(order))
    ]
    if rows:
        await session.execute(insert(BookListLine), rows)
    for record in set(order) & notes.keys():
        if (note := notes[record]) is not None:
            await _write_note(session, list_id, record, note)
    await store.put_in_order(session, list_id, [*order, *new])
    await _touch(session, list_id)
    return Added(len(new), len(notes.keys() & set(order)))


async def fill(session: Writing, list_id: int, entries: Sequence[Entry], *, by: Viewer) -> None:
    """The list holds exactly these records, in this order."""
    held = await hold(session, {entry.record_id for entry in entries})
    await _mine(session, list_id, by)
    await session.execute(delete(BookListLine).where(BookListLine.list_id == list_id, BookListLine.record_id.not_in(held)))
    await add(session, list_id, entries, by=by)
    await store.put_in_order(session, list_id, list(dict.fromkeys(entry.record_id for entry in entries if entry.record_id in held)))


async def unknown(session: Reading, record_ids: Sequence[int], *, by: Viewer) -> list[tuple[int, int]]:
    """Those of the records, each with its place, that are not there for the viewer."""
    seen = await wanted.seen(session, record_ids, by)
    return [(at, number) for at, number in enumerate(record_ids) if number not in seen]


async def move(session: Writing, list_id: int, record_id: int, step: Step, *, by: Viewer) -> None:
    """Raises Conflict when the record is not in the list any more."""
    await _mine(session, list_id, by)
    order = await store.order_of(session, list_id)
    if record_id not in order:
        raise _not_in_it()
    at = order.index(record_id)
    to = {Step.UP: max(0, at - 1), Step.DOWN: at + 1, Step.FIRST: 0, Step.LAST: len(order)}[step]
    order.insert(to, order.pop(at))
    await store.put_in_order(session, list_id, order)
    await _touch(session, list_id)


async def annotate(session: Writing, list_id: int, record_id: int, note: Mapping[str, str], *, by: Viewer) -> None:
    """Raises Invalid for a note that is too long, Conflict when the record is not in the list any more."""
    check_length(note, LONGEST_NOTE, where="note")
    await _mine(session, list_id, by)
    if record_id not in await store.order_of(session, list_id):
        raise _not_in_it()
    await _write_note(session, list_id, record_id, note)
    await _touch(session, list_id)


async def take_out(session: Writing, list_id: int, record_ids: Collection[int], *, by: Viewer) -> None:
    """Records that are not in it are no error."""
    await _mine(session, list_id, by)
    await session.execute(delete(BookListLine).where(BookListLine.list_id == list_id, BookListLine.record_id.in_(record_ids)))
    await store.put_in_order(session, list_id, await store.order_of(session, list_id))
    await _touch(session, list_id)


async def put_back(session: Writing, list_id: int, entry: Entry, *, at: int | None, by: Viewer) -> None:
    """A line that was taken out comes in again with its note, at its place counted from 0 or at the end."""
    await add(session, list_id, [entry], by=by)
    order = await store.order_of(session, list_id)
    if at is not None and order[-1:] == [entry.record_id]:
        order.insert(min(at, len(order)), order.pop())
        await store.put_in_order(session, list_id, order)


async def _mine(session: Writing, list_id: int, by: Viewer) -> ListFacts:
    facts = await store.lock(session, list_id)
    by.must(Permission.EDIT_LISTS, facts.where)
    return facts


async def _check_place(session: Reading, organisation_id: int, branch_id: int | None) -> None:
    if await session.get(Organisation, organisation_id) is None:
        raise Invalid("organisation_unknown", N_("この機関は選べません。"), where="place_of")
    if branch_id is None:
        return
    belongs = exists().where(BranchOrganisation.branch_id == branch_id, BranchOrganisation.organisation_id == organisation_id)
    if await session.get(Branch, branch_id) is None or not await session.scalar(select(belongs)):
        raise Invalid("branch_unknown", N_("この館は選べません。"), where="place_of")


def _columns(said: Details) -> dict[str, object]:
    return {
        "kind": said.kind.value,
        "title": said.title,
        "words": said.words,
        "place": said.place or {"ja": ""},
        "audience": said.audience.value,
        "grade": said.grade.value if said.grade else None,
        "shown_from": said.shown_from,
        "shown_to": said.shown_to,
    }


async def _write_note(session: Writing, list_id: int, record_id: int, note: Mapping[str, str]) -> None:
    mine = (BookListLine.list_id == list_id, BookListLine.record_id == record_id)
    await session.execute(update(BookListLine).where(*mine).values(note=translated(note)).execution_options(synchronize_session=False))


async def _touch(session: Writing, list_id: int, **columns: object) -> None:
    changed = update(BookList).where(BookList.id == list_id).values(version=BookList.version + 1, changed_at=clock.now(), **columns)
    await session.execute(changed.execution_options(synchronize_session=False))


def _not_in_it() -> Conflict:
    return Conflict("line_gone", N_("この本は、もうリストにありません。"))
