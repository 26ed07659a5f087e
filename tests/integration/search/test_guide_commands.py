"""The guide as files, from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from library.commands.procedures import group
from library.settings import Settings
from tests.world import World


@pytest.fixture
def shell(database_url: str, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LIBRARY_DATABASE_URL", database_url)
    monkeypatch.setenv("LIBRARY_DATA", str(settings.data))

    async def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = await asyncio.to_thread(CliRunner().invoke, group, [*arguments, "--json"])
        return done.exit_code, json.loads(done.stdout.strip().splitlines()[-1])

    return run


async def test_the_guide_goes_out_and_comes_back_after_a_rehearsal(shell: Any, tmp_path: Path) -> None:
    assert (await shell("import", "--starting", "--dry-run"))[1]["dry_run"]
    status, made = await shell("import", "--starting", "--publish")
    assert (status, len(made["made"])) == (0, 29)  # the rehearsal kept nothing
    for name in ("guide.yaml", "guide.json"):
        assert (await shell("export", str(tmp_path / name)))[0] == 0
        assert (await shell("import", str(tmp_path / name)))[1]["unchanged"] == made["made"]
    (tmp_path / "wrong.yaml").write_text("- {key: a-b, texts: {ja: {title: あ, body: '{hours:nowhere}'}}}", encoding="utf-8")
    status, refused = await shell("import", str(tmp_path / "wrong.yaml"))
    assert status == 1
    assert "[1] a-b: body_ja: 「{hours:nowhere}」という事実はありません。" in refused["error"]["message"]
