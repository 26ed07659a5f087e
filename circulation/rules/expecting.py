"""When somebody in line can reckon with a book: a guess from what is on the shelves and when the rest is due. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

USUAL_LOAN = 14  # days for which whoever is first keeps it


@dataclass(frozen=True)
class Outlook:
    """`on_shelf`: a copy is there and only has to be brought; `around`: the day a copy may come back for them, None when nobody knows."""

    on_shelf: bool = False
    around: date | None = None


def outlook(position: int, *, free: int, due: Collection[date], today: date) -> Outlook:
    """For whoever stands at a position, from 1. `free` copies go to the first in line, then each copy comes round in turn.

    What is late counts as coming back today: nobody knows better.
    """
    if position <= free:
        return Outlook(on_shelf=True)
    rounds = sorted(max(day, today) for day in due)
    rounds += [today + timedelta(days=USUAL_LOAN)] * free  # those that go to the readers before
    if not rounds:
        return Outlook()
    rounds.sort()
    times, place = divmod(position - free - 1, len(rounds))
    return Outlook(around=rounds[place] + timedelta(days=USUAL_LOAN * times))
