"""Handing a question over to the staff, and what they do with it: take, answer, close; then it is forgotten."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.sql.elements import ColumnElement

from library import clock
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from library.identity import audit, mynumber
from library.identity.models import Account, AccountPerson, Patron, Person
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer
from library.places import store as places
from library.places.models import OrganisationKind
from library.places.store import BranchFacts
from library.places.web import Today, today_at
from search import limits
from search.questions.models import Question
from search.questions.states import Act, State, after

KEPT = timedelta(days=30)  # after it was closed
LONGEST_KEPT = timedelta(days=180)  # after it was asked, whether anybody closed it or not
LONGEST_SAID = 2_000
LONGEST_CONTACT = 200
LONGEST_ANSWER = 4_000
MOST, PER = 5, timedelta(hours=1)  # hand-overs of one client
MOST_SHOWN = 200


@dataclass(frozen=True)
class Line:
    """A question in the list, without what was said."""

    number: int
    asked_at: datetime
    language: str
    branch: Mapping[str, str] | None
    state: State
    taken_by: str
    has_contact: bool

    @property
    def goes_at(self) -> datetime:
        """When it is deleted even if nobody closes it."""
        return self.asked_at + LONGEST_KEPT


@dataclass(frozen=True)
class Asked:
    """A question in full. `patron_id` and `person` only where the reader wished it; `holder` is the account that sees to it.

    `seen` says how it stood when it was opened: who writes sends it back, and learns what a colleague did meanwhile.
    """

    line: Line
    said: str
    translation: str
    name: str
    contact: str
    answer: str
    note: str
    patron_id: int | None
    person: str
    holder: int | None
    seen: str


async def hand_over(
    session: Writing,
    *,
    said: str,
    language: str,
    contact: str,
    branch: str | None,
    viewer: Viewer,
    key: bytes,
    name: str = "",
    show_account: bool = False,
    translation: str = "",
) -> int:
    """Puts a question on the staff's list; the number that the person is given.

    `key` is limits.client_digest of whoever asks, `branch` the code of where they wish the answer from. Raises Invalid for nothing
    said, too much, an Individual Number, or a branch that is not theirs to ask; TooMany after five an hour.
    """
    said, name, contact = checked(said, name, contact)
    now = clock.now()
    place = None if not branch else await _place(session, branch, viewer, on=now.date())
    await limits.count(session, "hand_over", key, now=now, most=MOST, per=PER)
    row = Question(
        asked_at=now.replace(microsecond=0),  # its moment joins it to nothing else
        said=said,
        language=language[:20],
        translation=_plain(translation)[: 2 * LONGEST_SAID],
        name=name,
        contact=contact,
        branch_id=place.id if place else None,
        account_id=viewer.account_id if show_account else None,
        changed_at=now.replace(microsecond=0),
    )
    session.add(row)
    await session.flush()
    return row.id


def _plain(typed: str) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    return typed.replace("\0", "").encode("utf-8", "replace").decode().strip()


def checked(said: str, name: str, contact: str) -> tuple[str, str, str]:
    """The words as they are kept. Raises Invalid for those that the list does not take."""
    said, name, contact = _plain(said), _plain(name), _plain(contact)
    if not said:
        raise Invalid("question_empty", N_("質問を入れてください。"), where="said")
    if len(said) > LONGEST_SAID:
        raise Invalid("question_long", N_("質問は{most}字までにしてください。"), where="said", most=LONGEST_SAID)
    if len(name) > LONGEST_CONTACT or len(contact) > LONGEST_CONTACT:
        raise Invalid("question_contact_long", N_("名前と連絡先は{most}字までにしてください。"), where="contact", most=LONGEST_CONTACT)
    for where, typed in (("said", said), ("name", name), ("contact", contact)):
        if mynumber.occurs_in(typed):
            sentence = N_("個人番号（マイナンバー）のような12けたの数字があります。消してから送ってください。")
            raise Invalid("individual_number", sentence, where=where)
    return said, name, contact


async def _place(session: Reading, code: str, viewer: Viewer, *, on: date) -> BranchFacts:
    """Everybody may ask a ward library, a school's library only its own people."""
    found = next((one for one in await places.branches(session, on=on) if one.code == code), None)
    if found is None or not (found.is_ward_library or any(one.id in viewer.organisation_ids for one in found.organisations)):
        raise Invalid("branch_unknown", N_("「{branch}」という館はありません。"), where="branch", branch=code[:60])
    return found


