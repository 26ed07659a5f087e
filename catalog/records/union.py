"""The union record of a publication: what its source records say together, field group by field group, within their licences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from catalog.description import Agent, Audience, Description, Isbn, Material, Note, Series, Subject, Title
from catalog.matching.normal import key
from catalog.matching.score import first_author, identity

_EDITION_WORDS = re.compile(
    r"[\s(\uff08\[【〈]*(?:新装|改訂|増補|改訂増補|増補改訂|新訂|完全|決定|愛蔵|普及|新編|文庫|電子書籍|電子)版[)\uff09\]】〉]*$"
)


class FieldGroup(StrEnum):
    """What a licence can withhold. Language and audience go with `physical`, as coded facts do."""

    TITLE = "title"
    AGENTS = "agents"
    PUBLICATION = "publication"
    PHYSICAL = "physical"
    SERIES = "series"
    SUBJECTS = "subjects"
    CLASSES = "classes"
    IDENTIFIERS = "identifiers"
    NOTES = "notes"
    ABSTRACT = "abstract"
    CONTENTS = "contents"
    LINKS = "links"


class Sourced(msgspec.Struct, frozen=True):
    """One source's description; a smaller `rank` is preferred; `withheld` names the groups its licence keeps from others."""

    description: Description
    rank: int
    withheld: frozenset[str] = frozenset()


_Value = TypeVar("_Value")
_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def compose(sources: Sequence[Sourced]) -> Description:
    """The union of `sources`. Their order means nothing; equal ranks are told apart by content, so the result never flickers."""
    ranked = sorted(sources, key=lambda source: (source.rank, msgspec.json.encode(source.description), sorted(source.withheld)))

    def open_for(group: FieldGroup) -> list[Description]:
        return [source.description for source in ranked if group not in source.withheld]

    titled, published, physical = open_for(FieldGroup.TITLE), open_for(FieldGroup.PUBLICATION), open_for(FieldGroup.PHYSICAL)
    identified = open_for(FieldGroup.IDENTIFIERS)
    title = _title(titled)
    material, audience = _kind(physical)
    return Description(
        title=title,
        other_titles=_other_titles(titled, title),
        agents=_agents(open_for(FieldGroup.AGENTS)),
        edition=_said(published, lambda one: one.edition),
        place=_said(published, lambda one: one.place),
        publisher=(publisher := _said(published, lambda one: one.publisher)),
        publisher_reading=_said(published, lambda one: one.publisher_reading if key(one.publisher) == key(publisher) else ""),
        published=(date := _said(published, lambda one: one.published)),
        # The year belongs to the date shown; another source's year would contradict it.
        year=next((one.year for one in published if one.year and (not date or one.published == date)), None),
        extent=_said(physical, lambda one: one.extent),
        size=_said(physical, lambda one: one.size),
        material=material,
        language=_said(physical, lambda one: one.language),
        audience=audience,
        series=_series(open_for(FieldGroup.SERIES)),
        subjects=_subjects(open_for(FieldGroup.SUBJECTS)),
        classes=_distinct((number for one in open_for(FieldGroup.CLASSES) for number in one.classes), lambda number: number),
        isbns=_isbns(identified),
        issns=_distinct((issn for one in identified for issn in one.issns), lambda issn: issn),
        nbn=_said(identified, lambda one: one.nbn),
        lccn=_said(identified, lambda one: one.lccn),
        notes=_notes(open_for),
        links=_distinct((link for one in open_for(FieldGroup.LINKS) for link in one.links), lambda link: link.url),
        accompanying=_said(physical, lambda one: one.accompanying),
        original_language=_said(physical, lambda one: one.original_language),
    )


def work_key(description: Description) -> str:
    """Groups the editions of a work: its title without volume and words of edition, and its first author; "" without a title."""
    title = description.title
    main = _EDITION_WORDS.sub("", title.main)
    core, _ = identity(Title(main=main or title.main, volume=title.volume))
    return f"{core}/{first_author(description)}" if core else ""


def _said(descriptions: Iterable[Description], field: Callable[[Description], str]) -> str:
    return next((value for one in descriptions if (value := field(one))), "")


