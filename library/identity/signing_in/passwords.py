"""Passwords: argon2id, a minimum length, and the few that everybody tries first."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from library.errors import N_, Invalid

MINIMUM = 10
MAXIMUM = 200
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's recommendation for argon2id
_DUMMY = _hasher.hash("nobody has this password")
SPEAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like digits: first passwords are read out and typed
COMMON = frozenset({"password", "1234567890", "qwertyuiop", "0123456789", "password12", "password123", "tosyokan", "toshokan", "library"})


def generated() -> str:
    """A first password, about 79 bits: 16 letters and digits in groups of four."""
    return "-".join("".join(secrets.choice(SPEAKABLE) for _ in range(4)) for _ in range(4))


def check_strength(password: str, *, login: str = "") -> None:
    """Raises Invalid with the reason when a new password is too weak."""
    if len(password) < MINIMUM:
        raise Invalid("password_short", N_("パスワードは{minimum}文字以上にしてください。"), where="password", minimum=MINIMUM)
    if len(password) > MAXIMUM:
        raise Invalid("password_long", N_("パスワードが長すぎます。"), where="password")
    folded = password.casefold()
    if folded in COMMON or folded.strip("0123456789") in COMMON or len(set(folded)) < 4 or (login and login.casefold() in folded):
        raise Invalid("password_common", N_("このパスワードは推測されやすいため使えません。"), where="password")


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long when there is no such account, so that time tells nothing."""
    return await asyncio.to_thread(_verify, stored or _DUMMY, password[:MAXIMUM]) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)
