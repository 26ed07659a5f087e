"""Card numbers as they are printed, scanned and typed. Pure."""

from __future__ import annotations

import re
import unicodedata

from library.errors import N_, Invalid, NotFound

LONGEST = 40
CHECKED_LENGTH = 10  # our own numbers: nine digits and a check digit; cards of earlier systems have other lengths

_FRAMED = re.compile(r"[A-Da-d]([0-9$:/.+-]+)[A-Da-d]")  # NW-7 with its start and stop letters
_NUMBER = re.compile(r"[0-9A-Za-z$:/.+_-]+")
_ON_A_BOOK = re.compile(r"97[89]\d{10}|19[12]\d{10}|491\d{10}")  # ISBN, the bars below it, and magazines
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")


def scanned_card(text: str) -> str:
    """A card number as stored, from a scanner or a keyboard: NFKC, without start and stop letters and spaces, case-folded.

    Hyphens stay: NW-7 can write them, and some cards have them. Whether such a card exists is not asked here.
    Raises Invalid for nothing, for a book's bar code, and for what no card can carry.
    """
    joined = "".join(unicodedata.normalize("NFKC", text).split()).translate(_DASHES)
    framed = _FRAMED.fullmatch(joined)
    number = framed[1] if framed else joined.casefold()
    if not number:
        raise Invalid("card_missing", N_("利用者カードを読み取るか、番号を入れてください。"), where="card")
    if len(number) > LONGEST or not _NUMBER.fullmatch(number):
        raise Invalid("card_form", N_("これは利用者カードの番号ではありません。カードのバーコードを読み取ってください。"), where="card")
    if _ON_A_BOOK.fullmatch(number):
        raise Invalid("card_is_isbn", N_("これは本のバーコードです。利用者カードを読み取ってください。"), where="card")
    return number


def unknown_card(number: str) -> NotFound:
    """What to raise where no card has this number; says so when its check digit shows that a digit was mistyped."""
    if number.isascii() and number.isdecimal() and len(number) == CHECKED_LENGTH and not has_true_check_digit(number):
        sentence = N_("この番号のカードはありません。番号を打ち間違えていないか、もう一度確かめてください。")
        return NotFound("card_mistyped", sentence, where="card")
    return NotFound("card_not_found", N_("この番号のカードは登録されていません。"), where="card")


def check_digit(digits: str) -> str:
    """Modulus 10 with weights 2 and 1 from the right, the digits of products added up (ISO/IEC 7812-1 annex B)."""
    products = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(product // 10 + product % 10 for product in products) % 10)


def has_true_check_digit(number: str) -> bool:
    """Whether the last of these digits follows from those before it."""
    return len(number) > 1 and check_digit(number[:-1]) == number[-1]


def spaced(number: str) -> str:
    """As printed for reading aloud: 1204482100 → 1204 482 100; groups of at most four, as equal as they can be, longer ones first.

    A number with letters or signs in it has groups of its own already.
    """
    if not number.isdecimal():
        return number
    groups = -(-len(number) // 4)
    short, longer = divmod(len(number), groups)
    parts, start = [], 0
    for place in range(groups):
        end = start + short + (place < longer)
        parts.append(number[start:end])
        start = end
    return " ".join(parts)
