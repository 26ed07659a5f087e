"""Which of the phrases that begin as typed are offered, and in which order. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from search.index.document import Phrase
from search.suggest.keys import frame
from search.suggest.phrases import AUTHOR, SERIES, SUBJECT, TITLE
from search.text.normal import norm

MOST = 8
SHARES = {TITLE: 5, AUTHOR: 3, SERIES: 2, SUBJECT: 2}  # of one kind, while there are others
_EXACT, _BEGINS, _AS_WRITTEN = 4000, 2000, 1000  # more than most standings: 64 × log2 of 50,000 is 1,000
_WELL_READ = 256  # a standing of about ten records and loans
_PARTED = re.compile(r"[,，・]")

Offered = TypeVar("Offered")


class Hint(NamedTuple):
    """A phrase that begins as asked (`is_whole`) or has a later word that does; `is_exact`: it is what was typed.

    `as_written`: letter for letter, and not only but for long vowels and small kana: しょう is しょうねん before it is しょくぶつ.
    """

    phrase: Phrase
    standing: int
    is_whole: bool = True
    is_exact: bool = False
    as_written: bool = False

    @property
    def score(self) -> int:
        return _EXACT * self.is_exact + _BEGINS * self.is_whole + _AS_WRITTEN * self.as_written + self.standing


def compared(hint: Hint, sought: Sequence[str]) -> Hint:
    """With what its skeleton does not tell; `sought` are normal forms.

    Whoever types the whole family or given name of a writer who is read means that writer: そうせき is 夏目漱石.
    """
    forms = [norm(form).replace(" ", "") for form in (hint.phrase.text, hint.phrase.reading) if form]
    begun = tuple(one.replace(" ", "") for one in sought)
    written = any(form.startswith(begun) for form in forms) or (not hint.is_whole and any(one in form for one in begun for form in forms))
    if hint.phrase.kind == AUTHOR and hint.standing >= _WELL_READ and _is_named(hint.phrase, begun):
        hint = hint._replace(is_whole=True, is_exact=True)
    return hint._replace(as_written=written)


def _is_named(phrase: Phrase, sought: Sequence[str]) -> bool:
    wanted = {frame(one) for one in sought}
    names = (part for name in (phrase.reading, phrase.heading, phrase.text) for part in _PARTED.split(name))
    return any(frame(name) in wanted for name in names if name.strip())


def chosen(
    hints: Iterable[Hint], look: Callable[[Phrase], Offered | None], *, most: int = MOST, shares: Mapping[str, int] = SHARES
) -> list[Offered]:
    """Each kind gives its best (if letter for letter, where anything is), then the best of all fill up.

    A phrase under which `look` finds nothing is passed over.
    """
    kinds: dict[str, dict[str, Hint]] = {}
    for hint in sorted(_heard(hints), key=lambda one: -one.score):
        kinds.setdefault(hint.phrase.kind, {}).setdefault(hint.phrase.key, hint)
    alive = {kind: ((hint, there) for hint in of.values() if (there := look(hint.phrase)) is not None) for kind, of in kinds.items()}
    found = {kind: list(islice(alive[kind], share)) for kind, share in shares.items() if kind in alive}
    if (missing := most - sum(map(len, found.values()))) > 0 and TITLE in found:
        found[TITLE] += islice(alive[TITLE], missing)
    everything = [one for those in found.values() for one in those]
    any_written = any(hint.as_written for hint, _ in everything)
    best = [those[0] for those in found.values() if those and those[0][0].as_written >= any_written]
    others = sorted((one for one in everything if one not in best), key=_by_score)
    return [there for _, there in sorted([*best, *others[: max(0, most - len(best))]], key=_by_score)]


def _heard(hints: Iterable[Hint]) -> list[Hint]:
    """What only sounds as long is not what was typed where anything is letter for letter: そうせき is not 創生記."""
    found = list(hints)
    if any(hint.as_written for hint in found):
        return [hint._replace(is_exact=hint.is_exact and hint.as_written) for hint in found]
    return found


def _by_score(pair: tuple[Hint, Offered]) -> int:
    return -pair[0].score


def enough(hints: Sequence[Hint], kind: str) -> bool:
    """Whether later words need not be looked at."""
    return len(hints) >= SHARES[kind]
