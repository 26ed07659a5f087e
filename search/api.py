"""The JSON API of finding: search, and one record with where its copies are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import Parameter
from litestar.response import Redirect

from catalog import ndc
from catalog.description import Description
from catalog.records import labels
from catalog.records.composing import spoken_name
from circulation.availability import AtBranch, may_borrow
from library import clock
from library.db import Database
from library.http import requests
from library.i18n import Texts, in_language
from library.identity.viewer import Viewer
from library.settings import Settings
from search import permalink, wanted, works
from search.asking import asked
from search.edges import engine_of, parameters_of
from search.finding import Access, Results, Shown, find
from search.instead import Onward, onward
from search.pages.going_on import link_of

NOT_SHARED = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization, Accept-Language"}


class CopiesAt(msgspec.Struct, kw_only=True):
    """The copies of one owner at one branch, as they are at this moment."""

    branch: str
    name: str
    items: int
    available: int


class Hit(msgspec.Struct, kw_only=True):
    """One record that answers. `authors` in spoken order, `electronic`: ways to an electronic title."""

    id: str
    title: str
    subtitle: str
    volume: str
    reading: str
    authors: list[str]
    isbns: list[str]
    year: int | None
    publisher: str
    material: str
    ndc: str
    other_editions: int
    availability: list[CopiesAt]
    electronic: list[Access]


class FacetValue(msgspec.Struct, kw_only=True):
    """`value` is what the parameter of the facet's name takes."""

    value: str
    name: str
    records: int


class WayOn(msgspec.Struct, kw_only=True):
    """`way`: other_places, without_filters, without_volume, fewer_words, shelf, or ask (`words`: whom to ask, for what no library has).

    `url`: the search that finds `records`; `page`: the same for people.
    """

    way: str
    words: str
    url: str | None
    page: str
    records: int | None


class SearchAnswer(msgspec.Struct, kw_only=True):
    """`relaxed`: nothing holds every word, these come near. `total` counts to 1000; `total_is_exact` says whether there are more.

    Where nothing was found, or what comes near alone: `why` (slip, no_such_volume, unknown_words, not_together; null where
    filters left nothing), and in `instead` where to go on.
    """

    total: int
    total_is_exact: bool
    page: int
    pages: int
    relaxed: bool
    hits: list[Hit]
    facets: dict[str, list[FacetValue]]
    backend: str
    why: str | None = None
    instead: list[WayOn] = []


class CopiesOfRecord(CopiesAt, kw_only=True):
    """`lent_to_you`: the owner lends to whoever asks; `in_library_only`: copies to be read in the building.

    `due_on`: the first day on which one of those on loan is due, null where all of them are late.
    """

    in_library_only: int
    on_loan: int
    due_on: date | None
    call_number: str
    shelf_area: str
    lent_to_you: bool


class NdcClass(msgspec.Struct, kw_only=True):
    """A class of NDC."""

    number: str
    name: str


class RecordView(msgspec.Struct, kw_only=True):
    """A record in full. `work` groups editions; `ndc_path` leads from the main class to this one; `waiting`: readers in line for it."""

    id: str
    url: str
    work: str | None
    author: str
    material: str
    ndc: str
    ndc_path: list[NdcClass]
    description: Description
    availability: list[CopiesOfRecord]
    waiting: int
    electronic: list[Access]
    other_editions: int


EXAMPLE = SearchAnswer(
    total=1,
    total_is_exact=True,
    page=1,
    pages=1,
    relaxed=False,
    hits=[
        Hit(
            id="1204",
            title="銀河鉄道の夜",
            subtitle="",
            volume="",
            reading="ギンガ テツドウ ノ ヨル",
            authors=["宮沢賢治"],
            isbns=["9784990000004"],
            year=2011,
            publisher="こもれび書房",
            material="book",
            ndc="913.6",
            other_editions=5,
            availability=[CopiesAt(branch="chuo", name="中央図書館", items=3, available=2)],
            electronic=[],
        )
    ],
    facets={"branch": [FacetValue(value="chuo", name="中央図書館", records=1)]},
    backend="embedded",
)

Text = Annotated[str | None, Parameter(description="Words in any script: title, author, reading, romaji, subject, ISBN.")]
Several = "; repeat the parameter or separate with commas for any of several"


