"""What assistants can ask: finding, one record, where it is, opening hours, the guide; the functions of the API, for a stranger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from library.db import Reading
from library.errors import N_, Invalid
from library.i18n import Texts, in_language
from library.identity.viewer import STRANGER
from library.places import store as places
from library.places.calendar import Day
from library.places.store import BranchFacts
from search import permalink
from search.api import CopiesOfRecord, answer_of, view_of
from search.asking import asked
from search.finding import find
from search.index.engine import Engine
from search.procedures import answers
from search.procedures.api import ProcedureLine, ProcedureView, line_of
from search.procedures.guide import found

MOST_DAYS = 62
Words = Annotated[str, Meta(max_length=1000)]
Code = Annotated[str, Meta(max_length=60)]


@dataclass(frozen=True)
class Desk:
    """What the tools work with: one reading session, the engine, the language of names, the present moment."""

    session: Reading
    engine: Engine
    texts: Texts
    now: datetime
    today: date


class Asking(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Arguments of a tool; unknown ones are refused, so that a misspelt filter is never silently ignored."""


class SearchFor(Asking):
    q: Annotated[
        Words, Meta(description="Words in any script: title, author, reading, romaji, subject, ISBN. May be empty with a filter.")
    ] = ""
    branch: Annotated[list[Code], Meta(max_length=50, description="Codes of branches that hold it, as opening_hours lists them")] = []
    available: Annotated[bool, Meta(description="Only what can be borrowed now, there")] = False
    material: Annotated[list[Code], Meta(max_length=20, description="book, serial, ebook, audiobook, video …")] = []
    audience: Annotated[list[Code], Meta(max_length=3, description="children, young_adult, adult")] = []
    ndc: Annotated[list[Code], Meta(max_length=20, description="Numbers of the Nippon Decimal Classification and all below them")] = []
    language: Annotated[list[Code], Meta(max_length=20, description="MARC codes of the languages of the books: jpn, eng, chi, kor …")] = []
    year: Annotated[Code, Meta(description="2011, 2010-2019, 2010- or -1999")] = ""
    sort: Annotated[Code, Meta(description="relevance, newest, popular, title or year")] = ""
    page: Annotated[int, Meta(ge=1, le=50, description="Twenty records a page")] = 1


class OneRecord(Asking):
    id: Annotated[str, Meta(max_length=20, description="A record's number, as search gives it")]


class HoursOf(Asking):
    branch: Annotated[Code, Meta(description="Code of one branch; every branch, for one day, when absent")] = ""
    first: Annotated[date | None, Meta(description="First day (YYYY-MM-DD); today when absent")] = None
    last: Annotated[date | None, Meta(description="Last day, included; a week of one branch, one day of all when absent")] = None


class GuideFor(Asking):
    q: Annotated[Words, Meta(description="What somebody says, in ja, en, zh or ko; every entry when absent")] = ""
    language: Annotated[str, Meta(pattern="^(ja|en|zh|ko)$", description="ja, en, zh or ko")] = "ja"


class OneProcedure(Asking):
    key: Annotated[Code, Meta(description="An entry's key, as procedures lists it")]
    language: Annotated[str, Meta(pattern="^(ja|en|zh|ko)$", description="ja, en, zh or ko")] = "ja"


class Availability(msgspec.Struct, kw_only=True):
    """Where a record's copies are at this moment; `waiting`: readers in line."""

    id: str
    url: str
    title: str
    availability: list[CopiesOfRecord]
    waiting: int


class HoursDay(msgspec.Struct, kw_only=True):
    date: date
    open: bool
    hours: list[tuple[str, str]]
    reason: str | None


class HoursOfBranch(msgspec.Struct, kw_only=True):
    branch: str
    name: str
    address: str
    phone: str
    timezone: str
    open_now: bool
    days: list[HoursDay]


class Hours(msgspec.Struct, kw_only=True):
    branches: list[HoursOfBranch]


class Guide(msgspec.Struct, kw_only=True):
    procedures: list[ProcedureLine]


async def search(desk: Desk, wanted: SearchFor) -> msgspec.Struct:
    typed: dict[str, list[str]] = {
        "q": [wanted.q],
        "branch": wanted.branch,
        "available": ["1"] if wanted.available else [],
        "material": wanted.material,
        "audience": wanted.audience,
        "ndc": wanted.ndc,
        "language": wanted.language,
        "year": [wanted.year] if wanted.year else [],
        "sort": [wanted.sort] if wanted.sort else [],
        "page": [str(wanted.page)],
    }
    parameters = {name: values for name, values in typed.items() if values}
    results = await find(desk.session, desk.engine, asked.read(parameters), viewer=STRANGER)
    answer = answer_of(results, desk.texts)
    answer.facets = {}  # counts to narrow a list by hand: an assistant reads them in vain
    return answer


