"""Taking in patrons from a file: what it would change, told first, then done in one transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select, text, update

from library import tabular
from library.db import Reading, Writing, copy_in
from library.errors import N_, Invalid, NotFound
from library.identity import audit
from library.identity.accounts import staff_logins
from library.identity.models import Card, Patron, Person
from library.identity.patrons import names
from library.identity.patrons.ages import school_year
from library.identity.patrons.incoming.file import COLUMNS, Entry, Finding, read, refuse_forbidden
from library.identity.signing_in.sessions import fold
from library.identity.viewer import Viewer
from library.places.models import Organisation, OrganisationKind, SchoolClass

PERSON_FIELDS = ("family_name", "given_name", "family_reading", "given_reading", "birth_date", "phone", "mail", "address")
PATRON_FIELDS = ("category", "roll_number", "valid_to", "note")
MANY = 5_000


@dataclass(frozen=True)
class Content:
    """A file as read: its columns, its good rows, and what was said about the others."""

    mapping: tabular.Mapping
    form: str
    read: int
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Target:
    """The organisation whose members a file lists; `school` is the kind of school, None for others."""

    id: int
    code: str
    name: dict[str, str]
    school: str | None


@dataclass(frozen=True)
class Known:
    """A membership that is there already."""

    patron_id: int
    person_id: int
    values: dict[str, Any]
    adopted: bool = False


@dataclass
class Plan:
    """What a file means for what is there: new memberships, changed ones, and how many stay as they are."""

    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Known, Entry, dict[str, Any]]] = field(default_factory=list)
    unchanged: int = 0
    cards: dict[str, int] = field(default_factory=dict)  # numbers that are free to be issued → the row that gets them
    classes: dict[tuple[str, str], int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """How an import went or would go; `findings` in the order of rows."""

    content: Content
    new: int
    changed: int
    unchanged: int
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> int:
        return len({one.row for one in self.findings if one.rejects})

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headers whose columns are passed over: unknown ones, and passwords, which nobody may carry in a file."""
        secret = self.content.mapping.recognised.get("password")
        return ((secret,) if secret else ()) + self.content.mapping.unknown


def content_of(file: IO[bytes] | Path, *, school: str | None) -> Content:
    """Reads the whole file. Without a column for numbers `mapping.missing` says so and there are no entries.

    Raises Invalid when it is no table or has a column for Individual Numbers. Slow for large files: call it in a thread.
    """
    entries: list[Entry] = []
    findings: list[Finding] = []
    first: dict[str, int] = {}
    count = 0
    with tabular.opened(file, COLUMNS) as table:
        refuse_forbidden(table.mapping)
        if not {"number", "card"} & table.mapping.recognised.keys():
            return Content(replace(table.mapping, missing=(COLUMNS["number"][0],)), table.form, 0, (), ())
        for row in table.rows():
            count += 1
            entry, said = read(row, school=school)
            findings.extend(said)
            if entry is not None and first.setdefault(entry.number, row.number) != row.number:
                sentence = N_("同じ利用者番号が{first}行目にもあります。")
                findings.append(Finding(row.number, "number", "number_twice", sentence, fields={"first": first[entry.number]}))
            elif entry is not None:
                entries.append(entry)
    return Content(table.mapping, table.form, count, tuple(entries), tuple(findings))


def must_be_complete(content: Content) -> None:
    """Raises Invalid naming the column that is missing."""
    if content.mapping.missing:
        names = "、".join(content.mapping.missing)
        raise Invalid("column_missing", N_("必要な列がありません: {columns}"), where="file", columns=names)


async def target(session: Reading, code: str) -> Target:
    """The organisation to import into; NotFound when there is none with this code."""
    row = await session.scalar(select(Organisation).where(Organisation.code == code))
    if row is None:
        raise NotFound("organisation_not_found", N_("「{code}」という機関はありません。"), where="organisation", code=code)
    school = (row.school_kind or "elementary") if row.kind == OrganisationKind.SCHOOL.value else None
    return Target(row.id, row.code, row.name, school)


async def rehearse(session: Reading, content: Content, into: Target, *, today: date) -> Report:
    """What an import would do; changes nothing."""
    return _report(content, await _plan(session, content, into, today))


