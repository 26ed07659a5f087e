"""What the staff do with entries: write, publish, withdraw, confirm that they still hold. Each leaves a version or an audit row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec
from sqlalchemy import func, select

from library import clock
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound, Problem
from library.identity import audit
from library.identity.roles import Permission, Place, Role
from library.identity.viewer import Viewer
from library.places import store as places
from library.places.models import Organisation
from search.procedures import facts, store, wording
from search.procedures.content import Content, written, wrong_in, wrong_key
from search.procedures.models import Procedure, ProcedureVersion
from search.procedures.store import Kept

LONGEST_NOTE = 200
CHECK_AFTER_DAYS = 365


@dataclass(frozen=True)
class Home:
    """An organisation whose entries a viewer may write."""

    id: int
    code: str
    name: dict[str, str]


async def homes(session: Reading, viewer: Viewer, *, on: date) -> tuple[Home, ...]:
    """Where a viewer may write: the ward, and schools."""
    found = await places.organisations(session, on=on)
    return tuple(Home(one.id, one.code, one.name) for one in found if viewer.can(Permission.EDIT_PROCEDURES, Place(frozenset({one.id}))))


def must_edit(viewer: Viewer | None, organisation_id: int) -> None:
    """None is the command line."""
    if viewer is not None:
        viewer.must(Permission.EDIT_PROCEDURES, Place(frozenset({organisation_id})))


def may_look(viewer: Viewer, entry: Kept) -> bool:
    """The ward's entries are an example to every school; what a school writes is its own, drafts before all."""
    return entry.is_wards or viewer.can(Permission.EDIT_PROCEDURES, Place(frozenset({entry.organisation_id})))


async def looked_at(session: Reading, procedure_id: int, viewer: Viewer) -> Kept:
    """An entry for a page of the staff. Raises NotFound, also for another school's."""
    entry = await store.one(session, procedure_id)
    if not may_look(viewer, entry):
        raise NotFound("procedure_not_found", N_("この利用案内はありません。"))
    return entry


async def make(session: Writing, *, organisation: str, key: str, content: Content, note: str = "", by: Viewer | None) -> int:
    """A new entry as a draft; its number. Raises Invalid with every problem, Conflict when the key is taken."""
    home = await places.organisation(session, organisation)
    must_edit(by, home.id)
    problem = wrong_key(key)
    await _refuse(session, content, *([problem] if problem else []))
    taken = await session.scalar(select(Procedure.id).where(Procedure.organisation_id == home.id, Procedure.key == key))
    if taken is not None:
        raise Conflict("procedure_key_taken", N_("このキーはもう使われています。"), where="key")
    row = Procedure(organisation_id=home.id, key=key)
    session.add(row)
    await session.flush()
    _version(session, row, 1, written(content, None, 1), note=note, by=by)
    return row.id


async def save(
    session: Writing,
    procedure_id: int,
    *,
    content: Content,
    expected: int,
    note: str = "",
    still_true: Iterable[str] = (),
    by: Viewer | None,
) -> int:
    """A new version; its number. Raises Conflict when the newest is not `expected` any more: somebody else was faster."""
    row, before = await _locked(session, procedure_id, by)
    if before.number != expected:
        raise _changed_meanwhile()
    await _refuse(session, content)
    number = before.number + 1
    following = written(content, before.content, number, still_true=frozenset(still_true))
    if following == before.content:
        return before.number
    _version(session, row, number, following, note=note, by=by)
    return number


async def publish(session: Writing, procedure_id: int, *, by: Viewer | None, expected: int | None = None) -> int:
    """Shows the newest version to readers; somebody who publishes has checked it. Returns the version.

    Raises Conflict when the newest is not `expected` any more: what somebody else wrote since has not been read.
    """
    row, newest = await _locked(session, procedure_id, by)
    if expected is not None and newest.number != expected:
        raise _changed_meanwhile()
    await _refuse(session, newest.content)  # a branch or a fact may have gone since it was written
    row.published = newest.number
    if by is not None:  # a command that publishes a file has read nothing
        _checked(row, by)
    _note(session, by, "procedure.published", row)
    return newest.number


