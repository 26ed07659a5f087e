"""MARC out: any raw record as MARCXML for a page, and a MARC21 record in the manner of JAPAN/MARC from a description."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pymarc import Field as PymarcField
from pymarc import Indicators, Record, Subfield

from catalog.description import Agent, Audience, ClassNumber, Description, Isbn, Material, Subject, Title
from catalog.marc.fields.numbers import names_whole_set
from catalog.marc.files import iso2709, marcxml
from catalog.marc.outcome import Format

_TYPES: Final = {
    Material.BOOK: "am",
    Material.SERIAL: "as",
    Material.MAP: "em",
    Material.MUSIC_SCORE: "cm",
    Material.SOUND: "jm",
    Material.VIDEO: "gm",
    Material.IMAGE: "km",
    Material.KIT: "om",
    Material.OBJECT: "rm",
    Material.MANUSCRIPT: "tm",
    Material.SOFTWARE: "mm",
    Material.EBOOK: "am",
    Material.AUDIOBOOK: "im",
}
_ONLINE: Final = (Material.EBOOK, Material.AUDIOBOOK)
_AUDIENCES: Final = {Audience.CHILDREN: "j", Audience.YOUNG_ADULT: "d", Audience.ADULT: "e", None: "|"}
_AGENT_TAGS: Final = {"person": "00", "body": "10", "meeting": "11"}
_SUBJECT_TAGS: Final = {"topic": "650", "place": "651", "person": "600", "body": "610", "title": "630", "genre": "655"}
_NOTE_TAGS: Final = {
    "bibliography": "504",
    "contents": "505",
    "abstract": "520",
    "audience": "521",
    "language": "546",
    "award": "586",
}

_Pairs = list[tuple[str, str]]


class _Everything:
    def __contains__(self, tag: object) -> bool:
        return True


def as_marcxml(raw: bytes, format: Format) -> str:
    """The raw record of a `Read`, all its fields, as one MARCXML record. Raises UnreadableRecordError for other bytes."""
    if format is Format.MARCXML:
        return raw.decode()
    record = iso2709.decode(raw, [], wanted=_Everything())
    fields: list[marcxml.FieldParts] = [(tag, "", "", [("", text)]) for tag, text in record.control.items()]
    fields += [(field.tag, field.ind1, field.ind2, field.subfields) for field in record.fields]
    return marcxml.document(record.leader, fields).decode()


def to_marc(description: Description, *, control_number: str, organisation_code: str) -> Record:
    """A MARC21 record without ISBD punctuation (leader/18 `c`), readings in 880 as JAPAN/MARC has them.

    Read again it gives the same description, but for notes of kind `other` (they become general ones) and the audience of
    serials and maps, for which MARC21 has no place.
    """
    return _Writer(description).record(control_number, organisation_code)


class _Writer:
    """Collects fields, numbering the links of those that have readings."""

    def __init__(self, description: Description) -> None:
        self.described = description
        self.out = Record(leader=_leader(description.material), force_utf8=True)
        self.renderings: list[PymarcField] = []
        self.links = 0

    def record(self, control_number: str, organisation_code: str) -> Record:
        described = self.described
        self._control("001", control_number)
        self._control("003", organisation_code)
        if described.material in _ONLINE:
            self._control("007", "cr")
        self._control("008", _fixed(described))
        self._numbers(organisation_code)
        self._titles()
        self._publication()
        for series in described.series:
            pairs = [("a", series.title), ("v", series.volume), ("x", series.issn)]
            self._add("490", "0 ", pairs, kana=[("a", series.reading)])
        for note in described.notes:
            self._add(_NOTE_TAGS.get(note.kind, "500"), "  ", [("a", note.text)])
        for subject in described.subjects:
            self._subject(subject)
        for agent in described.agents:
            self._agent(agent)
        self._other_titles()
        for link in described.links:
            self._add("856", "40", [("u", link.url), ("y", link.label)])
        self.out.fields.extend(self.renderings)
        return self.out

    def _control(self, tag: str, data: str) -> None:
        if data:
            self.out.fields.append(PymarcField(tag=tag, data=data))

    def _add(self, tag: str, indicators: str, pairs: _Pairs, *, kana: _Pairs | None = None, latin: _Pairs | None = None) -> None:
        if not any(value for _, value in pairs):
            return
        twins = [(script, twin) for script, twin in (("$1", kana), ("(B", latin)) if twin and any(value for _, value in twin)]
        linked: _Pairs = []
        if twins:
            self.links += 1
            linked = [("6", f"880-{self.links:02d}")]
        self.out.fields.append(_field(tag, indicators, [*linked, *pairs]))
        for script, twin in twins:
            self.renderings.append(_field("880", indicators, [("6", f"{tag}-{self.links:02d}/{script}"), *twin]))

    def _numbers(self, organisation_code: str) -> None:
        described = self.described
        self._add("010", "  ", [("a", described.lccn)])
        source, colon, number = described.nbn.partition(":")
        if colon:
            self._add("015", "  ", [("a", number), ("2", source)])
        elif source:
            self._add("015", "  ", [("a", source), ("2", "jnb" if source.isdigit() else "")])
        for isbn in described.isbns:
            self._add("020", "  ", [("a", isbn.number), ("q", _qualifier(isbn))])
        for issn in described.issns:
            self._add("022", "  ", [("a", issn)])
        self._add("040", "  ", [("a", organisation_code), ("b", "jpn"), ("c", organisation_code)])
        language = described.language if not _fits_008(described.language) else ""
        if language or described.original_language:
            self._add("041", "1 " if described.original_language else "  ", [("a", language), ("h", described.original_language)])
        for number_of in described.classes:
            self._class(number_of)

    def _class(self, given: ClassNumber) -> None:
        if given.scheme == "ddc":
            self._add("082", "04", [("a", given.number)])
        elif given.scheme == "lcc":
            self._add("050", " 4", [("a", given.number)])
        elif given.scheme == "ndlc":
            self._add("084", "  ", [("a", given.number), ("2", "kktb")])
        else:
            source = f"njb/{int(given.edition):02d}" if given.edition.isdigit() else given.scheme
            self._add("084", "  ", [("a", given.number), ("2", source)])

    def _titles(self) -> None:
        title = self.described.title
        pairs = [*_title_pairs(title), ("c", title.responsibility)]
        self._add("245", "00", pairs, kana=_kana_pairs(title), latin=[("a", title.romaji)])
        self._add("250", "  ", [("a", self.described.edition)])

    def _other_titles(self) -> None:
        for title in self.described.other_titles:
            self._add("246", "3 ", _title_pairs(title), kana=_kana_pairs(title), latin=[("a", title.romaji)])

    def _publication(self) -> None:
        described = self.described
        pairs = [("a", described.place), ("b", described.publisher), ("c", described.published)]
        self._add("264", " 1", pairs, kana=[("b", described.publisher_reading)])
        self._add("300", "  ", [("a", described.extent), ("c", described.size), ("e", described.accompanying)])

    def _subject(self, subject: Subject) -> None:
        tag = _SUBJECT_TAGS.get(subject.kind, "650")
        first = {"600": "1", "610": "2"}.get(tag, " ")
        scheme = [("2", subject.scheme)] if subject.scheme else []
        self._add(tag, f"{first}{'7' if scheme else '4'}", [*_divided(subject.term), *scheme], kana=_divided(subject.reading))

    def _agent(self, agent: Agent) -> None:
        tail = _AGENT_TAGS.get(agent.kind, "00")
        dates = [("d", agent.dates)] if agent.kind != "body" else []
        role = [("j" if agent.kind == "meeting" else "e", agent.role)]
        pairs = [("a", agent.name), *dates, *role, ("0", agent.identifier)]
        first = "1" if tail == "00" else "2"
        self._add(("1" if agent.main else "7") + tail, f"{first} ", pairs, kana=[("a", agent.reading)], latin=[("a", agent.romaji)])


def _leader(material: Material) -> str:
    kind = _TYPES[material]
    return f"00000n{kind} a2200000 c 4500"


def _fixed(described: Description) -> str:
    year = f"{described.year:04d}" if described.year else "||||"
    form = "o" if described.material in _ONLINE else "|"
    audience = _AUDIENCES[described.audience]
    language = described.language if _fits_008(described.language) else "   "
    return f"||||||{'s' if described.year else '|'}{year}||||   ||||{audience}{form}{'|' * 11}{language}||"


def _fits_008(language: str) -> bool:
    return len(language) == 3 and language.isascii() and language.isalpha()


def _qualifier(isbn: Isbn) -> str:
    if isbn.whole_set and not names_whole_set(isbn.qualifier):
        return f"{isbn.qualifier} セット".strip()
    return isbn.qualifier


def _title_pairs(title: Title) -> _Pairs:
    return [("a", title.main), ("b", title.rest), ("n", title.volume)]


def _kana_pairs(title: Title) -> _Pairs:
    return [("a", title.reading), ("b", title.rest_reading)]


def _divided(term: str) -> _Pairs:
    head, *divisions = term.split("--")
    return [("a", head), *(("x", division) for division in divisions)]


def _field(tag: str, indicators: str, pairs: Iterable[tuple[str, str]]) -> PymarcField:
    subfields = [Subfield(code, value) for code, value in pairs if value]
    return PymarcField(tag=tag, indicators=Indicators(*indicators), subfields=subfields)
