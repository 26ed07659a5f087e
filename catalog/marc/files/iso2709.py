"""ISO 2709 transmission records: finding where each begins and ends in a stream, and taking one apart."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import IO, NamedTuple

from catalog.marc.files.charset import DECODERS, Charset, Decode, detect
from catalog.marc.outcome import ReadWarning, RejectCode, UnreadableRecordError, WarningCode
from catalog.marc.record import (
    BAD,
    FIELD_END,
    IDENTIFYING,
    LEADER_LENGTH,
    ODD_SUBFIELD,
    RECORD_END,
    REPLACEMENT,
    SUBFIELD,
    WANTED,
    Field,
    MarcRecord,
    is_composed,
    is_control,
    lost_characters,
    subfields_of,
)
from library.errors import N_

CHUNK = 1 << 20
# The length in a leader has five digits; catalogues with long holdings write longer records all the same.
LONGEST = 1 << 20
ENTRY = 12
_FILLER = b"\r\n\t \x00\x1a"
_PAST_FILLER = re.compile(rb"[^\r\n\t \x00\x1a]")
_LEADER = re.compile(rb"\d{5}[a-z ][a-z][a-z ][\x20-\x7e]{2}22\d{5}[\x20-\x7e]{3}45[\x20-\x7e]{2}")


class Frame(NamedTuple):
    """The bytes of one record, or of what stands in a record's place. `whole` is False where it ran past `LONGEST`."""

    offset: int
    raw: bytes
    whole: bool = True


def has_leader(start: bytes) -> bool:
    return _LEADER.search(start) is not None


def frames(stream: IO[bytes]) -> Iterator[Frame]:
    """Every record's bytes in order, in flat memory; after a broken one, from the next leader or terminator on."""
    window = _Window(stream)
    while window.skip_filler():
        start = window.at
        end = _end_of_record(window.data, start)
        if end < 0:
            yield window.overlong()
        else:
            window.at = end
            yield Frame(window.base + start, window.data[start:end])


