"""The page of one record: what it is, where it is, what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from catalog import ndc
from catalog.description import Agent, Description, Material
from catalog.records import labels
from catalog.records.composing import spoken_name
from catalog.store import no_such_record
from circulation import availability, ledger
from circulation.availability import AtBranch, Lent
from library import clock
from library.db import Database
from library.errors import N_
from library.http import requests
from library.http.pages import page
from library.i18n import Texts, in_language
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings
from search import permalink, shelf
from search.browse.headings import href
from search.directory import Where, directory_for
from search.finding import Shown
from search.index.headings import Kind
from search.lists.store import with_record
from search.pages.books import book_of, first_author, heading, language_tag, on_a_shelf
from search.pages.face import face
from search.pages.facets import where_words
from search.pages.nearness import Pill, Standpoint, why_not
from search.sharing import citations, linked_data, public
from search.sharing.citations import Form
from search.sharing.web import citation_answer


class Linked(NamedTuple):
    """A piece of text, and the search it leads to, if any."""

    text: str
    href: str | None = None


class CopiesRow(NamedTuple):
    """One branch in the table of places."""

    name: str
    call_number: str
    area: str
    state: Pill
    restriction: str  # why this reader cannot borrow it there


class Group(NamedTuple):
    """The branches of one nearness. `folded`: further away and many."""

    where: str
    words: str
    rows: list[CopiesRow]
    folded: bool


@get("/records/{record_id:str}", include_in_schema=False)
async def record_page(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    record_id: FromPath[str],
) -> Response[str] | Response[bytes] | Redirect:
    """Its page; with the ending of a form of citation, the citation."""
    number, dot, ending = record_id.partition(".")
    if dot:
        return await _citation(database, number, ending, viewer=viewer, base=public.base(request, settings))
    texts = requests.texts(request)
    async with database.reading() as session:
        led = await permalink.follow(session, record_id)
        found = await permalink.record(session, led.record_id, viewer=viewer)
        directory = await directory_for(session, viewer)
        editions = await shelf.editions(session, found, viewer=viewer)
        left, right = await shelf.beside(session, found, viewer=viewer)
        mine = await ledger.of_record(session, viewer.account_id, found.id)
        lists = await with_record(session, found.id, viewer, today=clock.today(settings.zone))
        moving = await availability.on_their_way(session, found.id, sees=viewer.sees) if any(at.on_its_way for at in found.at) else ()
    if led.is_elsewhere:
        return Redirect(f"/records/{led.record_id}", status_code=301)
    standpoint = Standpoint(directory, viewer, texts)
    base = public.base(request, settings)

    def book(one: Shown) -> Any:
        return book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts)

    words = where_words(directory, texts)
    return page(
        request,
        "search/record.html",
        section="search",
        record=found,
        said=found.description,
        title=(title := heading(found, texts)),
        title_face=face(title, found.description.title.reading, None, with_reading=True),
        lang=language_tag(found),
        cover_author=first_author(found),
        responsibility=list(responsibility(found.description)),
        groups=_groups(found.at, standpoint, words, texts),
        pills=standpoint.pills(found.at, electronic=bool(found.electronic)),
        hold=standpoint.way_to_hold(found.id, found.at),
        moving=moving,
        mine=mine,
        lists=lists,
        details=details(found.description, texts),
        contents=[note.text for note in found.description.notes if note.kind == "contents"],
        links=[link for link in found.description.links if link.url.startswith(("https://", "http://"))] if not found.electronic else [],
        class_path=_class_path(found.ndc, texts),
        editions=[book(one) for one in editions],
        left=on_a_shelf([book(one) for one in left]),
        right=on_a_shelf([book(one) for one in right]),
        address=f"{base}/records/{found.id}",
        linked_data=linked_data.script(found, editions, base=base, texts=texts),
        summary=citations.for_people(found),
        forms=[(name, f"/records/{found.id}.{form.value}") for name, form in CITED_AS],
        is_staff_reading=viewer.can(Permission.SEE_ITEMS) or viewer.can(Permission.EDIT_RECORDS),
    )


CITED_AS = (("RIS", Form.RIS), ("BibTeX", Form.BIBTEX), ("CSL-JSON", Form.CSL))


async def _citation(database: Database, number: str, ending: str, *, viewer: Viewer, base: str) -> Response[bytes] | Redirect:
    form = next((one for one in Form if one.value == ending), None)
    if form is None:
        raise no_such_record(0)
    async with database.reading() as session:
        led = await permalink.follow(session, number)
        found = await permalink.record(session, led.record_id, viewer=viewer)
    if led.is_elsewhere:
        return Redirect(f"/records/{led.record_id}.{form.value}", status_code=301)
    return citation_answer([found], form, base)


def search_for(words: str) -> str:
    return f"/search?{urlencode({'q': words})}"


def responsibility(said: Description) -> Iterator[Linked]:
    """The statement as on the title page, each name in it a search for that person; without a statement, the names."""
    stated = said.title.responsibility
    at = 0
    for start, end, agent in sorted(_places(stated, said.agents), key=lambda place: place[:2]):
        if start < at:
            continue
        if start > at:
            yield Linked(stated[at:start])
        yield Linked(stated[start:end], href(Kind.AUTHOR, agent.name))
        at = end
    if stated[at:]:
        yield Linked(stated[at:])
    if not stated:
        for number, agent in enumerate(said.agents):
            yield Linked(("、" if number else "") + spoken_name(agent), href(Kind.AUTHOR, agent.name))


def _places(stated: str, agents: Sequence[Agent]) -> Iterator[tuple[int, int, Agent]]:
    """Where a name stands in the statement, in the forms in which title pages write names."""
    for agent in agents:
        family, _, given = (part.strip() for part in agent.name.partition(","))
        forms = (spoken_name(agent), f"{given}・{family}", f"{given} {family}", f"{family} {given}", f"{family}{given}", family)
        form = next((one for one in forms if len(one) > 1 and one in stated), None)
        if form is not None:
            start = stated.index(form)
            yield start, start + len(form), agent


_RESTRICTIONS = {Lent.OWN: N_("一般利用不可"), Lent.SCHOOLS: N_("区内の学校だけ"), Lent.NOBODY: N_("貸出なし"), Lent.ALL: ""}


def _groups(copies: Sequence[AtBranch], standpoint: Standpoint, words: dict[Where, str], texts: Texts) -> list[Group]:
    kinds = {Where.OWN: "here", Where.WARD: "near" if standpoint.has_own else "here", Where.SCHOOLS: "away"}
    found = []
    for where, rows in standpoint.grouped(copies).items():
        listed = [
            CopiesRow(
                name=in_language(at.name, texts.language),
                call_number=at.call_number,
                area=in_language(at.shelf_area, texts.language) if at.shelf_area else "",
                state=_state(at, kinds[where], texts),
                restriction="" if standpoint.is_lent(at) else texts.gettext(_RESTRICTIONS[at.lent_to]),
            )
            for at in rows
        ]
        found.append(Group(where.value, words[where], listed, folded=where is Where.SCHOOLS and len(listed) > 3))
    return found


def _state(at: AtBranch, kind: str, texts: Texts) -> Pill:
    if at.available:
        words = N_("{available}冊あり") if at.available == at.items else N_("{available}冊あり（全{items}冊）")
        return Pill(kind, texts.gettext(words).format(available=at.available, items=at.items))
    if at.in_library_only:
        return Pill(kind, texts.gettext(N_("館内で読める")))
    return Pill("wait", why_not([at], texts))


def _class_path(number: str, texts: Texts) -> list[tuple[str, str]]:
    """(「913.6 近代」, address) from the main class down."""
    steps = ndc.path(number) if number else ()
    return [(f"{step.number} {ndc.label(step.number, texts.language) or step.ja}", f"/browse/ndc/{step.number}") for step in steps]


def details(said: Description, texts: Texts) -> list[tuple[str, list[Linked]]]:
    """Label and lines of everything else that is said, in the order of a catalogue card."""
    say = texts.gettext
    words = labels.FIELDS
    found: list[tuple[str, list[Linked]]] = [
        (say(N_("書名の読み")), _lines(" ".join(filter(None, (said.title.reading, said.title.rest_reading))))),
        (say(words["other_titles"]), [Linked(title.main, search_for(title.main)) for title in said.other_titles if title.main]),
        (say(words["agents"]), [Linked(_agent_line(agent), href(Kind.AUTHOR, agent.name)) for agent in said.agents]),
        (say(words["edition"]), _lines(said.edition)),
        (say(N_("出版")), _lines("、".join(filter(None, (said.place, said.publisher, said.published))))),
        (say(N_("形")), _lines(" ; ".join(filter(None, (said.extent, said.size))))),
        (say(words["accompanying"]), _lines(said.accompanying)),
        (say(words["series"]), [Linked(f"{one.title} {one.volume}".strip(), href(Kind.SERIES, one.title)) for one in said.series]),
        (say(words["subjects"]), [Linked(one.term, href(Kind.SUBJECT, one.term)) for one in said.subjects]),
        (say(words["material"]), _lines(say(labels.MATERIALS[said.material]) if said.material != Material.BOOK else "")),
        (say(words["language"]), _lines(_language(said, texts))),
        (say(words["audience"]), _lines(say(labels.AUDIENCES[said.audience]) if said.audience else "")),
        (say(words["isbns"]), [Linked(f"{one.number} {one.qualifier}".strip()) for one in said.isbns]),
        (say(words["issns"]), _lines(*said.issns)),
        (say(words["nbn"]), _lines(said.nbn)),
        (say(words["notes"]), [Linked(note.text) for note in said.notes if note.kind != "contents"]),
    ]
    return [(label, lines) for label, lines in found if lines]


def _lines(*texts: str) -> list[Linked]:
    return [Linked(text) for text in texts if text]


def _agent_line(agent: Agent) -> str:
    reading = f"（{agent.reading.replace(',', '')}）" if agent.reading and agent.reading != agent.name else ""
    return f"{spoken_name(agent)}{reading} {agent.dates}".strip()


def _language(said: Description, texts: Texts) -> str:
    def named(code: str) -> str:
        return texts.gettext(labels.LANGUAGES.get(code, code))

    if said.original_language:
        return texts.gettext(N_("{language}（原著は{original}）")).format(
            language=named(said.language), original=named(said.original_language)
        )
    return named(said.language) if said.language else ""
