"""The order of the first results: what a record says exactly, held against what was typed. Pure, the same for every engine."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

import msgspec
from rapidfuzz import fuzz

from search.asking.query import Alternative, Query, Term
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

    @property
    def volumes(self) -> tuple[str, ...]:
        """Every token by which it may be asked for."""
        return tuple(dict.fromkeys(filter(None, (self.volume, *self.numbers))))


def exact(document: Document) -> Exact:
    subtitled = f"{document.title} {document.subtitle}" if document.subtitle else ""
    stem, volume = split_volume(document.title)
    return Exact(
        titles=_norms([document.title, subtitled, stem, *document.titles_other]),
        readings=_norms(form for reading in document.title_readings for form in reading_forms(reading)),
        authors=_norms(document.authors),
        author_readings=_norms(document.author_readings),
        names=_norms(part for author in (*document.authors, *document.author_readings) for part in _name_parts(author)),
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


def _name_parts(author: str) -> list[str]:
    """「宮沢, 賢治」 → 宮沢, 賢治; a name without a comma or space has no parts."""
    parts = [part for part in _NAME_PARTS.split(author) if part]
    return parts if len(parts) > 1 else []


def volume_of(statement: str) -> str | None:
    """The token of a catalogued volume statement, or of its first or last word: 「上巻 青春編」."""
    words = statement.split()
    return volume_token(statement) or next((token for word in (words[:1] + words[-1:]) if (token := volume_token(word))), None)


def _norms(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(norm(text) for text in texts if text))


def pack(exact: Exact) -> bytes:
    return _ENCODER.encode(exact)


def unpack(packed: bytes) -> Exact:
    return _DECODER.decode(packed)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Exact)


def order(query: Query, candidates: Iterable[tuple[int, Exact]], *, relaxed: bool = False) -> list[int]:
    """Record ids, best first. Equals keep the order in which the engine gave them; relaxed, what is too far is left out."""
    scored = ((_near(query, forms) if relaxed else score(query, forms), forms.volume, record) for record, forms in candidates)
    kept = [(-points, _in_turn(volume), record) for points, volume, record in scored if points is not None]
    return [record for *_, record in sorted(kept)]


def _in_turn(volume: str) -> tuple[int, int]:
    """The first volume before the second, what has none before both, so that equals come in the same order wherever they were found."""
    if volume[1:].isdigit():
        return 1, int(volume[1:])
    return (0, 0) if not volume else (2, _PARTS_IN_TURN.find(volume[1:]))


_PARTS_IN_TURN = "正上前中下後続別全"


def score(query: Query, forms: Exact) -> float:
    """How well a record answers: about 100 for its whole title or reading, less for pieces, a little for being read much."""
    return max(_whole(query, forms), _by_terms(query, forms)) + _besides(query, forms)


def _near(query: Query, forms: Exact) -> float | None:
    """The same for what holds not every word; None for what is too far, however much it is read and whatever its volume."""
    said, alike = max(_whole(query, forms), _by_terms(query, forms)), _nearness(query, forms)
    if alike < _NEAR_ENOUGH and said < _HALF_SAID:
        return None
    return max(said, alike) + _besides(query, forms)


def _besides(query: Query, forms: Exact) -> float:
    """For the volume asked for, and for being read much."""
    volume = 0.0
    if query.volume in forms.numbers and query.volume != forms.volume:
        volume = _NUMBER_IS
    elif query.volume and forms.volume:
        volume = _VOLUME_IS if forms.volume == query.volume else _VOLUME_DIFFERS
    return volume + min(6.0, math.log2(1 + forms.popularity) / 2)


def _whole(query: Query, forms: Exact) -> float:
    typed = [(query.text, _WHOLE)]
    if query.without_volume:
        typed.append((query.without_volume, _WHOLE_BUT_VOLUME))
    best = max(_text(text, forms, full, bones) for text, full in typed)
    for way in query.whole[1:]:
        best = max(best, _sound(way, forms))
    return best


def _text(text: str, forms: Exact, full: float, skeleton: Callable[[str], str]) -> float:
    bare = skeleton(text)
    return max(
        _best(text, bare, forms.titles, full),
        _best(text, bare, forms.readings, full - 2),
        _best(text, bare, forms.authors, full - 4),
        _best(text, bare, forms.author_readings, full - 6),
        _full(text, bare, forms.names, full - 10),
        _best(text, bare, forms.others, full - 30),
    )


def _sound(way: Alternative, forms: Exact) -> float:
    """Romaji stands for kana and says less of them: long vowels are often left out."""
    return max(
        _best(way.text, way.skeleton, forms.titles, _WHOLE - 4),
        _best(way.text, way.skeleton, forms.readings, _WHOLE - 4),
        _best(way.text, way.skeleton, forms.author_readings, _WHOLE - 6),
        _full(way.text, way.skeleton, forms.names, _WHOLE - 6),
    )


def _best(text: str, bare: str, fields: tuple[str, ...], full: float) -> float:
    return max((_one(text, bare, field, full) for field in fields), default=0.0)


def _full(text: str, bare: str, fields: tuple[str, ...], full: float) -> float:
    """Only a whole name counts; a piece of one is found in the whole author."""
    if text in fields:
        return full
    return full - (_WHOLE - _SAME_BONES) if any(bones(field) == bare for field in fields) else 0.0


def _one(text: str, bare: str, field: str, full: float) -> float:
    if field == text:
        return full
    frame = bones(field)
    if frame == bare:
        return full - (_WHOLE - _SAME_BONES)
    less = _WHOLE - full
    covered = _COVERED * min(1.0, len(bare) / max(1, len(frame)))
    if field.startswith(text):
        return _BEGINS + covered - less
    if text in field:
        return _HOLDS + covered - less
    if frame.startswith(bare):
        return _BEGINS + covered - less - 4
    return _HOLDS + covered - less - 4 if bare in frame else 0.0


def _by_terms(query: Query, forms: Exact) -> float:
    """The mean of what each term finds: title and author together are worth nearly as much as either alone."""
    if len(query.terms) < 2:  # a word alone is the whole query, which is looked at as such
        return _term(query.terms[0], forms) if query.terms and query.terms[0].volume else 0.0
    return 0.97 * sum(_term(term, forms) for term in query.terms) / len(query.terms)


def _term(term: Term, forms: Exact) -> float:
    if term.volume and term.volume in forms.volumes:
        return 90.0
    best = _text(term.text, forms, _WHOLE, bones)
    for way in term.alternatives[1:]:
        if way.kind == "romaji":
            best = max(best, _sound(way, forms))
    return best


def _nearness(query: Query, forms: Exact) -> float:
    """Likeness of the skeletons, so that one wrong character costs little and half a title more."""
    best = 0.0
    fields = [bones(field) for field in (*forms.titles, *forms.readings, *forms.authors, *forms.author_readings)]
    for way in (*query.whole, *query.near):
        for field in fields:
            best = max(best, _alike(way.skeleton, field))
    return max(_NEAR * best / 100, _MIXED if _is_mixed(bones(query.text), forms) else 0.0)


def _is_mixed(typed: str, forms: Exact) -> bool:
    """「銀河てつどうの夜」: who does not know every character writes the rest by its reading."""
    runs = _KANA_OR_NOT.findall(typed)
    kana = [run for run in runs if _is_kana(run)]
    others = [run for run in runs if not _is_kana(run)]
    if not others or max(map(len, kana), default=0) < 2:
        return False
    titles = [title for title in map(bones, forms.titles) if len(title) <= 2 * len(typed) and all(run in title for run in others)]
    return any(all(run in reading or run in title for run in kana) for title in titles for reading in map(bones, forms.readings))


def _is_kana(run: str) -> bool:
    return "ぁ" <= run[0] <= "ん"


def _alike(typed: str, field: str) -> float:
    """Per cent. A field that is shorter must fill what was typed: 「げんちょ」 is no answer to 「ほげほげんちょ」."""
    whole = fuzz.ratio(typed, field)
    if len(field) > len(typed):
        return max(whole, 0.8 * fuzz.partial_ratio(typed, field))
    if len(field) > max(2, len(typed) - 2):  # a slip in a long vowel, which a skeleton loses, makes it one shorter
        return whole
    return whole * (len(typed) + len(field)) / (2 * len(typed))
