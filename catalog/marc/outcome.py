"""What reading a file of MARC records yields, one value a record: a `Read` with its warnings, or a `Reject` with its reason."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from catalog.description import Description
from library.errors import Field


class Format(StrEnum):
    MARC21 = "marc21"
    MARCXML = "marcxml"


class RejectCode(StrEnum):
    """Why a record was not taken; each is shown to staff beside the bytes themselves."""

    TRUNCATED = "truncated"
    BAD_LEADER = "bad_leader"
    BAD_DIRECTORY = "bad_directory"
    BAD_ENCODING = "bad_encoding"
    BAD_SUBFIELD = "bad_subfield"
    NOT_WELL_FORMED_XML = "not_well_formed_xml"
    UNSAFE_XML = "unsafe_xml"
    NO_TITLE = "no_title"
    UNIMARC = "unimarc"
    TOO_LONG = "too_long"
    NOT_MARC = "not_marc"
    DELETED = "deleted"
    BAD_ARCHIVE = "bad_archive"


class WarningCode(StrEnum):
    """What was odd in a record that was taken all the same."""

    WRONG_LENGTH = "wrong_length"
    WRONG_DIRECTORY = "wrong_directory"
    NO_TERMINATOR = "no_terminator"
    WRONG_ENCODING_MARK = "wrong_encoding_mark"
    REPLACED_CHARACTER = "replaced_character"
    BAD_INDICATOR = "bad_indicator"
    BAD_SUBFIELD = "bad_subfield"
    BAD_TAG = "bad_tag"
    BAD_ISBN = "bad_isbn"
    BAD_ISSN = "bad_issn"
    BAD_LINK = "bad_link"
    DANGLING_LINK = "dangling_link"
    UNLINKED_880 = "unlinked_880"
    SEVERAL_TITLES = "several_titles"


class ReadWarning(msgspec.Struct, frozen=True):
    """`tag` is the MARC tag concerned, "" for the record as a whole."""

    tag: str
    code: WarningCode
    message: str


class Read(msgspec.Struct, frozen=True):
    """One record taken. `position` counts from 1 over all records of the file, taken or not.

    `offset` is the byte at which the record starts in the unpacked stream; in XML it is the start of the record's element
    in the document as UTF-8. `raw` holds the record's own bytes; for XML a canonical MARCXML document of this record alone.
    """

    position: int
    offset: int
    raw: bytes
    format: Format
    control_number: str
    control_number_identifier: str
    description: Description
    warnings: tuple[ReadWarning, ...] = ()


class Reason(msgspec.Struct, frozen=True):
    """A sentence for staff and what varies in it, so that it can be told in any language; as text it is Japanese."""

    sentence: str
    fields: dict[str, Field] = {}

    def __str__(self) -> str:
        return self.sentence.format(**self.fields)


class Reject(msgspec.Struct, frozen=True):
    """One record not taken; `raw` is cut at `RAW_KEPT` bytes."""

    position: int
    offset: int
    tag: str
    code: RejectCode
    reason: Reason
    raw: bytes

    @property
    def message(self) -> str:
        return str(self.reason)


RAW_KEPT = 100_000


class UnreadableRecordError(Exception):
    """Raised inside the reader for one record; becomes a `Reject`."""

    def __init__(self, code: RejectCode, sentence: str, *, tag: str = "", **fields: Field) -> None:
        super().__init__(code)
        self.code = code
        self.reason = Reason(sentence, {"tag": tag, **fields} if tag else fields)
        self.tag = tag

    def __str__(self) -> str:
        return str(self.reason)
