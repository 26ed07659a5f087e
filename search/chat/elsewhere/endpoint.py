"""An OpenAI-compatible endpoint: chat completions with tools, one request at a time, whatever may come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec


class Failed(Exception):
    """It was slow, away, refused, or said what cannot be read; the message never holds what was said."""


class Function(msgspec.Struct):
    name: str
    arguments: str = "{}"


class Call(msgspec.Struct):
    id: str
    function: Function


class Message(msgspec.Struct):
    content: str | None = None
    tool_calls: list[Call] | None = None


class _Choice(msgspec.Struct):
    message: Message


class _Completion(msgspec.Struct):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Completion).decode
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Endpoint:
    """`url` as it stands before /chat/completions."""

    url: str
    model: str
    key: str
    seconds: float = 8.0

    async def complete(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Message:
        """Raises Failed."""
        body: dict[str, Any] = {"model": self.model, "messages": messages, "temperature": 0}
        if tools:
            body |= {"tools": tools, "tool_choice": "auto"}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            async with httpx.AsyncClient(timeout=self.seconds, follow_redirects=False) as client:
                answer = await client.post(f"{self.url.rstrip('/')}/chat/completions", json=body, headers=headers)
        except httpx.HTTPError as exc:
            raise Failed(type(exc).__name__) from exc
        if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
            raise Failed(f"status {answer.status_code}")
        try:
            return _decode(answer.content).choices[0].message
        except (msgspec.DecodeError, IndexError) as exc:
            raise Failed("unreadable") from exc
