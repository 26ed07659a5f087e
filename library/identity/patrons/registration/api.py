"""JSON about registering: the same use case as the desk's page."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from library import clock, idempotency
from library.db import Database
from library.identity.guards import requires
from library.identity.patrons import codes
from library.identity.patrons.membership import dossier
from library.identity.patrons.registration import registering
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings

ROUTE = "/api/v1/patrons"
Text = Annotated[str, msgspec.Meta(max_length=2000)]


class NewPatron(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody to register. Days may be ISO 8601 or of a Japanese era; `organisation` and `home_branch` are codes.

    `category`: resident, commuter, student, neighbour, child, group, accessibility, interlibrary or staff in the ward, pupil, teacher
    or staff in a school; who has not left elementary school becomes child. `card` is a pre-printed number; without one the next is
    issued. `proof` is the kind of paper shown, never its number: licence, number_card, insurance, student, employee, bill, none, other.
    `different` says that people who look alike (409 maybe_registered) are others; `note_confirmed` that twelve digits in the note are
    no Individual Number. `account` asks for a set-up code.
    """

    family_name: Text
    given_name: Text = ""
    family_reading: Text = ""
    given_reading: Text = ""
    birth_date: Text = ""
    category: Text = ""
    organisation: Text = ""
    address: Text = ""
    phone: Text = ""
    mail: Text = ""
    affiliation: Text = ""
    guardian_card: Text = ""
    guardian_name: Text = ""
    contact_by: Text = "none"
    home_branch: Text = ""
    card: Text = ""
    proof: Text = ""
    valid_to: Text = ""
    note: Text = ""
    different: bool = False
    note_confirmed: bool = False
    account: bool = True


class MadePatron(msgspec.Struct, frozen=True):
    """`set_up_code` opens the account once, at /sign-in/first; null without an account, or once it was used or replaced."""

    id: str
    card: str
    valid_to: date | None
    set_up_code: str | None
    set_up_code_expires_at: datetime | None


@post(ROUTE, guards=[requires(Permission.EDIT_PATRONS)], tags=["people"])
async def create_patron(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewPatron],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[MadePatron]:
    """Registers somebody: person, membership, card and, unless not wanted, an account with a set-up code.

    The same Idempotency-Key gives the same answer. 400 lists every problem in `errors`; 409 is maybe_registered, with the ids of
    those who look alike in `fields.patrons`, or card_number_taken.
    """
    now, today, client = clock.now(), clock.today(settings.zone), f"account:{viewer.account_id}"
    key = idempotency.parse(request.headers.get("Idempotency-Key"))
    body_digest = idempotency.digest(settings.key, await request.body())
    values = msgspec.structs.asdict(data)
    asked = registering.Request(
        typed={name: value for name, value in values.items() if isinstance(value, str)},
        seed=codes.seed_of(f"{client}:{key or uuid.uuid4()}"),
        different=data.different,
        note_confirmed=data.note_confirmed,
        account=data.account,
    )
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route=ROUTE, body_digest=body_digest, now=now)
        if before is not None:
            slip = await dossier.slip(session, int(before.result["patron"]))
            code = await codes.again(session, settings, slip.person_id, seed=asked.seed, now=now)
            return _answer(str(slip.patron_id), slip.card, slip.valid_to, code)
        done = await registering.register(session, settings, asked, by=viewer, today=today, now=now)
        await idempotency.finish(session, client=client, key=key, status=201, result={"patron": str(done.patron_id)})
    return _answer(str(done.patron_id), done.card, done.valid_to, done.code)


def _answer(number: str, card: str, valid_to: date | None, code: codes.Issued | None) -> Response[MadePatron]:
    made = MadePatron(number, card, valid_to, code.code if code else None, code.expires_at if code else None)
    return Response(made, status_code=201, headers={"Cache-Control": "no-store"})


handlers = (create_patron,)
