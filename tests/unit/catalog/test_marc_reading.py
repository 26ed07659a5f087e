"""Reading MARC files as they come: packed, cut, broken, mislabelled; every record stands or falls alone."""

from __future__ import annotations

import gzip
import io
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.marc import Format, Read, Reject, RejectCode, WarningCode, read
from catalog.marc.files.marcxml import NAMESPACE
from catalog.marc.write import as_marcxml
from tests.unit.catalog.marc_samples import REAL, marc, only, outcomes, real

BOOK = marc(("245", "00$a銀河鉄道の夜 /$c宮沢賢治 作."), ("020", "##$a978-4-00-114012-5"))
OTHER = marc(("245", "00$aこころ"), control="2")


def xml(*records: str, before: str = "", after: str = "") -> bytes:
    body = "".join(records)
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<collection xmlns="{NAMESPACE}">{body}</collection>{after}'.encode()


def xml_record(title: str, number: str = "1") -> str:
    return (
        f'<record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">{number}</controlfield>'
        f'<datafield tag="245" ind1="0" ind2="0"><subfield code="a">{title}</subfield></datafield></record>'
    )


def titles(data: bytes) -> list[str]:
    return [one.description.title.main if isinstance(one, Read) else str(one.code) for one in outcomes(data)]


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_a_record_carries_its_place_its_bytes_and_its_number() -> None:
    first, second = outcomes(BOOK + b"\r\n" + OTHER)
    assert isinstance(first, Read)
    assert isinstance(second, Read)
    assert (first.position, first.offset, first.raw) == (1, 0, BOOK)
    assert (second.position, second.offset, second.raw) == (2, len(BOOK) + 2, OTHER)
    assert (second.control_number, second.control_number_identifier, second.format) == ("2", "", Format.MARC21)
    assert first.warnings == ()


@pytest.mark.parametrize(
    "packed",
    [
        BOOK + OTHER,
        b"\xef\xbb\xbf" + BOOK + OTHER,
        b"\r\n" + BOOK + b"\n\n" + OTHER + b"\x1a",
        gzip.compress(BOOK + OTHER),
        zipped(first=BOOK, second=OTHER),
        zipped(both=gzip.compress(BOOK + OTHER)),
        gzip.compress(zipped(both=BOOK + OTHER)),
        xml(xml_record("銀河鉄道の夜"), xml_record("こころ", "2")),
        b"\xef\xbb\xbf" + xml(xml_record("銀河鉄道の夜"), xml_record("こころ", "2")),
        xml(xml_record("銀河鉄道の夜"), xml_record("こころ", "2")).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        xml(xml_record("銀河鉄道の夜"), xml_record("こころ", "2")).decode().replace("UTF-8", "Shift_JIS").encode("cp932"),
        zipped(records=xml(xml_record("銀河鉄道の夜"), xml_record("こころ", "2"))),
    ],
    ids=["plain", "bom", "filler", "gz", "zip", "gz in zip", "zip in gz", "xml", "xml bom", "xml utf-16", "xml sjis", "xml in zip"],
)
def test_what_a_file_is_is_told_by_its_content(packed: bytes) -> None:
    assert titles(packed) == ["銀河鉄道の夜", "こころ"]


@pytest.mark.parametrize("data", [b"", b"\n\n", zipped()])
def test_an_empty_file_holds_no_record(data: bytes) -> None:
    assert [one.code for one in outcomes(data) if isinstance(one, Reject)] in ([], [RejectCode.NOT_MARC])


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 and so on" * 50, b"title,author\na,b\n", b"<html><body>404</body></html>", b"PK\x03\x04 not a zip"]
)
def test_a_file_that_is_no_marc_is_refused_in_words(data: bytes) -> None:
    (refused,) = outcomes(data)
    assert isinstance(refused, Reject)
    assert refused.message


