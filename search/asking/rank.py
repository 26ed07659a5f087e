"""The order of the first results: what a record says exactly, held against what was typed. Pure, the same for every engine."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec
from rapidfuzz import fuzz

from search.asking.query import Query
from search.index.document import Document
from search.text.kana import reading_forms
from search.text.normal import bones, norm
from search.text.volume import split_volume, volume_token

RERANKED = 80  # deeper results stay in the engine's order

_KANA_OR_NOT = re.compile(r"[ぁ-ん]+|[^ぁ-ん]+")
_NAME_PARTS = re.compile(r"[,\s、，・=＝]+")

_WHOLE, _WHOLE_BUT_VOLUME, _SAME_BONES = 100.0, 96.0, 92.0
_BEGINS, _HOLDS, _COVERED = 56.0, 44.0, 28.0  # with up to _COVERED more for the share of the field that the query fills
_NEAR = 80.0  # a field one typing error away, at best
_NEAR_ENOUGH = 52.0  # two thirds alike: three characters with one wrong; nonsense stays below
_MIXED = 72.0  # some characters written in kana, the others as in the title
_HALF_SAID = 45.0  # one of two words is a whole field
_VOLUME_IS, _NUMBER_IS, _VOLUME_DIFFERS = 14.0, 10.0, -8.0


class Exact(msgspec.Struct, frozen=True, array_like=True):
    """Normal forms of one record, kept beside the index."""

    titles: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    author_readings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # family and given names by themselves, and their readings
    others: tuple[str, ...] = ()
    volume: str = ""
    popularity: int = 0
    numbers: tuple[str, ...] = ()  # volume tokens of its places in series
    frames: tuple[tuple[str, ...], ...] = ()  # skeletons of the first six, empty where a form is its own; none: not worked out yet

    @property
    def volumes(self) -> tuple[str, ...]:
        """Every token by which it may be asked for."""
        return tuple(dict.fromkeys(filter(None, (self.volume, *self.numbers))))


def exact(document: Document) -> Exact:
    subtitled = f"{document.title} {document.subtitle}" if document.subtitle else ""
    stem, volume = split_volume(document.title)
    forms = Exact(
        titles=_norms([document.title, subtitled, stem, *document.titles_other]),
        readings=_norms([form for reading in document.title_readings for form in reading_forms(reading)]),
        authors=_norms(document.authors),
        author_readings=_norms(document.author_readings),
        names=_norms([part for author in (*document.authors, *document.author_readings) for part in _name_parts(author)]),
        others=_norms(
            [
                *document.series,
                *document.series_numbered,
                *document.series_readings,
                *document.subjects,
                *document.subject_readings,
                document.publisher,
            ]
        ),
        volume=volume_of(document.volume) or volume or "",
        popularity=document.popularity,
        numbers=tuple(token for text in document.series_numbered if (token := split_volume(text)[1])),
    )
    return msgspec.structs.replace(forms, frames=_frames(forms))


def unframed(forms: Exact) -> Exact:
    """Without what can be worked out again: for a copy that travels with each answer."""
    return msgspec.structs.replace(forms, frames=())


def _groups(forms: Exact) -> tuple[tuple[str, ...], ...]:
    return forms.titles, forms.readings, forms.authors, forms.author_readings, forms.names, forms.others


def _frames(forms: Exact) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(["" if (frame := bones(form)) == form else frame for form in group]) for group in _groups(forms))


@lru_cache(maxsize=32768)
def _name_parts(author: str) -> tuple[str, ...]:
    """「宮沢, 賢治」 → 宮沢, 賢治; a name without a comma or space has no parts."""
    parts = tuple(filter(None, _NAME_PARTS.split(author)))
    return parts if len(parts) > 1 else ()


def volume_of(statement: str) -> str | None:
    """The token of a catalogued volume statement, or of its first or last word: 「上巻 青春編」."""
    words = statement.split()
    return volume_token(statement) or next((token for word in (words[:1] + words[-1:]) if (token := volume_token(word))), None)


def _norms(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(norm, filter(None, texts))))


def pack(exact: Exact) -> bytes:
    return _ENCODER.encode(exact)


def unpack(packed: bytes) -> Exact:
    return _DECODER.decode(packed)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Exact)


def order(query: Query, candidates: Iterable[tuple[int, Exact]], *, relaxed: bool = False) -> list[int]:
    """Record ids, best first. Equals keep the order in which the engine gave them; relaxed, what is too far is left out."""
    asked = _Asked(query)
    judged = asked.near if relaxed else asked.score
    scored = ((judged(forms), forms.volume, record) for record, forms in candidates)
    kept = [(-points, _in_turn(volume), record) for points, volume, record in scored if points is not None]
    return [record for *_, record in sorted(kept)]


def _in_turn(volume: str) -> tuple[int, int]:
    """The first volume before the second, what has none before both, so that equals come in the same order wherever they were found."""
    if volume[1:].isdigit():
        return 1, int(volume[1:])
    return (0, 0) if not volume else (2, _PARTS_IN_TURN.find(volume[1:]))


_PARTS_IN_TURN = "正上前中下後続別全"


Group = list[tuple[str, str]]  # forms with their skeletons

_LESS = (0.0, 2.0, 4.0, 6.0, 10.0, 30.0)  # what a group of forms is worth less than a title
_NAMES = 4  # the group of which only a whole counts; a piece of a name is found in the whole author
_AS_SPOKEN = ((0, 4.0), (1, 4.0), (3, 6.0), (_NAMES, 6.0))  # the groups that romaji is held against, and what they are worth less


class _Said(NamedTuple):
    """A text with its skeleton."""

    text: str
    bare: str


class _Wanted(NamedTuple):
    """A term: as typed, as it may have been meant, and the volume it may name."""

    said: _Said
    spoken: list[_Said]
    volume: str | None


class _Asked:
    """A query as it is held against record after record."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._whole = [(_Said(query.text, bones(query.text)), _WHOLE)]
        if query.without_volume:
            self._whole.append((_Said(query.without_volume, bones(query.without_volume)), _WHOLE_BUT_VOLUME))
        self._spoken = [_Said(way.text, way.skeleton) for way in query.whole[1:]]
        self._terms = [
            _Wanted(
                _Said(term.text, bones(term.text)),
                [_Said(way.text, way.skeleton) for way in term.alternatives[1:] if way.kind == "romaji"],
                term.volume,
            )
            for term in query.terms
        ]
        self._near = [way.skeleton for way in (*query.whole, *query.near)]
        self._runs = _KANA_OR_NOT.findall(bones(query.text))

    def score(self, forms: Exact) -> float:
        """How well a record answers: about 100 for its whole title or reading, less for pieces, a little for being read much."""
        return self._said(forms, _framed(forms)) + self._besides(forms)

    def near(self, forms: Exact) -> float | None:
        """The same for what holds not every word; None for what is too far, however much it is read and whatever its volume."""
        groups = _framed(forms)
        said = self._said(forms, groups)
        alike = self._nearness(groups, said if said >= _HALF_SAID else _NEAR_ENOUGH)
        if alike < _NEAR_ENOUGH and said < _HALF_SAID:
            return None
        return max(said, alike) + self._besides(forms)

    def _said(self, forms: Exact, groups: list[Group]) -> float:
        best = max(_text(said, groups, full) for said, full in self._whole)
        for said in self._spoken:
            best = max(best, _sound(said, groups))
        return max(best, self._by_terms(forms, groups))

    def _by_terms(self, forms: Exact, groups: list[Group]) -> float:
        """The mean of what each term finds: title and author together are worth nearly as much as either alone."""
        if len(self._terms) < 2:  # a word alone is the whole query, which is looked at as such
            return self._term(self._terms[0], forms, groups) if self._terms and self._terms[0].volume else 0.0
        return 0.97 * sum(self._term(term, forms, groups) for term in self._terms) / len(self._terms)

    def _term(self, term: _Wanted, forms: Exact, groups: list[Group]) -> float:
        if term.volume and term.volume in forms.volumes:
            return 90.0
        best = _text(term.said, groups, _WHOLE)
        for said in term.spoken:
            best = max(best, _sound(said, groups))
        return best

    def _besides(self, forms: Exact) -> float:
        """For the volume asked for, and for being read much."""
        query, volume = self.query, 0.0
        if query.volume in forms.numbers and query.volume != forms.volume:
            volume = _NUMBER_IS
        elif query.volume and forms.volume:
            volume = _VOLUME_IS if forms.volume == query.volume else _VOLUME_DIFFERS
        return volume + min(6.0, math.log2(1 + forms.popularity) / 2)

    def _nearness(self, groups: list[Group], least: float) -> float:
        """Likeness of the skeletons, so that one wrong character costs little and half a title more; below `least` it does not matter."""
        best = 100 * least / _NEAR - 1e-6
        found = 0.0
        for group in groups[:_NAMES]:
            for _, frame in group:
                for typed in self._near:
                    if (alike := _alike(typed, frame, best)) > best:
                        found = best = alike
        return max(_NEAR * found / 100, _MIXED if self._is_mixed(groups) else 0.0)

    def _is_mixed(self, groups: list[Group]) -> bool:
        """「銀河てつどうの夜」: who does not know every character writes the rest by its reading."""
        kana = [run for run in self._runs if _is_kana(run)]
        others = [run for run in self._runs if not _is_kana(run)]
        if not others or max(map(len, kana), default=0) < 2:
            return False
        longest = 2 * sum(map(len, self._runs))
        titles = [title for _, title in groups[0] if len(title) <= longest and all(run in title for run in others)]
        return any(all(run in reading or run in title for run in kana) for title in titles for _, reading in groups[1])


