"""A stock of books for every test of lending."""

from __future__ import annotations

import pytest

from library.db import Database
from tests.integration.circulation.stock import Stock
from tests.world import World


@pytest.fixture
def stock(database: Database, world: World) -> Stock:
    return Stock(database, world)
