"""The beginnings under which a phrase is found: skeletons without spaces, of which whatever a reader is typing is a part. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from search.index.document import Phrase
from search.suggest.phrases import AUTHOR
from search.text.kana import reading_forms
from search.text.normal import bones, norm
from search.text.ruby import ruby

LONGEST = 24  # characters of a key
_MOST_INSIDE = 8
_PARTS = re.compile(r"[\s・=＝:：;；、。,，.．/／\-－―~〜～「」『』（）()\[\]【】〈〉《》!！?？]+")
# Where a word begins though nothing parts it: kanji, katakana or a Latin word after hiragana, katakana or a number after kanji.
_CHANGES = re.compile(r"(?<=[ぁ-ゖ])(?=[一-鿿ァ-ヺa-zA-Z0-9])|(?<=[一-鿿々])(?=[ァ-ヺ])|(?<=[ァ-ヺー])(?=[一-鿿])")
_PARTICLES = frozenset("のとにはをがでへもやかえわお")
_SMALL_WORDS = frozenset({"a", "an", "the", "of", "and", "in", "on", "for", "to", "de", "la", "le", "und", "der", "die", "das"})


class Keys(NamedTuple):
    """`whole`: from the beginning of the phrase; `inside`: from the beginning of a later word, of a name from the other part."""

    whole: tuple[str, ...]
    inside: tuple[str, ...]


def frame(text: str) -> str:
    """What is compared: a skeleton without spaces."""
    return bones(norm(text)).replace(" ", "")


def keys(phrase: Phrase) -> Keys:
    readings = reading_forms(phrase.reading)
    if phrase.kind == AUTHOR:
        names = (phrase.text, phrase.heading, *readings)
        whole = [_written(name) for name in (*names, _half_written(phrase))]
        return _keys(whole, (_written(turned) for name in names for turned in _turned(name)))
    spoken = [[norm(word) for word in reading.split()] for reading in readings]  # word by word: most are met again and remembered
    whole = [_written(phrase.text), *("".join(words) for words in spoken)]
    later = [*(words for said in spoken for words in _later_words(said)), *map(_written, _later_parts(phrase.text))]
    if spoken and len(spoken[0]) == 1:
        later += _later_runs(phrase.text, phrase.reading)
    return _keys(whole, later)


def _keys(whole: Iterable[str], later: Iterable[str]) -> Keys:
    first = _cut(whole)
    return Keys(first, tuple(key for key in _cut(later) if key not in first)[:_MOST_INSIDE])


def _half_written(phrase: Phrase) -> str:
    """夏目そうせき: who has written the family name types the given one."""
    family, comma, _ = (phrase.heading or phrase.text).partition(",")
    _, spoken, given = phrase.reading.partition(",")
    return family + given.strip() if comma and spoken else ""


def _turned(name: str) -> Iterator[str]:
    """「夏目, 漱石」 as 「漱石 夏目」, "Lewis Carroll" as "Carroll Lewis"."""
    parts = [part.strip() for part in re.split(r"[,，・]", name, maxsplit=1)]
    if len(parts) < 2 and name.isascii():
        parts = name.rsplit(" ", 1)
    if len(parts) == 2 and all(parts):
        yield f"{parts[1]} {parts[0]}"


def _later_words(words: list[str]) -> Iterator[str]:
    """From every word of a parted reading but the first; particles and the like begin nothing."""
    for at, word in enumerate(words):
        if at and word not in _PARTICLES and word not in _SMALL_WORDS:
            yield "".join(words[at:])


def _later_runs(text: str, reading: str) -> Iterator[str]:
    """From every stretch of kanji but the first of a text whose reading does not part its words: よる in 「銀河鉄道の夜」."""
    runs = ruby(text, reading)
    for at, (_, spoken) in enumerate(runs):
        if at and spoken:
            yield _written("".join(said or base for base, said in runs[at:]))


def _later_parts(text: str) -> Iterator[str]:
    starts = {match.end() for match in _PARTS.finditer(text)} | {match.start() for match in _CHANGES.finditer(text)}
    for start in sorted(starts):
        if 0 < start < len(text) and text[start:].partition(" ")[0].lower() not in _SMALL_WORDS:
            yield text[start:]


def _cut(texts: Iterable[str]) -> tuple[str, ...]:
    pieces = dict.fromkeys(text[: 2 * LONGEST] for text in texts if text)
    return tuple(dict.fromkeys(bones(piece)[:LONGEST] for piece in pieces))


def _written(text: str) -> str:
    return norm(text[: 4 * LONGEST]).replace(" ", "")
