"""Copies on the shelves of the made-up ward: numbers that collide as in life, shelves that make sense, the same every time."""

from __future__ import annotations

from collections import Counter, defaultdict

from library.demo.books.holdings import AREAS, LATEST, SIX_DIGIT_ITEMS, holdings
from library.demo.books.titles import Form, publications
from library.demo.people import check_digit
from library.demo.ward import branches

SEED = 5
COPIES = tuple(holdings(SEED))
EDITIONS = {edition.number: edition for edition in publications(SEED)}
BRANCHES = {branch.code: branch for branch in branches()}


def test_the_same_seed_gives_the_same_copies_and_another_seed_others() -> None:
    again = tuple(holdings(SEED))
    assert again == COPIES
    assert tuple(holdings(SEED + 1)) != COPIES


def test_there_are_about_twenty_thousand_copies_in_every_place_that_holds_stock() -> None:
    assert 19_000 < len(COPIES) < 21_000
    assert {copy.branch for copy in COPIES} == {branch.code for branch in branches() if branch.holds_stock}


def test_a_copy_stands_in_a_branch_of_its_owner() -> None:
    for copy in COPIES:
        assert copy.organisation in {code for code, _ in BRANCHES[copy.branch].organisations}


def test_a_joint_use_place_holds_books_of_the_ward_and_of_the_school() -> None:
    assert {copy.organisation for copy in COPIES if copy.branch == "keyaki"} == {"ward", "j03"}
    assert {copy.organisation for copy in COPIES if copy.branch == "gakuen"} == {"s18", "j08"}


def test_a_barcode_is_unique_within_its_owner_and_shared_by_the_ward_and_the_schools() -> None:
    owners = defaultdict(list)
    for copy in COPIES:
        owners[copy.barcode].append(copy.organisation)
    assert all(len(set(names)) == len(names) for names in owners.values())
    assert {"ward", "s01", "j01"} <= set(owners["000001"])


def test_the_wards_newer_numbers_have_ten_digits_and_a_true_check_digit() -> None:
    numbers = [copy.barcode for copy in COPIES if copy.organisation == "ward"]
    assert Counter(map(len, numbers)) == {6: SIX_DIGIT_ITEMS, 10: len(numbers) - SIX_DIGIT_ITEMS}
    assert all(check_digit(number[:-1]) == number[-1] for number in numbers if len(number) == 10)


def test_few_editions_are_held_many_times_and_many_once() -> None:
    copies = Counter(copy.publication for copy in COPIES)
    assert copies.most_common(1)[0][1] > 30
    assert sum(1 for number in copies.values() if number == 1) > 2000
    assert not any(EDITIONS[number].electronic for number in copies)


def test_elementary_schools_hold_mainly_books_for_children() -> None:
    held = [EDITIONS[copy.publication].juvenile for copy in COPIES if copy.organisation.startswith("s")]
    assert sum(held) / len(held) > 0.8


def test_a_label_says_where_a_book_stands() -> None:
    labels = defaultdict(set)
    for copy in COPIES:
        labels[EDITIONS[copy.publication].form].add(copy.call_number.mark)
    assert labels[Form.PICTURE_BOOK] == {"E"}
    assert labels[Form.JUVENILE] == {"K"}
    gingatetsudo = next(
        copy for copy in COPIES if EDITIONS[copy.publication].description.title.main == "銀河鉄道の夜" and copy.call_number.mark == "K"
    )
    assert str(gingatetsudo.call_number) in {"K913.6/ミ", "K913/ミ"}


def test_every_area_is_used_and_nothing_was_acquired_before_it_was_published_or_in_the_future() -> None:
    assert {copy.area for copy in COPIES} == {area.code for area in AREAS}
    for copy in COPIES:
        assert (EDITIONS[copy.publication].description.year or 0) <= copy.acquired_on.year
        assert copy.acquired_on <= LATEST
        assert copy.price > 0
