"""Entries read as values: those that readers see, and for the staff each with its newest version and its history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, or_, select

from library.db import Reading
from library.errors import N_, NotFound
from library.identity.models import Account
from library.places.models import Organisation, OrganisationKind, Translated
from search.procedures.content import Content, holds
from search.procedures.models import Procedure, ProcedureVersion


@dataclass(frozen=True)
class Published:
    """What readers see of an entry."""

    key: str
    organisation_id: int
    content: Content
    checked_on: date | None


@dataclass(frozen=True)
class Kept:
    """An entry as the staff see it, with its newest version; `published` is the number of the one that readers see."""

    id: int
    key: str
    organisation_id: int
    organisation: str
    organisation_name: Translated
    is_wards: bool
    published: int | None
    checked_on: date | None
    checked_by: str
    number: int
    content: Content
    made_at: datetime

    @property
    def has_unpublished_changes(self) -> bool:
        return self.published != self.number


@dataclass(frozen=True)
class Version:
    """One version of an entry; `made_by` is a display name, empty for the command line."""

    number: int
    content: Content
    note: str
    made_at: datetime
    made_by: str


def content_of(stored: dict[str, Any]) -> Content:
    return msgspec.convert(stored, Content)


async def published(session: Reading, organisation_ids: Collection[int], *, on: date) -> tuple[Published, ...]:
    """What the ward and some organisations have published and what holds on a day, oldest first.

    A school's entry stands in for the ward's of the same key, as long as it holds.
    """
    rows = await session.execute(
        select(Procedure, ProcedureVersion.content)
        .join(ProcedureVersion, (ProcedureVersion.procedure_id == Procedure.id) & (ProcedureVersion.number == Procedure.published))
        .join(Organisation, Organisation.id == Procedure.organisation_id)
        .where(or_(Organisation.kind == OrganisationKind.WARD.value, Organisation.id.in_(organisation_ids)))
        .order_by(Organisation.kind == OrganisationKind.SCHOOL.value, Procedure.id)
    )
    found = [Published(row.key, row.organisation_id, content_of(content), row.checked_on) for row, content in rows]
    return tuple({one.key: one for one in found if holds(one.content, on)}.values())


def _kept() -> Select[*tuple[Any, ...]]:
    newest = (
        select(ProcedureVersion.procedure_id, func.max(ProcedureVersion.number).label("number"))
        .group_by(ProcedureVersion.procedure_id)
        .subquery()
    )
    return (
        select(Procedure, ProcedureVersion, Organisation.code, Organisation.name, Organisation.kind)
        .join(newest, newest.c.procedure_id == Procedure.id)
        .join(ProcedureVersion, (ProcedureVersion.procedure_id == Procedure.id) & (ProcedureVersion.number == newest.c.number))
        .join(Organisation, Organisation.id == Procedure.organisation_id)
        .order_by(Organisation.kind != OrganisationKind.WARD.value, Organisation.code, Procedure.id)
    )


def _as_kept(row: Any) -> Kept:
    entry, version, code, name, kind = row
    return Kept(
        id=entry.id,
        key=entry.key,
        organisation_id=entry.organisation_id,
        organisation=code,
        organisation_name=name,
        is_wards=kind == OrganisationKind.WARD.value,
        published=entry.published,
        checked_on=entry.checked_on,
        checked_by=entry.checked_by,
        number=version.number,
        content=content_of(version.content),
        made_at=version.made_at,
    )


async def kept(session: Reading) -> tuple[Kept, ...]:
    """Every entry with its newest version: the ward's first, then by organisation, in the order they were written."""
    return tuple(_as_kept(row) for row in await session.execute(_kept()))


async def one(session: Reading, procedure_id: int) -> Kept:
    """One entry; NotFound when there is none."""
    row = (await session.execute(_kept().where(Procedure.id == procedure_id))).first()
    if row is None:
        raise NotFound("procedure_not_found", N_("この利用案内はありません。"))
    return _as_kept(row)


async def versions(session: Reading, procedure_id: int) -> tuple[Version, ...]:
    """Every version, the newest first."""
    rows = await session.execute(
        select(ProcedureVersion, Account.display_name)
        .outerjoin(Account, Account.id == ProcedureVersion.made_by)
        .where(ProcedureVersion.procedure_id == procedure_id)
        .order_by(ProcedureVersion.number.desc())
    )
    return tuple(Version(row.number, content_of(row.content), row.note, row.made_at, name or "") for row, name in rows)