def _several(description: str, example: str) -> Any:
    return Parameter(description=description + Several, examples=[Example(summary=example, value=example)])


@get(
    "/api/v1/search",
    tags=["finding"],
    operation_id="search",
    summary="Find records",
    responses={200: ResponseSpec(SearchAnswer, description="One page of records", examples=[Example("銀河鉄道", value=EXAMPLE)])},
)
async def search(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    q: Text = None,
    branch: Annotated[list[str] | None, _several("Codes of branches that hold it", "chuo")] = None,
    where: Annotated[list[str] | None, _several("own, ward, schools, online: places by nearness", "ward")] = None,
    material: Annotated[list[str] | None, _several("Kinds: book, serial, ebook, audiobook, video …", "book")] = None,
    ndc: Annotated[list[str] | None, _several("NDC numbers and all that is below them", "913.6")] = None,
    language: Annotated[list[str] | None, _several("MARC codes of languages", "jpn")] = None,
    audience: Annotated[list[str] | None, _several("children, young_adult, adult", "children")] = None,
    year: Annotated[str | None, Parameter(description="2011, 2010-2019, 2010- or -1999.")] = None,
    available: Annotated[str | None, Parameter(description="1: only what can be borrowed now, there.")] = None,
    author: Annotated[list[str] | None, Parameter(description="Whole names as catalogued: 宮沢, 賢治. Repeat for any of several.")] = None,
    subject: Annotated[list[str] | None, Parameter(description="Whole subject headings: 昆虫. Repeat for any of several.")] = None,
    series: Annotated[list[str] | None, Parameter(description="Whole titles of series. Repeat for any of several.")] = None,
    group: Annotated[str | None, Parameter(description="work: of each work the first edition; `total` counts works.")] = None,
    page: Annotated[str | None, Parameter(description="From 1; twenty records a page, fifty pages at most.")] = None,
    sort: Annotated[
        str | None, Parameter(description="relevance, newest (added last), popular, title, year (published last), oldest.")
    ] = None,
) -> Response[SearchAnswer]:
    """Answers in order of relevance, within what the signed-in account may see; without an account, what everybody may see.

    Availability is read at the moment of asking. Wrong parameters are a 400 that names the parameter in `where`;
    while the index is being built the answer is a 503 with `Retry-After`.
    """
    async with database.reading() as session:
        results = await find(session, engine_of(request), asked.read(parameters_of(request)), viewer=viewer)
        going_on = await onward(session, engine_of(request), results, viewer=viewer)
        advice = None if results.total else await wanted.advice(session, viewer=viewer, on=clock.today(settings.zone))
    texts = requests.texts(request)
    answer = answer_of(results, texts)
    answer.why = going_on.why.value if going_on.why else None
    answer.instead = ways_on(going_on, advice, texts)
    return Response(answer, headers=NOT_SHARED)


@get(
    "/api/v1/records/{record_id:str}",
    tags=["finding"],
    operation_id="record",
    summary="One record",
)
async def record(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    record_id: Annotated[str, Parameter(description="The record's permanent number.", examples=[Example(value="1204")])],
) -> Response[RecordView] | Redirect:
    """The record as catalogued, with where its copies are now. A record that was merged into another redirects there (308)."""
    async with database.reading() as session:
        led = await permalink.follow(session, record_id)
        found = await permalink.record(session, led.record_id, viewer=viewer)
    if led.is_elsewhere:
        return Redirect(f"/api/v1/records/{led.record_id}", status_code=308)
    return Response(view_of(found, viewer, requests.texts(request)), headers=NOT_SHARED)


def answer_of(results: Results, texts: Texts) -> SearchAnswer:
    return SearchAnswer(
        total=results.total,
        total_is_exact=results.total_is_exact,
        page=results.asked.page,
        pages=results.pages,
        relaxed=results.relaxed,
        hits=[_hit(one, texts) for one in results.hits],
        facets=_facets(results, texts),
        backend=results.backend,
    )


def ways_on(going_on: Onward, advice: wanted.Advice | None, texts: Texts) -> list[WayOn]:
    found = []
    for one in going_on.ways:
        link = link_of(one, texts)
        url = f"/api/v1/search?{urlencode(one.asked.pairs())}"
        found.append(WayOn(way=one.way.value, words=link.words, url=url, page=link.href, records=link.total))
    if advice:
        found.append(WayOn(way="ask", words=texts.gettext(advice.words), url=None, page=advice.page, records=None))
    return found


