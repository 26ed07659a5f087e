"""A record as other programs describe one: who made it and how, in which language, how long. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from catalog.description import Agent, Description

# MARC codes to BCP 47; others are said as they are, three letters are tags too.
_TAGS = (
    "jpn=ja eng=en chi=zh zho=zh kor=ko fre=fr fra=fr ger=de deu=de spa=es por=pt ita=it rus=ru vie=vi tgl=tl tha=th ara=ar"
    " lat=la dut=nl nld=nl swe=sv dan=da nor=no fin=fi pol=pl ukr=uk hin=hi ind=id may=ms tur=tr per=fa heb=he gre=el cze=cs hun=hu"
)
LANGUAGE_TAGS = dict(pair.split("=") for pair in _TAGS.split())

_PAGES = re.compile(r"(\d{1,5})\s*(?:p|ページ|頁)", re.IGNORECASE)
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000)], " ")


class Part(StrEnum):
    """What somebody did for a publication."""

    AUTHOR = "author"
    TRANSLATOR = "translator"
    ILLUSTRATOR = "illustrator"
    EDITOR = "editor"


# Longest words first: 編訳 is a translation, 編著 a work of one's own.
_ROLES = (
    *(("編著", Part.AUTHOR), ("編訳", Part.TRANSLATOR), ("監訳", Part.TRANSLATOR)),
    *(("訳", Part.TRANSLATOR), ("絵", Part.ILLUSTRATOR), ("画", Part.ILLUSTRATOR), ("挿", Part.ILLUSTRATOR), ("写真", Part.ILLUSTRATOR)),
    *(("編", Part.EDITOR), ("監修", Part.EDITOR), ("transl", Part.TRANSLATOR), ("trl", Part.TRANSLATOR), ("illus", Part.ILLUSTRATOR)),
    *(("ill", Part.ILLUSTRATOR), ("edit", Part.EDITOR), ("edt", Part.EDITOR)),
)


class Name(NamedTuple):
    """`given` is empty for bodies, and for names that are not divided."""

    family: str
    given: str
    is_body: bool

    @property
    def inverted(self) -> str:
        return f"{self.family}, {self.given}" if self.given else self.family


def one_line(text: str) -> str:
    """Without line ends, control characters and halves of characters, which end or break what they are put into."""
    return " ".join(text.translate(_CONTROL).split())


def title_of(said: Description) -> str:
    """With what follows it: 「吾輩は猫である : 長篇小説」."""
    return one_line(" : ".join(part for part in (said.title.main, said.title.rest) if part))


def part_of(agent: Agent) -> Part:
    """An author unless the role says otherwise: 「訳」「絵」, "trl"."""
    role = agent.role.lower()
    return next((part for word, part in _ROLES if word in role), Part.AUTHOR)


def names(said: Description) -> dict[Part, list[Name]]:
    """Who made it, by what they did; where no name is catalogued, the statement of the title page as one name."""
    found: dict[Part, list[Name]] = {}
    for agent in said.agents:
        found.setdefault(part_of(agent), []).append(name_of(agent))
    if not found and said.title.responsibility:
        found[Part.AUTHOR] = [Name(one_line(said.title.responsibility), "", is_body=True)]
    return found


def name_of(agent: Agent) -> Name:
    """「宮沢, 賢治」 → family and given; a body stays whole."""
    family, comma, given = one_line(agent.name).partition(",")
    if agent.kind != "person" or not comma:
        return Name(one_line(agent.name), "", is_body=agent.kind != "person")
    return Name(family.strip(), given.strip(), is_body=False)


def language_tag(code: str) -> str:
    return LANGUAGE_TAGS.get(code, code)


def pages_of(said: Description) -> int | None:
    """The last number of pages that is said: 「xii, 320p」 → 320."""
    found = _PAGES.findall(said.extent)
    return int(found[-1]) if found else None
