"""What was read or typed into the desk's one field: a number, the bars of a book, a command, or words. Pure; tables decide the rest."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from catalog.matching.normal import isbn13

LONGEST = 200


class Kind(StrEnum):
    NOTHING = "nothing"
    COMMAND = "command"
    NUMBER = "number"  # of a card or of a copy
    ISBN = "isbn"
    JACKET = "jacket"  # bars printed by a publisher that name no title: price and class, or a magazine's
    WORDS = "words"  # a name, a reading, a phone number


class Leaning(StrEnum):
    """What the start letter says a number is, for the case that it is both."""

    CARD = "card"
    ITEM = "item"


class Command(StrEnum):
    HELP = "help"
    LEND = "lend"
    RETURN = "return"
    END = "end"
    DUE = "due"
    RENEW = "renew"
    TODAY = "today"
    HOLD_SHELF = "hold-shelf"
    PICK = "pick"
    TRANSITS = "transits"


@dataclass(frozen=True)
class Scan:
    """`text` is what to look up: a number without start and stop letters, thirteen digits of an ISBN, a command's name, words."""

    kind: Kind
    text: str
    leans: Leaning | None = None

    @property
    def command(self) -> Command | None:
        """The command, None where there is none of that name."""
        known = self.kind is Kind.COMMAND and self.text in set(Command)
        return Command(self.text) if known else None


CARD_LETTER = "A"  # our cards are printed A…A; copies carry other letters, or none
_FRAMED = re.compile(r"([A-Da-d])([0-9$:/.+-]+)[A-Da-d]")
_COMMAND = re.compile(r"/([a-z-]*)")
_NUMBER = re.compile(r"(?=.*[0-9])[0-9A-Za-z$:/.+_-]{1,40}")
_JACKET = re.compile(r"(?:19[12]|491)\d{10}")


def classified(text: str) -> Scan:
    """What somebody gave, by its form alone."""
    written = unicodedata.normalize("NFKC", text[:LONGEST]).replace("\0", "").strip()
    joined = "".join(written.split())
    if not joined:
        return Scan(Kind.NOTHING, "")
    if joined == "?":
        return Scan(Kind.COMMAND, Command.HELP.value)
    if found := _COMMAND.fullmatch(joined.casefold()):
        return Scan(Kind.COMMAND, found[1] or Command.HELP.value)
    if found := _FRAMED.fullmatch(joined):
        return Scan(Kind.NUMBER, found[2], Leaning.CARD if found[1].upper() == CARD_LETTER else Leaning.ITEM)
    return _unframed(joined, written)


def _unframed(joined: str, written: str) -> Scan:
    digits = joined.replace("-", "")
    if len(digits) == 13 and isbn13(digits):
        return Scan(Kind.ISBN, digits)
    if _JACKET.fullmatch(digits):
        return Scan(Kind.JACKET, digits)
    if _NUMBER.fullmatch(joined):
        return Scan(Kind.NUMBER, joined)
    return Scan(Kind.WORDS, written)
