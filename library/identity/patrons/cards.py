"""Cards: the form of our numbers, the next free one, issuing and revoking."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text

from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid
from library.identity.accounts import staff_logins
from library.identity.card.number import check_digit
from library.identity.models import Card
from library.identity.patrons.words import REVOKED
from library.settings import Settings

SERIAL_DIGITS = 7
MOST_AT_ONCE = 4096


def numbered(prefix: str, serial: int) -> str:
    """A card number: prefix, serial number, check digit."""
    body = f"{prefix}{serial:0{SERIAL_DIGITS}d}"
    return body + check_digit(body)


async def next_number(session: Writing, settings: Settings) -> str:
    """The next number that no card has; numbers that came in with files are stepped over.

    Takes more of the sequence at a time the longer all were taken, so that stepping over a whole town's cards stays quick.
    """
    count = 1
    while True:
        rows = await session.scalars(text("SELECT nextval('card_serial') FROM generate_series(1, :count)"), {"count": count})
        numbers = [numbered(settings.card_prefix, serial) for serial in rows]
        taken = set(await session.scalars(select(Card.number).where(Card.number.in_(numbers))))
        free = next((number for number in numbers if number not in taken), None)
        if free is not None:
            return free
        count = min(count * 2, MOST_AT_ONCE)


async def of_person(session: Reading, person_id: int) -> Card | None:
    """The newest card that is valid."""
    card: Card | None = await session.scalar(
        select(Card).where(Card.person_id == person_id, Card.revoked_at.is_(None)).order_by(Card.issued_at.desc(), Card.id.desc()).limit(1)
    )
    return card


async def issue(session: Writing, person_id: int, number: str) -> Card:
    """A new card; raises Conflict when another has the number, whoever was first."""
    if await session.scalar(select(Card.id).where(Card.number == number)):
        raise Conflict("card_number_taken", N_("このカード番号はすでに使われています。"), where="card")
    if await staff_logins(session, [number]):
        raise Conflict("card_is_login", N_("このカード番号は職員のログイン名と同じです。別のカードにしてください。"), where="card")
    card = Card(person_id=person_id, number=number)
    session.add(card)
    await session.flush()  # two desks with one card: the second waits here and is refused by the index
    return card


async def revoke(session: Writing, person_id: int, *, reason: str, now: datetime) -> tuple[Card, ...]:
    """Ends every valid card of a person; returns them."""
    if reason not in REVOKED:
        raise Invalid("reason_unknown", N_("理由を選んでください。"), where="reason")
    valid = select(Card).where(Card.person_id == person_id, Card.revoked_at.is_(None)).with_for_update()
    ended = tuple(await session.scalars(valid))
    for card in ended:
        card.revoked_at, card.revoked_reason = now, reason
    await session.flush()
    return ended
