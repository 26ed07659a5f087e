"""A search as an address says it: read, written back, narrowed and widened."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.description import Audience, Material
from library.errors import Invalid
from search.asking.asked import Asked, Years, read
from search.directory import Where
from search.index.engine import Sort

TEXT = st.text(max_size=30).map(lambda text: read({"q": [text]}).text)

searches = st.builds(
    Asked,
    text=TEXT,
    where=st.lists(st.sampled_from(Where), unique=True, max_size=3).map(tuple),
    branch=st.lists(st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True), unique=True, max_size=3).map(tuple),
    available=st.booleans(),
    material=st.lists(st.sampled_from(Material), unique=True, max_size=2).map(tuple),
    ndc=st.lists(st.sampled_from(["9", "913", "913.6", "48"]), unique=True, max_size=2).map(tuple),
    audience=st.lists(st.sampled_from(Audience), unique=True, max_size=2).map(tuple),
    language=st.lists(st.sampled_from(["jpn", "eng"]), unique=True, max_size=2).map(tuple),
    year=st.none()
    | st.builds(Years, st.integers(0, 9999), st.integers(0, 9999))
    | st.builds(Years, st.integers(0, 9999))
    | st.builds(Years, st.none(), st.integers(0, 9999)),
    author=st.lists(TEXT.filter(bool), unique=True, max_size=2).map(tuple),
    subject=st.lists(st.sampled_from(["昆虫", "日本 -- 歴史"]), unique=True, max_size=2).map(tuple),
    series=st.lists(TEXT.filter(bool), unique=True, max_size=2).map(tuple),
    by_work=st.booleans(),
    sort=st.sampled_from(Sort),
    page=st.integers(1, 999_999_999),
)


@given(searches)
def test_what_is_written_into_an_address_is_read_from_it_again(asked: Asked) -> None:
    assert read(parse_qs(urlencode(asked.pairs()), keep_blank_values=True)) == asked


NAMES = st.sampled_from(["q", "where", "branch", "year", "page", "sort", "ndc", "available", "group", "author"])


@given(st.dictionaries(NAMES, st.lists(st.text(), max_size=3)))
def test_any_parameters_are_read_or_refused_by_name(parameters: dict[str, list[str]]) -> None:
    refused: Invalid | None = None
    try:
        read(parameters)
    except Invalid as exc:
        refused = exc
    assert refused is None or refused.where in parameters
    assert str(refused).encode()


@given(searches)
def test_taking_every_filter_off_leaves_the_words(asked: Asked) -> None:
    rest = asked
    for name in ("where", "branch", "material", "ndc", "audience", "language", "author", "subject", "series"):
        for value in getattr(asked, name):
            rest = rest.without(name, str(value))
    rest = rest.without("available").without("year")
    assert rest.filters == 0
    assert rest == asked.without_filters()


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("2011", Years(2011, 2011)),
        ("2010-2019", Years(2010, 2019)),
        ("2010-", Years(2010, None)),
        ("-1999", Years(None, 1999)),
        ("0-5", Years(0, 5)),
        ("2019-2010", Years(2019, 2010)),
        (" 2011 ", Years(2011, 2011)),
    ],
)
def test_years_are_one_or_from_to(written: str, years: Years) -> None:
    assert read({"year": [written]}).year == years


def test_several_values_come_repeated_or_with_commas() -> None:
    assert read({"branch": ["chuo,nishi", "joint", "chuo", " ,"]}).branch == ("chuo", "nishi", "joint")


def test_control_characters_and_halves_of_characters_are_no_words() -> None:
    assert read({"q": ["\x00銀河\ud800 \x1b鉄道　"]}).text == "銀河 鉄道"
