"""Accounts of readers and the codes from the desk that open them the first time: one an account, two weeks, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid
from library.identity.models import Account, AccountPerson, AccountRole, SetUpCode
from library.identity.patrons import cards
from library.identity.signing_in import sessions
from library.identity.signing_in.passwords import SPEAKABLE
from library.settings import Settings

LASTS = timedelta(days=14)
LETTERS = 12  # of 31: 59 bits


@dataclass(frozen=True)
class Issued:
    """A code as printed, the login it belongs to, and until when it works."""

    login: str
    code: str
    expires_at: datetime


def spoken(settings: Settings, seed: str) -> str:
    """The code that a seed stands for: the same request sent twice is given the same code, which is stored nowhere."""
    number = int.from_bytes(hmac.new(settings.key, f"set-up-code:{seed}".encode(), hashlib.sha256).digest())
    letters = []
    for _ in range(LETTERS):
        number, place = divmod(number, len(SPEAKABLE))
        letters.append(SPEAKABLE[place])
    return "-".join("".join(letters[start : start + 4]) for start in range(0, LETTERS, 4))


def digest(settings: Settings, code: str) -> bytes:
    """How a code is kept: without it, and without the key, nothing can be guessed from it."""
    plain = sessions.fold(code).replace("-", "")
    return hmac.new(settings.key, b"set-up-code-digest:" + plain.encode(), hashlib.sha256).digest()


def seed_of(value: object) -> str:
    """A seed from an idempotency key or a nonce, shortened to what is needed."""
    return base64.b16encode(hashlib.sha256(str(value).encode()).digest()[:16]).decode()


async def account_of(session: Reading, person_id: int) -> Account | None:
    """The account a person signs in with; None before the first set-up code."""
    account: Account | None = await session.scalar(
        select(Account)
        .join(AccountPerson, (AccountPerson.account_id == Account.id) & (AccountPerson.role == "self"))
        .where(AccountPerson.person_id == person_id)
        .order_by(Account.id)
        .limit(1)
    )
    return account


async def open_account(session: Writing, person_id: int, *, login: str) -> Account:
    """A person's account, made without a password when there is none yet."""
    account = await account_of(session, person_id)
    if account is None:
        account = Account(login=login)
        session.add(account)
        await session.flush()
        session.add(AccountPerson(account_id=account.id, person_id=person_id, role="self"))
        await session.flush()
    return account


async def issue(session: Writing, settings: Settings, person_id: int, *, seed: str, now: datetime) -> Issued:
    """A new code for a person's account, which is made when there is none; an earlier code works no longer.

    Raises Conflict for somebody without a card, and for accounts of the staff, whose passwords only those who manage them renew.
    """
    card = await cards.of_person(session, person_id)
    if card is None:
        raise Conflict("no_card", N_("使えるカードがありません。先にカードを発行してください。"))
    account = await open_account(session, person_id, login=card.number)
    if await session.scalar(select(exists().where(AccountRole.account_id == account.id))):
        raise Conflict("account_of_staff", N_("職員のアカウントです。パスワードは職員の管理画面で再発行してください。"))
    if account.disabled_at is not None:
        raise Conflict("account_disabled", N_("このアカウントは止められています。"))
    code, expires_at = spoken(settings, seed), now + LASTS
    values = {"digest": digest(settings, code), "expires_at": expires_at}
    fresh = insert(SetUpCode).values(account_id=account.id, **values)
    await session.execute(fresh.on_conflict_do_update(index_elements=[SetUpCode.account_id], set_=values))
    return Issued(card.number, code, expires_at)


async def again(session: Reading, settings: Settings, person_id: int, *, seed: str, now: datetime) -> Issued | None:
    """The code that this seed was given before, while it works; None when it was used, replaced, or has run out."""
    card, account = await cards.of_person(session, person_id), await account_of(session, person_id)
    row = await session.get(SetUpCode, account.id) if account is not None else None
    code = spoken(settings, seed)
    if card is None or row is None or row.expires_at <= now or not hmac.compare_digest(row.digest, digest(settings, code)):
        return None
    return Issued(card.number, code, row.expires_at)


async def use(session: Writing, settings: Settings, *, login: str, code: str, password_hash: str, now: datetime) -> int:
    """Sets the password of the account whose code this is and ends its sessions; the code is gone. Returns the account.

    Raises Invalid, the same for a wrong number, a wrong code and one that has run out.
    """
    found = await sessions.candidate(session, login)
    row = await session.get(SetUpCode, found.account_id, with_for_update=True) if found else None
    right = row is not None and hmac.compare_digest(row.digest, digest(settings, code)) and row.expires_at > now
    if row is None or not right:
        raise Invalid("set_up_code_refused", N_("カード番号か設定コードが違うか、コードの期限が切れています。"))
    account = await session.get_one(Account, row.account_id, with_for_update=True)
    account.password_hash = password_hash
    await session.delete(row)
    await sessions.end_all(session, account.id)
    return account.id


async def is_waiting(session: Reading, account_id: int, *, now: datetime) -> datetime | None:
    """Until when an account has a code that nobody has used yet; None without one."""
    until: datetime | None = await session.scalar(
        select(SetUpCode.expires_at).where(SetUpCode.account_id == account_id, SetUpCode.expires_at > now)
    )
    return until


async def forget_expired(session: Writing, *, now: datetime) -> None:
    """Deletes codes that work no longer."""
    await session.execute(delete(SetUpCode).where(SetUpCode.expires_at <= now))
