"""Who may be registered already: the same reading and birthday, the same phone, the same name at the same address."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select

from library.db import Reading
from library.errors import N_, Conflict
from library.identity.models import PHONE_FROM_ITS_END, Card, Patron, Person
from library.identity.patrons import names, reach
from library.identity.patrons.registration.application import Likeness
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places.models import Organisation, Translated

MOST = 20
REASONS: dict[str, str] = {
    "reading_and_birthday": N_("フリガナと生年月日が同じ"),
    "phone": N_("電話番号が同じ"),
    "name_and_address": N_("氏名と住所が同じ"),
}


@dataclass(frozen=True)
class Lookalike:
    """A membership in reach that may be the same human's; `reasons` are keys of REASONS."""

    patron_id: int
    name: str
    reading: str
    birth_date: date | None
    card: str
    category: str
    organisation: Translated
    reasons: tuple[str, ...]


class MaybeRegistered(Conflict):
    """Somebody like this is there already; to be looked at before a second registration."""

    def __init__(self, found: tuple[Lookalike, ...]) -> None:
        sentence = N_("似た人がすでに登録されています。確かめてください。別の人なら、別人として登録できます。")
        super().__init__("maybe_registered", sentence, patrons=",".join(str(one.patron_id) for one in found))
        self.found = found


async def lookalikes(session: Reading, applicant: Likeness, *, viewer: Viewer | None) -> tuple[Lookalike, ...]:
    """Those within the viewer's reach, by reading; who is registered elsewhere is not told."""
    digits = re.sub(r"\D", "", applicant.phone)
    ways: list[ColumnElement[bool]] = []
    if applicant.family_name and applicant.address:
        ways.append(and_(Person.family_name == applicant.family_name, Person.given_name == applicant.given_name))
    if applicant.birth_date is not None and applicant.sort_key:
        ways.append(and_(Person.sort_key == applicant.sort_key, Person.birth_date == applicant.birth_date))
    if digits:
        ways.append(PHONE_FROM_ITS_END.in_([digits[::-1]]))
    if not ways:
        return ()
    card = select(func.max(Card.number)).where(Card.person_id == Person.id, Card.revoked_at.is_(None)).scalar_subquery()
    rows = await session.execute(
        select(Patron.id, Patron.category, Person, card.label("card"), Organisation.name.label("organisation"))
        .join(Person, Person.id == Patron.person_id)
        .join(Organisation, Organisation.id == Patron.organisation_id)
        .where(or_(*ways), reach.within(viewer, Permission.SEE_PATRONS))
        .order_by(Person.sort_key, Patron.id)
        .limit(MOST * 5)  # many share a name; their addresses are compared here
    )
    found = (
        Lookalike(
            row.id,
            names.whole(row.Person.family_name, row.Person.given_name),
            names.whole(row.Person.family_reading, row.Person.given_reading),
            row.Person.birth_date,
            row.card or "",
            row.category,
            row.organisation,
            _reasons(applicant, row.Person, digits),
        )
        for row in rows
    )
    return tuple(one for one in found if one.reasons)[:MOST]


def _reasons(applicant: Likeness, person: Person, digits: str) -> tuple[str, ...]:
    same_birthday = applicant.birth_date is not None and applicant.birth_date == person.birth_date
    same_name = (applicant.family_name, applicant.given_name) == (person.family_name, person.given_name)
    facts = {
        "reading_and_birthday": same_birthday and applicant.sort_key == person.sort_key,
        "phone": bool(digits) and digits == re.sub(r"[^0-9]", "", person.phone),
        "name_and_address": same_name and bool(applicant.address) and plain_address(applicant.address) == plain_address(person.address),
    }
    return tuple(reason for reason, holds in facts.items() if holds)


def plain_address(address: str) -> str:
    """An address for comparing: 1丁目2番3号, 1-2-3 and １－２－３ are one."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", address)).casefold()
    plain = re.sub(r"(?<=\d)(?:丁目|番地の?|番|[‐‑‒–—―−ー‑])(?=\d)", "-", plain)
    return re.sub(r"(?<=\d)(?:番地|番|号)(?=$|\D)", "", plain)
