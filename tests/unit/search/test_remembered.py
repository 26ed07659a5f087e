"""Figures are counted once a minute, and many of them never push out those just counted."""

from __future__ import annotations

import pytest

from library.db import Database
from search import remembered


async def test_the_oldest_figures_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 4)
    database, counted = Database("postgresql://nobody@127.0.0.1:1/x"), []

    async def figure(number: int) -> int:
        async def ask() -> int:
            counted.append(number)
            return number

        return await remembered.remembered(database, number, ask)

    assert [await figure(number) for number in (1, 2, 3, 4, 4, 1, 5, 4, 1)] == [1, 2, 3, 4, 4, 1, 5, 4, 1]
    assert counted == [1, 2, 3, 4, 5, 1]
    await database.close()
