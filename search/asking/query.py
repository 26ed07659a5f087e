"""What a reader typed, read once and handed to every engine as a plan."""

from __future__ import annotations

import msgspec

from search.text.isbn import isbn13
from search.text.normal import bones, is_bare, norm
from search.text.romaji import kana_of, kana_of_words, nearly_kana_of
from search.text.tokens import edged, is_word, phrase, units
from search.text.volume import split_volume, volume_token

LONGEST = 200  # normalised characters; more is cut off and said so
MOST_TERMS = 12

# A title skeleton loses a vowel that lengthens the kana before it, also across words: 「もりのおばけ」 → もりのばけ.
# A query that begins with the vowel still finds it through the particles and endings that stand before words.
_BEFORE = {"お": "のともよどろ", "う": "のともるく", "あ": "がはやならかわ", "い": "にでてへりし", "え": "でてへね"}


class Alternative(msgspec.Struct, frozen=True):
    """One way in which a text may hold a term: its tokens stand one after the other; a single character has no tokens."""

    text: str  # normal form
    skeleton: str
    tokens: tuple[str, ...]
    kind: str = "plain"  # plain | romaji | linked (a vowel swallowed by the word before) | volume (`tokens`, and `volume` in its own field)
    volume: str | None = None


class Term(msgspec.Struct, frozen=True):
    """A word as typed: any of `alternatives` holds it, or `volume` alone, or for the word still being typed its beginning."""

    text: str  # normal form
    alternatives: tuple[Alternative, ...]
    volume: str | None = None
    prefix: str | None = None  # two to eight letters of a Latin word


class Query(msgspec.Struct, frozen=True):
    """`whole`: the query as one text, and its readings; the tokens carry the marks of both edges of a field."""

    typed: str = ""
    text: str = ""  # normal form of everything
    terms: tuple[Term, ...] = ()
    whole: tuple[Alternative, ...] = ()
    near: tuple[Alternative, ...] = ()  # only for near answers: romaji with a slip in it
    isbn: str | None = None
    volume: str | None = None  # of the last term or glued to it
    without_volume: str = ""  # normal form of what is left then
    clipped: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.terms and self.isbn is None

    @property
    def marks(self) -> tuple[str, ...]:
        """Skeletons to mark in a text that is shown (`text.highlight`)."""
        looked_for = [way.skeleton for term in self.terms for way in term.alternatives if way.kind != "linked"]
        return tuple(dict.fromkeys([*(way.skeleton for way in self.whole), *looked_for]))


def parse(text: str) -> Query:
    """Any text makes a query; one without a visible character makes the empty one."""
    words, clipped = _clip(text)
    joined = " ".join(words)
    everything = norm(joined)
    if not everything:
        return Query(typed=joined, clipped=clipped)
    isbn = isbn13(joined)
    without, volume = _last_volume(words)
    whole = _whole(words, everything)
    return Query(
        typed=joined,
        text=everything,
        terms=tuple(_term(word, last=at == len(words) - 1) for at, word in enumerate(words)),
        whole=whole,
        near=_nearly(words) if len(whole) == 1 else (),
        isbn=isbn,
        volume=volume,
        without_volume=norm(without) if volume else "",
        clipped=clipped,
    )


def stem(query: Query) -> str:
    """The words as typed without the volume asked for; empty where none is asked for or nothing else."""
    return _last_volume(query.typed.split())[0] if query.volume else ""


def _clip(text: str) -> tuple[list[str], bool]:
    """Words that hold something, up to the limits, and whether anything was cut off."""
    kept: list[str] = []
    room = LONGEST
    clipped = len(text) > 8 * LONGEST
    words = text[: 8 * LONGEST].translate(_SEPARATORS).split()
    all_bare = all(is_bare(word) for word in words)  # a dash between words is none, a lone 「？」 is a title
    for word in words:
        length = len(norm(word))
        if not length or (is_bare(word) and not all_bare):
            continue
        if room <= 0 or len(kept) == MOST_TERMS:
            return kept, True
        if length > room:
            kept.append(_cut_to(word, room))
            return kept, True
        kept.append(word)
        room -= length
    return kept, clipped


# Quotation marks part words and mean nothing more, so that an unbalanced one is harmless; lone surrogates and control
# characters are nothing an engine or a page may meet.
_SEPARATORS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *map(ord, '"“”'), *range(0xD800, 0xE000)], " ")


def _cut_to(word: str, room: int) -> str:
    cut = word[:room]
    while len(norm(cut)) > room:  # one character may fold to several: ㍿ → 株式会社
        cut = cut[:-1]
    return cut or word[:1]


def _term(word: str, *, last: bool) -> Term:
    text = norm(word)
    bare = bones(text)
    alternatives = [Alternative(text, bare, tuple(phrase(bare)))]
    if kana := kana_of(word):
        spoken = norm(kana)
        sound = bones(spoken)
        alternatives.append(Alternative(spoken, sound, tuple(phrase(sound)), "romaji"))
    alternatives.extend(_linked(bare))
    if last:
        rest, glued = split_volume(word)
        if glued and rest != word:
            stem = bones(norm(rest))
            if phrase(stem):
                alternatives.append(Alternative(norm(rest), stem, tuple(phrase(stem)), "volume", glued))
    found = units(bare)
    prefix = (
        found[-1][:8] if last and len(found) == 1 and is_word(found[0]) and 2 <= len(found[0]) <= 8 and not found[0].isdigit() else None
    )
    return Term(text, tuple(alternatives), volume=volume_token(word), prefix=prefix)


def _linked(bare: str) -> list[Alternative]:
    if len(bare) < 3 or bare[0] not in _BEFORE or not "ぁ" <= bare[1] <= "ん":
        return []
    rest = bare[1:]
    return [Alternative(rest, rest, tuple(phrase(before + rest)), "linked") for before in _BEFORE[bare[0]]]


def _whole(words: list[str], everything: str) -> tuple[Alternative, ...]:
    bare = bones(everything)
    found = [Alternative(everything, bare, tuple(edged(bare)))]
    for kana in kana_of_words(words):
        spoken = norm(kana)
        sound = bones(spoken)
        found.append(Alternative(spoken, sound, tuple(edged(sound)), "romaji"))
    return tuple(found)


def _nearly(words: list[str]) -> tuple[Alternative, ...]:
    kana = "".join(kana_of(word) or nearly_kana_of(word) or "" for word in words)
    spoken = norm(kana)
    sound = bones(spoken)
    return (Alternative(spoken, sound, tuple(edged(sound)), "romaji"),) if len(sound) >= 3 else ()


def _last_volume(words: list[str]) -> tuple[str, str | None]:
    *before, last = words
    token = volume_token(last)
    if token and before:
        return " ".join(before), token
    rest, glued = split_volume(last)
    return " ".join([*before, rest]), glued
