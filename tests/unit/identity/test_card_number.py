"""Card numbers as scanners and fingers give them."""

import pytest

from library.demo import people
from library.errors import Invalid
from library.identity.card.number import check_digit, has_true_check_digit, scanned_card, spaced, unknown_card
from library.identity.signing_in import sessions


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1204482100", "1204482100"),
        ("A1204482100A", "1204482100"),
        ("a1204482100b\r\n", "1204482100"),
        ("A 1204 482 100 A", "1204482100"),
        ("１２０４ ４８２ １００", "1204482100"),
        ("1204ー482−100", "1204-482-100"),
        ("A12-345A", "12-345"),
        ("C12-34$5D", "12-34$5"),
        ("G-0042", "g-0042"),
        ("AB123", "ab123"),
        ("A1204482100", "a1204482100"),
    ],
)
def test_a_card_is_read_as_it_is_stored(text: str, number: str) -> None:
    assert scanned_card(text) == number


@pytest.mark.parametrize("text", ["A1204482100A", "a 1204482100 b", "１２０４ ４８２ １００", "12-345", "G-0042", "AB123"])
def test_a_card_at_the_desk_is_the_one_that_signs_in(text: str) -> None:
    assert scanned_card(text) == sessions.fold(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "card_missing"),
        ("  \r\n", "card_missing"),
        ("9784041026427", "card_is_isbn"),
        ("1920193005007", "card_is_isbn"),
        ("4910012345678", "card_is_isbn"),
        ("森 太郎", "card_form"),
        ("1" * 41, "card_form"),
        ("<b>1</b>", "card_form"),
    ],
)
def test_what_is_no_card_is_refused_with_a_sentence(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        scanned_card(text)
    assert refused.value.code == code
    assert refused.value.where == "card"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1204482101", "card_not_found"),
        ("1204482102", "card_mistyped"),
        ("1204428101", "card_mistyped"),  # two digits exchanged
        ("1204482", "card_not_found"),  # an older card has no check digit
        ("G-0042", "card_not_found"),
    ],
)
def test_an_unknown_card_may_be_a_mistyped_one(number: str, code: str) -> None:
    assert unknown_card(number).code == code


def test_the_check_digit_finds_every_wrong_digit() -> None:
    body = "120448210"
    number = body + check_digit(body)
    for place, digit in enumerate(number):
        for other in set("0123456789") - {digit}:
            assert not has_true_check_digit(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("body", ["120448210", "000000000", "999999999", "210000123", "7992739871"])
def test_the_check_digit_is_the_one_on_the_cards_of_the_made_up_ward(body: str) -> None:
    assert check_digit(body) == people.check_digit(body)
    assert has_true_check_digit(body + check_digit(body))


def test_the_published_example_of_the_check_digit_holds() -> None:
    assert check_digit("7992739871") == "3"


@pytest.mark.parametrize(
    ("number", "groups"),
    [
        ("", ""),
        ("1", "1"),
        ("1234", "1234"),
        ("12345", "123 45"),
        ("12345678", "1234 5678"),
        ("123456789", "123 456 789"),
        ("1234567890", "1234 567 890"),
        ("20000000000017", "2000 0000 000 017"),
        ("kb-00412", "kb-00412"),
    ],
)
def test_numbers_are_read_aloud_in_groups_of_at_most_four(number: str, groups: str) -> None:
    assert spaced(number) == groups
