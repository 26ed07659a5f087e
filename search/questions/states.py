"""What can be done with a question, as a table. Pure."""

from __future__ import annotations

from enum import StrEnum

from library.errors import N_, Conflict


class State(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    ANSWERED = "answered"
    CLOSED = "closed"


class Act(StrEnum):
    TAKE = "take"
    ANSWER = "answer"
    CLOSE = "close"


# Taking it again is taking it over, or up again after an answer that did not do; what is closed is waiting to be deleted.
NEXT: dict[tuple[State, Act], State] = {
    (State.OPEN, Act.TAKE): State.TAKEN,
    (State.TAKEN, Act.TAKE): State.TAKEN,
    (State.ANSWERED, Act.TAKE): State.TAKEN,
    (State.OPEN, Act.ANSWER): State.ANSWERED,
    (State.TAKEN, Act.ANSWER): State.ANSWERED,
    (State.ANSWERED, Act.ANSWER): State.ANSWERED,
    (State.OPEN, Act.CLOSE): State.CLOSED,
    (State.TAKEN, Act.CLOSE): State.CLOSED,
    (State.ANSWERED, Act.CLOSE): State.CLOSED,
}

STATES: dict[State, str] = {
    State.OPEN: N_("届いたばかり"),
    State.TAKEN: N_("対応中"),
    State.ANSWERED: N_("答えた"),
    State.CLOSED: N_("終わり"),
}


def after(state: State, act: Act) -> State:
    """The state that an act leads to; Conflict where it cannot be done."""
    found = NEXT.get((state, act))
    if found is None:
        raise Conflict("question_state", N_("この質問では、いまはできません。開きなおしてください。"))
    return found