def _framed(forms: Exact) -> list[Group]:
    frames = forms.frames or _frames(forms)
    return [[(form, frame or form) for form, frame in zip(*pair, strict=True)] for pair in zip(_groups(forms), frames, strict=True)]


def _text(said: _Said, groups: list[Group], full: float) -> float:
    best = 0.0
    for number, (group, less) in enumerate(zip(groups, _LESS, strict=True)):
        if best >= full - less:
            break  # nothing that follows is worth more
        best = max(best, _full(said, group, full - less) if number == _NAMES else _best(said, group, full - less))
    return best


def _sound(said: _Said, groups: list[Group]) -> float:
    """Romaji stands for kana and says less of them: long vowels are often left out."""
    return max((_full if number == _NAMES else _best)(said, groups[number], _WHOLE - less) for number, less in _AS_SPOKEN)


def _full(said: _Said, group: Group, full: float) -> float:
    best = 0.0
    for form, frame in group:
        if form == said.text:
            return full
        if frame == said.bare:
            best = full - (_WHOLE - _SAME_BONES)
    return best


def _best(said: _Said, group: Group, full: float) -> float:
    text, bare = said
    best = 0.0
    for form, frame in group:
        if form == text:
            return full
        if frame == bare:
            best = max(best, full - (_WHOLE - _SAME_BONES))
        elif bare in frame or text in form:
            best = max(best, _piece(said, form, frame) - (_WHOLE - full))
    return best


