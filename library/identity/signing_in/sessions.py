"""Signing in and out, sessions that can be revoked, tokens, and the lock on guessing. Secrets are stored as digests only."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from library.db import Database, Reading, Writing
from library.errors import N_, Invalid, NotFound, TooMany
from library.identity.models import Account, AccountPerson, ApiToken, Card, SignedIn, SignInFailure
from library.identity.roles import Permission
from library.identity.signing_in import passwords
from library.settings import Settings

FREE_FAILURES = 5  # of one account from one address; the last of them locks the pair
MOST_COUNTED = 1000
LOCK = timedelta(minutes=15)
MARK_EVERY = timedelta(minutes=1)  # last use is noted no more often
FORGET_AFTER = timedelta(hours=24)
ADDRESS_WINDOW = timedelta(minutes=5)
ADDRESS_SLOW_AFTER = 40  # failures of one address in the window: it is slowed, never locked (a school is one address)
SLOWEST = 8.0  # seconds
TOKEN_PREFIX = "wl_"  # noqa: S105 - a prefix that secret scanners can find


@dataclass(frozen=True)
class Found:
    """What a cookie or token turned out to be. `unmarked`: its last use was noted more than a minute ago."""

    account_id: int
    scopes: frozenset[str] | None
    unmarked: bool = False


@dataclass(frozen=True)
class Attempt:
    """Whether a password may be tried: after `pause` seconds, or not for `locked_for` seconds."""

    pause: float = 0.0
    locked_for: int | None = None

    def must_be_open(self) -> None:
        """Raises TooMany while the pair of account and address is locked."""
        if self.locked_for is not None:
            raise TooMany(
                "sign_in_locked",
                N_("続けて間違えたため、ログインを止めています。{minutes}分ほど待ってからお試しください。"),
                retry_after=self.locked_for,
                minutes=ceil(self.locked_for / 60),
            )


@dataclass(frozen=True)
class Candidate:
    """The account somebody says is theirs."""

    account_id: int
    password_hash: str | None


@dataclass(frozen=True)
class OpenSession:
    """A place where an account is signed in. `id` is public to its owner and opens nothing."""

    id: str
    device: str
    started_at: datetime
    seen_at: datetime
    this: bool


@dataclass(frozen=True)
class Token:
    """A personal API token without its secret."""

    id: int
    name: str
    last_four: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


def fold(login: str) -> str:
    """A login or card number as it is looked up: NFKC, without spaces, case-folded, scanner letters stripped from numbers."""
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", login)).casefold()
    return re.sub(r"^[a-d](\d+)[a-d]$", r"\1", folded)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _keyed(settings: Settings, kind: str, value: str) -> bytes:
    return hmac.new(settings.key, f"{kind}:{value}".encode(), hashlib.sha256).digest()[:16]


async def claim_attempt(session: Writing, settings: Settings, *, login: str, address: str, now: datetime) -> Attempt:
    """Counts a try before its password is looked at, so that guesses sent at once cannot slip past the lock together.

    The first five of a pair may be checked; the fifth locks it for a quarter of an hour, and so does each one after that.
    A right password clears the count (see `start`).
    """
    pair = {"login_digest": _keyed(settings, "login", fold(login)), "address_digest": _keyed(settings, "address", address)}
    fresh = insert(SignInFailure).values(**pair, failures=0, last_at=now)
    await session.execute(fresh.on_conflict_do_nothing())
    row = await session.get_one(SignInFailure, tuple(pair.values()), with_for_update=True)
    if row.last_at < now - FORGET_AFTER:
        row.failures, row.locked_until = 0, None
    row.failures, row.last_at = min(row.failures + 1, MOST_COUNTED), now
    if row.locked_until is not None and row.locked_until > now:
        return Attempt(locked_for=max(1, ceil((row.locked_until - now).total_seconds())))
    row.locked_until = now + LOCK if row.failures >= FREE_FAILURES else None
    await session.flush()
    return Attempt(pause=await _pause(session, pair["address_digest"], now))


async def _pause(session: Reading, address_digest: bytes, now: datetime) -> float:
    recent = await session.scalar(
        select(func.coalesce(func.sum(SignInFailure.failures), 0)).where(
            SignInFailure.address_digest == address_digest, SignInFailure.last_at > now - ADDRESS_WINDOW
        )
    )
    return min(SLOWEST, max(0.0, 0.1 * (int(recent or 0) - ADDRESS_SLOW_AFTER)))


async def candidate(session: Reading, login: str) -> Candidate | None:
    """The account with this login, or of the person with this card; None when there is none or it is disabled."""
    folded = fold(login)
    account: Account | None = await session.scalar(select(Account).where(Account.login == folded))
    if account is None:
        account = await session.scalar(
            select(Account)
            .join(AccountPerson, (AccountPerson.account_id == Account.id) & (AccountPerson.role == "self"))
            .join(Card, Card.person_id == AccountPerson.person_id)
            .where(Card.number == folded, Card.revoked_at.is_(None), Account.disabled_at.is_(None))
            .order_by(Account.id)
            .limit(1)
        )
    if account is None or account.disabled_at is not None:
        return None
    return Candidate(account.id, account.password_hash)


async def verified(database: Database, settings: Settings, *, login: str, password: str, address: str, now: datetime) -> int:
    """The id of the account whose login (or card number) and password these are; says never which of the two was wrong.

    Raises TooMany when this account is locked for this address, Invalid when it is not right. Opens short transactions of its
    own: the pause of a busy address and the slow check of a password must not hold a connection.
    """
    async with database.transaction() as session:
        attempt = await claim_attempt(session, settings, login=login, address=address, now=now)
    attempt.must_be_open()
    if attempt.pause:
        await asyncio.sleep(attempt.pause)
    async with database.reading() as session:
        found = await candidate(session, login)
    right = await passwords.matches(found.password_hash if found else None, password)
    if found is None or found.password_hash is None or not right:
        raise Invalid("sign_in_refused", N_("ログイン名（カード番号）かパスワードが違います。"))
    if passwords.is_outdated(found.password_hash):
        renewed = await passwords.hashed(password)
        async with database.transaction() as writing:
            await writing.execute(
                update(Account)
                .where(Account.id == found.account_id, Account.password_hash == found.password_hash)
                .values(password_hash=renewed)
            )
    return found.account_id


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
    await forgive(session, settings, login=login, address=address)
    return secret


async def forgive(session: Writing, settings: Settings, *, login: str, address: str) -> None:
    """Forgets the failures of a pair after a right password."""
    await session.execute(
        delete(SignInFailure).where(
            SignInFailure.login_digest == _keyed(settings, "login", fold(login)),
            SignInFailure.address_digest == _keyed(settings, "address", address),
        )
    )


async def open_sessions(
    session: Reading, settings: Settings, account_id: int, *, this: str | None, now: datetime
) -> tuple[OpenSession, ...]:
    """Where an account is signed in, the latest use first. `this` is the secret of the session that asks."""
    idle = timedelta(minutes=settings.session_idle_minutes)
    rows = await session.scalars(
        select(SignedIn)
        .where(SignedIn.account_id == account_id, SignedIn.expires_at > now, SignedIn.seen_at > now - idle)
        .order_by(SignedIn.seen_at.desc(), SignedIn.started_at.desc())
    )
    mine = digest(this) if this is not None else b""
    return tuple(OpenSession(row.digest.hex(), row.device, row.started_at, row.seen_at, row.digest == mine) for row in rows)


async def end_one(session: Writing, account_id: int, session_id: str) -> None:
    """Ends one session of this account; one that is over already is no error."""
    try:
        named = bytes.fromhex(session_id)
    except ValueError:
        named = b""
    await session.execute(delete(SignedIn).where(SignedIn.digest == named, SignedIn.account_id == account_id))


async def find(session: Reading, settings: Settings, secret: str, *, now: datetime) -> Found | None:
    """Whose session a cookie is; None when it is over."""
    row = await session.get(SignedIn, digest(secret))
    idle = timedelta(minutes=settings.session_idle_minutes)
    if row is None or row.expires_at <= now or row.seen_at + idle <= now:
        return None
    return Found(row.account_id, None, row.seen_at + MARK_EVERY <= now)


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


async def create_token(
    session: Writing, *, account_id: int, name: str, scopes: Iterable[str], allowed: Container[str], expires_at: datetime | None = None
) -> tuple[int, str]:
    """Makes a personal API token; returns its number and its secret, which is kept nowhere.

    Raises Invalid for no scope, one that does not exist, or one that is not `allowed` (the owner's own permissions).
    """
    wanted = tuple(dict.fromkeys(scopes))
    if not wanted:
        raise Invalid("scopes_missing", N_("トークンに許す操作を一つ以上選んでください。"), where="scopes")
    known = {permission.value for permission in Permission}
    for scope in wanted:
        if scope not in known:
            raise Invalid("unknown_scope", N_("「{scope}」という権限はありません。"), where="scopes", scope=scope)
        if scope not in allowed:
            raise Invalid("scope_not_held", N_("自分が持っていない権限「{scope}」は渡せません。"), where="scopes", scope=scope)
    if not name.strip():
        raise Invalid("token_name_missing", N_("トークンの名前を入れてください。"), where="name")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        account_id=account_id,
        name=name.strip()[:100],
        digest=digest(secret),
        last_four=secret[-4:],
        scopes=list(wanted),
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    return row.id, secret


async def find_token(session: Reading, secret: str, *, now: datetime) -> Found | None:
    row = await session.scalar(select(ApiToken).where(ApiToken.digest == digest(secret)))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Found(row.account_id, frozenset(row.scopes), row.used_at is None or row.used_at + MARK_EVERY <= now)


async def touch_token(session: Writing, secret: str, *, now: datetime) -> None:
    await session.execute(update(ApiToken).where(ApiToken.digest == digest(secret)).values(used_at=now))


async def tokens(session: Reading, account_id: int, *, now: datetime) -> tuple[Token, ...]:
    """The tokens of an account that still work, the newest first."""
    rows = await session.scalars(
        select(ApiToken)
        .where(
            ApiToken.account_id == account_id,
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
        )
        .order_by(ApiToken.id.desc())
    )
    return tuple(Token(row.id, row.name, row.last_four, tuple(row.scopes), row.created_at, row.used_at, row.expires_at) for row in rows)


async def revoke_tokens(session: Writing, account_id: int, *, now: datetime) -> int:
    """Ends every token of an account at once; returns how many there were."""
    working = ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None)
    return len((await session.execute(update(ApiToken).where(*working).values(revoked_at=now).returning(ApiToken.id))).all())


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