async def apply(session: Writing, content: Content, into: Target, *, by: Viewer | None, today: date) -> Report:
    """Takes in every good row, in the session's one transaction; raises Invalid for a file without numbers.

    Imports into one organisation wait for each other (Busy after the time a lock is waited for).
    """
    must_be_complete(content)
    await session.execute(select(Organisation.id).where(Organisation.id == into.id).with_for_update())
    plan = await _plan(session, content, into, today)
    await _add_classes(session, plan, into, today)
    await _add(session, plan, into)
    await _change(session, plan)
    report = _report(content, plan)
    audit.record(
        session,
        by,
        "patrons.imported",
        subject_kind="organisation",
        subject_id=into.id,
        read=content.read,
        new=report.new,
        changed=report.changed,
        rejected=report.rejected,
    )
    return report


def _report(content: Content, plan: Plan) -> Report:
    findings = sorted((*content.findings, *plan.findings), key=lambda one: one.row)
    return Report(content, len(plan.new), len(plan.changed), plan.unchanged, tuple(findings))


async def _plan(session: Reading, content: Content, into: Target, today: date) -> Plan:
    plan = Plan()
    owners = await _card_owners(session, [entry.card for entry in content.entries])
    logins = await _staff_logins(session, content.entries)
    known, by_person = await _known(session, into)
    plan.classes = await _classes(session, into, today)
    for entry in content.entries:
        membership = known.get(entry.number)
        if membership is None and (same := by_person.get(owners.get(entry.card, 0))) is not None:
            membership = replace(by_person.pop(same.person_id), adopted=True)
        taken_by = owners.get(entry.card)
        if (taken_by is not None and (membership is None or taken_by != membership.person_id)) or entry.card in plan.cards:
            sentence = N_("このカード番号はほかの利用者のものです。カードは登録しません。")
            plan.findings.append(Finding(entry.row, "card", "card_taken", sentence, rejects=False))
        elif taken_by is None and fold(entry.card) in logins:
            sentence = N_("このカード番号は職員のログイン名と同じです。カードは登録しません。")
            plan.findings.append(Finding(entry.row, "card", "card_is_login", sentence, rejects=False))
        elif taken_by is None:
            plan.cards[entry.card] = entry.row
        if membership is not None:
            _note_change(plan, membership, entry)
        elif entry.family_name is None:
            plan.findings.append(Finding(entry.row, "name", "name_missing", N_("氏名がありません。")))
        else:
            plan.new.append(entry)
    return plan


def _note_change(plan: Plan, membership: Known, entry: Entry) -> None:
    """Compares what the file says with what is known; what the file does not say stays."""
    wanted = {name: getattr(entry, name) for name in (*PERSON_FIELDS, *PATRON_FIELDS)}
    if entry.class_name is not None and entry.grade is not None:
        wanted["class_id"] = plan.classes.get((entry.grade, class_key(entry.class_name)), 0)
    changes = {name: value for name, value in wanted.items() if value is not None and value != membership.values[name]}
    if changes or membership.adopted or plan.cards.get(entry.card) == entry.row:
        plan.changed.append((membership, entry, changes))
    else:
        plan.unchanged += 1


