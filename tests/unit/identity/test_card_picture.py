"""The card's pictures, read back by a bar code reader that is not ours."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from library.errors import Invalid
from library.identity.card.picture import LETTERS, framed, nw7_svg, printed, qr_svg
from tests.pictures import photographed, rasterised, read

NUMBERS = ("1204482100", "0000000000", "9876543210", "12044821", "20000000000017")


@pytest.mark.parametrize("scale", [1, 2, 3, 5])
@pytest.mark.parametrize("number", NUMBERS)
def test_both_pictures_are_read_back_at_every_scale(number: str, scale: int) -> None:
    assert read(rasterised(qr_svg(number, title="t"), scale), "QRCode") == [number]
    assert read(rasterised(nw7_svg(number, title="t"), scale), "Codabar") == [f"A{number}A"]


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("number", ["12-34$5", "1:2/3.4+5"])
def test_every_sign_and_every_letter_of_nw7_is_read_back(number: str, letter: str) -> None:
    assert read(rasterised(nw7_svg(number, title="t", letter=letter), 2), "Codabar") == [f"{letter}{number}{letter}"]


@pytest.mark.parametrize("degrees", [-20, -6, 0, 3, 12, 45])
@pytest.mark.parametrize("blur", [1.0, 2.0])
def test_the_qr_code_is_read_from_a_turned_and_blurred_photograph(degrees: float, blur: float) -> None:
    assert read(photographed(rasterised(qr_svg("1204482100", title="t")), degrees=degrees, blur=blur), "QRCode") == ["1204482100"]


@pytest.mark.parametrize("degrees", [-5, 0, 4])
def test_the_bars_are_read_from_a_slightly_turned_photograph(degrees: float) -> None:
    picture = rasterised(nw7_svg("1204482100", title="t"), 2)
    assert read(photographed(picture, degrees=degrees, blur=1.0), "Codabar") == ["A1204482100A"]


def test_the_qr_code_of_a_card_is_the_smallest_there_is() -> None:
    side = int(re.search(r'width="(\d+)"', qr_svg("1204482100", title="t"))[1])  # type: ignore[index]
    assert side == 8 * (21 + 2 * 4)


def test_the_bars_of_a_card_fit_a_screen_of_320_pixels_with_their_quiet_zone() -> None:
    svg = nw7_svg("1204482100", title="t")
    assert 'width="308"' in svg
    left, right = 20, 308 - 20
    boxes = [(int(x), int(x) + int(width)) for x, width in re.findall(r"M(\d+) 0h(\d+)v64", svg) if (x, width) != ("0", "308")]
    assert min(start for start, _ in boxes) == left
    assert max(end for _, end in boxes) == right


@pytest.mark.parametrize("svg", [qr_svg("1", title='<a "b">'), nw7_svg("1", title='<a "b">')])
def test_a_picture_is_one_dark_path_with_a_title_and_nothing_a_strict_policy_refuses(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    assert root.attrib["shape-rendering"] == "crispEdges"
    assert [child.tag for child in root] == [f"{space}title", f"{space}path", f"{space}path"]
    assert root.findtext(f"{space}title") == '<a "b">'
    assert [path.attrib["fill"] for path in root.findall(f"{space}path")] == ["#fff", "#000"]
    assert not {"style", "script"} & {element.tag.removeprefix(space) for element in root.iter()}
    assert all("style" not in element.attrib for element in root.iter())


@pytest.mark.parametrize("number", ["", "12A4", "１２３", "12 34", "abc", "12_4", "12\n34"])
def test_what_nw7_cannot_write_is_refused(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        nw7_svg(number, title="t")
    assert refused.value.code == "card_not_codable"


@pytest.mark.parametrize("number", ["", "1" * 101])
def test_a_qr_code_of_nothing_or_of_a_whole_page_is_refused(number: str) -> None:
    with pytest.raises(Invalid):
        qr_svg(number, title="t")


def test_bars_begin_with_no_other_letter() -> None:
    with pytest.raises(ValueError, match="A, B, C, D"):
        framed("123", "E")


def test_the_printed_form_has_the_letters_and_spaces() -> None:
    assert printed("12044821") == "A 1204 4821 A"
    assert printed("1204482100", "B") == "B 1204 482 100 B"