async def record(desk: Desk, wanted: OneRecord) -> msgspec.Struct:
    led = await permalink.follow(desk.session, wanted.id)
    return view_of(await permalink.record(desk.session, led.record_id, viewer=STRANGER), STRANGER, desk.texts)


async def availability(desk: Desk, wanted: OneRecord) -> msgspec.Struct:
    led = await permalink.follow(desk.session, wanted.id)
    shown = await permalink.record(desk.session, led.record_id, viewer=STRANGER)
    view = view_of(shown, STRANGER, desk.texts)
    return Availability(id=view.id, url=view.url, title=shown.title, availability=view.availability, waiting=view.waiting)


async def opening_hours(desk: Desk, wanted: HoursOf) -> msgspec.Struct:
    every = await places.branches(desk.session, on=desk.today)
    chosen = [one for one in every if not wanted.branch or one.code == wanted.branch]
    if not chosen:
        raise Invalid("branch_unknown", N_("「{branch}」という館はありません。"), where="branch", branch=wanted.branch)
    first = wanted.first or desk.today
    last = wanted.last or (first + timedelta(days=6 if wanted.branch else 0) if first < date.max - timedelta(days=7) else first)
    if not 0 <= (last - first).days < MOST_DAYS:
        sentence = N_("from から to までは、順に並んだ{limit}日以内にしてください。")
        raise Invalid("days_range", sentence, where="last", limit=MOST_DAYS)
    calendars = await places.calendars(desk.session, chosen)

    def told(branch: BranchFacts) -> HoursOfBranch:
        calendar = calendars[branch.id]
        return HoursOfBranch(
            branch=branch.code,
            name=in_language(branch.name, desk.texts.language),
            address=branch.address,
            phone=branch.phone,
            timezone=branch.timezone,
            open_now=calendar.is_open_at(desk.now, branch.zone),
            days=[_day(day, desk.texts.language) for day in calendar.days(first, last)],
        )

    return Hours(branches=[told(one) for one in chosen])


def _day(day: Day, language: str) -> HoursDay:
    hours = [(f"{opens:%H:%M}", f"{closes:%H:%M}") for opens, closes in day.openings]
    return HoursDay(date=day.date, open=day.is_open, hours=hours, reason=in_language(day.reason, language) if day.reason else None)


async def procedures(desk: Desk, wanted: GuideFor) -> msgspec.Struct:
    entries = await answers.all_for(desk.session, viewer=STRANGER, language=wanted.language, on=desk.today)
    if wanted.q.strip():
        entries = tuple(one.entry for one in answers.match(entries, wanted.q, wanted.language))
    return Guide(procedures=[line_of(one) for one in entries])


async def procedure(desk: Desk, wanted: OneProcedure) -> msgspec.Struct:
    entries = await answers.all_for(desk.session, viewer=STRANGER, language=wanted.language, on=desk.today)
    return ProcedureView.of(found(entries, wanted.key))


@dataclass(frozen=True)
class Tool:
    """A tool as assistants see it, and what answers it."""

    name: str
    title: str
    description: str
    arguments: type[Asking]
    answer: Callable[[Desk, Any], Awaitable[msgspec.Struct]]

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        return arguments_schema(self.arguments)


def arguments_schema(arguments: type[Asking]) -> dict[str, Any]:
    """Without references: the arguments are flat, and not every assistant follows them."""
    _, components = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    schema: dict[str, Any] = components[arguments.__name__]
    return {key: value for key, value in schema.items() if key != "title"}


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "search",
            "Find books",
            "Finds books, e-books and other titles of the ward's public libraries and its schools, by relevance, with where they are"
            " and whether they can be borrowed now. `relaxed` means that nothing holds every word and these come near.",
            SearchFor,
            search,
        ),
        Tool("record", "One title", "One title as catalogued, with where its copies are now. Its page is `url`.", OneRecord, record),
        Tool(
            "availability",
            "Where a title is now",
            "Where the copies of one title are at this moment: how many, how many can be borrowed, call number, and readers in line.",
            OneRecord,
            availability,
        ),
        Tool(
            "opening_hours",
            "Opening hours",
            "Hours and closed days of the libraries, with address and phone. Every branch has its code here.",
            HoursOf,
            opening_hours,
        ),
        Tool(
            "procedures",
            "The guide",
            "Lists the libraries' guide (cards, loans, holds, returns …), or only the entries that answer what somebody says. When nothing"
            " answers, say so and refer to the desk; do not make up a rule.",
            GuideFor,
            procedures,
        ),
        Tool("procedure", "One entry of the guide", "The text of one entry of the guide, as the staff wrote it.", OneProcedure, procedure),
    )
}