def class_key(name: str) -> str:
    """The part of a class's name that tells it apart: 5年1組, 1組 and 1 are one class of the fifth year."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()
    return re.sub(r"組$", "", re.sub(r"^\d年", "", plain))


async def _known(session: Reading, into: Target) -> tuple[dict[str, Known], dict[int, Known]]:
    """The organisation's memberships by the sender's number, and those that came by another way by person."""
    columns = [getattr(Person, name) for name in PERSON_FIELDS] + [getattr(Patron, name) for name in (*PATRON_FIELDS, "class_id")]
    rows = await session.execute(
        select(Patron.id, Patron.person_id, Patron.sender_key, *columns)
        .join(Person, Person.id == Patron.person_id)
        .where(Patron.organisation_id == into.id)
        .order_by(Patron.id)
    )
    by_number: dict[str, Known] = {}
    by_person: dict[int, Known] = {}
    names = (*PERSON_FIELDS, *PATRON_FIELDS, "class_id")
    for patron_id, person_id, sender_key, *values in rows:
        membership = Known(patron_id, person_id, dict(zip(names, values, strict=True)))
        if sender_key is None:
            by_person[person_id] = membership
        else:
            by_number[sender_key] = membership
    return by_number, by_person


async def _staff_logins(session: Reading, entries: Sequence[Entry]) -> frozenset[str]:
    found: set[str] = set()
    for start in range(0, len(entries), MANY):
        found |= await staff_logins(session, [fold(entry.card) for entry in entries[start : start + MANY]])
    return frozenset(found)


async def _card_owners(session: Reading, numbers: list[str]) -> dict[str, int]:
    owners: dict[str, int] = {}
    for start in range(0, len(numbers), MANY):
        rows = await session.execute(select(Card.number, Card.person_id).where(Card.number.in_(numbers[start : start + MANY])))
        owners |= {row.number: row.person_id for row in rows}
    return owners


async def _classes(session: Reading, into: Target, today: date) -> dict[tuple[str, str], int]:
    rows = await session.scalars(
        select(SchoolClass).where(SchoolClass.organisation_id == into.id, SchoolClass.school_year == school_year(today))
    )
    return {(row.grade, class_key(row.name)): row.id for row in rows}


async def _add_classes(session: Writing, plan: Plan, into: Target, today: date) -> None:
    for entry in [*plan.new, *(entry for _, entry, _ in plan.changed)]:
        if entry.grade is None or entry.class_name is None or (entry.grade, class_key(entry.class_name)) in plan.classes:
            continue
        key = class_key(entry.class_name)
        row = SchoolClass(
            organisation_id=into.id, school_year=school_year(today), grade=entry.grade, name=f"{key}組" if key.isdecimal() else key
        )
        session.add(row)
        await session.flush()
        plan.classes[entry.grade, key] = row.id


def _class_of(plan: Plan, entry: Entry) -> int | None:
    return plan.classes[entry.grade, class_key(entry.class_name)] if entry.grade and entry.class_name else None


async def _add(session: Writing, plan: Plan, into: Target) -> None:
    """New persons with their memberships and cards, by COPY: a ward has two hundred thousand."""
    sequence = text("SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM generate_series(1, :count)")
    ids = (await session.scalars(sequence, {"count": len(plan.new)})).all()
    people = list(zip(ids, plan.new, strict=True))
    await copy_in(
        session,
        "person",
        ("id", *PERSON_FIELDS, "sort_key"),
        [(number, *(_stored(entry, name) for name in PERSON_FIELDS), _sort_key(vars(entry))) for number, entry in people],
    )
    ordinary = "resident" if into.school is None else "pupil"
    await copy_in(
        session,
        "patron",
        ("person_id", "organisation_id", "sender_key", "category", "class_id", "roll_number", "valid_to", "note"),
        [
            (
                number,
                into.id,
                entry.number,
                entry.category or ordinary,
                _class_of(plan, entry),
                entry.roll_number,
                entry.valid_to,
                entry.note or "",
            )
            for number, entry in people
        ],
    )
    await _add_cards(session, [(number, entry.card) for number, entry in people if plan.cards.get(entry.card) == entry.row])


async def _add_cards(session: Writing, cards: list[tuple[int, str]]) -> None:
    await copy_in(session, "card", ("person_id", "number", "revoked_reason"), [(person, number, "") for person, number in cards])


def _stored(entry: Entry, name: str) -> object:
    value = getattr(entry, name)
    return "" if value is None and name != "birth_date" else value


def _sort_key(values: Mapping[str, Any]) -> str:
    return names.sort_key(
        name=f"{values['family_name'] or ''} {values['given_name'] or ''}",
        reading=f"{values['family_reading'] or ''} {values['given_reading'] or ''}",
    )


async def _change(session: Writing, plan: Plan) -> None:
    persons: list[dict[str, Any]] = []
    patrons: list[dict[str, Any]] = []
    for membership, entry, changes in plan.changed:
        person = {name: changes[name] for name in PERSON_FIELDS if name in changes}
        patron = {name: changes[name] for name in PATRON_FIELDS if name in changes}
        if "class_id" in changes:
            patron["class_id"] = _class_of(plan, entry)
        if membership.adopted:
            patron["sender_key"] = entry.number
        if person:
            persons.append({"id": membership.person_id, **person, "sort_key": _sort_key(membership.values | person)})
        if patron:
            patrons.append({"id": membership.patron_id, **patron})
    # Rows that change the same columns go together, so that they become one statement with many parameters.
    for table, rows in ((Person, persons), (Patron, patrons)):
        if rows:
            await session.execute(update(table), sorted(rows, key=sorted))
    await _add_cards(
        session, [(known.person_id, entry.card) for known, entry, _ in plan.changed if plan.cards.get(entry.card) == entry.row]
    )
