"""Which hits hold the words of a query in a row: of a phrase the server asks only that one attribute has all its words.

「東京都」 is 東京 and 京都, which 「東京と京都」 has too. What is kept beside a hit tells them apart; the other index never mistakes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from search.asking import rank
from search.asking.query import Alternative, Query, Term
from search.text.normal import bones
from search.text.tokens import edged

_OF_TITLES = 3  # attributes, before those of authors


class _Attribute(NamedTuple):
    """The texts of one attribute: each as tokens in a row, and all tokens."""

    rows: tuple[str, ...]
    tokens: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> _Attribute:
        cut = [edged(bones(text)) for text in texts]
        return cls(tuple(f" {' '.join(tokens)} " for tokens in cut), frozenset(token for tokens in cut for token in tokens))


def may_mistake(query: Query) -> bool:
    """A single pair, or a word, cannot be scattered."""
    return any(len(way.tokens) > 1 for term in query.terms for way in term.alternatives)


def mistaken(query: Query, forms: rank.Exact) -> bool:
    """Some word of the query is in the record only in scattered pieces. What cannot be told is not called a mistake."""
    in_order = (forms.titles, forms.readings, forms.others, forms.authors, forms.author_readings)
    attributes = [_Attribute.of(texts) for texts in in_order]
    if any(_in_a_row(way.tokens[1:-1], attributes) for way in query.whole if len(way.tokens) > 2):
        return False
    return any(not _is_held(term, forms, attributes) and _is_scattered(term, attributes) for term in query.terms)


def _is_held(term: Term, forms: rank.Exact, attributes: Sequence[_Attribute]) -> bool:
    if term.volume and term.volume in forms.volumes:
        return True
    if term.prefix and any(token.startswith(term.prefix) for one in attributes for token in one.tokens):
        return True
    titles = attributes[:_OF_TITLES]  # only there may a vowel have been swallowed
    return any(_in_a_row(way.tokens or (way.skeleton,), titles if way.kind == "linked" else attributes) for way in term.alternatives)


def _is_scattered(term: Term, attributes: Sequence[_Attribute]) -> bool:
    return any(_has_pieces(way, one) for way in term.alternatives for one in attributes)


def _has_pieces(way: Alternative, attribute: _Attribute) -> bool:
    return len(way.tokens) > 1 and attribute.tokens.issuperset(way.tokens)


def _in_a_row(tokens: Sequence[str], attributes: Sequence[_Attribute]) -> bool:
    row = f" {' '.join(tokens)} "
    return any(row in one for attribute in attributes for one in attribute.rows)