async def meanwhile(session: Reading, *, branch: str | None, now: datetime) -> tuple[Today, ...]:
    """Where to ask in the meantime: the branch wished for, else the ward's libraries that are open now, else all of them."""
    every = await places.branches(session, on=now.date())
    wished = [one for one in every if one.code == branch] or [one for one in every if one.is_ward_library]
    calendars = await places.calendars(session, wished)
    found = tuple(today_at(one, calendars[one.id], now) for one in wished)
    return tuple(one for one in found if one.open_until) or found


@dataclass(frozen=True)
class Reach:
    """Whose questions a viewer may answer."""

    branches: tuple[BranchFacts, ...]
    unaddressed: bool

    @property
    def condition(self) -> ColumnElement[bool]:
        own = Question.branch_id.in_([one.id for one in self.branches])
        return or_(own, Question.branch_id.is_(None)) if self.unaddressed else own


async def reach(session: Reading, viewer: Viewer, *, on: date) -> Reach:
    """The branches of a viewer's grants; whoever answers for a ward library also answers what was asked of no library."""
    found = tuple(
        one
        for one in await places.branches(session, on=on)
        if viewer.can(Permission.ANSWER_QUESTIONS, Place(frozenset(owner.id for owner in one.organisations), one.id))
    )
    ward = any(_serves_the_ward(viewer, one) for one in found)
    return Reach(found, ward)


def _serves_the_ward(viewer: Viewer, branch: BranchFacts) -> bool:
    """A school's librarian reaches a joint-use branch through the school: that makes nobody the ward's."""
    ward = frozenset(owner.id for owner in branch.organisations if owner.kind == OrganisationKind.WARD.value)
    return bool(ward) and viewer.can(Permission.ANSWER_QUESTIONS, Place(ward, branch.id))


def _lines() -> Select[*tuple[Any, ...]]:
    return select(Question, Account.display_name).outerjoin(Account, Account.id == Question.taken_by)


async def listed(session: Reading, viewer: Viewer, *, on: date, branch: str = "", closed: bool = False) -> tuple[Line, ...]:
    """The questions in a viewer's reach, the oldest first; those that are closed, the newest first."""
    within = await reach(session, viewer, on=on)
    names = {one.id: one.name for one in within.branches}
    wanted = _lines().where(within.condition, (Question.state == State.CLOSED.value) == closed).limit(MOST_SHOWN)
    if branch:
        wanted = wanted.where(Question.branch_id.in_([one.id for one in within.branches if one.code == branch]))
    rows = await session.execute(wanted.order_by(Question.asked_at.desc() if closed else Question.asked_at.asc(), Question.id))
    return tuple(_line(row, name, names) for row, name in rows)


def _line(row: Question, taken_by: str | None, names: Mapping[int, Mapping[str, str]]) -> Line:
    branch = names.get(row.branch_id) if row.branch_id is not None else None
    return Line(row.id, row.asked_at, row.language, branch, State(row.state), taken_by or "", bool(row.contact))


async def _held(session: Writing, number: int, viewer: Viewer) -> tuple[Question, Reach]:
    within = await reach(session, viewer, on=clock.now().date())
    row = await session.scalar(select(Question).where(Question.id == number).with_for_update())
    if row is None:
        raise NotFound("question_not_found", N_("この質問はありません。答え終わって消えたのかもしれません。"))
    reached = row.branch_id in {one.id for one in within.branches} or (row.branch_id is None and within.unaddressed)
    if not reached:
        raise NotAllowed("not_allowed", N_("この操作をする権限がありません。"), permission=Permission.ANSWER_QUESTIONS.value)
    return row, within


async def opened(session: Writing, number: int, *, by: Viewer) -> Asked:
    """What was asked; that somebody looked is recorded."""
    row, within = await _held(session, number, by)
    audit.record(session, by, "question.seen", subject_kind="question", subject_id=row.id, branch_id=row.branch_id)
    taken_by = await _name(session, row.taken_by)
    patron_id, person = await _person(session, row.account_id)
    line = _line(row, taken_by, {one.id: one.name for one in within.branches})
    return Asked(
        line=line,
        said=row.said,
        translation=row.translation,
        name=row.name,
        contact=row.contact,
        answer=row.answer,
        note=row.note,
        patron_id=patron_id,
        person=person,
        holder=row.taken_by,
        seen=_standing(row),
    )


