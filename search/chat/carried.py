"""The conversation's memory, carried by whoever talks: sealed so that nobody can put anything into it, and kept nowhere else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib

import msgspec

from search.chat.plan import Before, Plan, Turn

MOST_TURNS = 6
LONGEST_SAID, LONGEST_ANSWERED = 400, 160  # letters
LONGEST = 8000  # letters of the sealed text
_MOST_BYTES = 40_000
_SEAL = 16

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Before).decode


def sealed(before: Before, key: bytes) -> str:
    """Letters for an address, a hidden field, a message of another service; what was said first is let go where they would be too many."""
    while len(text := _sealed(before, key)) > LONGEST and before.turns:
        before = msgspec.structs.replace(before, turns=before.turns[1:])
    return text


def _sealed(before: Before, key: bytes) -> str:
    body = zlib.compress(_encode(before), 9)
    return base64.urlsafe_b64encode(_seal(body, key) + body).decode().rstrip("=")


def opened(text: str, key: bytes) -> Before:
    """What was sealed; an empty memory for anything that was not, or by another key."""
    if not text or len(text) > LONGEST or not text.isascii():
        return Before()
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body = raw[_SEAL:]
        if not hmac.compare_digest(_seal(body, key), raw[:_SEAL]):
            return Before()
        unpacked = zlib.decompressobj().decompress(body, _MOST_BYTES)
        return _decode(unpacked)
    except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError):
        return Before()


def grown(before: Before, *, said: str, answered: str, plan: Plan | None, records: tuple[int, ...], stuck: bool) -> Before:
    """The memory after one more turn."""
    turn = Turn(said[:LONGEST_SAID], answered[:LONGEST_ANSWERED])
    kept = msgspec.structs.replace(plan, told="", cited=()) if plan is not None else None
    return Before(
        plan=kept or before.plan,
        records=records or before.records,
        stuck=before.stuck + 1 if stuck else 0,
        turns=(*before.turns, turn)[-MOST_TURNS:],
    )


def _seal(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"chat:" + body, hashlib.sha256).digest()[:_SEAL]
