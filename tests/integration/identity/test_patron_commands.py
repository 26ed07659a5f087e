"""Registering from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from library.commands.patrons import group
from library.settings import Settings
from tests.world import World

ONE = ("--family-name", "高橋 一郎", "--family-reading", "たかはし いちろう", "--birth-date", "S45.3.2", "--proof", "licence")


class Shell:
    """Runs `library patrons add` as an operator would, with --json."""

    def __call__(self, *arguments: str, organisation: str = "ward") -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(group, ["add", "--organisation", organisation, *arguments, "--json"])
        lines = done.stdout.strip().splitlines()
        return done.exit_code, json.loads(lines[-1]) if lines else {}


@pytest.fixture
def shell(database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("LIBRARY_DATABASE_URL", database_url)
    monkeypatch.setenv("LIBRARY_DATA", str(settings.data))
    return Shell()


def test_somebody_is_registered_with_a_card_and_a_code(shell: Shell, world: World) -> None:
    status, made = shell(*ONE)
    assert status == 0, made
    assert len(made["card"]) == 10
    assert len(made["set_up_code"]) == 14
    assert made["valid_to"]
    status, refused = shell(*ONE, "--card", "4512345678")
    assert (status, refused["error"]["code"]) == (1, "maybe_registered")
    assert "高橋 一郎" in refused["error"]["message"]
    status, made = shell(*ONE, "--card", "4512345678", "--different", "--no-account")
    assert (status, made["card"], made["set_up_code"]) == (0, "4512345678", None)


@pytest.mark.parametrize(
    ("arguments", "organisation", "code", "words"),
    [
        (("--family-name", "高橋"), "ward", "form_incomplete", ("family_reading", "birth_date", "proof")),
        ((*ONE, "--card", "1000000001"), "ward", "card_number_taken", ()),
        ((*ONE, "--address", "1234 5678 9018"), "ward", "form_incomplete", ("address",)),
        (ONE, "nowhere", "organisation_not_found", ()),
    ],
)
def test_what_cannot_be_is_said(
    shell: Shell, world: World, arguments: tuple[str, ...], organisation: str, code: str, words: tuple[str, ...]
) -> None:
    status, refused = shell(*arguments, organisation=organisation)
    assert (status, refused["error"]["code"]) == (1, code)
    assert all(word in refused["error"]["message"] for word in words)
    assert "5678 9018" not in refused["error"]["message"]