def _hit(found: Shown, texts: Texts) -> Hit:
    said = found.description
    return Hit(
        id=str(found.id),
        title=found.title,
        subtitle=said.title.rest,
        volume=found.volume,
        reading=said.title.reading,
        authors=[spoken_name(agent) for agent in said.agents] or [one for one in [found.author] if one],
        isbns=[isbn.number for isbn in said.isbns],
        year=found.year,
        publisher=found.publisher,
        material=found.material,
        ndc=found.ndc,
        other_editions=found.other_editions,
        availability=[
            CopiesAt(branch=at.code, name=in_language(at.name, texts.language), items=at.items, available=at.available) for at in found.at
        ],
        electronic=list(found.electronic),
    )


def _facets(results: Results, texts: Texts) -> dict[str, list[FacetValue]]:
    names = {place.code: in_language(place.name, texts.language) for place in results.directory.places}
    return {
        ("ndc" if facet == "ndc1" else facet): [
            FacetValue(value="1" if facet == "available" else value, name=_name(facet, value, names, texts), records=records)
            for value, records in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        for facet, counts in results.facets.items()
    }


def _name(facet: str, value: str, branches: Mapping[str, str], texts: Texts) -> str:
    if facet == "branch":
        return branches[value]
    if facet == "ndc1":
        return ndc.label(value, texts.language) or ndc.label(value)
    words = {"material": labels.MATERIALS, "language": labels.LANGUAGES, "audience": labels.AUDIENCES}.get(facet, {})
    return texts.gettext(words[value]) if value in words else value


def view_of(found: Shown, viewer: Viewer, texts: Texts) -> RecordView:
    path = ndc.path(found.ndc) if found.ndc else ()
    return RecordView(
        id=str(found.id),
        url=f"/records/{found.id}",
        work=str(found.work_id) if found.work_id else None,
        author=found.author,
        material=found.material,
        ndc=found.ndc,
        ndc_path=[NdcClass(number=step.number, name=ndc.label(step.number, texts.language) or step.ja) for step in path],
        description=found.description,
        availability=[_copies(at, viewer, texts) for at in found.at],
        waiting=max((at.waiting for at in found.at), default=0),
        electronic=list(found.electronic),
        other_editions=found.other_editions,
    )


def _copies(at: AtBranch, viewer: Viewer, texts: Texts) -> CopiesOfRecord:
    return CopiesOfRecord(
        branch=at.code,
        name=in_language(at.name, texts.language),
        items=at.items,
        available=at.available,
        in_library_only=at.in_library_only,
        on_loan=at.on_loan,
        due_on=at.due_on,
        call_number=at.call_number,
        shelf_area=in_language(at.shelf_area, texts.language) if at.shelf_area else "",
        lent_to_you=may_borrow(at, organisation_ids=viewer.organisation_ids, school_ids=viewer.school_ids),
    )


class WorkAnswer(msgspec.Struct, kw_only=True):
    """A work: its editions, newest first, twenty a page. It bears the title and the author of the newest."""

    id: str
    url: str
    title: str
    author: str
    total: int
    page: int
    pages: int
    editions: list[Hit]


@get("/api/v1/works/{work_id:str}", tags=["finding"], operation_id="work", summary="All editions of a work")
async def work(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    work_id: Annotated[str, Parameter(description="The number in a record's `work`.", examples=[Example(value="311")])],
    page: Annotated[str | None, Parameter(description="From 1; a page behind the last one is the last.")] = None,
) -> Response[WorkAnswer]:
    """The editions that the asker may see, each with where its copies are now. 404 where there is none."""
    number = asked.read({"page": parameters_of(request).get("page", [])}).page
    async with database.reading() as session:
        found = await works.editions(session, work_id, viewer=viewer, page=number)
    texts = requests.texts(request)
    answer = WorkAnswer(
        id=str(found.work_id),
        url=f"/works/{found.work_id}",
        title=found.first.title,
        author=found.first.author,
        total=found.total,
        page=found.page,
        pages=found.pages,
        editions=[_hit(one, texts) for one in found.on_page],
    )
    return Response(answer, headers=NOT_SHARED)


handlers = [search, record, work]
