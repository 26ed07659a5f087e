"""The board of kana: which letters stand where, and what a few of them ask for. Pure."""

from __future__ import annotations

from itertools import product

from library.kana import hiragana, sort_key

ROWS = (
    "あいうえお",
    "かきくけこ",
    "さしすせそ",
    "たちつてと",
    "なにぬねの",
    "はひふへほ",
    "まみむめも",
    "や ゆ よ",
    "らりるれろ",
    "わをん",
)
LETTERS = tuple(letter for row in ROWS for letter in row if letter != " ")
MOST = 2  # letters that are tapped

_VOICED = dict(zip("かきくけこさしすせそたちつてとはひふへほ", "がぎぐげござじずぜぞだぢづでどばびぶべぼ", strict=True))
_HALF_VOICED = dict(zip("はひふへほ", "ぱぴぷぺぽ", strict=True))


def tapped(written: str) -> str:
    """The letters of the board in an address, as in a dictionary: が is か, っ is つ, カ is か. Empty where there are others."""
    key = sort_key(hiragana(written[: 4 * MOST])).partition("\t")[0]
    return key if 0 < len(key) <= MOST and all(letter in LETTERS for letter in key) else ""


def begins(reading: str, letters: str) -> bool:
    return sort_key(reading).startswith(letters)


def spellings(letters: str) -> tuple[str, ...]:
    """How a reading may be written that begins with these letters of the board: かま → かま, がま."""
    forms = [[one for one in (letter, _VOICED.get(letter), _HALF_VOICED.get(letter)) if one] for letter in letters]
    return tuple("".join(spelled) for spelled in product(*forms))


def span(letters: str) -> tuple[str, str]:
    """From where to where keys that begin so stand in the order of code points."""
    return letters, letters[:-1] + chr(ord(letters[-1]) + 1)
