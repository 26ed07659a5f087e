"""What somebody is in the middle of typing: the beginnings it may stand for, with letters that are not yet kana. Pure."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from search.suggest.keys import LONGEST, frame
from search.text.normal import JAPANESE, norm
from search.text.romaji import SYLLABLES, kana_of

_MOST_READ = 80  # characters; a longer text is no beginning of anything
_MOST_WAYS = 12
_WAITING = 3  # letters at most that wait for their vowel: "kky"
_LETTERS = re.compile(r"[a-z][a-z' -]*")
_MIXED = re.compile(f"(.*[{JAPANESE}])([a-z]{{1,12}})")
_NOT_SHOWN = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)], " ")


class Typed(msgspec.Struct, frozen=True):
    """`ways`: skeletons that a phrase may begin with; `without`: the same when letters that wait for a vowel are left out.

    `sought`: the same as they would be written, to mark them in what is shown.
    """

    text: str = ""
    ways: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    sought: tuple[str, ...] = ()


def read(text: str) -> Typed:
    """Any text is something; one without a visible character is the empty one."""
    plain = norm(" ".join(text[:_MOST_READ].translate(_NOT_SHOWN).split()))
    if not plain:
        return Typed()
    without = ""
    written = [plain]
    if _LETTERS.fullmatch(plain):
        written += _spoken(plain)
    elif mixed := _MIXED.fullmatch(plain):
        without = mixed[1]
        written += [mixed[1] + kana for kana in _ways(mixed[2])]
    sought = tuple(dict.fromkeys([*written, without] if without else written))[:_MOST_WAYS]
    return Typed(plain, _frames(written), _frames([without]), sought)


def _frames(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one[:LONGEST] for one in map(frame, texts) if one))[:_MOST_WAYS]


def _spoken(letters: str) -> list[str]:
    """Romaji, whose last word may not be finished."""
    *before, last = letters.split()
    said = [kana_of(word) for word in before]
    if not all(said):
        return []
    return ["".join(kana or "" for kana in said) + way for way in _ways(last)]


@cache
def _waiting() -> dict[str, tuple[str, ...]]:
    """Letters that may still become kana → what they may begin."""
    found: dict[str, set[str]] = {}
    for letters, kana in SYLLABLES.items():
        for end in range(1, len(letters)):
            if letters[end - 1] not in "aiueo":
                found.setdefault(letters[:end], set()).add(norm(kana))
    found["n"].add("ん")
    found["m"].add("ん")  # shimbun
    return {letters: _shortest(kana) for letters, kana in found.items()}


def _shortest(kana: set[str]) -> tuple[str, ...]:
    """Without those that begin with another."""
    return tuple(sorted(one for one in kana if not any(one != other and one.startswith(other) for other in kana)))


def _ways(letters: str) -> list[str]:
    """Kana of romaji with its last letters still waiting; none where it is no romaji."""
    for waiting in range(min(_WAITING, len(letters)) + 1):
        head, tail = letters[: len(letters) - waiting], letters[len(letters) - waiting :]
        kana = kana_of(head) if head else ""
        if kana is None or (not tail and letters[-1:] in ("n", "m")):  # "gin" is also the beginning of gina
            continue
        if not tail:
            return [kana]
        single = tail[1:] if len(tail) > 1 and tail[0] == tail[1] else tail
        if single in _waiting():
            return [kana + rest for rest in _waiting()[single]]
    return []
