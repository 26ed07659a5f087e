"""Text of titles, names and queries: normal forms, tokens, readings, romaji, ISBN and volume numbers. Pure."""

from search.text.highlight import highlight
from search.text.isbn import isbn13
from search.text.kana import reading_forms
from search.text.normal import VERSION, norm, skeleton
from search.text.romaji import kana_of
from search.text.ruby import ruby
from search.text.tokens import anchored, phrase, units
from search.text.volume import split_volume, volume_token

__all__ = [
    "VERSION",
    "anchored",
    "highlight",
    "isbn13",
    "kana_of",
    "norm",
    "phrase",
    "reading_forms",
    "ruby",
    "skeleton",
    "split_volume",
    "units",
    "volume_token",
]
