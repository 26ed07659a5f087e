"""Finding patrons by card, name, reading or phone, within the reach of who asks."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true, tuple_

from library import kana
from library.db import Reading
from library.errors import N_, Invalid
from library.identity.models import Card, Patron, Person
from library.identity.roles import GRANTED, Permission
from library.identity.sessions import fold
from library.identity.viewer import Viewer
from library.places.models import BranchOrganisation, Organisation

SHORTEST_PHONE = 4  # digits: the end of a number is enough to ask for


@dataclass(frozen=True)
class Found:
    """One membership. `card` is the newest that is valid, "" without one; `organisation` is its code."""

    id: int
    card: str
    name: str
    reading: str
    category: str
    organisation: str


@dataclass(frozen=True)
class Page:
    """Patrons by reading; `next` is what to ask for the following page with, None at the end."""

    patrons: tuple[Found, ...]
    next: str | None


async def find(session: Reading, viewer: Viewer, words: str, *, limit: int, after: str | None = None) -> Page:
    """Patrons in the viewer's reach; all of them for no words. Raises Invalid for an `after` that is none of ours."""
    card = (
        select(Card.number)
        .where(Card.person_id == Person.id, Card.revoked_at.is_(None))
        .order_by(Card.issued_at.desc(), Card.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Patron.id, Patron.category, Person, card.label("card"), Organisation.code)
        .join(Person, Person.id == Patron.person_id)
        .join(Organisation, Organisation.id == Patron.organisation_id)
        .where(_in_reach(viewer, Permission.SEE_PATRONS), _matches(words))
    )
    if after is not None:
        last = select(Person.sort_key, Patron.id).join(Patron, Patron.person_id == Person.id).where(Patron.id == _patron_of(after))
        query = query.where(tuple_(Person.sort_key, Patron.id) > last.scalar_subquery())
    rows = (await session.execute(query.order_by(Person.sort_key, Patron.id).limit(limit + 1))).all()
    found = tuple(
        Found(
            row.id,
            row.card or "",
            f"{row.Person.family_name} {row.Person.given_name}".strip(),
            f"{row.Person.family_reading} {row.Person.given_reading}".strip(),
            row.category,
            row.code,
        )
        for row in rows[:limit]
    )
    return Page(found, _cursor(found[-1].id) if len(rows) > limit else None)


def _in_reach(viewer: Viewer, permission: Permission) -> ColumnElement[bool]:
    """Members of the organisations where the viewer has the permission; at a branch, of those that run it."""
    if not viewer.can(permission):
        return false()
    reach: list[ColumnElement[bool]] = []
    for grant in viewer.grants:
        if permission not in GRANTED[grant.role]:
            continue
        if grant.everywhere:
            return true()
        if grant.organisation_id is not None:
            reach.append(Patron.organisation_id == grant.organisation_id)
        elif grant.branch_id is not None:
            runs = select(BranchOrganisation.organisation_id).where(BranchOrganisation.branch_id == grant.branch_id)
            reach.append(Patron.organisation_id.in_(runs))
        else:
            reach.append(Patron.class_id == grant.class_id)
    return or_(false(), *reach)


def _matches(words: str) -> ColumnElement[bool]:
    """Digits are a card or a phone; kana a reading; anything may be a name. Several words must all be there, in any order."""
    digits = re.sub(r"[\s()+-]", "", unicodedata.normalize("NFKC", words).translate(dict.fromkeys(map(ord, "‐‑–—−ー"), "-")))
    if digits.isascii() and digits.isdecimal():
        phone = func.regexp_replace(Person.phone, "[^0-9]", "", "g")
        same_phone = phone.endswith(digits, autoescape=True) if len(digits) >= SHORTEST_PHONE else false()
        return or_(_has_card(digits), same_phone, Patron.sender_key == digits)
    parts = [_part(part) for part in re.split(r"\s+", unicodedata.normalize("NFKC", words)) if part]
    return or_(and_(true(), *parts), _has_card(fold(words)))


def _part(word: str) -> ColumnElement[bool]:
    name = func.concat(Person.family_name, Person.given_name).contains(word, autoescape=True)
    if not kana.is_kana(word):
        return name
    return or_(name, Person.sort_key.contains(kana.sort_key(word).partition("\t")[0], autoescape=True))


def _has_card(number: str) -> ColumnElement[bool]:
    return exists().where(Card.person_id == Person.id, Card.number == number, Card.revoked_at.is_(None))


def _cursor(patron_id: int) -> str:
    return base64.urlsafe_b64encode(f"patron:{patron_id}".encode()).decode().rstrip("=")


def _patron_of(cursor: str) -> int:
    try:
        kind, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(":")
        if kind == "patron" and number.isdecimal() and len(number) < 19:
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise Invalid("cursor_unknown", N_("続きの印が正しくありません。最初から読み直してください。"), where="after")
