"""Finding patrons by card, name, reading or phone, within the reach of who asks."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, func, not_, or_, select, true, tuple_, union

from library import kana
from library.db import Reading
from library.errors import N_, Invalid
from library.identity.models import PHONE_FROM_ITS_END, Card, Patron, Person
from library.identity.patrons import reach
from library.identity.roles import Permission
from library.identity.signing_in.sessions import fold
from library.identity.viewer import Viewer
from library.places.models import Organisation, SchoolClass, Translated

SHORTEST_PHONE = 4  # digits: the end of a number is enough to ask for


@dataclass(frozen=True)
class Found:
    """One membership. `card` is the newest that is valid, "" without one; `organisation` is its code; `grade` is P1 to J3 in a school."""

    id: int
    card: str
    name: str
    reading: str
    category: str
    organisation: str
    birth_date: date | None
    grade: str
    class_name: str
    roll_number: int | None
    organisation_name: Translated


@dataclass(frozen=True)
class Page:
    """Patrons by reading, those whose reading begins as asked first; `next` is what to ask for the following page with, None at the end."""

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
        select(
            Patron,
            Person,
            card.label("card"),
            Organisation.code,
            Organisation.name.label("organisation_name"),
            SchoolClass.grade,
            SchoolClass.name.label("class_name"),
        )
        .join(Person, Person.id == Patron.person_id)
        .join(Organisation, Organisation.id == Patron.organisation_id)
        .outerjoin(SchoolClass, SchoolClass.id == Patron.class_id)
        .where(reach.within(viewer, Permission.SEE_PATRONS), matching(words))
    )
    order = (*_later(words), Person.sort_key, Patron.id)
    if after is not None:
        last = select(*order).join(Patron, Patron.person_id == Person.id).where(Patron.id == _patron_of(after))
        query = query.where(tuple_(*order) > last.scalar_subquery())
    rows = (await session.execute(query.order_by(*order).limit(limit + 1))).all()
    found = tuple(
        Found(
            row.Patron.id,
            row.card or "",
            f"{row.Person.family_name} {row.Person.given_name}".strip(),
            f"{row.Person.family_reading} {row.Person.given_reading}".strip(),
            row.Patron.category,
            row.code,
            row.Person.birth_date,
            row.grade or "",
            row.class_name or "",
            row.Patron.roll_number,
            row.organisation_name,
        )
        for row in rows[:limit]
    )
    return Page(found, _cursor(found[-1].id) if len(rows) > limit else None)


def matching(words: str) -> ColumnElement[bool]:
    """Digits are a card or a phone; kana a reading; anything may be a name. Several words must all be there, in any order."""
    digits = re.sub(r"[\s()+-]", "", unicodedata.normalize("NFKC", words).translate(dict.fromkeys(map(ord, "‐‑–—−ー"), "-")))
    if digits.isascii() and digits.isdecimal():
        return Patron.person_id.in_(_known_by(digits))
    parts = [_part(part) for part in re.split(r"\s+", unicodedata.normalize("NFKC", words)) if part]
    return or_(and_(true(), *parts), _has_card(fold(words)))


def _known_by(digits: str) -> CompoundSelect[tuple[int]]:
    """Whose card, phone or sender's number this is: each asked through its own index, which an OR over the tables would not do."""
    ways = [
        select(Card.person_id).where(Card.number == digits, Card.revoked_at.is_(None)),
        select(Patron.person_id).where(Patron.sender_key == digits),
    ]
    if len(digits) >= SHORTEST_PHONE:
        ways.append(select(Person.id).where(phone_ends_with(digits)))
    return union(*ways)


def phone_ends_with(digits: str) -> ColumnElement[bool]:
    return PHONE_FROM_ITS_END.like(f"{digits[::-1]}%")


def _part(word: str) -> ColumnElement[bool]:
    name = func.concat(Person.family_name, Person.given_name).contains(word, autoescape=True)
    if not kana.is_kana(word):
        return name
    return or_(name, Person.sort_key.contains(kana.sort_key(word).partition("\t")[0], autoescape=True))


def _later(words: str) -> tuple[ColumnElement[bool], ...]:
    """やまだ asks for 山田 before 小山 匠, in whose reading it merely occurs."""
    first = next(iter(unicodedata.normalize("NFKC", words).split()), "")
    if not kana.is_kana(first):
        return ()
    return (not_(Person.sort_key.startswith(kana.sort_key(first).partition("\t")[0], autoescape=True)),)


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
