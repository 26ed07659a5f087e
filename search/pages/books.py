"""Records as the templates draw them: faces, lines, pills and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.description import Audience, Material
from catalog.records import labels
from catalog.records.composing import spoken_name
from library.errors import N_
from library.i18n import Texts
from library.identity.viewer import Viewer
from search.asking.query import Query
from search.finding import Access, Shown
from search.pages.face import Run, face, plain
from search.pages.nearness import Pill, Standpoint, Way

_LANGUAGE_TAGS = {"eng": "en", "chi": "zh", "kor": "ko", "fre": "fr", "ger": "de", "spa": "es", "por": "pt", "ita": "it", "rus": "ru"}


@dataclass(frozen=True)
class Book:
    """One record in a list. `title`, `author` and `ndc` draw the cover; `lang` is set for a title in another language."""

    href: str
    title: str
    author: str
    ndc: str
    juvenile: bool
    face: list[Run]
    subtitle: list[Run]
    volume: str
    byline: list[Run]
    facts: list[str]
    pills: list[Pill]
    pill: Pill  # the nearest place in short, for a shelf
    lang: str | None
    electronic: tuple[Access, ...]
    other_editions: int
    hold: Way | None


def wants_readings(viewer: Viewer) -> bool:
    return viewer.show_ruby or viewer.is_pupil


def book_of(shown: Shown, *, query: Query | None, viewer: Viewer, standpoint: Standpoint, texts: Texts) -> Book:
    said, title = shown.description.title, heading(shown, texts)
    return Book(
        href=f"/records/{shown.id}",
        title=title,
        author=first_author(shown),
        ndc=shown.ndc,
        juvenile=shown.audience == Audience.CHILDREN,
        face=face(title, said.reading if shown.title else "", query, with_reading=wants_readings(viewer)),
        subtitle=plain(said.rest, query),
        volume=shown.volume,
        byline=plain(shown.author, query),
        facts=_facts(shown, texts),
        pills=standpoint.pills(shown.at, electronic=bool(shown.electronic)),
        pill=standpoint.in_short(shown.at, electronic=bool(shown.electronic)),
        lang=language_tag(shown),
        electronic=shown.electronic,
        other_editions=shown.other_editions,
        hold=standpoint.way_to_hold(shown.id, shown.at),
    )


def heading(shown: Shown, texts: Texts) -> str:
    """The title, or words in its place where no sender's licence lets it be shown."""
    return shown.title or texts.gettext(N_("（書名は表示できません）"))


def first_author(shown: Shown) -> str:
    agents = shown.description.agents
    return spoken_name(agents[0]) if agents else shown.author


def language_tag(shown: Shown) -> str | None:
    """For speech: a title is read in its own language; in Latin letters of a Japanese work, in that of the page.

    Words in the place of a title are the page's own.
    """
    if not shown.title:
        return None
    if shown.title.isascii() or shown.language in ("chi", "kor", "rus"):
        return _LANGUAGE_TAGS.get(shown.language)
    return "ja"


def _facts(shown: Shown, texts: Texts) -> list[str]:
    kind = "" if shown.material == Material.BOOK else texts.gettext(labels.MATERIALS.get(shown.material, shown.material))
    year = texts.gettext(N_("{year}年")).format(year=shown.year) if shown.year else shown.description.published
    return [part for part in (kind, shown.description.edition, shown.publisher, year, shown.ndc) if part]


def on_a_shelf(books: list[Book]) -> list[dict[str, Any]]:
    """As the shelf macro takes them."""
    return [
        {"href": one.href, "title": one.title, "author": one.author, "ndc": one.ndc, "juvenile": one.juvenile, "pill": one.pill}
        for one in books
    ]