def test_reading_goes_on_from_where_it_was_left() -> None:
    whole = outcomes((BOOK + OTHER) * 5)
    assert outcomes((BOOK + OTHER) * 5, start=7) == whole[7:]
    document = xml(*(xml_record("本", str(number)) for number in range(9)))
    assert outcomes(document, start=4) == outcomes(document)[4:]


BAD_DIRECTORY = BOOK[:30] + BOOK[31:]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (BAD_DIRECTORY, RejectCode.BAD_DIRECTORY),
        (b"garbage that is no record\x1d", RejectCode.BAD_LEADER),
        (BOOK[:60], RejectCode.TRUNCATED),
        (marc(("300", "##$a100p")), RejectCode.NO_TITLE),
        (marc(("100", "##$a19990101d1999    |||y0jpny0103    ba"), ("200", "1#$aTitre")), RejectCode.UNIMARC),
        (BOOK.replace("河".encode(), b"\xe6\xb2\x28"), RejectCode.BAD_ENCODING),
        (BOOK.replace(b"\x1fa\xe9", b"\x1f!\xe9"), RejectCode.BAD_SUBFIELD),
    ],
)
def test_one_broken_record_is_told_and_the_next_is_read(broken: bytes, code: RejectCode) -> None:
    first, refused, last = outcomes(OTHER + broken + BOOK)
    assert isinstance(refused, Reject)
    assert refused.code is code
    assert refused.position == 2
    assert refused.offset == len(OTHER)
    assert refused.message
    assert isinstance(first, Read)
    assert isinstance(last, Read)
    assert last.raw == BOOK


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (b"99999" + BOOK[5:], WarningCode.WRONG_LENGTH),
        (BOOK[:12] + b"00000" + BOOK[17:], WarningCode.WRONG_LENGTH),
        (BOOK[:30] + b"X" + BOOK[31:], WarningCode.WRONG_DIRECTORY),
        (BOOK[:-1], WarningCode.NO_TERMINATOR),
        (BOOK[:9] + b" " + BOOK[10:], WarningCode.WRONG_ENCODING_MARK),
        (marc(("245", "00$aこころ"), ("500", "##$a注記")).replace("注".encode(), b"\xff\xff\xff"), WarningCode.REPLACED_CHARACTER),
        (marc(("245", "00$aこころ"), ("020", "##$a978-4-00-114012-9")), WarningCode.BAD_ISBN),
        (marc(("245", "00$6880-01$aこころ")), WarningCode.DANGLING_LINK),
        (marc(("245", "00$aこころ"), ("880", "##$aココロ")), WarningCode.UNLINKED_880),
        (marc(("245", "00$aこころ"), ("856", "40$ujavascript:alert(1)")), WarningCode.BAD_LINK),
    ],
)
def test_what_is_odd_but_loses_nothing_is_taken_with_a_warning(odd: bytes, code: WarningCode) -> None:
    found = outcomes(odd + OTHER)
    assert [type(one) for one in found] == [Read, Read]
    assert isinstance(found[0], Read)
    assert code in [warning.code for warning in found[0].warnings]
    assert all(warning.message for warning in found[0].warnings)


def test_a_marc8_record_is_read_whatever_its_leader_says() -> None:
    utf8 = marc(("245", "00$aBeauté"))
    composed = "é".encode()
    marc8 = utf8.replace(composed, b"\xe2e")
    assert only(marc8).description.title.main == "Beauté"
    assert only(marc8[:9] + b" " + marc8[10:]).description.title.main == "Beauté"
    east_asian = marc(("245", "00$aXX")).replace(b"XX", b"\x1b$1!0`!=;\x1b(B")
    assert only(east_asian[:9] + b" " + east_asian[10:]).description.title.main


def test_an_old_japanese_export_in_shift_jis_is_read_with_a_warning() -> None:
    text = marc(("245", "00$aこころのことば"), ("500", "##$aひらがなの本です")).decode().encode("cp932")
    found = only(text)
    assert found.description.title.main == "こころのことば"
    assert WarningCode.WRONG_ENCODING_MARK in [warning.code for warning in found.warnings]


