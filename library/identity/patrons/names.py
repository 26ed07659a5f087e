"""Names and their readings: taken apart, written one way, put in order. Pure."""

from __future__ import annotations

import re
import unicodedata

from library import kana

_UNSEEN = re.compile(r"[\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff々〆]")
_LATIN = re.compile(r"[\W\dA-Za-z\u00c0-\u024f\u1e00-\u1eff]*")


def tidy(written: str) -> str:
    """One space between words and nothing unseen; the characters themselves stay, since a name's form is its owner's."""
    return re.sub(r"\s+", " ", _UNSEEN.sub(" ", written)).strip()


def parted(family: str, given: str) -> tuple[str, str]:
    """Family and given name; a whole name typed into the first field is taken apart at its first space."""
    family, given = tidy(family), tidy(given)
    if family and not given:
        family, _, given = family.partition(" ")
    return family, given


def is_japanese(name: str) -> bool:
    """Whether a name has kanji or kana in it, so that it needs a reading."""
    return _JAPANESE.search(name) is not None


def reading(written: str) -> str:
    """A reading in full-width katakana, whichever kana it was typed in."""
    return tidy(kana.katakana(tidy(written)))


def is_reading(written: str) -> bool:
    """Whether a reading is kana, or Latin throughout."""
    return kana.is_kana(written) or _LATIN.fullmatch(unicodedata.normalize("NFKC", written)) is not None


def whole(family: str, given: str) -> str:
    return f"{family} {given}".strip()


def sort_key(*, name: str, reading: str) -> str:
    """By reading, else by name, so that nobody is missing from a list in the order of the syllabary."""
    return kana.sort_key(reading.strip() or name.strip())
