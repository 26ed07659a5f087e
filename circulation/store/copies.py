"""Copies as lending sees them: from a barcode to the copy that is meant, its lock, and what is open for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text

from catalog.copies.shelving import scanned
from catalog.models import Item
from circulation.rules.states import At, Open, Whereabouts, arrival, whereabouts
from circulation.store.branches import Here
from library.db import Reading, Writing
from library.errors import N_, Conflict, NotFound
from library.places.models import Branch

_BY_BARCODE = text(
    """
    SELECT i.id, i.record_id, i.branch_id, i.organisation_id, o.name->>'ja' AS owner
      FROM item i JOIN organisation o ON o.id = i.organisation_id WHERE i.barcode = :barcode ORDER BY i.withdrawn_on IS NOT NULL, o.code
    """
)
_LOCK = text("SELECT id FROM item WHERE id = :item FOR UPDATE")
_FACTS = text(
    """
    SELECT i.id, i.record_id, i.barcode, i.organisation_id, i.branch_id, i.in_library_only, i.missing_since, i.withdrawn_on,
           i.damage, i.parts, i.note,
           r.title, r.volume, r.material, r.ndc, coalesce(p.lent_to, 'own') AS lent_to,
           l.id AS loan_id, l.patron_id AS loan_patron_id, l.branch_id AS loan_branch_id, l.due_at, l.lent_at, l.renewals,
           h.id AS hold_id, h.patron_id AS hold_patron_id, h.pickup_branch_id, h.waiting_since, h.pickup_until,
           t.id AS transit_id, t.to_branch_id, t.from_branch_id,
           d.id AS deposit_id, d.organisation_id AS deposit_organisation_id, d.branch_id AS deposit_branch_id,
           d.until AS deposit_until,
           home.valid_to AS home_until, pickup.valid_to AS pickup_branch_until, bound.valid_to AS to_branch_until
      FROM item i
      JOIN record r ON r.id = i.record_id
      LEFT JOIN owner_policy p ON p.organisation_id = i.organisation_id
      LEFT JOIN loan l ON l.item_id = i.id AND l.returned_at IS NULL
      LEFT JOIN hold h ON h.captured_item_id = i.id AND h.closed_at IS NULL
      LEFT JOIN transit t ON t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL
      LEFT JOIN deposit d ON d.item_id = i.id AND d.ended_at IS NULL
      JOIN branch home ON home.id = coalesce(d.branch_id, i.branch_id)
      LEFT JOIN branch pickup ON pickup.id = h.pickup_branch_id
      LEFT JOIN branch bound ON bound.id = t.to_branch_id
     WHERE i.id = :item
    """
)


@dataclass(frozen=True)
class Copy:
    """One item with what is open for it; ids are None where nothing is. `…_until`: the last day of a branch, None while it has none."""

    id: int
    record_id: int
    barcode: str
    organisation_id: int
    branch_id: int
    in_library_only: bool
    missing_since: date | None
    withdrawn_on: date | None
    damage: str
    parts: str
    note: str
    title: str
    volume: str
    material: str
    ndc: str
    lent_to: str
    loan_id: int | None
    loan_patron_id: int | None
    loan_branch_id: int | None
    due_at: datetime | None
    lent_at: datetime | None
    renewals: int | None
    hold_id: int | None
    hold_patron_id: int | None
    pickup_branch_id: int | None
    waiting_since: datetime | None
    pickup_until: date | None
    transit_id: int | None
    to_branch_id: int | None
    from_branch_id: int | None
    deposit_id: int | None
    deposit_organisation_id: int | None
    deposit_branch_id: int | None
    deposit_until: date | None
    home_until: date | None
    pickup_branch_until: date | None
    to_branch_until: date | None

    @property
    def home_branch_id(self) -> int:
        """Where it goes when nobody wants it: home, or where it is on deposit."""
        return self.deposit_branch_id or self.branch_id

    @property
    def open(self) -> Open:
        return Open(
            withdrawn=self.withdrawn_on is not None,
            missing=self.missing_since is not None,
            loan=self.loan_id is not None,
            captured=self.hold_id is not None,
            waiting=self.waiting_since is not None,
            transit=self.transit_id is not None,
            deposit=self.deposit_id is not None,
        )

    @property
    def whereabouts(self) -> Whereabouts:
        return whereabouts(self.open)

    @property
    def arrival(self) -> At:
        return arrival(self.open, goes_home=self.to_branch_id == self.home_branch_id)

    def lends_to(self, organisation_id: int, *, school: bool) -> bool:
        """Whether its owner lends it to members of this organisation."""
        return {
            "all": True,
            "schools": school or organisation_id == self.organisation_id,
            "own": organisation_id == self.organisation_id,
        }.get(self.lent_to, False)


@dataclass(frozen=True)
class Meant:
    """The copy a barcode means, before it is locked."""

    id: int
    record_id: int
    organisation_id: int


async def by_barcode(session: Reading, barcode: str, here: Here) -> Meant:
    """The item that is meant by a barcode scanned here: the branch's, then its organisation's, then the only one there is.

    Owners number their copies alone, so ward and schools may use a number twice. Raises NotFound; Conflict naming the owners when
    several are left; Invalid for what is no item's barcode.
    """
    number = scanned(barcode)
    rows = (await session.execute(_BY_BARCODE, {"barcode": number})).all()
    if not rows:
        raise NotFound("barcode_not_found", N_("バーコード {barcode} の資料はありません。"), where="barcode", barcode=number)
    return _meant(rows, number, here)


def _meant(rows: Sequence[Any], number: str, here: Here) -> Meant:
    for choice in (
        [row for row in rows if row.branch_id == here.id and row.organisation_id in here.organisation_ids],
        [row for row in rows if row.organisation_id in here.organisation_ids],
        rows,
    ):
        if len(choice) == 1:
            return Meant(choice[0].id, choice[0].record_id, choice[0].organisation_id)
        if choice:
            rows = choice
            break
    owners = "、".join(dict.fromkeys(row.owner for row in rows))
    raise Conflict(
        "barcode_of_several_owners",
        N_("バーコード {barcode} は、{owners}の資料にあります。持ち主の館で処理してください。"),
        where="barcode",
        barcode=number,
        owners=owners,
    )


async def record_of(session: Reading, item_id: int) -> int:
    return (await session.execute(select(Item.record_id).where(Item.id == item_id))).scalar_one()


async def barcode_of(session: Reading, item_id: int) -> str:
    return (await session.execute(select(Item.barcode).where(Item.id == item_id))).scalar_one()


async def branch_code(session: Reading, branch_id: int) -> str:
    return (await session.execute(select(Branch.code).where(Branch.id == branch_id))).scalar_one()


async def lock(session: Writing, item_id: int) -> None:
    """Nobody else lends, takes back or moves this copy until the transaction ends. After the patron, before queues."""
    locked = await session.execute(_LOCK, {"item": item_id})
    if locked.first() is None:
        raise no_such_item(item_id)


async def facts(session: Reading, item_id: int) -> Copy:
    """Everything open for a copy; read after its lock."""
    row = (await session.execute(_FACTS, {"item": item_id})).mappings().first()
    if row is None:
        raise no_such_item(item_id)
    return Copy(**row)


def no_such_item(item_id: int) -> NotFound:
    return NotFound("item_not_found", N_("資料 {item} はありません。"), item=str(item_id))