def test_a_record_without_an_end_does_not_fill_the_memory() -> None:
    (refused, last) = outcomes(b"00100nam a" + b"x" * 3_000_000 + b"\x1d" + BOOK)
    assert isinstance(refused, Reject)
    assert refused.code is RejectCode.TOO_LONG
    assert isinstance(last, Read)


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        ('<record><leader>x</leader><datafield tag="245 ind1="0"><subfield code="a">x</subfield></datafield></record>', ["こころ"]),
        ('<record><datafield tag="245"><subfield code="a">x</datafield></record>', ["こころ"]),
        ('<record><datafield tag="245"><subfield code="a">A &nbsp; B</subfield></datafield></record>', ["こころ"]),
        ('<record><datafield tag="245" ind1="0" ind2="0"><subfield code="a">x</subfield></datafield>', ["こころ"]),
    ],
    ids=["attribute", "crossed tags", "unknown entity", "not closed"],
)
def test_one_record_that_is_not_well_formed_does_not_stop_a_document(fault: str, after: list[str]) -> None:
    found = titles(xml(xml_record("銀河"), fault, *(xml_record(title) for title in after)))
    assert found[:2] == ["銀河", RejectCode.NOT_WELL_FORMED_XML]
    assert found[2 : 2 + len(after)] == after


def test_records_are_found_inside_the_envelopes_of_oai_pmh_and_sru() -> None:
    oai = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
        + "".join(
            f"<record><header><identifier>oai:x:{number}</identifier></header><metadata>"
            f"{xml_record(title).replace('<record', f'<m:record xmlns:m={chr(34)}{NAMESPACE}{chr(34)}').replace('</record', '</m:record')}"
            "</metadata></record>"
            for number, title in enumerate(("銀河", "<broken>", "こころ"))
        )
        + '<record><header status="deleted"><identifier>oai:x:9</identifier></header></record></ListRecords></OAI-PMH>'
    )
    assert titles(oai.encode()) == ["銀河", RejectCode.NOT_WELL_FORMED_XML, "こころ", RejectCode.DELETED]
    answer = f"<records><record><recordData>{xml_record('銀河')}</recordData></record></records>"
    sru = f"<searchRetrieveResponse>{answer}</searchRetrieveResponse>"
    assert titles(sru.encode()) == ["銀河"]


@pytest.mark.parametrize(
    "attack",
    [
        xml(xml_record("&lol;"), before='<!DOCTYPE r [<!ENTITY lol "lol">]>').replace(b"encoding", b"encoding"),
        b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>',
        b"<a>" * 100_000,
        b"<record " + b"a" * 9_000_000,
    ],
    ids=["entity", "external", "deep", "endless tag"],
)
def test_a_document_that_would_harm_is_refused(attack: bytes) -> None:
    found = outcomes(attack)
    assert found[-1].code is RejectCode.UNSAFE_XML if isinstance(found[-1], Reject) else False


def test_the_raw_record_of_xml_is_the_same_whatever_the_prefixes_were() -> None:
    plain = outcomes(xml(xml_record("A &amp; B")))[0]
    prefixed = xml_record("A &amp; B").replace("</", "</m:").replace("<m:", "</m:").replace("<record", "<m:record")
    for name in ("leader", "controlfield", "datafield", "subfield"):
        prefixed = prefixed.replace(f"<{name}", f"<m:{name}")
    prefixed = prefixed.replace("<//m:", "</m:").replace("><m:", ">\n  <m:")
    other = outcomes(f'<m:collection xmlns:m="{NAMESPACE}">{prefixed}</m:collection>'.encode())[0]
    assert isinstance(plain, Read)
    assert isinstance(other, Read)
    assert plain.raw == other.raw
    again = only(plain.raw)
    assert (again.raw, again.description) == (plain.raw, plain.description)


