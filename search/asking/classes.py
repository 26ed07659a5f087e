"""The class of the shelves that words name, whole or by a piece of them: where to look on when no title answers. Pure."""

from __future__ import annotations

from catalog import ndc
from library.kana import katakana
from search.asking.query import Query

_LONGEST = 20  # characters of a word that are looked at
_SHORTEST, _SHORTEST_KANA = 2, 3  # of a piece: two kana are a piece of many words that mean something else


def nearest(query: Query) -> ndc.Ndc | None:
    """The class called as the query is, else as one of its words is, else as the longest beginning or end of one."""
    whole = "".join(term.text for term in query.terms)
    spoken = [way.text for way in query.whole[1:]]  # romaji in kana
    words = [word[:_LONGEST] for word in dict.fromkeys([*query.typed.split(), whole, *spoken])]
    named = next((found for word in words if (found := _named(word, shortest=_SHORTEST))), None)
    if named is not None:
        return named
    pieces = sorted((piece for word in words for piece in _pieces(word)), key=_says, reverse=True)
    return next((found for piece in pieces if (found := _named(piece, shortest=_least(piece)))), None)


def _named(word: str, *, shortest: int) -> ndc.Ndc | None:
    if len(word) < shortest:
        return None
    called = {word, katakana(word)}
    for found in ndc.lookup(word, limit=3):
        names = {found.ja, *(name for pair in ndc.index_terms(found.number) for name in pair)}
        if called & {_bare(name) for name in names}:
            return found
    return None


def _bare(name: str) -> str:
    """An index term without what tells it from others of its name: 「虫（動物学）」."""
    return name.partition("（")[0].partition("(")[0].strip()


def _pieces(word: str) -> list[str]:
    """Beginnings before ends: among equals the topic stands first, 「電車の歴史」."""
    return [word[:end] for end in range(1, len(word))] + [word[start:] for start in range(1, len(word))]


def _says(piece: str) -> int:
    """A kanji says as much as two kana: of 「恐竜のひみつ」 the first word is meant."""
    return sum(1 if _is_kana(one) else 2 for one in piece)


def _least(piece: str) -> int:
    return _SHORTEST_KANA if all(map(_is_kana, piece)) else _SHORTEST


def _is_kana(one: str) -> bool:
    return "ぁ" <= one <= "ヿ"
