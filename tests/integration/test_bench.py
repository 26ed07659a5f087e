"""The benchmarks run from an empty folder to the last figure, and leave nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from library.commands.bench import PARTS

COMMAND = [sys.executable, "-c", "from library.commands.bench import bench; bench()"]
CHECKOUT = Path(__file__).resolve().parent.parent.parent


def run(*options: str, folder: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], cwd=folder, capture_output=True, text=True, timeout=840, check=False)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_tiny_run_measures_everything_and_the_mix_is_as_meant(tmp_path: Path) -> None:
    done = run("--quick", "--records", "1000", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["conditions"]["postgres fsync"] == "on"
    assert told["conditions"]["records"] == 1_000
    lines = {(line["section"], line["what"]): line for line in told["lines"]}
    assert {section for section, _ in lines} == {*PARTS}
    for encoding in ("UTF-8", "MARC-8"):
        assert "created 20 of 20 meant, matched 80 of 60 by ISBN + 20 by title" in lines["import", f"{encoding} file"]["note"]
        assert lines["import", f"{encoding} file, pymarc"]["n"] == 100
    found = lines["search", "HTTP, one at a time p50"]["note"].split(" ")
    assert found[0] == found[2], "no search for a book that is there came back empty"
    assert lines["following", "a return to be found, embedded p95"]["value"] < 5_000
    assert "stand-in: protocol only" in lines["following", "a return to be found, meilisearch p50"]["note"]
    assert lines["pages", "/records/{id} first view"]["value"] > 0
    assert not [line for line in told["lines"] if line["value"] is None]


@pytest.mark.parametrize("options", [["--records", "5"], ["--only", "everything"]])
def test_what_cannot_be_measured_is_refused_in_words(options: list[str]) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert "Invalid value" in done.stderr