async def withdraw(session: Writing, procedure_id: int, *, by: Viewer | None) -> None:
    """Takes it from the readers; all versions stay."""
    row, _ = await _locked(session, procedure_id, by)
    row.published = None
    _note(session, by, "procedure.withdrawn", row)


async def check(session: Writing, procedure_id: int, *, by: Viewer) -> None:
    """Somebody has read it and it still holds."""
    row, _ = await _locked(session, procedure_id, by)
    _checked(row, by)
    _note(session, by, "procedure.checked", row)


def is_unchecked(entry: Kept, on: date) -> bool:
    """Not looked at for a year, or never."""
    return entry.published is not None and (entry.checked_on is None or (on - entry.checked_on).days > CHECK_AFTER_DAYS)


async def _locked(session: Writing, procedure_id: int, by: Viewer | None) -> tuple[Procedure, store.Version]:
    row = await session.get(Procedure, procedure_id, with_for_update=True)
    if row is None:
        raise NotFound("procedure_not_found", N_("この利用案内はありません。"))
    must_edit(by, row.organisation_id)
    newest = (await store.versions(session, procedure_id))[0]
    return row, newest


def _changed_meanwhile() -> Conflict:
    return Conflict("procedure_changed_meanwhile", N_("ほかの人が先に保存しました。開きなおしてください。"))


async def problems(session: Reading, content: Content) -> tuple[Problem, ...]:
    """Everything wrong with a content, also what only the database knows: branches and facts that are not there."""
    known = {one.code for one in await places.branches(session, on=clock.now().date())}
    found = list(wrong_in(content))
    for code in content.branches:
        if code not in known:
            found.append(Problem("branches", "branch_unknown", N_("「{branch}」という館はありません。"), branch=code[:60]))
    for language, text in content.texts.items():
        where = f"body_{language}"
        for name in facts.unknown(wording.named(text.body), known):
            found.append(Problem(where, "procedure_fact_unknown", N_("「{fact}」という事実はありません。"), fact="{" + name + "}"))
        if wording.has_stray_brace(text.body):
            found.append(Problem(where, "procedure_brace", N_("波かっこは、事実の名前を囲むときだけ使えます。")))
        for address in wording.bad_links(text.body):
            sentence = N_("リンクは / で始まるこのサービスのページか、https:// で始まるページだけです。")
            found.append(Problem(where, "procedure_link", sentence, address=address[:80]))
    return tuple(found)


async def _refuse(session: Reading, content: Content, *more: Problem) -> None:
    wrong = (*more, *await problems(session, content))
    if wrong:
        raise Invalid("procedure_wrong", N_("保存できません。なおすところを見てください。"), where=wrong[0].where, problems=wrong)


def _version(session: Writing, row: Procedure, number: int, content: Content, *, note: str, by: Viewer | None) -> None:
    made_by = by.account_id if by else None
    stored = msgspec.to_builtins(content)
    session.add(
        ProcedureVersion(procedure_id=row.id, number=number, content=stored, note=note[:LONGEST_NOTE], made_at=clock.now(), made_by=made_by)
    )
    _note(session, by, "procedure.saved", row, number)


def _checked(row: Procedure, by: Viewer) -> None:
    row.checked_on = clock.now().date()
    row.checked_by = role_of(by, row.organisation_id)


def role_of(viewer: Viewer, organisation_id: int) -> str:
    """As which role somebody works on an entry; the page shows the role, not the name."""
    place = Place(frozenset({organisation_id}))
    for grant in viewer.grants:
        if Viewer(account_id=0, grants=(grant,)).can(Permission.EDIT_PROCEDURES, place):
            return grant.role.value
    return Role.WARD_ADMIN.value


def _note(session: Writing, by: Viewer | None, act: str, row: Procedure, number: int | None = None) -> None:
    audit.record(session, by, act, subject_kind="procedure", subject_id=row.id, key=row.key, version=number or row.published)


async def newest_number(session: Reading, organisation: str, key: str) -> tuple[int, int] | None:
    """An entry's id and newest version by its key; None when there is none."""
    found = await session.execute(
        select(Procedure.id, func.max(ProcedureVersion.number))
        .join(Organisation, Organisation.id == Procedure.organisation_id)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(Organisation.code == organisation, Procedure.key == key)
        .group_by(Procedure.id)
    )
    row = found.first()
    return (row[0], row[1]) if row else None
