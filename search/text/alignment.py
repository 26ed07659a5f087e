"""A skeleton that remembers from which character of the original each of its own came."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from search.text import normal


class Aligned:
    """`text` is the skeleton, `at[i]` the index in the original of its i-th character."""

    def __init__(self, original: str) -> None:
        self.text = ""
        self.at: list[int] = []
        self._read(original)
        self._replace(normal.VU, lambda match: normal.VU_KANA[match[1]])
        self._replace(normal.LONG_AFTER_KANA, lambda _: "")
        self._each(normal.FOLD)
        self._replace(normal.SPACES, lambda _: " ")
        self._strip()
        self._replace(normal.SPACE_BESIDE_JAPANESE, lambda _: "")
        self.text = normal.repeated(self.text)
        self._each(normal.SMALL)
        self._replace(normal.LENGTHENING, lambda _: "")

    def _read(self, original: str) -> None:
        """Fold width and case cluster by cluster, a cluster being a character with the marks that dress it."""
        pieces: list[str] = []
        start = 0
        for end in range(1, len(original) + 1):
            if end < len(original) and (original[end] in "ﾞﾟ" or unicodedata.combining(original[end])):
                continue
            piece = unicodedata.normalize("NFKC", original[start:end]).lower()
            pieces.append(piece)
            self.at.extend([start] * len(piece))
            start = end
        self.text = "".join(pieces)

    def _each(self, table: dict[int, str] | dict[int, int] | dict[int, int | None]) -> None:
        pieces = [character.translate(table) for character in self.text]
        self.at = [at for piece, at in zip(pieces, self.at, strict=True) for _ in piece]
        self.text = "".join(pieces)

    def _replace(self, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> None:
        pieces: list[str] = []
        at: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = by(match)
            pieces += [self.text[done : match.start()], new]
            at += self.at[done : match.start()]
            at += [self.at[match.start()]] * len(new)
            done = match.end()
        self.text = "".join([*pieces, self.text[done:]])
        self.at = at + self.at[done:]

    def _strip(self) -> None:
        left = len(self.text) - len(self.text.lstrip(" "))
        self.text = self.text.strip(" ")
        self.at = self.at[left : left + len(self.text)]
