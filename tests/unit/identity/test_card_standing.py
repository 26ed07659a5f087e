"""When a card is good, and what stands below it."""

from datetime import date

import pytest

from library import i18n
from library.identity.card.holders import Membership, Standing, last_day, standing_of
from library.identity.card.lines import Line, Words, said

TODAY = date(2026, 11, 23)
OPEN = Membership(None, None)
ENDED = Membership(None, date(2026, 11, 22))
LAST_DAY = Membership(date(2026, 4, 1), TODAY)
TO_COME = Membership(date(2026, 11, 24), None)


@pytest.mark.parametrize(
    ("memberships", "has_card", "had_card", "standing"),
    [
        ([OPEN], True, True, Standing.VALID),
        ([LAST_DAY], True, True, Standing.VALID),
        ([ENDED, OPEN], True, True, Standing.VALID),
        ([ENDED], True, True, Standing.ENDED),
        ([ENDED], False, False, Standing.ENDED),
        ([TO_COME], True, True, Standing.NOT_YET),
        ([ENDED, TO_COME], True, True, Standing.NOT_YET),
        ([OPEN], False, True, Standing.REVOKED),
        ([OPEN], False, False, Standing.NO_CARD),
        ([], True, True, Standing.NOT_REGISTERED),
    ],
)
def test_a_card_is_good_while_it_is_not_revoked_and_its_person_belongs_to_a_library(
    memberships: list[Membership], has_card: bool, had_card: bool, standing: Standing
) -> None:
    assert standing_of(memberships, has_card=has_card, had_card=had_card, today=TODAY) is standing


@pytest.mark.parametrize(
    ("memberships", "day"),
    [
        ([OPEN], None),
        ([], None),
        ([LAST_DAY], TODAY),
        ([LAST_DAY, OPEN], None),
        ([LAST_DAY, Membership(None, date(2028, 3, 31))], date(2028, 3, 31)),
        ([ENDED, LAST_DAY], TODAY),
    ],
)
def test_the_last_day_is_that_of_the_longest_membership(memberships: list[Membership], day: date | None) -> None:
    assert last_day(memberships, TODAY) == day


def test_a_line_below_the_card_is_said_in_the_readers_language() -> None:
    line = Line(
        title=Words("借りている本 {count}点", {"count": 1200}),
        detail=Words("いちばん近い返す日 {day}", {"day": date(2026, 12, 7)}),
        href="/loans",
        mark=("near", Words("のばす")),
    )
    shown = said(line, i18n.texts("ja"))
    assert (shown.title, shown.detail) == ("借りている本 1,200点", "いちばん近い返す日 12月7日(月)")
    assert (shown.href, shown.nearness, shown.mark) == ("/loans", "near", "のばす")
    english = said(Line(Words("{day}", {"day": date(2026, 12, 7)}), "/"), i18n.Texts("en", {}))
    assert english.title == "Mon, Dec 7"


@pytest.mark.parametrize(("count", "sentence"), [(1, "1 book on loan"), (3, "3 books on loan")])
def test_one_and_many_are_two_sentences_where_the_language_has_two(count: int, sentence: str) -> None:
    texts = i18n.Texts("en", {"借りている本 {count}点": ("{count} book on loan", "{count} books on loan")})
    line = Line(Words("借りている本 {count}点", {"count": count}, many="借りている本 {count}点"), "/loans")
    assert said(line, texts).title == sentence
