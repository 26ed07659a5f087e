"""A record as reference managers take it: RIS, BibTeX, CSL-JSON, and one line for people. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from catalog.description import Material
from search.finding import Shown
from search.sharing.work import Name, Part, language_tag, names, one_line, pages_of, title_of


class Form(StrEnum):
    """The value is also how an address ends: /records/12.ris."""

    RIS = "ris"
    BIBTEX = "bib"
    CSL = "csl.json"


MEDIA_TYPES = {
    Form.RIS: "application/x-research-info-systems; charset=utf-8",
    Form.BIBTEX: "application/x-bibtex; charset=utf-8",
    Form.CSL: "application/vnd.citationstyles.csl+json",
}


class Kind(NamedTuple):
    """The type of a material in each form."""

    ris: str
    bibtex: str
    csl: str


_OTHER = Kind("GEN", "misc", "document")
_KINDS = {
    Material.BOOK: Kind("BOOK", "book", "book"),
    Material.EBOOK: Kind("EBOOK", "book", "book"),
    Material.AUDIOBOOK: Kind("SOUND", "misc", "book"),
    Material.SERIAL: Kind("SER", "misc", "periodical"),
    Material.MAP: Kind("MAP", "misc", "map"),
    Material.MUSIC_SCORE: Kind("MUSIC", "misc", "musical_score"),
    Material.SOUND: Kind("SOUND", "misc", "song"),
    Material.VIDEO: Kind("VIDEO", "misc", "motion_picture"),
    Material.IMAGE: Kind("ART", "misc", "graphic"),
    Material.MANUSCRIPT: Kind("MANSCPT", "unpublished", "manuscript"),
    Material.SOFTWARE: Kind("COMP", "misc", "software"),
}


def _kind(found: Shown) -> Kind:
    return next((kind for material, kind in _KINDS.items() if material == found.material), _OTHER)


def key(found: Shown) -> str:
    """Stable, and the same in every form."""
    return f"record-{found.id}"


def ris(found: Shown, address: str) -> str:
    """Tagged lines that end in CR LF, as the format asks for."""
    return "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in _ris(found, address)) + "ER  - \r\n"


def _ris(found: Shown, address: str) -> Iterator[tuple[str, str]]:
    said = found.description
    people = names(said)
    yield "TY", _kind(found).ris
    yield "ID", key(found)
    for part, tag in ((Part.AUTHOR, "AU"), (Part.EDITOR, "ED"), (Part.TRANSLATOR, "A4"), (Part.ILLUSTRATOR, "A3")):
        for name in people.get(part, ()):
            yield tag, name.inverted
    yield "TI", title_of(said) or found.title
    for series in said.series[:1]:
        yield "T2", series.title
    optional = (
        ("VL", said.title.volume),
        ("ET", said.edition),
        ("CY", said.place),
        ("PB", said.publisher),
        ("PY", str(found.year or "")),
        ("SP", str(pages_of(said) or "")),
        ("LA", language_tag(said.language)),
        ("CN", found.ndc),
    )
    yield from ((tag, value) for tag, value in optional if one_line(value))
    for isbn in said.isbns:
        yield "SN", isbn.number
    for subject in said.subjects:
        yield "KW", subject.term
    yield "UR", address


_BIBTEX = str.maketrans(
    {
        **{special: f"\\{special}" for special in "$&%#_"},
        "\\": "\\textbackslash{}",
        # Escaped braces would still count when BibTeX looks for the end of a field.
        "{": "\\textbraceleft{}",
        "}": "\\textbraceright{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
        '"': "{''}",
    }
)


def _tex(text: str) -> str:
    return one_line(text).translate(_BIBTEX)


def bibtex(found: Shown, address: str) -> str:
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in _bibtex(found, address) if value)
    return f"@{_kind(found).bibtex}{{{key(found)},\n{fields}}}\n"


def _bibtex(found: Shown, address: str) -> Iterator[tuple[str, str]]:
    said = found.description
    people = names(said)
    yield "author", _persons(people.get(Part.AUTHOR, ()))
    yield "editor", _persons(people.get(Part.EDITOR, ()))
    yield "translator", _persons(people.get(Part.TRANSLATOR, ()))
    yield "illustrator", _persons(people.get(Part.ILLUSTRATOR, ()))
    yield "title", _tex(title_of(said) or found.title)
    yield "volume", _tex(said.title.volume)
    yield "series", _tex(said.series[0].title) if said.series else ""
    yield "number", _tex(said.series[0].volume) if said.series else ""
    yield "edition", _tex(said.edition)
    yield "publisher", _tex(said.publisher)
    yield "address", _tex(said.place)
    yield "year", str(found.year or "")
    yield "pages", str(pages_of(said) or "")
    yield "isbn", ", ".join(isbn.number for isbn in said.isbns)
    yield "language", language_tag(said.language)
    yield "url", address


def _persons(people: Sequence[Name]) -> str:
    """Whole names in braces, or " and " and commas within them would part them."""
    return " and ".join(f"{_tex(one.family)}, {_tex(one.given)}" if one.given else f"{{{_tex(one.family)}}}" for one in people)


def csl(found: Shown, address: str) -> dict[str, Any]:
    said = found.description
    people = names(said)
    series = said.series[0] if said.series else None
    pages = pages_of(said)
    item: dict[str, Any] = {
        "id": key(found),
        "type": _kind(found).csl,
        "title": title_of(said) or found.title,
        **{part.value: [_csl_name(name) for name in people[part]] for part in Part if part in people},
        "volume": one_line(said.title.volume),
        "collection-title": one_line(series.title) if series else "",
        "collection-number": one_line(series.volume) if series else "",
        "edition": one_line(said.edition),
        "publisher": one_line(said.publisher),
        "publisher-place": one_line(said.place),
        "issued": {"date-parts": [[found.year]]} if found.year else "",
        "number-of-pages": str(pages) if pages else "",
        "ISBN": said.isbns[0].number if said.isbns else "",
        "language": language_tag(said.language),
        "call-number": found.ndc,
        "URL": address,
    }
    return {name: value for name, value in item.items() if value}


def _csl_name(name: Name) -> dict[str, str]:
    return {"family": name.family, "given": name.given} if name.given else {"literal": name.family}


_ONE: dict[Form, Callable[[Shown, str], str]] = {Form.RIS: ris, Form.BIBTEX: bibtex}


def written(form: Form, records: Iterable[tuple[Shown, str]]) -> bytes:
    """A file of all records, each given with its permanent address."""
    if form is Form.CSL:
        return msgspec.json.encode([csl(found, address) for found, address in records])
    return "\n".join(_ONE[form](found, address) for found, address in records).encode()


def for_people(found: Shown) -> str:
    """One line as SIST 02 (参照文献の書き方) orders it: names. title, volume. edition, publisher, year, pages, ISBN."""
    said = found.description
    everyone = [name for many in names(said).values() for name in many]
    who = ", ".join(_joined(name) for name in everyone)
    title = " ".join(filter(None, (title_of(said) or found.title, one_line(said.title.volume))))
    pages = pages_of(said)
    rest = [one_line(said.edition), one_line(said.publisher), str(found.year or ""), f"{pages}p" if pages else ""]
    rest.append(f"ISBN {said.isbns[0].number}" if said.isbns else "")
    return ". ".join(part for part in (who, title, ", ".join(filter(None, rest))) if part) + "."


def _joined(name: Name) -> str:
    return name.inverted if name.inverted.isascii() else name.family + name.given
