"""The books that judged queries are made from: the list of Aozora Bunko and JAPAN/MARC records, or what the demo carries."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pymarc import Field, MARCReader, Record

DATA = Path(__file__).resolve().parents[2].parent / "shared/data/japan"
AOZORA = DATA / "aozora_catalogue_2025-05.zip"
JAPAN_MARC = DATA / "japan_marc_233.mrc"
FIRST_OF_MARC = 1_000_000  # the numbers of these records, above every work's

# 「02 地の巻」: the list keeps the parts of a long work in order by a number before the subtitle.
_NUMBERED = re.compile(r"([0-9]{1,3})\s+(.*)")
_ISBD = " /:;=,."


@dataclass(frozen=True)
class Book:
    """As catalogued. Names are (family, given) with their readings beside; `series` pairs a title with its number."""

    number: int
    title: str
    reading: str = ""
    subtitle: str = ""
    subtitle_reading: str = ""
    volume: str = ""
    authors: tuple[tuple[str, str], ...] = ()
    author_readings: tuple[tuple[str, str], ...] = ()
    series: tuple[tuple[str, str], ...] = ()
    isbn: str = ""
    ndc: tuple[str, ...] = ()


def there_are_real_ones() -> bool:
    return AOZORA.exists() and JAPAN_MARC.exists()


def books() -> tuple[list[Book], str]:
    """All that there are, and where they are from."""
    if there_are_real_ones():
        works, records = list(aozora()), list(japan_marc())
        return [*works, *records], f"{len(works):,} works of Aozora Bunko and {len(records)} records of JAPAN/MARC"
    carried = list(of_the_demo())
    return carried, f"the {len(carried):,} titles of the demo, the full lists not being beside the project"


def aozora() -> Iterator[Book]:
    """Every work once, with everybody who made it."""
    rows: dict[str, list[dict[str, str]]] = {}
    with zipfile.ZipFile(AOZORA) as zipped, zipped.open(zipped.namelist()[0]) as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig")):
            rows.setdefault(row["作品ID"], []).append(row)
    for work in rows.values():
        row = work[0]
        volume, subtitle = _numbered(row["副題"])
        yield Book(
            number=int(row["作品ID"]),
            title=row["作品名"],
            reading=row["作品名読み"],
            subtitle=subtitle,
            subtitle_reading=_numbered(row["副題読み"])[1],
            volume=volume,
            authors=_each((one["姓"], one["名"]) for one in work),
            author_readings=_each((one["姓読み"], one["名読み"]) for one in work),
            ndc=tuple(part.lstrip("K") for part in row["分類番号"].split()[1:]),
        )


def _numbered(subtitle: str) -> tuple[str, str]:
    match = _NUMBERED.fullmatch(subtitle)
    return (str(int(match[1])), match[2]) if match else ("", subtitle.strip())


def _each(names: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(names))


def japan_marc() -> Iterator[Book]:
    with JAPAN_MARC.open("rb") as file:
        for at, record in enumerate(MARCReader(file, to_unicode=True, force_utf8=True), 1):
            if record is not None and (title := record.get("245")) is not None:
                yield _of_marc(FIRST_OF_MARC + at, record, title)


def _of_marc(number: int, record: Record, title: Field) -> Book:
    spoken = _readings(record)
    people = record.get_fields("100", "700")
    isbns = [re.sub(r"[^0-9X]", "", one) for field in record.get_fields("020") for one in field.get_subfields("a")]
    return Book(
        number=number,
        title=_bare(title.get("a", "")),
        reading=_bare(spoken[title["6"][4:6]].get("a", "")) if "6" in title and title["6"][4:6] in spoken else "",
        subtitle=_bare(title.get("b", "")),
        volume=_bare(title.get("n", "")),
        authors=tuple(_name(field.get("a", "")) for field in people),
        author_readings=tuple(_name(spoken[link].get("a", "")) for field in people if (link := field.get("6", "")[4:6]) in spoken),
        series=tuple((_bare(field.get("a", "")), _bare(field.get("v", ""))) for field in record.get_fields("490")),
        isbn=next((isbn for isbn in isbns if len(isbn) in (10, 13)), ""),
    )


def _readings(record: Record) -> dict[str, Field]:
    """By the number that links them; 880 fields in kana only."""
    return {field["6"][4:6]: field for field in record.get_fields("880") if field.get("6", "").endswith("$1")}


def _bare(text: str) -> str:
    return text.rstrip(_ISBD).strip()


def _name(text: str) -> tuple[str, str]:
    family, _, given = _bare(text).partition(",")
    return family.strip(), given.strip()


def of_the_demo() -> Iterator[Book]:
    from library.demo.books.titles import works

    for work in works():
        people = work.contributors
        yield Book(
            number=int(work.number),
            title=work.title,
            reading=work.reading,
            subtitle=work.subtitle,
            subtitle_reading=work.subtitle_reading,
            volume=work.volume,
            authors=tuple((one.family, one.given) for one in people),
            author_readings=tuple((one.family_kana, one.given_kana) for one in people),
            isbn=_invented_isbn(int(work.number)),
            ndc=tuple(mark.lstrip("K") for mark in work.marks),
        )


def _invented_isbn(number: int) -> str:
    """In the block 978-4-99, which publishers get when they have used up what they had."""
    twelve = f"97849{number % 10_000_000:07d}"
    return twelve + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(twelve)) % 10)
