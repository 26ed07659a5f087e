"""The page and the feed of what came in lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency

from catalog import ndc
from library import clock
from library.db import Database, Reading
from library.errors import N_, Invalid
from library.http import requests
from library.http.pages import page as drawn
from library.i18n import Texts, in_language
from library.identity.viewer import Viewer
from library.settings import Settings
from search.browse import arrivals
from search.browse.arrivals import Narrowed, Week
from search.directory import Directory, Place, Where, directory_for
from search.finding import shown
from search.pages.books import book_of, wants_readings
from search.pages.facets import class_words
from search.pages.nearness import Standpoint
from search.sharing import public
from search.sharing.web import entries_of, feed_answer, in_words_of

PER_PAGE = 20
LAST_PAGE = 250
IN_FEED = 40
FED = timedelta(days=92)  # how far back the feed reaches
_SHELVES = (*"0123456789", "E")


@dataclass(frozen=True)
class Chosen:
    """What is asked for: a week (None = the newest), a branch, a shelf, a page."""

    week: Week | None
    branch: Place | None
    shelf: str
    page: int = 1

    @property
    def narrowed(self) -> Narrowed:
        ndc_prefix = ndc.PICTURE_BOOKS if self.shelf == "E" else self.shelf or None
        return Narrowed(self.branch.id if self.branch else None, ndc_prefix)

    def query(self, **changed: object) -> str:
        said = {"week": self.week, "branch": self.branch.code if self.branch else "", "shelf": self.shelf} | changed
        kept = [(name, str(value)) for name, value in said.items() if value]
        return f"?{urlencode(kept)}" if kept else ""


def _read(request: Request[Any, Any, Any], directory: Directory) -> Chosen:
    """Raises Invalid for what is no week, branch or shelf."""
    asked = request.query_params
    week = arrivals.read_week(asked.get("week", ""))
    if asked.get("week") and week is None:
        raise Invalid("week_form", N_("週は 2026-W47 のように書いてください。"), where="week")
    shelf = asked.get("shelf", "")
    if shelf and shelf not in _SHELVES:
        raise Invalid("shelf_unknown", N_("そのたなはありません。"), where="shelf")
    code = asked.get("branch", "")
    numbers = directory.numbers([code]) if code else frozenset()
    branch = next((place for place in directory.places if place.number in numbers), None)
    number = asked.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 7 else 0
    if page < 1:
        raise Invalid("page_form", N_("ページは1からの数で指定してください。「{value}」は使えません。"), where="page", value=number[:20])
    return Chosen(week, branch, shelf, min(page, LAST_PAGE))


@get("/browse/new", include_in_schema=False)
async def new_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
) -> Response[str]:
    texts = requests.texts(request)
    today = clock.today(settings.zone)
    async with database.reading() as session:
        directory = await directory_for(session, viewer)
        chosen = _read(request, directory)
        branch_id = chosen.narrowed.branch_id
        week = chosen.week or await arrivals.before(session, today + timedelta(days=1), branch_id=branch_id) or arrivals.week_of(today)
        own = frozenset(place.id for place in directory.places if Where.OWN in place.where)
        found = await arrivals.arrived(
            session, week.monday, week.beyond, viewer=viewer, narrowed=chosen.narrowed, own=own, page=chosen.page, size=PER_PAGE
        )
        earlier = await arrivals.before(session, week.monday, branch_id=branch_id)
        later = await arrivals.after(session, week.beyond, branch_id=branch_id) if week.beyond <= today else None
        records = await shown(session, found.records, viewer=viewer)
    standpoint = Standpoint(directory, viewer, texts)
    return drawn(
        request,
        "search/browse/new.html",
        section="shelves",
        week=week,
        total=found.total,
        books=[book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in records],
        earlier=f"/browse/new{chosen.query(week=earlier)}" if earlier else None,
        later=f"/browse/new{chosen.query(week=later)}" if later and later.monday <= today else None,
        branches=_branches(directory, texts),
        shelves=[("", texts.gettext(N_("すべてのたな"))), *_shelves(viewer, texts)],
        chosen=chosen,
        pages=min(-(-found.total // PER_PAGE), LAST_PAGE),
        page_address=lambda number: f"/browse/new{chosen.query(week=week, page=number)}",
        feed=f"/browse/new.rss{chosen.query(week=None, **dict(in_words_of(texts)))}",
        canonical=f"{public.base(request, settings)}/browse/new{chosen.query(page=chosen.page if chosen.page > 1 else '')}",
    )


def _branches(directory: Directory, texts: Texts) -> list[tuple[str, str]]:
    """One's own first, then the ward's, then schools."""
    nearest = sorted(directory.places, key=lambda one: (Where.OWN not in one.where, Where.WARD not in one.where, one.number))
    places = [(place.code, in_language(place.name, texts.language)) for place in nearest if place.holds_stock]
    return [("", texts.gettext(N_("すべての館"))), *places]


def _shelves(viewer: Viewer, texts: Texts) -> list[tuple[str, str]]:
    easy = wants_readings(viewer)
    found = [(number, class_words(number, texts, easy=easy)) for number in "0123456789"]
    return [*found, ("E", ndc.easy_label("E", texts.language))]


@get("/browse/new.rss", include_in_schema=False)
async def new_feed(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[bytes]:
    """The newest titles, as everybody may see them."""
    texts = public.texts(request)
    today = clock.today(settings.zone)
    async with database.reading() as session:
        directory = await directory_for(session, public.EVERYBODY)
        chosen = _read(request, directory)
        records = await _newest(session, chosen, today)
        entries = await entries_of(session, records, public.base(request, settings), texts)
    words = [texts.gettext(N_("新しく入った本"))]
    words += [in_language(chosen.branch.name, texts.language)] if chosen.branch else []
    words += [class_words(chosen.shelf, texts, easy=False)] if chosen.shelf.isdigit() else []
    return feed_answer(request, settings, title=" · ".join(words), page=f"/browse/new{chosen.query(week=None)}", entries=entries)


async def _newest(session: Reading, chosen: Chosen, today: date) -> Any:
    beyond = today + timedelta(days=1)
    found = await arrivals.arrived(
        session,
        today - FED,
        beyond,
        viewer=public.EVERYBODY,
        narrowed=chosen.narrowed,
        own=frozenset(),
        page=1,
        size=IN_FEED,
    )
    return await shown(session, found.records, viewer=public.EVERYBODY)


handlers = (new_page, new_feed)
