"""What can be done with a question when, as a table."""

from __future__ import annotations

import pytest

from library.errors import Conflict
from search.questions.states import Act, State, after

TABLE = {
    State.OPEN: (State.TAKEN, State.ANSWERED, State.CLOSED),
    State.TAKEN: (State.TAKEN, State.ANSWERED, State.CLOSED),
    State.ANSWERED: (State.TAKEN, State.ANSWERED, State.CLOSED),
    State.CLOSED: (None, None, None),
}


@pytest.mark.parametrize("state", State)
def test_each_state_allows_what_the_table_says(state: State) -> None:
    for act, expected in zip(Act, TABLE[state], strict=True):
        if expected is None:
            with pytest.raises(Conflict):
                after(state, act)
        else:
            assert after(state, act) is expected
