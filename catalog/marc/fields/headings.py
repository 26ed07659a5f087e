"""Persons, bodies, series and subjects from the headings of a MARC21 record, each with its readings."""

from __future__ import annotations

from catalog.description import Agent, Series, Subject, Title
from catalog.marc.fields.punctuation import bare, katakana
from catalog.marc.linkage import Forms, forms, in_order
from catalog.marc.record import AGENT_TAGS, SUBJECT_TAGS, Field

_AGENT_KINDS = {"00": "person", "10": "body", "11": "meeting"}
_NAME_CODES = {"person": "abc", "body": "ab", "meeting": "ae"}
_ANALYTIC = "2"

_SCHEMES = {"0": "lcsh", "1": "lcac", "2": "mesh", "3": "nal", "5": "cash", "6": "rvm"}
_SUBJECT_KINDS = {
    "600": "person",
    "610": "body",
    "611": "body",
    "630": "title",
    "648": "topic",
    "650": "topic",
    "651": "place",
    "655": "genre",
    "653": "topic",
}
_UNCONTROLLED_KINDS = {"1": "person", "2": "body", "3": "body", "5": "place", "6": "genre"}
_HEADING_CODES = {"600": "abcdqt", "610": "abnt", "611": "acdent", "630": "anp"}
_SUBDIVISIONS = "vxyz"


def agents(by_tag: dict[str, list[Field]], *, japanese: bool) -> tuple[tuple[Agent, ...], list[Title]]:
    """The persons and bodies in order, and the titles of contained works that name-title headings give."""
    found: dict[tuple[str, str], Agent] = {}
    contained: list[Title] = []
    for field in in_order(by_tag, AGENT_TAGS):
        in_forms = forms(field, japanese=japanese)
        work = bare(in_forms.shown.first("t"))
        if work:
            contained.append(Title(main=work, reading=katakana(bare(in_forms.kana.first("t"))) if in_forms.kana else ""))
            if field.ind2 != _ANALYTIC and field.tag[0] != "1":
                continue  # A related work's author had no hand in this one.
        agent = _agent(field, in_forms, _AGENT_KINDS[field.tag[1:]])
        if agent.name:
            found.setdefault((agent.name, agent.dates), agent)
    return tuple(found.values()), contained


def _agent(field: Field, in_forms: Forms, kind: str) -> Agent:
    shown, kana, latin = in_forms
    codes = _NAME_CODES[kind]
    role = field.every("e" if kind != "meeting" else "j")
    return Agent(
        name=_name(shown, codes, kind),
        reading=katakana(_name(kana, codes, kind)) if kana else "",
        romaji=_name(latin, codes, kind) if latin else "",
        kind=kind,
        dates=bare(field.first("d")) if kind != "body" else "",
        role=", ".join(bare(part) for part in role) or ", ".join(code.rpartition("/")[2] for code in field.every("4")),
        identifier=field.first("0"),
        main=field.tag[0] == "1",
    )


def _name(field: Field, codes: str, kind: str) -> str:
    parts = [bare(part) for part in field.every(codes)]
    if len(parts) < 2:
        return parts[0] if parts else ""
    return (" " if kind == "person" else ". ").join(parts)


def series(by_tag: dict[str, list[Field]], *, japanese: bool) -> tuple[Series, ...]:
    """490 and 440 as on the book, then those of 8xx that the book does not already name."""
    found: dict[str, Series] = {}
    for tag in ("490", "440", "830"):
        for field in by_tag.get(tag, ()):
            shown, kana, _ = forms(field, japanese=japanese)
            title = _series_title(shown, "ap" if tag != "830" else "anp")
            if title:
                issn = field.first("x").rstrip(" ;,=")
                reading = katakana(_series_title(kana, "ap")) if kana else ""
                found.setdefault(_loose(title), Series(title, reading, bare(field.first("v")), issn))
    for tag in ("800", "810", "811"):
        for field in by_tag.get(tag, ()):
            title = bare(forms(field, japanese=japanese).shown.first("t"))
            if title:
                found.setdefault(_loose(title), Series(title, volume=bare(field.first("v"))))
    return tuple(found.values())


def _series_title(field: Field, codes: str) -> str:
    # JAPAN/MARC writes the editors of a series behind a slash in $a.
    return ". ".join(bare(part.partition(" / ")[0]) for part in field.every(codes))


def _loose(title: str) -> str:
    return title.casefold().replace(" ", "").strip(".")


def subjects(by_tag: dict[str, list[Field]], *, japanese: bool) -> tuple[Subject, ...]:
    found: dict[tuple[str, str], Subject] = {}
    for field in in_order(by_tag, SUBJECT_TAGS):
        for subject in _uncontrolled(field, japanese=japanese) if field.tag == "653" else (_subject(field, japanese=japanese),):
            if subject.term:
                found.setdefault((subject.term, subject.scheme), subject)
    return tuple(found.values())


def _subject(field: Field, *, japanese: bool) -> Subject:
    shown, kana, _ = forms(field, japanese=japanese)
    return Subject(
        term=_heading(shown),
        reading=katakana(_heading(kana)) if kana else "",
        scheme=bare(field.first("2")) if field.ind2 == "7" else _SCHEMES.get(field.ind2, ""),
        kind=_SUBJECT_KINDS[field.tag],
    )


def _heading(field: Field) -> str:
    """「電子書籍--日本」: the heading, then its subdivisions behind double hyphens, as NDLSH and LCSH print them."""
    head = ", ".join(bare(part) for part in field.every(_HEADING_CODES.get(field.tag, "a")))
    return "--".join([head, *(bare(part) for part in field.every(_SUBDIVISIONS))]) if head else ""


def _uncontrolled(field: Field, *, japanese: bool) -> list[Subject]:
    shown, kana, _ = forms(field, japanese=japanese)
    # Research reports in JAPAN/MARC list their keywords in one $a.
    readings = [part for value in kana.every("a") for part in value.split(" / ")] if kana else []
    kind = _UNCONTROLLED_KINDS.get(field.ind2, "topic")
    terms = [part for value in shown.every("a") for part in value.split(" / ")]
    if len(readings) != len(terms):
        readings = [""] * len(terms)
    return [Subject(bare(term), katakana(bare(reading)), kind=kind) for term, reading in zip(terms, readings, strict=True)]
