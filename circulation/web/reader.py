"""What readers have: their loans and holds and those of their children in one list, each renewed or all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from circulation import ledger, renewals
from circulation.ledger import HoldLine, HoldState, LoanLine
from circulation.rules.expecting import Outlook
from circulation.store import family, outlooks
from circulation.store.family import Member
from library import clock
from library.db import Database, Reading
from library.errors import Because
from library.http import forms
from library.http.pages import page, url
from library.http.problems import filled
from library.http.requests import texts
from library.i18n import Texts
from library.identity.guards import in_person
from library.identity.viewer import Viewer
from library.kana import hiragana, is_kana
from library.settings import Settings

OF_ONE_READER = {"Cache-Control": "private, no-store"}
MOST_IDS = 300
END_OF_DAY = time(23, 59)


@dataclass(frozen=True)
class LoanRow:
    """A loan with the days left (below 0 when late) and what the last try to renew it came to. `until`: an hour, for loans by hours.

    `reading` is in hiragana, for whoever wants it; "" where the title is kana anyway.
    """

    line: LoanLine
    whose: str
    reading: str
    days_left: int
    until: time | None
    renewed: bool
    refused: tuple[str, ...]


@dataclass(frozen=True)
class HoldRow:
    """A hold with whose it is and what to expect of it."""

    line: HoldLine
    whose: str
    reading: str
    outlook: Outlook


@dataclass(frozen=True)
class _Asked:
    """What the address says: of whom, and what was done just before."""

    person: int | None
    renewed: frozenset[int]
    kept: frozenset[int]
    placed: int | None
    cancelled: bool


def number(written: str | None) -> int | None:
    """A number somebody sent; None for anything else."""
    return int(written) if written and written.isascii() and written.isdecimal() and len(written) < 19 else None


def _numbers(written: str | None) -> frozenset[int]:
    parts = (written or "").split(".")[:MOST_IDS]
    return frozenset(found for part in parts if (found := number(part)) is not None)


def _asked(request: Request[Viewer, Any, Any]) -> _Asked:
    said = request.query_params
    return _Asked(
        person=number(said.get("person")),
        renewed=_numbers(said.get("renewed")),
        kept=_numbers(said.get("kept")),
        placed=number(said.get("placed")),
        cancelled=said.get("cancelled") == "1",
    )


@get("/loans", guards=[in_person], include_in_schema=False)
async def loans_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    assert viewer.account_id is not None  # the guard let nobody else in
    now, today, asked = clock.now(), clock.today(settings.zone), _asked(request)
    async with database.reading() as session:
        members = await family.of_account(session, viewer.account_id)
        chosen = [await family.member(session, viewer.account_id, asked.person)] if asked.person is not None else list(members)
        people = [one.person_id for one in chosen]
        loans = await ledger.loans_of_persons(session, people, now=now)
        holds = await ledger.holds_of_persons(session, people)
        expected = await _expected(session, holds, today=today)
        reasons = await renewals.why_not(session, asked.kept, by=viewer, now=now)
    names = _names(members)
    spoken = texts(request)
    waits = [HoldRow(line, names.get(line.person_id, ""), _reading(line, viewer), expected.get(line.id, Outlook())) for line in holds]
    return page(
        request,
        "circulation/reader/loans.html",
        headers=OF_ONE_READER,
        members=members,
        belongs=any(one.shown.memberships for one in members),
        chips=_chips(members, asked.person),
        asked=asked,
        loans=[_loan_row(line, names, asked, reasons, spoken, viewer=viewer, today=today, settings=settings) for line in loans],
        holds=waits,
        placed=next((row for row in waits if row.line.id == asked.placed), None),
        State=HoldState,
        today=today,
    )


async def _expected(session: Reading, holds: Collection[HoldLine], *, today: date) -> dict[int, Outlook]:
    positions = {line.id: line.position for line in holds if line.position is not None}
    return await outlooks.of_holds(session, positions, today=today)


def _names(members: Collection[Member]) -> Mapping[int, str]:
    """Whose a line is, where there is more than one whose it could be."""
    return {one.person_id: one.name for one in members} if len(members) > 1 else {}


def _reading(line: LoanLine | HoldLine, viewer: Viewer) -> str:
    wanted = viewer.show_ruby or viewer.is_pupil
    return hiragana(line.reading) if wanted and not is_kana(line.title) else ""


def _chips(members: Collection[Member], person: int | None) -> list[tuple[str, str, bool]]:
    return [(one.name, url("/loans", person=one.person_id), one.person_id == person) for one in members] if len(members) > 1 else []


def _loan_row(
    line: LoanLine,
    names: Mapping[int, str],
    asked: _Asked,
    reasons: Mapping[int, tuple[Because, ...]],
    spoken: Texts,
    *,
    viewer: Viewer,
    today: date,
    settings: Settings,
) -> LoanRow:
    clock_time = line.due_at.astimezone(settings.zone).time()
    return LoanRow(
        line=line,
        whose=names.get(line.person_id, ""),
        reading=_reading(line, viewer),
        days_left=(line.due_on - today).days,
        until=clock_time if clock_time < END_OF_DAY else None,
        renewed=line.id in asked.renewed,
        refused=tuple(filled(spoken, reason.sentence, reason.fields) for reason in reasons.get(line.id, ())),
    )


@post("/loans/renew", guards=[in_person], include_in_schema=False)
async def renew(request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Redirect:
    """One loan, all of one person, or all of the family; what was refused says why beside its loan on the page that follows."""
    form = await forms.read(request)
    person, loan, now = number(form.text("person")), number(form.text("loan")), clock.now()
    async with database.transaction() as session:
        outcome = await renewals.renew_own(session, by=viewer, now=now, person_id=person, loan_id=loan)
    renewed = ".".join(str(one.loan_id) for one in outcome.renewed)
    kept = ".".join(str(one.loan_id) for one in outcome.refused)
    back_to = f"#loan-{loan}" if loan is not None else ""  # one book in a long list: back to where the finger was
    return Redirect(url("/loans", person=person, renewed=renewed, kept=kept) + back_to, status_code=303)


handlers = (loans_page, renew)
