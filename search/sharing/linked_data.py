"""A record as JSON-LD in the words of schema.org, with where it can be had. Pure.

https://schema.org/Book: the record is an edition, its offers are copies at branches, its work gathers the other editions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from catalog.description import Audience, Description, Material
from circulation.availability import AtBranch
from library.i18n import Texts, in_language
from search.finding import Shown
from search.sharing.work import Name, language_tag, names, one_line, pages_of, title_of

_TYPES = {
    Material.BOOK: "Book",
    Material.EBOOK: "Book",
    Material.AUDIOBOOK: "Audiobook",
    Material.SERIAL: "Periodical",
    Material.MAP: "Map",
    Material.MUSIC_SCORE: "SheetMusic",
    Material.SOUND: "MusicRecording",
    Material.VIDEO: "Movie",
    Material.IMAGE: "ImageObject",
    Material.MANUSCRIPT: "Manuscript",
    Material.SOFTWARE: "SoftwareApplication",
}
_FORMATS = {Material.EBOOK: "EBook", Material.AUDIOBOOK: "AudiobookFormat"}
_BOOKS = ("Book", "Audiobook")
_AUDIENCES = {Audience.CHILDREN: "children", Audience.YOUNG_ADULT: "young adults", Audience.ADULT: "adults"}
_LEND = "http://purl.org/goodrelations/v1#LeaseOut"

# Within <script> only these can end it or be taken for its end; JSON may say them by number.
_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def script(found: Shown, editions: Sequence[Shown], *, base: str, texts: Texts) -> Markup:
    """The block for a page. It is data, not code: no policy about scripts applies, and no title can leave it."""
    return _script(described(found, editions, base=base, texts=texts))


def _script(node: dict[str, Any]) -> Markup:
    said = msgspec.json.encode(node).decode().translate(_ESCAPED)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(said))  # noqa: S704 - escaped in the line above


def work_script(first: Shown, editions: Sequence[Shown], *, address: str, base: str) -> Markup:
    """The block for the page of a work, which bears the title and the makers of its newest edition."""
    said = first.description
    node = {
        "@context": "https://schema.org",
        "@type": "CreativeWork",
        "@id": address,
        "url": address,
        "name": one_line(said.title.main) or first.title,
        **_people(said),
        "workExample": [_edition(one, base) for one in editions],
    }
    return _script(_filled(node))


def described(found: Shown, editions: Sequence[Shown], *, base: str, texts: Texts) -> dict[str, Any]:
    said = found.description
    others = [_edition(one, base) for one in editions]
    node = {
        "@context": "https://schema.org",
        **_edition(found, base),
        "alternateName": one_line(said.title.reading),
        **_people(said),
        "publisher": {"@type": "Organization", "name": one_line(said.publisher)} if said.publisher else None,
        "volumeNumber": one_line(said.title.volume),
        "about": [one_line(subject.term) for subject in said.subjects],
        "isPartOf": [_series(one.title, one.volume) for one in said.series],
        "audience": {"@type": "Audience", "audienceType": _AUDIENCES[said.audience]} if said.audience else None,
        "exampleOfWork": _work(found, others, base) if others else None,
        "offers": [*(_copies(at, base, texts) for at in found.at), *(_online(way.url) for way in found.electronic)],
    }
    return _filled(node)


def _edition(found: Shown, base: str) -> dict[str, Any]:
    said = found.description
    address = f"{base}/records/{found.id}"
    kind = next((name for material, name in _TYPES.items() if material == found.material), "CreativeWork")
    form = next((name for material, name in _FORMATS.items() if material == found.material), "")
    own: dict[str, Any] = {}
    if kind in _BOOKS:
        own = {
            "isbn": [isbn.number for isbn in said.isbns],
            "bookEdition": one_line(said.edition),
            "bookFormat": f"https://schema.org/{form}" if form else "",
            "numberOfPages": pages_of(said),
        }
    node = {
        "@type": kind,
        "@id": address,
        "url": address,
        "name": title_of(said) or found.title,
        "inLanguage": language_tag(said.language),
        "datePublished": str(found.year) if found.year else "",
        **own,
    }
    return _filled(node)


def _people(said: Description) -> dict[str, Any]:
    return {part.value: [_person(name) for name in many] for part, many in names(said).items()}


def _person(name: Name) -> dict[str, str]:
    if name.is_body or not name.given:
        return {"@type": "Organization" if name.is_body else "Person", "name": name.family}
    spoken = f"{name.given} {name.family}" if name.inverted.isascii() else name.family + name.given
    return {"@type": "Person", "name": spoken, "familyName": name.family, "givenName": name.given}


def _work(found: Shown, others: list[dict[str, Any]], base: str) -> dict[str, Any]:
    address = f"{base}/works/{found.work_id}"
    name = one_line(found.description.title.main)
    return {"@type": "CreativeWork", "@id": address, "url": address, "name": name, "workExample": others}


def _series(title: str, volume: str) -> dict[str, Any]:
    return _filled({"@type": "BookSeries", "name": one_line(title), "position": one_line(volume)})


def _copies(at: AtBranch, base: str, texts: Texts) -> dict[str, Any]:
    library = {"@type": "Library", "name": in_language(at.name, texts.language), "url": f"{base}/places/{at.code}"}
    state = "InStock" if at.available else "InStoreOnly" if at.in_library_only else "OutOfStock"
    offer: dict[str, Any] = {
        "@type": "Offer",
        "availability": f"https://schema.org/{state}",
        "businessFunction": _LEND,
        "offeredBy": library,
        "availableAtOrFrom": library,
        "inventoryLevel": {"@type": "QuantitativeValue", "value": at.available},
    }
    if state == "OutOfStock" and at.due_on is not None:
        offer["availabilityStarts"] = at.due_on.isoformat()
    return offer


def _online(url: str) -> dict[str, Any]:
    return {"@type": "Offer", "availability": "https://schema.org/OnlineOnly", "businessFunction": _LEND, "url": url}


def _filled(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if value not in (None, "", [], {})}
