"""Where in a text as written the words of a query stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Protocol

from search.text.alignment import Aligned
from search.text.normal import skeleton
from search.text.tokens import is_word

_LENGTHENS = tuple("あいうえお")
_LONGEST = 2000  # characters looked at; a longer text is shown unmarked beyond


class LookedFor(Protocol):
    """A query, as far as marking needs it: the skeletons of its words."""

    @property
    def marks(self) -> tuple[str, ...]: ...


def highlight(text: str, query: LookedFor) -> tuple[tuple[str, bool], ...]:
    """Segments of `text`, marked or not, that joined give `text` again. Old kanji, width, kana kind and long marks do not matter."""
    if not text or not _holds_any(skeleton(text[:_LONGEST]), query.marks):
        return ((text, False),) if text else ()
    aligned = Aligned(text[:_LONGEST])
    marked = [False] * len(text)
    for sought in query.marks:
        places = [(aligned.at[first], _end(text, aligned, last)) for first, last in _places(aligned.text, sought)]
        for start, end in [*places, *_swallowed(text, aligned, sought)]:
            marked[start:end] = [True] * (end - start)
    return tuple(_segments(text, marked))


def _holds_any(bare: str, marks: tuple[str, ...]) -> bool:
    """Most texts of a page hold nothing to mark, and finding that out costs less than telling each of their characters."""
    return any(sought in bare or (sought[:1] in _LENGTHENS and sought[1:] in bare) for sought in marks)


def _places(text: str, sought: str) -> Iterator[tuple[int, int]]:
    """First and last index of every occurrence; a Latin word only where a word begins."""
    if not sought:
        return
    whole_word = is_word(sought[0])
    at = text.find(sought)
    while at >= 0:
        if not whole_word or not at or not is_word(text[at - 1]):
            yield at, at + len(sought) - 1
        at = text.find(sought, at + 1)


def _swallowed(text: str, aligned: Aligned, sought: str) -> Iterator[tuple[int, int]]:
    """Places where the first vowel sought was taken for one that lengthens the word before: おばけ in 「もりのおばけ」."""
    if len(sought) < 3 or sought[0] not in _LENGTHENS:
        return
    for first, last in _places(aligned.text, sought[1:]):
        start = aligned.at[first] - 1
        if first and start > aligned.at[first - 1] and skeleton(text[start]) == sought[0]:
            yield start, _end(text, aligned, last)


def _end(text: str, aligned: Aligned, last: int) -> int:
    """The end in the original, with the long marks and small kana after the last character that the skeleton dropped."""
    following = aligned.at[last + 1] if last + 1 < len(aligned.at) else len(text)
    end = aligned.at[last] + 1
    while end < following and unicodedata.category(text[end])[0] in "LM":
        end += 1
    return end


def _segments(text: str, marked: list[bool]) -> Iterator[tuple[str, bool]]:
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marked[at] != marked[start]:
            yield text[start:at], marked[start]
            start = at
