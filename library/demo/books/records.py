"""Invented editions as ISO 2709 records in the manner of JAPAN/MARC, so that the demonstration comes in by the real import."""

from __future__ import annotations

from pymarc import Field, Indicators, Leader, Record, Subfield

from catalog.description import Agent, Audience, Description, Material
from library.demo.books.romaji import romaji
from library.demo.books.titles import Publication

SOURCE = "DEMO"  # 003: whose control numbers these are

# leader/06, 007, and content, media and carrier of 336 to 338
_MATERIALS = {
    Material.BOOK: ("a", "ta", "txt", "n", "nc"),
    Material.EBOOK: ("a", "cr", "txt", "c", "cr"),
    Material.AUDIOBOOK: ("i", "sr", "spw", "c", "cr"),
}
_MAIN, _ADDED = "100", "700"

Pairs = list[tuple[str, str]]


class _Draft:
    """Collects fields and their paired 880s: kana as `/$1`, Latin letters as `/(B`."""

    def __init__(self) -> None:
        self.fields: list[Field] = []
        self.paired: list[Field] = []
        self._links = 0

    def add(self, tag: str, pairs: Pairs, indicators: str = "  ", *, kana: Pairs | None = None, latin: Pairs | None = None) -> None:
        links: Pairs = []
        if any(value for _, value in kana or ()):
            self._links += 1
            links = [("6", f"880-{self._links:02d}")]
            for script, twin in (("$1", kana), ("(B", latin)):
                if twin:
                    self.paired.append(_field("880", [("6", f"{tag}-{self._links:02d}/{script}"), *twin], indicators))
        self.fields.append(_field(tag, links + pairs, indicators))


def _field(tag: str, pairs: Pairs, indicators: str = "  ") -> Field:
    return Field(
        tag=tag, indicators=Indicators(indicators[0], indicators[1]), subfields=[Subfield(code, value) for code, value in pairs if value]
    )


def _isbd(*parts: tuple[str, str, str]) -> Pairs:
    """(code, mark before it, value): the mark stands at the end of the value before, as ISBD and MARC want it."""
    written: Pairs = []
    for code, mark, value in parts:
        if not value:
            continue
        if written:
            written[-1] = (written[-1][0], f"{written[-1][1]}{'' if mark in ',.' else ' '}{mark}")
        written.append((code, value))
    return written


def _fixed(description: Description) -> str:
    """008: 40 characters, of which we say date, audience, form and language."""
    audience = "j" if description.audience is Audience.CHILDREN else " "
    form = "o" if description.material in {Material.EBOOK, Material.AUDIOBOOK} else " "
    year = f"{description.year or 0:04d}"
    return f"260401s{year}    ja     {audience}{form}     000 0 {description.language} d"


def _add_title(draft: _Draft, description: Description) -> None:
    title = description.title
    volume = ("n", ".", title.volume)
    kana = _isbd(("a", "", title.reading), volume, ("b", ":", title.rest_reading))
    main, _, rest = title.romaji.partition(" : ")
    latin = _isbd(("a", "", main), volume, ("b", ":", rest))
    pairs = _isbd(("a", "", title.main), volume, ("b", ":", title.rest), ("c", "/", title.responsibility))
    draft.add("245", pairs, "00", kana=kana, latin=latin)


def _add_agent(draft: _Draft, agent: Agent) -> None:
    def pairs(name: str, role: str = "") -> Pairs:
        return [("a", f"{name}," if agent.dates else name), ("d", agent.dates), ("e", role)]

    latin = pairs(agent.romaji) if agent.romaji else None
    draft.add(_MAIN if agent.main else _ADDED, pairs(agent.name, agent.role), "1 ", kana=pairs(agent.reading), latin=latin)


def _add_numbers(draft: _Draft, publication: Publication) -> None:
    description = publication.description
    draft.add("015", [("a", description.nbn), ("2", "jnb")])
    for isbn in description.isbns:
        draft.add("020", [("a", isbn.number), ("q", isbn.qualifier), ("c", f"{publication.price}円" if publication.price else "")])
    draft.add("040", [("a", SOURCE), ("b", "jpn"), ("c", SOURCE), ("e", "ncr/2018")])
    for number in description.classes:
        draft.add("084", [("a", number.number), ("2", f"njb/{number.edition.zfill(2)}")])


def _add_publication(draft: _Draft, description: Description) -> None:
    if description.edition:
        draft.add("250", [("a", description.edition)])
    pairs = _isbd(("a", "", description.place), ("b", ":", description.publisher), ("c", ",", description.published))
    reading = description.publisher_reading
    draft.add("264", pairs, " 1", kana=[("b", reading)], latin=[("b", romaji(reading))])
    draft.add("300", _isbd(("a", "", description.extent), ("c", ";", description.size)))
    _, _, content, medium, carrier = _MATERIALS[description.material]
    for tag, code, scheme in (("336", content, "rdacontent"), ("337", medium, "rdamedia"), ("338", carrier, "rdacarrier")):
        draft.add(tag, [("b", code), ("2", scheme)])
    for series in description.series:
        draft.add("490", _isbd(("a", "", series.title), ("v", ";", series.volume)), "0 ", kana=[("a", series.reading)])


def _add_content(draft: _Draft, description: Description) -> None:
    for note in description.notes:
        draft.add("500", [("a", note.text)])
    for subject in description.subjects:
        draft.add("650", [("a", subject.term), ("2", subject.scheme)], " 7", kana=[("a", subject.reading), ("2", subject.scheme)])
    for link in description.links:
        draft.add("856", [("u", link.url), ("y", link.label)], "40")


def as_marc(publication: Publication) -> bytes:
    """One record, UTF-8: 001 is the control number, 003 DEMO, readings in two 880s a link."""
    description = publication.description
    draft = _Draft()
    _add_numbers(draft, publication)
    _add_title(draft, description)
    _add_publication(draft, description)
    _add_content(draft, description)
    for agent in description.agents:
        _add_agent(draft, agent)
    record = Record(force_utf8=True)
    kind, carrier, *_ = _MATERIALS[description.material]
    record.leader = Leader(f"00000n{kind}m a2200000 i 4500")
    control = (("001", publication.control_number), ("003", SOURCE), ("007", carrier), ("008", _fixed(description)))
    fixed = [Field(tag=tag, data=data) for tag, data in control]
    record.fields = [*fixed, *sorted(draft.fields, key=lambda field: field.tag), *draft.paired]
    return bytes(record.as_marc())
