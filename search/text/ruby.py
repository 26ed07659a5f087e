"""A reading spread over the kanji of its title."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_RUNS = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]+|[^\w\u3005]+|(?:(?![\u3041-\u3096\u30a1-\u30fa\u30fc])[\w\u3005])+")
_KANA_RUN = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]+")
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_EQUAL = {
    "は": "はわ",
    "わ": "わは",
    "へ": "へえ",
    "え": "えへ",
    "を": "をお",
    "お": "おを",
    "づ": "づず",
    "ず": "ずづ",
    "ぢ": "ぢじ",
    "じ": "じぢ",
    # Before 1946 small kana were written large: 「行つた」 is read いった.
    "つ": "つっ",
    "や": "やゃ",
    "ゆ": "ゆゅ",
    "よ": "よょ",
}
_LONGEST = 120


@lru_cache(maxsize=4096)
def ruby(title: str, reading: str) -> tuple[tuple[str, str], ...]:
    """Pairs (base, reading) whose bases joined give `title`; the reading is hiragana, empty over kana and punctuation.

    Kana of the title anchor the reading. Where more than one alignment would do, the whole stretch in doubt carries its
    reading as one; where none does, the title stands with the reading over all of it.
    """
    runs = [run[0] for run in _RUNS.finditer(title)]
    sound, words = _sound(reading)
    if not sound or "".join(runs) != title or len(title) > _LONGEST or len(sound) > 4 * _LONGEST:
        return ((title, ""),) if title else ()
    if not any(_needs_reading(run) for run in runs):
        return ((title, ""),)
    begun, ended, sound, words = _trim(runs, sound, words)
    middle = runs[len(begun) : len(runs) - len(ended)]
    solutions = _solutions(middle, sound)
    if len(solutions) > 1:
        apart = [spread for spread in solutions if _stands_apart(middle, spread, words)]
        solutions = apart if len(apart) == 1 else solutions
    spread = zip(middle, solutions[0], strict=True) if len(solutions) == 1 else [("".join(middle), sound)]
    return (*((run, "") for run in begun), *spread, *((run, "") for run in ended))


def _sound(reading: str) -> tuple[str, frozenset[tuple[int, int]]]:
    """The reading without spaces in hiragana, and the begin and end of its words."""
    words = unicodedata.normalize("NFKC", reading).lower().translate(_TO_HIRAGANA).split()
    kept = ["".join(c for c in word if c.isalnum() or c == "ー") for word in words]
    places = []
    at = 0
    for word in kept:
        places.append((at, at + len(word)))
        at += len(word)
    return "".join(kept), frozenset(places)


def _needs_reading(run: str) -> bool:
    return not _KANA_RUN.fullmatch(run) and any(c.isalnum() for c in run)


def _literal(run: str) -> re.Pattern[str] | None:
    """What a kana run sounds like, () for punctuation, None for what needs a reading."""
    if _needs_reading(run):
        return None
    kana = run.translate(_TO_HIRAGANA) if _KANA_RUN.fullmatch(run) else ""
    return re.compile("".join(f"[{_EQUAL.get(c, c)}]" for c in kana))


def _trim(runs: list[str], sound: str, words: frozenset[tuple[int, int]]) -> tuple[list[str], list[str], str, frozenset[tuple[int, int]]]:
    """Kana and punctuation at either end of the title, which the reading must begin and end with, taken off both."""
    begun: list[str] = []
    start = 0
    for run in runs:
        literal = _literal(run)
        match = literal.match(sound, start) if literal else None
        if not match:
            break
        begun.append(run)
        start = match.end()
    ended: list[str] = []
    end = len(sound)
    for run in reversed(runs[len(begun) :]):
        literal = _literal(run)
        length = len(run) if _KANA_RUN.fullmatch(run) else 0
        if not literal or end - length <= start or not literal.fullmatch(sound, end - length, end):
            break
        ended.insert(0, run)
        end -= length
    return begun, ended, sound[start:end], frozenset((a - start, b - start) for a, b in words)


def _solutions(runs: list[str], sound: str) -> list[tuple[str, ...]]:
    """Alignments of runs with the sound, no more than a few: two already mean doubt, several let word ends decide."""
    shapes: list[str] = []
    for run in runs:
        literal = _literal(run)
        shapes.append(literal.pattern if literal else "")
    found: list[tuple[str, ...]] = []
    dead: set[tuple[int, int]] = set()

    def spread(run: int, at: int, taken: tuple[str, ...]) -> bool:
        if len(found) > 8:
            return True
        if run == len(runs):
            if at == len(sound):
                found.append(taken)
            return at == len(sound)
        if (run, at) in dead:
            return False
        reached = False
        if _needs_reading(runs[run]):
            longest = len(sound) - at - (len(runs) - run - 1 and sum(map(_needs_reading, runs[run + 1 :])))
            for length in range(min(len(runs[run]), 1), longest + 1):
                reached |= spread(run + 1, at + length, (*taken, sound[at : at + length]))
        else:
            match = re.compile(shapes[run]).match(sound, at)
            reached = bool(match) and spread(run + 1, match.end() if match else at, (*taken, ""))
        if not reached:
            dead.add((run, at))
        return reached

    spread(0, 0, ())
    return found


def _stands_apart(runs: list[str], spread: tuple[str, ...], words: frozenset[tuple[int, int]]) -> bool:
    """Every lone kana of the title is a word of its own in the reading: the particle, and not the same kana inside a word."""
    at = 0
    for run, reading in zip(runs, spread, strict=True):
        length = len(reading) if _needs_reading(run) else len(run) if _KANA_RUN.fullmatch(run) else 0
        if length and not reading and len(run) == 1 and (at, at + 1) not in words:
            return False
        at += length
    return True
