"""A card number as pictures that scanners read: a QR code and NW-7 bars, both as SVG. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from qrcode.constants import ERROR_CORRECT_Q
from qrcode.main import QRCode

from library.errors import N_, Invalid
from library.identity.card.number import spaced

LETTERS = ("A", "B", "C", "D")  # an NW-7 symbol begins and ends with one of them
NARROW, WIDE = 2, 5  # units: 1 to 2.5, within the 2.25 to 3 that NW-7 allows, and whole at every scale
QUIET = 10 * NARROW  # the least that NW-7 asks for on either side
HEIGHT = 64
QR_UNIT = 8
QR_QUIET = 4  # modules, ISO/IEC 18004
LONGEST_QR = 100

# Bars and spaces by turns, a bar first: 1 is a wide one (JIS X 0506).
_ELEMENTS = {
    "0": "0000011",
    "1": "0000110",
    "2": "0001001",
    "3": "1100000",
    "4": "0010010",
    "5": "1000010",
    "6": "0100001",
    "7": "0100100",
    "8": "0110000",
    "9": "1001000",
    "-": "0001100",
    "$": "0011000",
    ":": "1000101",
    "/": "1010001",
    ".": "1010100",
    "+": "0010101",
    "A": "0011010",
    "B": "0101001",
    "C": "0001011",
    "D": "0001110",
}


def framed(number: str, letter: str = "A") -> str:
    """The number between its start and stop letter, as it stands in the bars. Raises Invalid for what NW-7 cannot write."""
    if letter not in LETTERS:
        raise ValueError(f"NW-7 begins with one of {', '.join(LETTERS)}, not {letter!r}")
    if not is_codable(number):
        raise Invalid("card_not_codable", N_("この番号はバーコードにできません。"), where="card")
    return f"{letter}{number}{letter}"


def is_codable(number: str) -> bool:
    """Whether NW-7 can write it: digits and - $ : / . + only."""
    return bool(number) and all(sign in _ELEMENTS and sign not in LETTERS for sign in number)


def printed(number: str, letter: str = "A") -> str:
    """What stands below the bars: A 1204 482 100 A; without the letters where there are no bars."""
    return f"{letter} {spaced(number)} {letter}" if is_codable(number) else spaced(number)


def qr_svg(text: str, *, title: str) -> str:
    """A QR code of error correction Q in its quiet zone, 8 units a module. Raises Invalid for nothing or more than 100 letters."""
    if not text or len(text) > LONGEST_QR:
        raise Invalid("card_not_codable", N_("この番号はバーコードにできません。"), where="card")
    code = QRCode(error_correction=ERROR_CORRECT_Q, border=QR_QUIET)
    code.add_data(text)
    code.make(fit=True)
    matrix: Sequence[Sequence[bool]] = code.get_matrix()
    side = len(matrix) * QR_UNIT
    boxes = (
        (start * QR_UNIT, row * QR_UNIT, length * QR_UNIT, QR_UNIT) for row, line in enumerate(matrix) for start, length in _runs(line)
    )
    return _svg("code", side, side, boxes, title)


def _runs(line: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where dark modules stand side by side: start and length."""
    start = None
    for place, dark in enumerate((*line, False)):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None


def nw7_svg(number: str, *, title: str, letter: str = "A") -> str:
    """NW-7 bars in their quiet zone, 2 units a narrow bar, to be shown at whole multiples. Raises Invalid like `framed`."""
    bars, place = [], QUIET
    for sign in framed(number, letter):
        for turn, wide in enumerate(_ELEMENTS[sign]):
            width = WIDE if wide == "1" else NARROW
            if turn % 2 == 0:
                bars.append((place, 0, width, HEIGHT))
            place += width
        place += NARROW  # the gap between characters; after the last one it is the first of the quiet zone
    return _svg("bars", place - NARROW + QUIET, HEIGHT, bars, title)


def _svg(kind: str, width: int, height: int, boxes: Iterable[tuple[int, int, int, int]], title: str) -> str:
    """One white sheet, one path. No style: the pages' content policy allows none inside a page."""
    path = "".join(f"M{x} {y}h{across}v{down}h-{across}z" for x, y, across, down in boxes)
    stretch = ' preserveAspectRatio="none"' if kind == "bars" else ""  # bars may be made taller, a QR code may not
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f'{stretch} role="img" shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<path fill="#fff" d="M0 0h{width}v{height}h-{width}z"/><path fill="#000" d="{path}"/></svg>'
    )
