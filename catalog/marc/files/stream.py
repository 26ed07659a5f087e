"""Reading a file or stream of MARC records as it comes: what it is is told by its content, packed or not."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, cast

from catalog.marc.describe import describe
from catalog.marc.files import iso2709, marcxml
from catalog.marc.outcome import RAW_KEPT, Format, Read, ReadWarning, Reason, Reject, RejectCode, UnreadableRecordError
from catalog.marc.record import MarcRecord
from library.errors import N_, Field

HEAD = 1 << 16
MOST_MEMBERS = 1_000
# Catalogue text packs about 5 to 30 times; a file that unfolds far beyond that is an attack or a mistake.
MOST_UNFOLDING = 200
UNFOLDING_FREE = 256 << 20
LARGEST = 64 << 30

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BROKEN_PACKING = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)


class _Found(NamedTuple):
    """One record's place before it is understood: `decode` is called only for records that are wanted."""

    offset: int
    raw: bytes | Callable[[], bytes]
    format: Format
    decode: Callable[[list[ReadWarning]], MarcRecord]


def read(source: IO[bytes] | Path | str, *, start: int = 0) -> Iterator[Read | Reject]:
    """Yields every record of `source` in order, taken or not, in flat memory; never raises for what the content is.

    `start` is the position of the last record already read: that many are passed over, at the speed of finding their ends.
    Raises OSError only where a path cannot be opened.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(open(source, "rb")) if isinstance(source, str | Path) else source
        for position, found in enumerate(_records(stream), 1):
            if position > start:
                yield found if isinstance(found, Reject) else _understood(position, found)


def _understood(position: int, found: _Found) -> Read | Reject:
    warnings: list[ReadWarning] = []
    try:
        record = found.decode(warnings)
        description = describe(record, warnings)
    except UnreadableRecordError as fault:
        raw = _raw(found)[:RAW_KEPT]
        return Reject(position, found.offset, fault.tag, fault.code, fault.reason, raw)
    return Read(
        position=position,
        offset=found.offset,
        raw=_raw(found),
        format=found.format,
        control_number=record.control.get("001", "").strip(),
        control_number_identifier=record.control.get("003", "").strip(),
        description=description,
        warnings=tuple(warnings),
    )


def _raw(found: _Found) -> bytes:
    return found.raw if isinstance(found.raw, bytes) else found.raw()


def _records(stream: IO[bytes]) -> Iterator[_Found]:
    base = 0
    try:
        for name, member in _unpacked(stream, depth=0):
            for found in _records_of(member, name):
                yield found._replace(offset=base + found.offset)
            base += member.passed
            if member.fault:
                yield _fault(base, RejectCode.BAD_ARCHIVE, member.fault)
    except _UnpackingError as fault:
        yield _fault(base, RejectCode.BAD_ARCHIVE, fault.reason)


def _fault(offset: int, code: RejectCode, reason: Reason, raw: bytes = b"") -> _Found:
    def refuse(_: list[ReadWarning]) -> MarcRecord:
        fault = UnreadableRecordError(code, reason.sentence)
        fault.reason = reason
        raise fault

    return _Found(offset, raw[:RAW_KEPT], Format.MARC21, refuse)


class _UnpackingError(Exception):
    """A packed file whose list of contents cannot be used."""

    def __init__(self, sentence: str, **fields: Field) -> None:
        super().__init__(sentence)
        self.reason = Reason(sentence, fields)


class _Peekable(io.RawIOBase):
    """A stream whose head can be looked at. A fault of unpacking ends it, after all that came out before, and stays in `fault`."""

    def __init__(self, take: Callable[[int], bytes], packed: Callable[[], int] | None = None) -> None:
        self.take = take
        self.packed = packed
        self.passed = 0
        self.fault: Reason | None = None
        self.ahead = self._take(HEAD)

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size and not self.fault:
            try:
                more = self.take(size - len(data))
            except _BROKEN_PACKING as fault:
                if self.packed is None:
                    raise
                self.fault = Reason(N_("圧縮ファイルが壊れているか、途中で切れています（{reason}）。"), {"reason": str(fault)})
                break
            if not more:
                break
            data += more
        return data

    def read(self, size: int = -1) -> bytes:
        size = HEAD if size < 0 else size
        data, self.ahead = self.ahead[:size], self.ahead[size:]
        if not data:
            data = self._take(size)
        self.passed += len(data)
        if self.packed is not None and self.passed > UNFOLDING_FREE and self.passed > MOST_UNFOLDING * max(1, self.packed()):
            self.fault = Reason(N_("展開すると元の{times}倍を超えるため、読むのをやめました。"), {"times": MOST_UNFOLDING})
        if self.passed > LARGEST:
            self.fault = Reason(N_("ファイルが大きすぎるため、読むのをやめました。"))
        return b"" if self.fault and self.passed > UNFOLDING_FREE else data


def _unpacked(stream: IO[bytes] | _Peekable, *, depth: int) -> Iterator[tuple[str, _Peekable]]:
    """The plain streams inside, each with a name to tell it by; a packed file may hold packed files once."""
    outer = stream if isinstance(stream, _Peekable) else _Peekable(stream.read)
    if depth > 1 or not outer.ahead.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        yield "", outer
    elif outer.ahead.startswith(b"\x1f\x8b"):
        # read1, as read would drop what was unpacked before the place where a file is cut.
        inner = gzip.GzipFile(fileobj=cast(IO[bytes], outer), mode="rb")
        yield from _unpacked(_Peekable(inner.read1, lambda: outer.passed), depth=depth + 1)
    else:
        yield from _members(outer, depth=depth)


def _members(outer: _Peekable, *, depth: int) -> Iterator[tuple[str, _Peekable]]:
    # A zip's list of contents stands at its end, so the file is laid down first; small ones stay in memory.
    with tempfile.SpooledTemporaryFile(max_size=32 << 20) as laid:
        while data := outer.read(1 << 20):
            laid.write(data)
        archive, members = _contents(cast(IO[bytes], laid))
        for member in members:
            with _opened(archive, member) as opened:
                inner = _Peekable(opened.read, partial(int, member.compress_size))
                for name, plain in _unpacked(inner, depth=depth + 1):
                    yield name or member.filename, plain


def _contents(laid: IO[bytes]) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    try:
        archive = zipfile.ZipFile(laid)
        members = [member for member in archive.infolist() if not member.is_dir()]
    except _BROKEN_PACKING as fault:
        raise _UnpackingError(N_("zipファイルが壊れています（{reason}）。"), reason=str(fault)) from fault
    if len(members) > MOST_MEMBERS:
        raise _UnpackingError(N_("zipの中のファイルが{most}を超えています。"), most=MOST_MEMBERS)
    return archive, members


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(member)
    except _BROKEN_PACKING as fault:
        raise _UnpackingError(N_("zipの中の「{name}」を開けません（{reason}）。"), name=member.filename, reason=str(fault)) from fault


def _records_of(stream: _Peekable, name: str) -> Iterator[_Found]:
    head = stream.ahead
    text = head.removeprefix(_BOM).lstrip(b"\r\n\t \x00\x1a")
    if not text:
        return
    if text.startswith(b"<") or head.startswith(_UTF16):
        yield from _xml_records(stream)
    elif iso2709.has_leader(head) or b"\x1d" in head or text[:5].isdigit():
        if head.startswith(_BOM):
            stream.read(len(_BOM))
        before = stream.passed
        for frame in iso2709.frames(cast(IO[bytes], stream)):
            yield _transmitted(frame, before)
    else:
        inside, whole = (
            N_("「{name}」はMARC（ISO 2709、MARCXML）ではありません。"),
            N_("このファイルはMARC（ISO 2709、MARCXML）ではありません。"),
        )
        yield _fault(0, RejectCode.NOT_MARC, Reason(inside, {"name": name}) if name else Reason(whole), head[:200])
        while stream.read(1 << 20):
            pass


def _transmitted(frame: iso2709.Frame, before: int) -> _Found:
    if not frame.whole:
        reason = Reason(N_("レコードの終わりの印（1D）が1MiBの中にありません。"))
        return _fault(frame.offset + before, RejectCode.TOO_LONG, reason, frame.raw)
    return _Found(frame.offset + before, frame.raw, Format.MARC21, lambda warnings: iso2709.decode(frame.raw, warnings))


def _xml_records(stream: _Peekable) -> Iterator[_Found]:
    count = 0
    try:
        for element in marcxml.elements(cast(IO[bytes], stream)):
            count += 1
            yield _element(element)
    except marcxml.UnsafeXmlError as fault:
        yield _fault(stream.passed, RejectCode.UNSAFE_XML, fault.reason)
        return
    if count == 0:
        yield _fault(0, RejectCode.NOT_MARC, Reason(N_("このXMLにMARCXMLのレコードがありません。")))


def _element(element: marcxml.Element) -> _Found:
    return _Found(
        element.offset,
        lambda: marcxml.canonical(element),
        Format.MARCXML,
        lambda warnings: marcxml.decode(element, warnings),
    )