def _standing(row: Question) -> str:
    """The state, who holds it and which answer: what a colleague may change between opening a page and sending it."""
    return f"{row.state}-{row.taken_by or 0}-{zlib.crc32(row.answer.encode()):x}"


async def _person(session: Reading, account_id: int | None) -> tuple[int | None, str]:
    if account_id is None:
        return None, ""
    found = await session.execute(
        select(Patron.id, Person.family_name, Person.given_name)
        .join(Person, Person.id == Patron.person_id)
        .join(AccountPerson, AccountPerson.person_id == Person.id)
        .where(AccountPerson.account_id == account_id, AccountPerson.role == "self")
        .order_by(Patron.id)
        .limit(1)
    )
    row = found.first()
    return (row[0], f"{row[1]} {row[2]}".strip()) if row else (None, "")


async def take(session: Writing, number: int, *, by: Viewer, instead_of: int | None = None) -> None:
    """Somebody sees to it. Raises Conflict where a colleague does, unless it is taken over from exactly that account."""
    row, _ = await _held(session, number, by)
    if row.taken_by not in (None, by.account_id, instead_of):
        who = await _name(session, row.taken_by)
        raise Conflict("question_taken", N_("{who}さんが引き受けています。代わりますか。"), who=who)
    _moved(session, row, Act.TAKE, by)
    row.taken_by = by.account_id


async def answer(session: Writing, number: int, *, answer: str, note: str, by: Viewer, seen: str | None = None) -> None:
    """Notes what was answered. The answer itself goes by the contact that the person gave.

    Raises Invalid for nothing or too much, Conflict where a colleague did something since it stood as `seen`.
    """
    row, _ = await _held(session, number, by)
    said = _plain(answer)
    if not said or len(said) > LONGEST_ANSWER:
        raise Invalid("question_answer", N_("答えを{most}字までで入れてください。"), where="answer", most=LONGEST_ANSWER)
    await _unchanged(session, row, seen, by)
    _moved(session, row, Act.ANSWER, by)
    row.answer, row.note = said, _plain(note)[:LONGEST_ANSWER]
    row.taken_by = row.taken_by or by.account_id


async def close(session: Writing, number: int, *, note: str, by: Viewer, seen: str | None = None) -> None:
    """It is done; from now on it waits to be deleted. Raises Conflict as `answer` does."""
    row, _ = await _held(session, number, by)
    await _unchanged(session, row, seen, by)
    _moved(session, row, Act.CLOSE, by)
    row.note = _plain(note)[:LONGEST_ANSWER] or row.note


async def _unchanged(session: Reading, row: Question, seen: str | None, by: Viewer) -> None:
    if seen is None or seen == _standing(row) or row.state == State.CLOSED.value:  # the table of states refuses what is closed
        return
    who = await _name(session, row.taken_by)
    if not who or (row.state == State.TAKEN.value and row.taken_by == by.account_id):
        return
    if row.state == State.ANSWERED.value:
        raise Conflict("question_answered", N_("{who}さんの答えが先に入りました。書いたものは消えていません。"), who=who)
    raise Conflict("question_taken_over", N_("{who}さんが引き受けました。書いたものは消えていません。"), who=who)


async def _name(session: Reading, account_id: int | None) -> str:
    return (await session.scalar(select(Account.display_name).where(Account.id == account_id)) if account_id else None) or ""


def _moved(session: Writing, row: Question, act: Act, by: Viewer) -> None:
    row.state = after(State(row.state), act).value
    row.changed_at = clock.now().replace(microsecond=0)
    done = {Act.TAKE: "question.taken", Act.ANSWER: "question.answered", Act.CLOSE: "question.closed"}[act]
    audit.record(session, by, done, subject_kind="question", subject_id=row.id, branch_id=row.branch_id)


async def forget(session: Writing, *, now: datetime) -> int:
    """Deletes what was closed thirty days ago or longer, and what was asked half a year ago; returns how many."""
    closed = and_(Question.state == State.CLOSED.value, Question.changed_at <= now - KEPT)
    over = delete(Question).where(or_(closed, Question.asked_at <= now - LONGEST_KEPT))
    return len((await session.execute(over.returning(Question.id))).all())
