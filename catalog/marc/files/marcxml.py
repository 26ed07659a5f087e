"""MARCXML, plain or inside OAI-PMH and SRU answers, read as a stream of records that each stand or fall alone.

The parser is expat with every document type, and so every entity, refused; depth and unfinished tags are bounded. After a
place that is not well-formed, parsing begins again at the next record element, inside the same ancestors.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from typing import IO, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from catalog.marc.files.charset import BAD_BYTES
from catalog.marc.outcome import ReadWarning, Reason, RejectCode, UnreadableRecordError, WarningCode
from catalog.marc.record import (
    BAD,
    ODD_SUBFIELD,
    REPLACEMENT,
    SPACE,
    SUBFIELD,
    WANTED,
    Field,
    MarcRecord,
    composed,
    is_control,
    lost_characters,
    subfields_of,
)
from library.errors import N_

NAMESPACE: Final = "http://www.loc.gov/MARC21/slim"
CHUNK = 1 << 16
DEEPEST = 64
LONGEST = 4 << 20

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_RECORD_TAG = re.compile(rb"<(?:[\w.-]+:)?record[\s/>]")

# Tag, two indicators, and (code, value) pairs; a control field has one pair without a code.
FieldParts = tuple[str, str, str, list[tuple[str, str]]]


class Element:
    """A record element as found: MARC where it holds fields, else the envelope's."""

    def __init__(self, offset: int, ancestors: tuple[str, ...]) -> None:
        self.offset = offset
        self.ancestors = ancestors
        self.leader = ""
        self.fields: list[FieldParts] = []
        self.size = 0
        self.broken: UnreadableRecordError | None = None
        self.raw = b""
        self.holds_marc = False
        self.deleted = ""

    @property
    def is_marc(self) -> bool:
        return bool(self.leader or self.fields)


class UnsafeXmlError(Exception):
    """The document declares a document type, or nests or stretches beyond all use."""

    def __init__(self, sentence: str, **fields: int) -> None:
        super().__init__(sentence)
        self.reason = Reason(sentence, {**fields})


def elements(stream: IO[bytes]) -> Iterator[Element]:
    """Every record of the document in order. Raises UnsafeXmlError where reading on would be a risk."""
    reader = _Reader()
    for data in _utf8_chunks(stream):
        yield from reader.feed(data)
    yield from reader.finish()


def _utf8_chunks(stream: IO[bytes]) -> Iterator[bytes]:
    head = stream.read(CHUNK)
    decoder = codecs.getincrementaldecoder(_encoding(head))(errors=BAD_BYTES)
    text = decoder.decode(head)
    text = _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1)
    while True:
        yield _FORBIDDEN.sub(BAD, text).encode("utf-8", "replace")
        data = stream.read(CHUNK)
        if not data:
            yield _FORBIDDEN.sub(BAD, decoder.decode(b"", final=True)).encode("utf-8", "replace")
            return
        text = decoder.decode(data)


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if declared is None:
        return "utf-8"
    try:
        found = codecs.lookup(declared[1].decode("ascii"))
    except LookupError:
        return "utf-8"
    # A declaration that could be read byte by byte is not UTF-16, whatever it says; and zlib or hex are no text at all.
    return "utf-8" if found.name.startswith(("utf-16", "utf-32")) or not found._is_text_encoding else found.name