def test_a_cut_gzip_gives_its_whole_records_and_says_that_it_is_cut() -> None:
    noise = random.Random(1)
    many = b"".join(marc(("245", f"00$a{noise.random()}")) for _ in range(200))
    packed = gzip.compress(many)
    found = outcomes(packed[: len(packed) // 2])
    assert isinstance(found[0], Read)
    assert isinstance(found[-1], Reject)
    assert found[-1].code is RejectCode.BAD_ARCHIVE


class Endless(io.RawIOBase):
    """As many copies of a record as asked for, without holding them."""

    def __init__(self, unit: bytes, size: int) -> None:
        self.unit = unit * 1000
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), self.left, len(self.unit))
        start = (-self.left) % len(self.unit)
        piece = self.unit[start : start + size]
        buffer[: len(piece)] = piece
        self.left -= len(piece)
        return len(piece)


def test_memory_stays_flat_however_long_the_file_is() -> None:
    size = len(BOOK) * 1000 * 40
    tracemalloc.start()
    count = sum(1 for _ in read(io.BufferedReader(Endless(BOOK, size)), start=39_990))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10
    assert peak < 12_000_000


def test_a_zip_that_unfolds_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.marc.files.stream.UNFOLDING_FREE", 1 << 20)
    monkeypatch.setattr("catalog.marc.files.stream.MOST_UNFOLDING", 50)
    found = list(read(io.BytesIO(zipped(bomb=BOOK * 20_000))))
    assert isinstance(found[-1], Reject)
    assert found[-1].code is RejectCode.BAD_ARCHIVE
    assert len(found) < 15_000


def edge_files() -> Iterator[Path]:
    yield from sorted((REAL / "marc/edge").glob("*"))


@pytest.mark.skipif(not (REAL / "marc/edge").exists(), reason="the real edge cases are not laid out here")
@pytest.mark.parametrize("path", list(edge_files()), ids=lambda path: path.name)
def test_every_edge_case_gives_records_or_reasons(path: Path) -> None:
    found = list(read(path))
    assert found
    for one in found:
        assert one.description.title.main if isinstance(one, Read) else one.message


def test_real_records_read_alike_from_transmission_form_and_from_xml() -> None:
    transmitted = [one for one in read(real("marc/specTestRecs.mrc")) if isinstance(one, Read)]
    from_xml = [one for one in read(real("marc/specTestRecs_withBOM.xml")) if isinstance(one, Read)]
    assert len(transmitted) == len(from_xml) == 76
    same = sum(1 for one, other in zip(transmitted, from_xml, strict=True) if one.description == other.description)
    assert same >= 70
    for one in transmitted:
        assert only(as_marcxml(one.raw, one.format).encode()).description == one.description


def test_no_change_of_bytes_makes_the_reader_fail() -> None:
    noise = random.Random(20)
    seeds = [
        BOOK,
        marc(("245", "00$aBeauté")),
        xml(xml_record("銀河"), xml_record("こころ")),
        gzip.compress(BOOK),
        zipped(a=BOOK),
    ]
    if (REAL / "marc/edge").exists():
        seeds += [path.read_bytes()[:8000] for path in edge_files()]
    for turn in range(4000):
        data = bytearray(noise.choice(seeds) + noise.choice([b"", BOOK]))
        for _ in range(noise.choice([1, 2, 5, 30])):
            at = noise.randrange(len(data))
            match noise.randrange(4):
                case 0:
                    data[at] = noise.randrange(256)
                case 1:
                    data[at] = noise.choice(b"\x1b\x1d\x1e\x1f\x00<>&0 \xff")
                case 2:
                    del data[at : at + noise.randrange(1, 40)]
                case _:
                    data[at:at] = data[: noise.randrange(40)]
            if not data:
                break
        for position, one in enumerate(outcomes(bytes(data)), 1):
            assert one.position == position, turn
            assert isinstance(one, Read) or one.message
