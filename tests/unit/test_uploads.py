"""Files between looking and doing: for an hour at most."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from pathlib import Path

import pytest

from library import clock
from library.errors import NotFound
from library.http import uploads
from library.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(demo=True, data=tmp_path)


def test_after_an_hour_nobody_has_it_any_more(settings: Settings) -> None:
    key = uploads.keep(settings, 1, io.BytesIO(b"names"), now=clock.now())
    with pytest.raises(NotFound):
        uploads.kept(settings, 1, key, now=clock.now() + timedelta(minutes=61))
    assert list((settings.data / "uploads").iterdir()) == []


async def test_it_goes_also_when_nobody_comes_back(settings: Settings) -> None:
    uploads.keep(settings, 1, io.BytesIO(b"names"), now=clock.now())
    with clock.stopped(clock.now() + timedelta(minutes=61)):
        forgetting = asyncio.ensure_future(uploads.keep_forgetting(settings))
        await asyncio.sleep(0.3)
    assert list((settings.data / "uploads").iterdir()) == []
    forgetting.cancel()