class _Reader:
    """Feeds expat and begins again behind what is not well-formed. Offsets count the document's bytes as UTF-8."""

    def __init__(self) -> None:
        self.done: deque[Element] = deque()
        self.searching = b""
        self.resynchronising = False
        self.fed = 0
        self.ancestors: tuple[str, ...] = ()
        self._start_parser(at=0, ancestors=())

    def _start_parser(self, *, at: int, ancestors: tuple[str, ...]) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        self.parser = parser
        self.stack: list[str] = []
        self.open: list[Element] = []
        self.words: list[str] | None = None
        self.field: FieldParts | None = None
        self.code = ""
        self.restarted = bool(ancestors)
        prologue = "".join(f"<{name}>" for name in ancestors).encode()
        self.shift = at - len(prologue)
        self.parsed = 0
        self.kept = b""
        self.kept_from = at
        if prologue:
            parser.Parse(prologue, False)
            self.parsed = len(prologue)

    def feed(self, data: bytes) -> Iterator[Element]:
        self.fed += len(data)
        while data:
            if self.resynchronising:
                data = self._resynchronise(data)
                if not data:
                    break
            data = self._parse(data)
            yield from self._drain()
        yield from self._drain()

    def finish(self) -> Iterator[Element]:
        if not self.resynchronising:
            try:
                self.parser.Parse(b"", True)
            except expat.ExpatError as error:
                self._report(error, len(self.kept))
        yield from self._drain()

    def _drain(self) -> Iterator[Element]:
        while self.done:
            yield self.done.popleft()

    def _parse(self, data: bytes) -> bytes:
        """Feeds one piece; gives back what stands behind a fault, to be searched for the next record."""
        self.kept += data
        before = self.parsed
        try:
            self.parser.Parse(data, False)
        except expat.ExpatError as error:
            at = max(0, min(self.parser.ErrorByteIndex - before, len(data)))
            self._report(error, len(self.kept) - len(data) + at)
            self.resynchronising = True
            self.searching = b""
            return data[at:]
        self.parsed += len(data)
        if self.parsed - self.parser.CurrentByteIndex > LONGEST:
            raise UnsafeXmlError(N_("閉じられていないタグが長すぎます。"))
        self._forget()
        return b""

    def _forget(self) -> None:
        """Keeps only the bytes from the open record on, to show them should it break."""
        first = min((element.offset for element in self.open), default=self.parsed + self.shift)
        drop = max(0, first - self.kept_from)
        if len(self.kept) - drop > LONGEST:
            drop = len(self.kept)
        self.kept = self.kept[drop:]
        self.kept_from += drop

    def _report(self, error: expat.ExpatError, end: int) -> None:
        if not self.open and self.restarted:
            return  # The tail of an envelope whose head was lost with the broken record; it was told already.
        element = self.open[-1] if self.open else Element(self.kept_from + end, tuple(self.stack))
        self.ancestors = self.open[0].ancestors if self.open else self.ancestors
        element.raw = self.kept[max(0, element.offset - self.kept_from) : end]
        reason = expat.errors.messages.get(error.code, str(error.code))
        sentence, place = N_("XMLとして正しくありません（{place}バイト目: {reason}）。"), self.kept_from + end
        element.broken = UnreadableRecordError(RejectCode.NOT_WELL_FORMED_XML, sentence, place=place, reason=reason)
        self.done.append(element)

    def _resynchronise(self, data: bytes) -> bytes:
        window = self.searching + data
        # The window begins with the fault itself; a record tag that is the fault must not be met again for ever.
        found = _RECORD_TAG.search(window, 1 if not self.searching else 0)
        if found is None:
            self.searching = window[-200:]
            return b""
        self.resynchronising = False
        rest = window[found.start() :]
        self._start_parser(at=self.fed - len(rest), ancestors=self.ancestors or ("collection",))
        return rest

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if len(self.stack) >= DEEPEST:
            raise UnsafeXmlError(N_("要素の入れ子が{deepest}段を超えています。"), deepest=DEEPEST)
        if local == "record":
            self._start_record()
        self.stack.append(name)
        element = self.open[-1] if self.open else None
        if element is None:
            return
        if local == "datafield":
            self.field = (attributes.get("tag", ""), attributes.get("ind1", " "), attributes.get("ind2", " "), [])
        elif local == "controlfield":
            self.field = (attributes.get("tag", ""), "", "", [])
            self.words = []
        elif local == "subfield":
            self.code = attributes.get("code", "")
            self.words = []
        elif local in ("leader", "identifier"):
            self.words = []
        elif local == "header" and attributes.get("status") == "deleted":
            element.deleted = "deleted"

    def _start_record(self) -> None:
        if self.open and self.open[-1].is_marc:
            lost = self.open.pop()
            lost.broken = UnreadableRecordError(
                RejectCode.NOT_WELL_FORMED_XML, N_("レコードが閉じられないまま次のレコードが始まっています。")
            )
            self.done.append(lost)
        if self.open:
            self.open[-1].holds_marc = True
        self.open.append(Element(self.parser.CurrentByteIndex + self.shift, tuple(self.stack)))
        self.field = self.words = None

    def _end(self, name: str) -> None:
        self.stack.pop()
        if not self.open:
            return
        element = self.open[-1]
        local = name.rpartition(":")[2]
        text = "".join(self.words) if self.words is not None else ""
        if local == "subfield" and self.field is not None and self.words is not None:
            self.field[3].append((self.code, text))
        elif local in ("controlfield", "datafield") and self.field is not None:
            if local == "controlfield":
                self.field[3].append(("", text))
            element.fields.append(self.field)
            self.field = None
        elif local == "leader":
            element.leader = text
        elif local == "identifier" and element.deleted:
            element.deleted = text.strip() or element.deleted
        elif local == "record":
            self.open.pop()
            if element.is_marc or not element.holds_marc:
                self.done.append(element)
        self.words = None

    def _text(self, text: str) -> None:
        if self.words is None or not self.open:
            return
        element = self.open[-1]
        element.size += len(text)
        if element.size > LONGEST:
            element.fields.clear()
            self.words.clear()
            element.leader = element.leader or " "
            element.broken = UnreadableRecordError(RejectCode.TOO_LONG, N_("レコードが長すぎます。"))
            return
        self.words.append(text)


