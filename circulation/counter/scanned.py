"""What a scan means here: the tables are asked for the card, the copy, the title or the people it names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from catalog.copies.shelving import scanned as scanned_barcode
from catalog.matching.normal import isbn13
from catalog.records.lookup import look_up
from circulation.rules.scans import Kind, Leaning, Scan
from circulation.store import copies
from circulation.store.branches import Here
from circulation.store.copies import Copy
from library.db import Reading
from library.errors import Invalid
from library.identity.card.number import scanned_card
from library.identity.patrons import finding
from library.identity.roles import Permission
from library.identity.viewer import Viewer

PEOPLE = 9  # as many as number keys
COPIES = 9

_KNOWN = text(
    """
    SELECT EXISTS (SELECT 1 FROM card WHERE number = :card) AS card,
           EXISTS (SELECT 1 FROM item WHERE barcode = :barcode) AS item
    """
)
_COPIES_HERE = text(
    """
    SELECT i.id FROM item i
     WHERE i.record_id = ANY(:records) AND i.withdrawn_on IS NULL
       AND (i.branch_id = :branch OR i.organisation_id = ANY(:organisations)
            OR EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id AND l.returned_at IS NULL AND l.branch_id = :branch))
     ORDER BY EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id AND l.returned_at IS NULL) <> :returning,
              i.branch_id <> :branch, i.barcode LIMIT :most
    """
)


@dataclass(frozen=True)
class ACard:
    number: str


@dataclass(frozen=True)
class AnItem:
    barcode: str


@dataclass(frozen=True)
class Both:
    """One number, a card's and a copy's; nothing says which is meant."""

    number: str


@dataclass(frozen=True)
class ATitle:
    """A title's own number: which of its copies is meant, the librarian says. `more`: there are more than are shown."""

    isbn: str
    copies: tuple[Copy, ...]
    more: bool


@dataclass(frozen=True)
class People:
    """`more`: there are more than are shown."""

    words: str
    found: tuple[finding.Found, ...]
    more: bool


@dataclass(frozen=True)
class Nobody:
    """Nothing of this name or number; `kind` says what it looked like."""

    text: str
    kind: Kind


Meaning = ACard | AnItem | Both | ATitle | People | Nobody


async def meaning(
    session: Reading, scan: Scan, here: Here, *, by: Viewer, chosen: Leaning | None = None, returning: bool = False
) -> Meaning:
    """What a scan that is no command names.

    `chosen`: somebody has said whether a number is a card's or a copy's. `returning`: of a title, the copies that are lent come first.
    """
    if scan.kind is Kind.NUMBER:
        return await _of_number(session, scan, here, by=by, chosen=chosen, returning=returning)
    if scan.kind is Kind.ISBN:
        return await _of_isbn(session, scan.text, here, by=by, returning=returning) or Nobody(scan.text, scan.kind)
    if scan.kind is Kind.WORDS:
        return await _people(session, scan.text, by=by) or Nobody(scan.text, scan.kind)
    return Nobody(scan.text, scan.kind)


async def _of_number(session: Reading, scan: Scan, here: Here, *, by: Viewer, chosen: Leaning | None, returning: bool) -> Meaning:
    card, barcode = _as_card(scan.text), _as_barcode(scan.text)
    known = (await session.execute(_KNOWN, {"card": card, "barcode": barcode})).one()
    if known.card and known.item:
        leans = chosen or scan.leans
        if leans is None:
            return Both(scan.text)
        return ACard(card) if leans is Leaning.CARD else AnItem(barcode)
    if known.card:
        return ACard(card)
    if known.item:
        return AnItem(barcode)
    found = await _of_isbn(session, scan.text, here, by=by, returning=returning) if isbn13(scan.text) else None
    return found or await _people(session, scan.text, by=by) or Nobody(scan.text, scan.kind)


def _as_card(number: str) -> str:
    try:
        return scanned_card(number)
    except Invalid:
        return ""


def _as_barcode(number: str) -> str:
    try:
        return scanned_barcode(number)
    except Invalid:
        return ""


async def _of_isbn(session: Reading, number: str, here: Here, *, by: Viewer, returning: bool) -> ATitle | None:
    hits = [hit.id for hit in await look_up(session, number, viewer=by) if hit.by == "isbn"]
    found = await _copies(session, hits, here, returning=returning)
    return ATitle(isbn13(number), found[:COPIES], len(found) > COPIES) if found else None


async def _copies(session: Reading, record_ids: Collection[int], here: Here, *, returning: bool) -> tuple[Copy, ...]:
    if not record_ids:
        return ()
    asked = {"records": list(record_ids), "branch": here.id, "organisations": list(here.organisation_ids), "most": COPIES + 1}
    asked |= {"returning": returning}
    return tuple([await copies.facts(session, number) for number in await session.scalars(_COPIES_HERE, asked)])


async def _people(session: Reading, words: str, *, by: Viewer) -> People | None:
    if not by.can(Permission.SEE_PATRONS):
        return None
    page = await finding.find(session, by, words, limit=2 * PEOPLE)
    # A pupil is a member of the school and of the ward: one person, one line.
    found = tuple({one.card or one.id: one for one in reversed(page.patrons)}.values())[::-1]
    return People(words, found[:PEOPLE], page.next is not None or len(found) > PEOPLE) if found else None
