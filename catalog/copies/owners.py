"""What owners say of their copies: who may see them and who may borrow them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, select, text

from catalog.models import Item, OwnerPolicy, Reach
from library.db import Reading, Writing
from library.errors import N_, Invalid, NotFound
from library.identity import audit
from library.identity.viewer import Viewer
from library.places.models import Organisation


class OwnerLine(NamedTuple):
    """An organisation with its policy and how many copies it applies to."""

    id: int
    code: str
    kind: str
    name: Mapping[str, str]
    seen_by: str
    lent_to: str
    items: int


async def policies(session: Reading) -> list[OwnerLine]:
    """Every organisation, the ward first, then by number."""
    counted = select(Item.organisation_id, func.count().label("items")).where(Item.withdrawn_on.is_(None))
    counts = counted.group_by(Item.organisation_id).subquery()
    rows = await session.execute(
        select(
            *(Organisation.id, Organisation.code, Organisation.kind, Organisation.name),
            func.coalesce(OwnerPolicy.seen_by, Reach.ALL.value),
            func.coalesce(OwnerPolicy.lent_to, Reach.OWN.value),
            func.coalesce(counts.c["items"], 0),
        )
        .join(OwnerPolicy, OwnerPolicy.organisation_id == Organisation.id, isouter=True)
        .join(counts, counts.c.organisation_id == Organisation.id, isouter=True)
        .order_by(Organisation.kind != "ward", Organisation.id)
    )
    return [OwnerLine(*row) for row in rows]


async def set_policy(session: Writing, organisation_id: int, *, seen_by: str, lent_to: str, viewer: Viewer) -> int:
    """Sets both reaches and tells the index of every record the owner holds; returns how many records that is."""
    for where, reach in (("seen_by", seen_by), ("lent_to", lent_to)):
        if reach not in {one.value for one in Reach}:
            raise Invalid("unknown_reach", N_("選べない範囲「{reach}」が送られました。"), where=where, reach=reach[:40])
    if _reach(lent_to) > _reach(seen_by):
        raise Invalid("lent_unseen", N_("見せない人には貸し出せません。貸し出す範囲は、見せる範囲までにしてください。"), where="lent_to")
    organisation = await session.scalar(select(Organisation).where(Organisation.id == organisation_id).with_for_update())
    if organisation is None:
        raise NotFound("organisation_not_found", N_("この機関はありません。"))
    row = await session.get(OwnerPolicy, organisation_id)
    before = (row.seen_by, row.lent_to) if row else (Reach.ALL.value, Reach.OWN.value)
    if row is None:
        session.add(OwnerPolicy(organisation_id=organisation_id, seen_by=seen_by, lent_to=lent_to))
    else:
        row.seen_by, row.lent_to = seen_by, lent_to
    audit.record(
        session,
        viewer,
        "owner.policy",
        subject_kind="organisation",
        subject_id=organisation_id,
        before=list(before),
        after=[seen_by, lent_to],
    )
    await session.flush()
    if before == (seen_by, lent_to):
        return 0
    told = await session.execute(
        text(
            "INSERT INTO index_change (record_id, kind)"
            " SELECT record_id, 'record' FROM item WHERE organisation_id = :owner AND withdrawn_on IS NULL"
            " UNION SELECT record_id, 'record' FROM electronic_access WHERE organisation_id = :owner"
        ),
        {"owner": organisation_id},
    )
    return int(getattr(told, "rowcount", 0))


def _reach(value: str) -> int:
    return [Reach.NOBODY.value, Reach.OWN.value, Reach.SCHOOLS.value, Reach.ALL.value].index(value)