def _distinct(values: Iterable[_Value], by: Callable[[_Value], object]) -> tuple[_Value, ...]:
    found: dict[object, _Value] = {}
    for value in values:
        found.setdefault(by(value), value)
    return tuple(found.values())


def _filled(value: _Struct, others: Iterable[_Struct]) -> _Struct:
    """`value` with what it leaves unsaid taken from the first of `others` that says it."""
    missing = {name for name in value.__struct_fields__ if getattr(value, name) == ""}
    for other in others:
        said = {name: getattr(other, name) for name in missing if getattr(other, name)}
        if said:
            value = msgspec.structs.replace(value, **said)
            missing -= said.keys()
    return value


def _title(descriptions: list[Description]) -> Title:
    titles = [one.title for one in descriptions if one.title.main]
    if not titles:
        return Title()
    best = titles[0]
    twins = [title for title in titles[1:] if key(title.main) == key(best.main) and key(title.rest) in ("", key(best.rest))]
    return _filled(best, [msgspec.structs.replace(twin, rest="", volume="") for twin in twins])


def _other_titles(descriptions: list[Description], main: Title) -> tuple[Title, ...]:
    said = [title for one in descriptions for title in (one.title, *one.other_titles) if title.main]

    def mark(title: Title) -> tuple[str, str]:
        return key(title.main) or title.main, key(title.rest)

    other = [title for title in said if mark(title) != mark(main) and title.main != main.main]
    return _distinct((msgspec.structs.replace(title, volume="", responsibility="") for title in other), mark)


def _agents(descriptions: list[Description]) -> tuple[Agent, ...]:
    listed = [one.agents for one in descriptions if one.agents]
    if not listed:
        return ()
    others = [agent for agents in listed[1:] for agent in agents]
    return tuple(_filled(agent, (other for other in others if _same_agent(agent, other))) for agent in listed[0])


def _same_agent(a: Agent, b: Agent) -> bool:
    """Namesakes are told apart by their dates where both have them."""
    return key(a.name) == key(b.name) and a.kind == b.kind and (not a.dates or not b.dates or a.dates == b.dates)


def _series(descriptions: list[Description]) -> tuple[Series, ...]:
    listed = [one.series for one in descriptions if one.series]
    if not listed:
        return ()
    others = [series for many in listed[1:] for series in many]
    return tuple(_filled(series, (other for other in others if key(other.title) == key(series.title))) for series in listed[0])


def _subjects(descriptions: list[Description]) -> tuple[Subject, ...]:
    said = [subject for one in descriptions for subject in one.subjects]
    groups: dict[tuple[str, str], list[Subject]] = {}
    for subject in said:
        groups.setdefault((subject.scheme, key(subject.term) or subject.term), []).append(subject)
    return tuple(_filled(same[0], same[1:]) for same in groups.values())


def _isbns(descriptions: list[Description]) -> tuple[Isbn, ...]:
    groups: dict[str, list[Isbn]] = {}
    for one in descriptions:
        for isbn in one.isbns:
            groups.setdefault(isbn.number, []).append(isbn)
    return tuple(
        Isbn(number, next((isbn.qualifier for isbn in same if isbn.qualifier), ""), any(isbn.whole_set for isbn in same))
        for number, same in groups.items()
    )


def _kind(descriptions: list[Description]) -> tuple[Material, Audience | None]:
    material = descriptions[0].material if descriptions else Material.BOOK
    return material, next((one.audience for one in descriptions if one.audience), None)


def _notes(open_for: Callable[[FieldGroup], list[Description]]) -> tuple[Note, ...]:
    """Each group whole from the best source that has it: two catalogues word one fact differently."""
    apart = {"abstract": FieldGroup.ABSTRACT, "contents": FieldGroup.CONTENTS}
    found: list[Note] = []
    for group in (FieldGroup.NOTES, FieldGroup.ABSTRACT, FieldGroup.CONTENTS):
        lists = ([note for note in one.notes if apart.get(note.kind, FieldGroup.NOTES) is group] for one in open_for(group))
        found += next((notes for notes in lists if notes), [])
    return tuple(found)
