"""The publication a row names: its numbers, and the brief description it gives where it has a title."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping

import msgspec

from catalog import ndc
from catalog.description import Agent, ClassNumber, Description, Isbn, Series, Title
from catalog.holdings.columns import BOOK
from catalog.matching.normal import key
from catalog.matching.score import identity, without_role
from library.dates import ERAS

_BETWEEN_PEOPLE = re.compile(r"\s*(?://|[;；])\s*")
_ERA_YEAR = re.compile(r"(明治|大正|昭和|平成|令和|[mtshr])\.?\s*(元|\d{1,2})", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_LANGUAGE = re.compile(r"[a-z]{3}")
_NOT_DIGITS = re.compile(r"\D")


class Book(msgspec.Struct, frozen=True):
    """What a row says of its publication. `number` is the sender's own for the record; `description` is None without a title.

    `is_apart`: the list gives another book the same ISBN, so only the words tell this one.
    """

    number: str
    isbn: str
    nbn: str
    volume: str
    description: Description | None
    raw: bytes
    is_apart: bool = False

    @property
    def is_named(self) -> bool:
        """Whether the row says at all which publication it is."""
        return bool(self.number or self.isbn or self.nbn or self.description)

    @property
    def identity(self) -> str:
        """What tells this publication from others of the same sender. A set's volumes share an ISBN, so the volume counts."""
        if self.number:
            return f"number {self.number}"
        if self.is_apart and self.description:
            return _identity_by_words(self.description)
        if self.isbn:
            return f"isbn {self.isbn}" + (f" {self.volume}" if self.volume else "")
        if self.nbn:
            return f"nbn {self.nbn}"
        assert self.description is not None
        return _identity_by_words(self.description)


def _identity_by_words(said: Description) -> str:
    names = "/".join(key(agent.name) for agent in said.agents)
    told = "\n".join((*identity(said.title), key(said.title.rest), names, key(said.publisher), str(said.year or ""), said.edition))
    return "#" + hashlib.sha256(told.encode()).hexdigest()


def book_of(values: Mapping[str, str], isbn: str) -> Book:
    """`values` by the names of COLUMNS; `isbn` is already checked."""
    description = _description(values, isbn) if values.get("title") else None
    volume = identity(description.title)[1] if description else identity(Title(main="", volume=_volume(values)))[1]
    return Book(
        number=values.get("number", ""),
        isbn=isbn,
        nbn=national_number(values.get("nbn", "")),
        volume=volume,
        description=description,
        raw=msgspec.json.encode({name: values[name] for name in BOOK if values.get(name)}),
    )


def national_number(text: str) -> str:
    """「JP21234567」「21234-567」 → 「21234567」."""
    return _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", text))


def _volume(values: Mapping[str, str]) -> str:
    return values.get("volume") or values.get("volume_number", "")


def _description(values: Mapping[str, str], isbn: str) -> Description:
    main, _, rest = values["title"].partition(" : ")
    published = values.get("published") or values.get("year") or values.get("published_on", "")
    series = values.get("series", "")
    numbers = [number for part in re.split(r"//|[;、,]", values.get("ndc", "")) if (number := ndc.normalise(part))]
    return Description(
        title=Title(
            main=main.strip(),
            rest=values.get("rest") or rest.strip(),
            volume=_volume(values),
            responsibility=values.get("responsibility", ""),
            reading=values.get("reading", ""),
        ),
        agents=_agents(values),
        edition=values.get("edition_statement", ""),
        place=values.get("place", ""),
        publisher=" ; ".join(_BETWEEN_PEOPLE.split(values.get("publisher", ""))),
        published=published,
        year=_year(values.get("year", "")) or _year(published),
        extent=values.get("extent", ""),
        size=values.get("size", ""),
        language=values.get("language", "") if _LANGUAGE.fullmatch(values.get("language", "")) else "",
        series=(Series(series, volume=values.get("series_volume", "")),) if series else (),
        classes=tuple(ClassNumber("ndc", number) for number in numbers[:1]),
        isbns=(Isbn(isbn),) if isbn else (),
        nbn=national_number(values.get("nbn", "")),
    )


def _agents(values: Mapping[str, str]) -> tuple[Agent, ...]:
    """「宮沢賢治 作 ; 佐野洋子 絵」 or, from other systems, 「名前||author//名前||illustrator」."""
    names = [part for part in _BETWEEN_PEOPLE.split(values.get("creator", "")) if part]
    readings = [part for part in _BETWEEN_PEOPLE.split(values.get("creator_reading", "")) if part]
    found = []
    for place, part in enumerate(names):
        said, bar, role = part.partition("||")
        name = said.strip() if bar else without_role(said)
        role = role.strip() if bar else said.strip().removeprefix(name).strip(" /[]()")
        reading = readings[place] if len(readings) == len(names) else ""
        found.append(Agent(name, reading=reading.partition("||")[0].strip(), role=role, main=place == 0))
    return tuple(found)


def _year(text: str) -> int | None:
    folded = unicodedata.normalize("NFKC", text)
    western = _YEAR.search(folded)
    if western:
        return int(western[1])
    era = _ERA_YEAR.search(folded)
    return ERAS[era[1].lower()] + (1 if era[2] == "元" else int(era[2])) if era else None
