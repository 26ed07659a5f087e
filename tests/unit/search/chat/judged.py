"""The judged set of utterances: what each means, written by hand; half of it is held out while rules are tuned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from search.chat.plan import Before, PlaceName, Plan, Said
from search.chat.rules import understood
from search.chat.tongues import detect

NOTHING = Before()
TODAY = date(2026, 11, 24)  # a Tuesday
PLACES = (
    PlaceName("chuo", ("中央図書館", "Central Library", "ちゅうおうとしょかん")),
    PlaceName("nishi", ("西図書館", "West Library", "にしとしょかん")),
    PlaceName("joint", ("ひろば図書館", "Hiroba Library")),
    PlaceName("hinatadai", ("日向台図書館", "Hinatadai Library", "ヒナタダイ トショカン", "히나타다이 도서관")),
    PlaceName("school", ("みなみ小学校", "Minami Elementary School")),
)


@dataclass(frozen=True)
class Judged:
    """One utterance. `expected`: name=value, or name~value where the slot must hold the value among others."""

    language: str
    half: str
    after: str
    text: str
    intent: str
    expected: tuple[str, ...]


def judged() -> tuple[Judged, ...]:
    lines = (Path(__file__).parent / "judged.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_read(line) for line in lines if not line.startswith("#"))


def _read(line: str) -> Judged:
    language, half, after, text, intent, *rest = line.split("\t")
    return Judged(language, half, after, text, intent, tuple(_expectations(rest[0] if rest else "")))


def _expectations(column: str) -> Iterator[str]:
    """Separated by spaces; a piece without = or ~ belongs to the value before it."""
    pieces: list[str] = []
    for piece in column.split():
        if "=" in piece or "~" in piece or not pieces:
            pieces.append(piece)
        else:
            pieces[-1] += f" {piece}"
    yield from pieces


def said(text: str, before: Before = NOTHING) -> Said:
    return Said(text=text, language=detect(text), today=TODAY, places=PLACES, before=before)


def answered(one: Judged) -> Plan:
    before = Before(plan=understood(said(one.after))) if one.after else Before()
    return understood(said(one.text, before))


def wrong(one: Judged, plan: Plan) -> list[str]:
    """What differs from what is expected; nothing when it is right."""
    found = [] if detect(one.text) == one.language or one.text.isascii() else [f"language {detect(one.text)}"]
    if plan.intent != one.intent:
        found.append(f"intent {plan.intent}")
    slots = msgspec.structs.asdict(plan.slots)
    for expectation in one.expected:
        exact = "=" in expectation
        name, _, value = expectation.partition("=" if exact else "~")
        has = slots[name]
        if exact:
            right = str(int(has)) == value if isinstance(has, bool) else str(has).casefold() == value.casefold()
        else:
            right = value in has if isinstance(has, str) else any(str(one).startswith(value) for one in has)
        if not right:
            found.append(f"{name} {has!r}")
    return found
