"""A process that is asked to build an index, says that it has begun, and never ends by itself; or fails at once when it is told to."""

from __future__ import annotations

import asyncio
from errno import ENOSPC
from typing import Any

from search.index import elsewhere
from search.index.elsewhere import Built, Tell


async def never(given: dict[str, Any], tell: Tell) -> Built:
    tell(1)
    if given["fails"]:
        raise OSError(ENOSPC, "No space left on device")
    await asyncio.sleep(3600)
    return Built(1, is_over=True)


if __name__ == "__main__":
    elsewhere.work_off(never)
