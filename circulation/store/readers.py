"""Readers as lending sees them: from a card to the membership that is meant, its lock, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from circulation.rules.refusals import Standing
from library.db import Reading, Writing
from library.errors import N_, NotFound
from library.identity.card.number import scanned_card, unknown_card
from library.identity.models import Patron
from library.identity.patrons.reach import within
from library.identity.roles import Permission
from library.identity.viewer import Viewer

_BY_CARD = """
    SELECT p.id, p.person_id, p.organisation_id, p.category, p.valid_from, p.valid_to, c.number AS card,
           c.revoked_at IS NOT NULL AS card_revoked, e.birth_date, coalesce(s.grade, '') AS grade, o.kind AS organisation_kind,
           concat_ws(' ', e.family_name, nullif(e.given_name, '')) AS name
      FROM card c
      JOIN person e ON e.id = c.person_id
      LEFT JOIN patron p ON p.person_id = e.id
      LEFT JOIN organisation o ON o.id = p.organisation_id
      LEFT JOIN school_class s ON s.id = p.class_id
"""
_MEMBERSHIPS = text(_BY_CARD + " WHERE c.number = :card ORDER BY p.id")
_OF_PATRON = text(
    """
    SELECT p.id, p.person_id, p.organisation_id, p.category, p.valid_from, p.valid_to, '' AS card, false AS card_revoked, e.birth_date,
           coalesce(s.grade, '') AS grade, o.kind AS organisation_kind, concat_ws(' ', e.family_name, nullif(e.given_name, '')) AS name
      FROM patron p JOIN person e ON e.id = p.person_id JOIN organisation o ON o.id = p.organisation_id
      LEFT JOIN school_class s ON s.id = p.class_id WHERE p.id = :patron
    """
)
_STANDING = text(
    """
    SELECT (SELECT count(*) FROM hold WHERE patron_id = :patron AND closed_at IS NULL) AS holds, l.lent, l.oldest_due
      FROM (SELECT count(*) AS lent, min(due_at) AS oldest_due FROM loan WHERE patron_id = :patron AND returned_at IS NULL) l
    """
)
_OF_MATERIAL = text(
    """
    SELECT count(*) FROM loan l JOIN item i ON i.id = l.item_id JOIN record r ON r.id = i.record_id
     WHERE l.patron_id = :patron AND l.returned_at IS NULL AND r.material = :material
    """
)


@dataclass(frozen=True)
class Reader:
    """One membership of the person a card belongs to."""

    id: int
    person_id: int
    organisation_id: int
    organisation_kind: str
    category: str
    valid_from: date | None
    valid_to: date | None
    card: str
    card_revoked: bool
    birth_date: date | None
    grade: str
    name: str


@dataclass(frozen=True)
class Shown:
    """A card and all memberships of its person, the oldest first."""

    card: str
    person_id: int
    revoked: bool
    memberships: tuple[Reader, ...]


async def by_card(session: Reading, card: str) -> Shown:
    """A card as scanned or typed. Raises NotFound for a number that is no card, Invalid for what cannot be one."""
    number = scanned_card(card)
    rows = (await session.execute(_MEMBERSHIPS, {"card": number})).all()
    if not rows:
        raise unknown_card(number)
    card = rows[0].card
    if rows[0].id is None:
        return Shown(card, await _person_of(session, card), rows[0].card_revoked, ())
    return Shown(card, rows[0].person_id, rows[0].card_revoked, tuple(Reader(**row._mapping) for row in rows))


async def _person_of(session: Reading, card: str) -> int:
    found: int = (await session.execute(text("SELECT person_id FROM card WHERE number = :card"), {"card": card})).scalar_one()
    return found


async def of_patron(session: Reading, patron_id: int) -> Reader:
    row = (await session.execute(_OF_PATRON, {"patron": patron_id})).first()
    if row is None:
        raise NotFound("patron_not_found", N_("この利用者はいません。"))
    return Reader(**row._mapping)


def meant(memberships: Iterable[Reader], *, lenders: frozenset[int], owner: int | None, today: date) -> Reader | None:
    """Which membership an act is for: of the organisations that run the branch, the copy's owner first; a valid one before others."""

    def rank(reader: Reader) -> tuple[bool, bool]:
        valid = (reader.valid_from is None or reader.valid_from <= today) and (reader.valid_to is None or reader.valid_to >= today)
        return (not valid, reader.organisation_id != owner)

    return min((reader for reader in memberships if reader.organisation_id in lenders), key=rank, default=None)


async def lock(session: Writing, patron_id: int) -> None:
    """Nobody else lends to, or holds for, this membership until the transaction ends. Always before items and queues."""
    await session.execute(select(Patron.id).where(Patron.id == patron_id).with_for_update(key_share=True))


async def standing(session: Reading, reader: Reader, *, zone: ZoneInfo, material: str | None = None) -> Standing:
    """How the membership stands now; loans of one material are counted only when asked for."""
    row = (await session.execute(_STANDING, {"patron": reader.id})).one()
    of_material = 0
    if material is not None and row.lent:
        of_material = (await session.execute(_OF_MATERIAL, {"patron": reader.id, "material": material})).scalar_one()
    oldest: datetime | None = row.oldest_due
    return Standing(
        valid_from=reader.valid_from,
        valid_to=reader.valid_to,
        lent=row.lent,
        lent_of_material=of_material,
        holds=row.holds,
        oldest_due=oldest.astimezone(zone).date() if oldest else None,
        card_revoked=reader.card_revoked,
    )


_ACTS_FOR = text("SELECT 1 FROM account_person WHERE account_id = :account AND person_id = :person")


async def acts_for(session: Reading, viewer: Viewer, person_id: int) -> bool:
    """Whether somebody asks for themselves or for a child in their care; a token acts within its scopes alone, never as a reader."""
    if viewer.account_id is None or viewer.scopes is not None:
        return False
    return (await session.execute(_ACTS_FOR, {"account": viewer.account_id, "person": person_id})).first() is not None


def must_lend_somewhere(viewer: Viewer, shown: Shown) -> None:
    """Raises NotFound for who lends nowhere: another reader's card is to them a number like any that is no card's."""
    if not viewer.can(Permission.LEND):
        raise unknown_card(shown.card)


async def lends_to(session: Reading, viewer: Viewer, patron_id: int) -> bool:
    """Whether somebody who lends does so for this reader's own library, wherever it is that the reader picks up."""
    return viewer.can(Permission.LEND) and bool(await reached(session, viewer, [patron_id]))


async def reached(session: Reading, viewer: Viewer, patron_ids: Iterable[int]) -> set[int]:
    """Those of some memberships that a viewer sees as staff."""
    asked = select(Patron.id).where(Patron.id.in_(list(patron_ids)), within(viewer, Permission.SEE_PATRONS))
    return set(await session.scalars(asked))


async def visible_to(session: Reading, viewer: Viewer, shown: Shown) -> tuple[Reader, ...]:
    """The memberships whose loans a viewer may see: all of one's own and one's children's, as staff those of one's organisations.

    Raises NotFound where there is none, so that nobody learns whose card a number is.
    """
    if await acts_for(session, viewer, shown.person_id):
        return shown.memberships
    ids = await reached(session, viewer, [one.id for one in shown.memberships])
    seen = tuple(one for one in shown.memberships if one.id in ids)
    if not seen:
        raise unknown_card(shown.card)
    return seen
