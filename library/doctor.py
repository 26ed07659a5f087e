"""What is configured, reachable and pending, for a person in front of a terminal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from library import postgres, schema
from library.errors import Misconfigured
from library.http.pages import DIST
from library.settings import Settings


@dataclass(frozen=True)
class Line:
    part: str
    good: bool
    says: str
    needed: bool = True

    @property
    def mark(self) -> str:
        return "ok  " if self.good else "FAIL"

    def as_dict(self) -> dict[str, object]:
        return {"part": self.part, "ok": self.good, "says": self.says}


async def examine(settings: Settings) -> list[Line]:
    lines = [_mode(settings), _secret(settings), _front_end()]
    try:
        url = await asyncio.to_thread(postgres.url, settings)
        current = await asyncio.to_thread(schema.current, url)
    except Exception as exc:
        return [*lines, Line("database", False, str(exc).strip().splitlines()[0])]
    where = "configured by LIBRARY_DATABASE_URL" if settings.database_url else f"embedded, in {settings.data}"
    lines.append(Line("database", True, where))
    newest = schema.newest()
    pending = "up to date" if current == newest else f"pending: has {current or 'nothing'}, needs {newest}; run: library migrate"
    lines.append(Line("migrations", current == newest, pending))
    return lines


def _mode(settings: Settings) -> Line:
    if settings.demo:
        return Line("mode", True, "demo: invented data and known passwords, not for a real library")
    try:
        settings.require_for_serving()
    except Misconfigured as exc:
        return Line("mode", False, str(exc))
    return Line("mode", True, f"production at {settings.public_url}")


def _secret(settings: Settings) -> Line:
    try:
        assert settings.key
    except Misconfigured as exc:
        return Line("secret", False, str(exc))
    return Line("secret", True, "set" if settings.secret_key else "the demo's")


def _front_end() -> Line:
    built = (DIST / "manifest.json").exists()
    return Line("front end", built, "built" if built else "not built; run: make build")
