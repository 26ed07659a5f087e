"""The first page: the search box before all, what came in lately, and the shelves."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy import text

from catalog import ndc
from library import clock
from library.db import Database, Reading
from library.errors import N_
from library.http import requests
from library.http.pages import page
from library.i18n import Texts
from library.identity.viewer import Viewer, seen_numbers
from library.settings import Settings
from search import shelf
from search.directory import Directory, Where, directory_for
from search.lists.shown import on_the_first_page
from search.pages.books import book_of, on_a_shelf
from search.pages.facets import where_words
from search.pages.nearness import Standpoint
from search.pupils.view import View, view_of
from search.remembered import remembered

SHOWN = 14
_CANDIDATES = 400

_ITEMS = text(
    "SELECT i.organisation_id, coalesce(p.seen_by, 'all') AS seen_by, i.number FROM"
    " (SELECT organisation_id, count(*) AS number FROM item WHERE withdrawn_on IS NULL GROUP BY organisation_id) i"
    " LEFT JOIN owner_policy p ON p.organisation_id = i.organisation_id"
)
_LATEST = text(
    "SELECT i.record_id FROM item i JOIN organisation o ON o.id = i.organisation_id"
    " WHERE i.withdrawn_on IS NULL AND (o.kind = 'ward' OR o.id = ANY(:schools))"
    " ORDER BY i.acquired_on DESC NULLS LAST, i.id DESC LIMIT :most"
)

# What stands on each shelf, in words that a child of ten reads.
CONTENTS: dict[str, str] = {
    "0": N_("百科事典・コンピュータ・図書館"),
    "1": N_("考えること・心・神さま"),
    "2": N_("むかしのこと・国と町・伝記"),
    "3": N_("くらし・学校・しごと・きまり"),
    "4": N_("星・いきもの・からだ・算数"),
    "5": N_("機械・のりもの・料理・環境"),
    "6": N_("農業・お店・鉄道・通信"),
    "7": N_("絵・音楽・スポーツ・あそび"),
    "8": N_("日本語・外国語・作文"),
    "9": N_("小説・詩・エッセイ・日記"),
    "E": N_("よみきかせ・はじめての本"),
}


class Tile(NamedTuple):
    """A main class as the tiles macro takes it."""

    mark: str
    name: str
    words: str
    href: str


class Counts(NamedTuple):
    """How many branches with shelves, and copies, the viewer may see."""

    branches: int
    items: int


@get("/", include_in_schema=False)
async def home_page(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
) -> Response[str] | Redirect:
    if view_of(request, viewer) is View.PUPILS:
        return Redirect("/kids", status_code=303, headers={"Vary": "Cookie"})
    texts = requests.texts(request)
    async with database.reading() as session:
        directory = await directory_for(session, viewer)
        counts = await _counts(session, database, directory, viewer)
        candidates = await _latest(session, database, viewer)
        lists = await on_the_first_page(session, viewer, today=clock.today(settings.zone))
        latest = await shelf.of_different_works(session, candidates, viewer=viewer, most=SHOWN)
    standpoint = Standpoint(directory, viewer, texts)
    books = [book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in latest]
    return page(
        request,
        "search/home.html",
        section="search",
        counts=counts,
        latest=on_a_shelf(books),
        lists=lists,
        places=_places(directory, texts),
        tiles=tiles(texts),
    )


def tiles(texts: Texts) -> list[Tile]:
    """The ten main classes and the picture books, in easy words."""
    english = texts.language != "ja"
    return [
        Tile(one.key, one.en if english else one.ja, texts.gettext(CONTENTS[one.key]), f"/browse/ndc/{_class_of(one)}")
        for one in ndc.SHELVES
    ]


def _class_of(one: ndc.Shelf) -> str:
    return ndc.PICTURE_BOOKS if one.key == "E" else one.key


def _places(directory: Directory, texts: Texts) -> list[tuple[str, str]]:
    """Where to search: everywhere, or as near as this reader can be told."""
    words = where_words(directory, texts)
    groups = [where for where in (Where.OWN, Where.WARD) if directory.group(where)]
    return [("", texts.gettext(N_("ぜんぶの館"))), *((where.value, words[where]) for where in groups)]


async def _counts(session: Reading, database: Database, directory: Directory, viewer: Viewer) -> Counts:
    async def ask() -> list[tuple[int, str, int]]:
        return [(row.organisation_id, row.seen_by, row.number) for row in await session.execute(_ITEMS)]

    rows = await remembered(database, "items", ask)
    sees = viewer.sees
    items = sum(number for owner, seen_by, number in rows if sees is None or sees & seen_numbers(seen_by, owner))
    return Counts(sum(place.holds_stock for place in directory.places), items)


async def _latest(session: Reading, database: Database, viewer: Viewer) -> list[int]:
    """Records of the copies that came in last, to the ward and to the viewer's schools."""
    schools = sorted(viewer.school_ids)

    async def ask() -> list[int]:
        rows = await session.scalars(_LATEST, {"schools": schools, "most": _CANDIDATES})
        return list(dict.fromkeys(rows))

    return await remembered(database, ("latest", *schools), ask)
