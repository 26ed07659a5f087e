"""Where a list of holdings goes: one branch, and the organisation that owns the copies there."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.incoming.imports import SOURCE_NAME
from catalog.models import Source
from library.db import Reading, Writing
from library.errors import N_, Invalid
from library.identity.roles import Place
from library.places import store
from library.places.models import OrganisationKind

RANK_OF_LISTS = 80  # a list's few words give way to every bibliography


class Target(msgspec.Struct, frozen=True):
    """`source` is the sender's name under which what the list says of publications is kept."""

    branch_id: int
    branch_code: str
    branch_name: Mapping[str, str]
    owner_id: int
    owner_code: str
    owner_name: Mapping[str, str]
    is_school: bool
    source: str

    @property
    def place(self) -> Place:
        return Place(frozenset({self.owner_id}), self.branch_id)


async def target_of(session: Reading, branch_code: str, owner_code: str = "") -> Target:
    """Raises NotFound for an unknown branch, Invalid when it keeps no stock or its owner cannot be told."""
    branch = await store.branch(session, branch_code)
    if not branch.holds_stock:
        raise Invalid("branch_without_stock", N_("「{branch}」は本を置かない窓口です。"), where="branch", branch=branch.name["ja"])
    owners = {one.code: one for one in branch.organisations}
    codes = "、".join(owners)
    if owner_code and owner_code not in owners:
        raise Invalid(
            "owner_not_here", N_("「{owner}」はこの館の所蔵者ではありません（{owners}）。"), where="owner", owner=owner_code, owners=codes
        )
    if not owner_code and len(owners) != 1:
        raise Invalid(
            "owner_needed",
            N_("この館は複数の機関が使っています。どの機関の本か（{owners}）を指定してください。"),
            where="owner",
            owners=codes,
        )
    owner = owners[owner_code] if owner_code else next(iter(owners.values()))
    name = f"{owner.code}-list"
    return Target(
        branch_id=branch.id,
        branch_code=branch.code,
        branch_name=branch.name,
        owner_id=owner.id,
        owner_code=owner.code,
        owner_name=owner.name,
        is_school=owner.kind == OrganisationKind.SCHOOL.value,
        source=name if re.fullmatch(SOURCE_NAME, name) else f"o{owner.id}-list",
    )


async def list_source(session: Writing, target: Target) -> Source:
    """The sender that stands for an organisation's lists; made with its first one."""
    values = {
        "name": target.source,
        "title": f"{target.owner_name['ja']}の蔵書一覧",
        "rank": RANK_OF_LISTS,
        "organisation_id": target.owner_id,
    }
    await session.execute(upsert(Source).values(withheld=[], unshared=[], **values).on_conflict_do_nothing())
    return (await session.scalars(select(Source).where(Source.name == target.source))).one()
