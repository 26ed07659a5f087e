"""Answers that are the same for everybody: caches on the way may keep them, so nothing of one visitor may ride on them."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message


def is_for_everybody(message: Message) -> bool:
    """Whether the answer that begins here lets caches hand it to anybody, and with it whatever cookie it would set."""
    said: str = MutableScopeHeaders.from_message(message).get("cache-control", "")
    return said.startswith("public")
