"""Signing in and out, sessions that can be revoked, tokens, and the lock on guessing. Secrets are stored as digests only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from library.db import Reading, Writing
from library.errors import N_, Invalid, NotFound, TooMany
from library.identity import passwords
from library.identity.models import Account, AccountPerson, ApiToken, Card, SignedIn, SignInFailure
from library.identity.roles import Permission
from library.settings import Settings

FREE_FAILURES = 5  # of one account from one address, before the pair is locked
LOCK = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=24)
ADDRESS_WINDOW = timedelta(minutes=5)
ADDRESS_SLOW_AFTER = 40  # failures of one address in the window: it is slowed, never locked (a school is one address)
SLOWEST = 8.0  # seconds
TOKEN_PREFIX = "wl_"  # noqa: S105 - a prefix that secret scanners can find


@dataclass(frozen=True)
class Found:
    """What a cookie or token turned out to be."""

    account_id: int
    scopes: frozenset[str] | None


def fold(login: str) -> str:
    """A login or card number as it is looked up: NFKC, without spaces, case-folded, scanner letters stripped from numbers."""
    import re
    import unicodedata

    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", login)).casefold()
    return re.sub(r"^[a-d](\d+)[a-d]$", r"\1", folded)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _keyed(settings: Settings, kind: str, value: str) -> bytes:
    return hmac.new(settings.key, f"{kind}:{value}".encode(), hashlib.sha256).digest()[:16]


async def pause_for(session: Reading, settings: Settings, *, login: str, address: str, now: datetime) -> float:
    """Seconds to wait before checking a password; raises TooMany when the pair of account and address is locked."""
    pair = (_keyed(settings, "login", fold(login)), _keyed(settings, "address", address))
    row = await session.get(SignInFailure, pair)
    if row is not None and row.locked_until is not None and row.locked_until > now:
        seconds = max(1, int((row.locked_until - now).total_seconds()))
        raise TooMany(
            "sign_in_locked",
            N_("続けて間違えたため、ログインを止めています。{minutes}分ほど待ってからお試しください。"),
            retry_after=seconds,
            minutes=max(1, round(seconds / 60)),
        )
    recent = await session.scalar(
        select(func.coalesce(func.sum(SignInFailure.failures), 0)).where(
            SignInFailure.address_digest == pair[1], SignInFailure.last_at > now - ADDRESS_WINDOW
        )
    )
    excess = int(recent or 0) - ADDRESS_SLOW_AFTER
    return min(SLOWEST, 0.1 * excess) if excess > 0 else 0.0


async def check_password(session: Reading, *, login: str, password: str) -> int | None:
    """The id of the account whose login or card this is, when the password is right; else None. Says not which was wrong."""
    account = await _account_for(session, fold(login))
    right = await passwords.matches(account.password_hash if account else None, password)
    return account.id if account is not None and right and account.disabled_at is None else None


async def _account_for(session: Reading, folded: str) -> Account | None:
    account: Account | None = await session.scalar(select(Account).where(Account.login == folded))
    if account is not None:
        return account
    by_card: Account | None = await session.scalar(
        select(Account)
        .join(AccountPerson, (AccountPerson.account_id == Account.id) & (AccountPerson.role == "self"))
        .join(Card, Card.person_id == AccountPerson.person_id)
        .where(Card.number == folded, Card.revoked_at.is_(None))
    )
    return by_card


async def note_failure(session: Writing, settings: Settings, *, login: str, address: str, now: datetime) -> None:
    """Counts a failure of the pair; the sixth locks it for a quarter of an hour."""
    pair = {"login_digest": _keyed(settings, "login", fold(login)), "address_digest": _keyed(settings, "address", address)}
    fresh = insert(SignInFailure).values(**pair, failures=1, last_at=now)
    stale = SignInFailure.last_at < now - FORGET_AFTER
    from sqlalchemy import case

    count = case((stale, 1), else_=func.least(SignInFailure.failures + 1, 1000))
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["login_digest", "address_digest"],
            set_={
                "failures": count,
                "last_at": now,
                "locked_until": case((count > FREE_FAILURES, now + LOCK), else_=None),
            },
        )
    )


async def start(session: Writing, settings: Settings, *, account_id: int, login: str, address: str, device: str, now: datetime) -> str:
    """Begins a session; returns the secret for the cookie. Earlier failures of this pair are forgotten."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignedIn(
            digest=digest(secret),
            account_id=account_id,
            started_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=settings.session_hours),
            device=device,
        )
    )
    await session.execute(
        delete(SignInFailure).where(
            SignInFailure.login_digest == _keyed(settings, "login", fold(login)),
            SignInFailure.address_digest == _keyed(settings, "address", address),
        )
    )
    return secret


async def find(session: Reading, settings: Settings, secret: str, *, now: datetime) -> tuple[Found, bool] | None:
    """Whose session a cookie is, and whether its last-seen time wants refreshing; None when it is over."""
    row = await session.get(SignedIn, digest(secret))
    idle = timedelta(minutes=settings.session_idle_minutes)
    if row is None or row.expires_at <= now or row.seen_at + idle <= now:
        return None
    return Found(row.account_id, None), row.seen_at + timedelta(minutes=1) <= now


async def touch(session: Writing, secret: str, *, now: datetime) -> None:
    await session.execute(update(SignedIn).where(SignedIn.digest == digest(secret)).values(seen_at=now))


async def end(session: Writing, secret: str) -> None:
    await session.execute(delete(SignedIn).where(SignedIn.digest == digest(secret)))


async def end_all(session: Writing, account_id: int, *, but: str | None = None) -> int:
    """Ends every session of an account, but one if named; returns how many ended."""
    others = delete(SignedIn).where(SignedIn.account_id == account_id)
    if but is not None:
        others = others.where(SignedIn.digest != digest(but))
    return len((await session.execute(others.returning(SignedIn.digest))).all())


async def forget_ended(session: Writing, *, now: datetime) -> None:
    """Deletes sessions that are over and failures that no longer count."""
    await session.execute(delete(SignedIn).where(SignedIn.expires_at <= now))
    await session.execute(delete(SignInFailure).where(SignInFailure.last_at < now - FORGET_AFTER))


async def create_token(session: Writing, *, account_id: int, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> str:
    """Makes a personal API token; its secret is returned once and kept nowhere. Raises Invalid for an unknown scope."""
    wanted = tuple(scopes)
    known = {permission.value for permission in Permission}
    for scope in wanted:
        if scope not in known:
            raise Invalid("unknown_scope", N_("「{scope}」という権限はありません。"), where="scopes", scope=scope)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiToken(account_id=account_id, name=name, digest=digest(secret), last_four=secret[-4:], scopes=list(wanted), expires_at=expires_at)
    )
    await session.flush()
    return secret


async def find_token(session: Reading, secret: str, *, now: datetime) -> Found | None:
    row = await session.scalar(select(ApiToken).where(ApiToken.digest == digest(secret)))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Found(row.account_id, frozenset(row.scopes))


async def revoke_token(session: Writing, *, account_id: int, token_id: int, now: datetime) -> None:
    """Ends a token of this account at once; NotFound when it has none with this number."""
    done = await session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    )
    if done.first() is None:
        raise NotFound("token_not_found", N_("このトークンはありません。"))