def _refuse_doctype(*_: object) -> None:
    raise UnsafeXmlError(N_("文書型宣言（DOCTYPE）や実体の宣言があるXMLは受け取りません。"))


def decode(element: Element, warnings: list[ReadWarning]) -> MarcRecord:
    """The record of one element. Raises UnreadableRecordError as the ISO 2709 reader does."""
    if element.broken is not None:
        raise element.broken
    if not element.is_marc:
        if element.deleted:
            raise UnreadableRecordError(
                RejectCode.DELETED, N_("提供元で削除されたレコードです（{identifier}）。"), identifier=element.deleted
            )
        raise UnreadableRecordError(RejectCode.NOT_MARC, N_("この要素にMARCXMLのレコードがありません。"))
    control: dict[str, str] = {}
    fields: list[Field] = []
    for tag, ind1, ind2, subfields in element.fields:
        if tag not in WANTED:
            if len(tag) != 3:
                warnings.append(ReadWarning(tag, WarningCode.BAD_TAG, f"タグ「{tag[:10]}」が3文字ではありません。"))
            continue
        if is_control(tag):
            control.setdefault(tag, _repaired(tag, "".join(value for _, value in subfields), warnings))
        else:
            fields.append(_field(tag, ind1, ind2, subfields, warnings))
    return MarcRecord(f"{element.leader:24}"[:24], control, fields)


def _field(tag: str, ind1: str, ind2: str, subfields: list[tuple[str, str]], warnings: list[ReadWarning]) -> Field:
    if len(ind1) != 1 or len(ind2) != 1:
        warnings.append(
            ReadWarning(tag, WarningCode.BAD_INDICATOR, f"{tag}の指示子「{ind1[:5]}」「{ind2[:5]}」が1文字ずつではありません。")
        )
    if any(REPLACEMENT in value or BAD in value for _, value in subfields):
        joined = "".join(f"{SUBFIELD}{code}{value}" for code, value in subfields)
        _repaired(tag, joined, warnings)
        subfields = [(code, value.replace(BAD, REPLACEMENT)) for code, value in subfields]
    if all(len(code) == 1 for code, _ in subfields):
        pairs, odd = subfields_of([code + value for code, value in subfields], is_composed=False)
    else:
        pairs, odd = [(code, composed(value).strip(SPACE)) for code, value in subfields if len(code) == 1], "(なし)"
    if odd:
        if tag == "245":
            raise UnreadableRecordError(RejectCode.BAD_SUBFIELD, ODD_SUBFIELD, tag=tag, mark=odd)
        warnings.append(ReadWarning(tag, WarningCode.BAD_SUBFIELD, ODD_SUBFIELD.format(tag=tag, mark=odd)))
    return Field(tag, ind1[:1] or " ", ind2[:1] or " ", pairs)


def _repaired(tag: str, text: str, warnings: list[ReadWarning]) -> str:
    lost = lost_characters(tag, text)
    if lost or REPLACEMENT in text:
        warnings.append(ReadWarning(tag, WarningCode.REPLACED_CHARACTER, f"{tag}に読めない文字({REPLACEMENT})があります。"))
    return text.replace(BAD, REPLACEMENT) if lost else composed(text)


def canonical(element: Element) -> bytes:
    """The record alone as a MARCXML document: the same content gives the same bytes, whatever prefixes and white space were."""
    if element.broken is not None or not element.is_marc:
        return element.raw
    return document(element.leader, element.fields)


def document(leader: str, fields: list[FieldParts]) -> bytes:
    lines = [f'<record xmlns="{NAMESPACE}">', f"<leader>{_escaped(leader)}</leader>"]
    for tag, ind1, ind2, subfields in fields:
        if is_control(tag):
            value = "".join(text for _, text in subfields)
            lines.append(f'<controlfield tag="{tag}">{_escaped(value)}</controlfield>')
            continue
        lines.append(f"<datafield tag={_quoted(tag)} ind1={_quoted(ind1)} ind2={_quoted(ind2)}>")
        lines += [f"<subfield code={_quoted(code)}>{_escaped(text)}</subfield>" for code, text in subfields]
        lines.append("</datafield>")
    lines.append("</record>\n")
    return "".join(lines).encode()


def _escaped(text: str) -> str:
    return escape(text.replace(BAD, REPLACEMENT)) if not text.isalnum() else text


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isalnum() or text == " " else quoteattr(text.replace(BAD, REPLACEMENT))