def _piece(said: _Said, form: str, frame: str) -> float:
    """Of a text that holds what was typed: more for its beginning, and for the share of it."""
    covered = _COVERED * min(1.0, len(said.bare) / max(1, len(frame)))
    if form.startswith(said.text):
        return _BEGINS + covered
    if said.text in form:
        return _HOLDS + covered
    return (_BEGINS if frame.startswith(said.bare) else _HOLDS) + covered - 4


def _is_kana(run: str) -> bool:
    return "ぁ" <= run[0] <= "ん"


def _alike(typed: str, field: str, least: float) -> float:
    """Per cent, 0 below `least`. A field that is shorter must fill what was typed: 「げんちょ」 is no answer to 「ほげほげんちょ」."""
    if len(field) > len(typed):
        whole = fuzz.ratio(typed, field, score_cutoff=least)
        return max(whole, 0.8 * fuzz.partial_ratio(typed, field, score_cutoff=min(100.0, max(least, whole) / 0.8)))
    if len(field) > max(2, len(typed) - 2):  # a slip in a long vowel, which a skeleton loses, makes it one shorter
        return fuzz.ratio(typed, field, score_cutoff=least)
    both, twice = len(typed) + len(field), 2 * len(typed)
    return fuzz.ratio(typed, field, score_cutoff=min(100.0, least * twice / both) - 1e-6) * both / twice