class _Window:
    """A sliding piece of the stream that always reaches at least `LONGEST` bytes ahead, unless the stream ends."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.data = b""
        self.base = 0
        self.at = 0
        self.ended: bool = False

    def _fill(self) -> None:
        while not self.ended and len(self.data) - self.at < LONGEST:
            more = self.stream.read(CHUNK)
            if not more:
                self.ended = True
                return
            self.data = self.data[self.at :] + more
            self.base += self.at
            self.at = 0

    def skip_filler(self) -> bool:
        """Moves to the next record; False at the end of the stream."""
        while True:
            self._fill()
            found = _PAST_FILLER.search(self.data, self.at)
            if found is not None:
                self.at = found.start()
                self._fill()
                return True
            self.at = len(self.data)
            if self.ended:
                return False

    def overlong(self) -> Frame:
        offset = self.base + self.at
        if self.ended:
            raw = self.data[self.at :]
            self.at = len(self.data)
            return Frame(offset, raw)
        kept = self.data[self.at : self.at + LONGEST]
        while (end := self.data.find(RECORD_END, self.at)) < 0 and self.at < len(self.data):
            self.at = len(self.data)
            self._fill()
        self.at = len(self.data) if end < 0 else end + 1
        return Frame(offset, kept, whole=False)


def _end_of_record(data: bytes, start: int) -> int:
    """Where the record that begins at `start` ends, -1 if within `LONGEST` bytes there is no end."""
    head = data[start : start + 5]
    length = int(head) if head.isdigit() else 0
    stated = start + length
    terminator = data.find(RECORD_END, start, start + LONGEST)
    if length > LEADER_LENGTH and terminator == stated - 1:
        return stated
    if terminator >= 0 and terminator < stated - 1 and data[stated - 1 : stated] == b"\x1d":
        # A terminator inside the record: the stated length holds unless another record begins right behind.
        inner = data[terminator + 1 : terminator + 1 + LEADER_LENGTH + 8].lstrip(_FILLER)
        if not _LEADER.match(inner):
            return stated
    limit = len(data) if terminator < 0 else terminator
    if terminator < 0:
        limit = min(limit, start + LONGEST)
    following = _LEADER.search(data, start + 1, limit)
    if following is not None:
        return following.start()
    return -1 if terminator < 0 else terminator + 1


def decode(raw: bytes, warnings: list[ReadWarning], *, wanted: Container[str] = WANTED) -> MarcRecord:
    """Takes a transmission record apart; adds to `warnings` what was odd.

    Raises UnreadableRecordError where taking it would lose or mix up content.
    """
    if len(raw) < LEADER_LENGTH or not raw[:LEADER_LENGTH].isascii():
        raise UnreadableRecordError(RejectCode.BAD_LEADER, N_("先頭24バイトがMARCのレコード標識ではありません。"))
    ended = raw[-1] == RECORD_END
    first_end = raw.find(FIELD_END)
    if first_end < 0:
        if _LEADER.match(raw) and not ended:
            raise UnreadableRecordError(RejectCode.TRUNCATED, N_("レコードが途中で切れています。"))
        raise UnreadableRecordError(RejectCode.BAD_LEADER, N_("MARCのレコードの形をしていません。"))
    _check_length(raw, first_end, warnings, ended=ended)
    charset = detect(raw, says_utf8=raw[9:10] == b"a")
    _check_charset(raw, charset, warnings)
    area = raw[first_end + 1 : -1] if ended else raw[first_end + 1 :]
    control: dict[str, str] = {}
    fields: list[Field] = []
    decoder = DECODERS[charset]
    for tag, data in _located(raw[LEADER_LENGTH:first_end], area, warnings, ended=ended):
        if tag in wanted:
            text = _text(tag, data, decoder, warnings)
            if is_control(tag):
                control.setdefault(tag, text)
            else:
                fields.append(field_of(tag, text, warnings))
    return MarcRecord(raw[:LEADER_LENGTH].decode("ascii"), control, fields)


def _check_length(raw: bytes, first_end: int, warnings: list[ReadWarning], *, ended: bool) -> None:
    if not ended:
        warnings.append(ReadWarning("", WarningCode.NO_TERMINATOR, "レコードの終わりの印(1D)がありません。"))
        return
    if raw[:5] != b"%05d" % len(raw) or raw[12:17] != b"%05d" % (first_end + 1):
        if not raw[:5].isdigit() and not raw[12:17].isdigit():
            raise UnreadableRecordError(RejectCode.BAD_LEADER, N_("レコード標識の長さとデータの始まりが数字ではありません。"))
        message = f"レコード標識の長さ「{_shown(raw[:5])}」・始まり「{_shown(raw[12:17])}」が実際({len(raw)}・{first_end + 1})と違います。"
        warnings.append(ReadWarning("", WarningCode.WRONG_LENGTH, message))


def _shown(data: bytes) -> str:
    return data.decode("ascii", "replace")


def _check_charset(raw: bytes, charset: Charset, warnings: list[ReadWarning]) -> None:
    says = Charset.UTF8 if raw[9:10] == b"a" else Charset.MARC8
    if charset is says or (charset is Charset.UTF8 and raw.isascii()):
        return
    message = f"レコード標識は{says}と言っていますが、中身は{charset}です。{charset}として読みました。"
    warnings.append(ReadWarning("", WarningCode.WRONG_ENCODING_MARK, message))


def _located(directory: bytes, area: bytes, warnings: list[ReadWarning], *, ended: bool) -> list[tuple[str, bytes]]:
    """Pairs each directory entry with its data, by the field terminators where they agree and by the offsets where not."""
    if not directory or len(directory) % ENTRY or not directory.isascii():
        sentence = N_("ディレクトリの長さ（{length}）が12の倍数ではないか、文字が壊れています。")
        raise UnreadableRecordError(RejectCode.BAD_DIRECTORY, sentence, length=len(directory))
    entries = directory.decode("ascii")
    places = range(0, len(entries), ENTRY)
    tags = [entries[at : at + 3] for at in places]
    parts = area.split(b"\x1e")
    closed = not parts[-1]
    if closed:
        parts.pop()
    starts = [entries[at + 7 : at + 12] for at in places]
    if len(parts) == len(tags) and starts == sorted(starts):
        if not closed and not ended:
            raise UnreadableRecordError(RejectCode.TRUNCATED, N_("{tag}の途中で切れています。"), tag=tags[-1])
        at = 0
        for place, part in zip(places, parts, strict=True):
            if entries[place + 3 : place + 12] != f"{len(part) + 1:04d}{at:05d}":
                _warn_of_directory(warnings)
                break
            at += len(part) + 1
        return list(zip(tags, parts, strict=True))
    return _located_by_offset(entries, tags, parts, area, warnings)


def _located_by_offset(
    entries: str, tags: list[str], parts: list[bytes], area: bytes, warnings: list[ReadWarning]
) -> list[tuple[str, bytes]]:
    placed: list[tuple[str, bytes]] = []
    covered = 0
    for number, tag in enumerate(tags):
        entry = entries[number * ENTRY + 3 : number * ENTRY + ENTRY]
        if not entry.isdigit():
            sentence = N_("ディレクトリの{number}番目（{tag}）が数字ではありません。")
            raise UnreadableRecordError(RejectCode.BAD_DIRECTORY, sentence, tag=tag, number=number + 1)
        length, start = int(entry[:4]), int(entry[4:])
        end = start + length
        if end > len(area):
            code = RejectCode.TRUNCATED if len(parts) < len(tags) else RejectCode.BAD_DIRECTORY
            raise UnreadableRecordError(code, N_("{tag}の終わり（{end}）がレコードの外にあります。"), tag=tag, end=end)
        if length == 0 or area[end - 1] != FIELD_END or (start and area[start - 1] != FIELD_END):
            sentence = N_("{tag}の位置（{start}）と長さ（{length}）がデータと合いません。")
            raise UnreadableRecordError(RejectCode.BAD_DIRECTORY, sentence, tag=tag, start=start, length=length)
        covered += length
        placed.append((tag, area[start : end - 1]))
    if covered < len(area.rstrip(b"\x1e")):
        _warn_of_directory(warnings)
    return placed


def _warn_of_directory(warnings: list[ReadWarning]) -> None:
    warnings.append(ReadWarning("", WarningCode.WRONG_DIRECTORY, "ディレクトリの長さがデータと違います。区切りの印で読みました。"))


def _text(tag: str, data: bytes, decoder: Decode, warnings: list[ReadWarning]) -> str:
    text = decoder(data)
    if BAD in text:
        at = text.index(BAD)
        if tag in IDENTIFYING and _only_code_is_bad(text, at):
            raise UnreadableRecordError(RejectCode.BAD_SUBFIELD, N_("{tag}のサブフィールドの記号が壊れています。"), tag=tag)
        lost_characters(tag, text)
        text = text.replace(BAD, REPLACEMENT)
        message = f"{tag}の{at + 1}文字目に読めない文字があり、{REPLACEMENT}に置き換えました。"
        warnings.append(ReadWarning(tag, WarningCode.REPLACED_CHARACTER, message))
    elif REPLACEMENT in text:
        message = f"{tag}に、前の変換で失われた文字({REPLACEMENT})があります。"
        warnings.append(ReadWarning(tag, WarningCode.REPLACED_CHARACTER, message))
    return text


def _only_code_is_bad(text: str, at: int) -> bool:
    return at > 0 and text[at - 1] == SUBFIELD and text.count(BAD) == 1


def field_of(tag: str, text: str, warnings: list[ReadWarning]) -> Field:
    """A data field from its text: two indicators, then `SUBFIELD`, code and value, repeated."""
    parts = text.split(SUBFIELD)
    indicators = parts[0]
    if len(indicators) != 2:
        warnings.append(ReadWarning(tag, WarningCode.BAD_INDICATOR, f"{tag}の指示子「{indicators[:10]}」が2文字ではありません。"))
        if len(parts) == 1 and tag == "245":
            raise UnreadableRecordError(RejectCode.BAD_SUBFIELD, N_("245にサブフィールドの区切りがありません。"), tag=tag)
        indicators = f"{indicators[:2]:2}"
    subfields, odd = subfields_of(parts[1:], is_composed=is_composed(text))
    if odd:
        if tag in IDENTIFYING:
            raise UnreadableRecordError(RejectCode.BAD_SUBFIELD, ODD_SUBFIELD, tag=tag, mark=odd)
        warnings.append(ReadWarning(tag, WarningCode.BAD_SUBFIELD, ODD_SUBFIELD.format(tag=tag, mark=odd)))
    return Field(tag, indicators[0], indicators[1], subfields)
