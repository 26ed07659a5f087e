"""What somebody sets for their own account: name, language, ruby, home branch, password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from library import i18n
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid
from library.identity.models import Account
from library.identity.signing_in import sessions
from library.places.models import Branch

NAME_LENGTH = 100


@dataclass(frozen=True)
class Preferences:
    """What an account shows and how."""

    login: str
    display_name: str
    language: str
    show_ruby: bool
    home_branch_id: int | None
    has_password: bool


@dataclass(frozen=True)
class Ended:
    """What a new password put an end to."""

    sessions: int
    tokens: int


async def preferences(session: Reading, account_id: int) -> Preferences:
    row = await session.get_one(Account, account_id)
    return Preferences(row.login, row.display_name, row.language, row.show_ruby, row.home_branch_id, row.password_hash is not None)


async def save_preferences(
    session: Writing, account_id: int, *, display_name: str, language: str, show_ruby: bool, home_branch_id: int | None
) -> None:
    """Raises Invalid for a language we do not have, a branch that does not exist, or a name too long."""
    if i18n.known(language) is None:
        raise Invalid("language_unknown", N_("この言語は選べません。"), where="language")
    if len(display_name) > NAME_LENGTH:
        raise Invalid("name_long", N_("名前は{limit}文字までです。"), where="display_name", limit=NAME_LENGTH)
    if home_branch_id is not None and await session.get(Branch, home_branch_id) is None:
        raise Invalid("branch_unknown", N_("この館は選べません。"), where="home_branch")
    row = await session.get_one(Account, account_id)
    row.display_name, row.language, row.show_ruby, row.home_branch_id = display_name, language, show_ruby, home_branch_id


async def choose_view(session: Writing, account_id: int, view: str) -> None:
    """Keeps which view of the pages the account wants: pupils or full."""
    (await session.get_one(Account, account_id)).view = view


async def change_password(session: Writing, account_id: int, *, old_hash: str, new_hash: str, this: str | None, now: datetime) -> Ended:
    """Sets the new password if the old one is still the one that was checked; ends all sessions but this, and all tokens."""
    done = await session.execute(
        update(Account)
        .where(Account.id == account_id, Account.password_hash == old_hash)
        .values(password_hash=new_hash)
        .returning(Account.id)
    )
    if done.first() is None:
        raise Conflict("password_changed_meanwhile", N_("パスワードはほかの画面で変えられました。"))
    return Ended(await sessions.end_all(session, account_id, but=this), await sessions.revoke_tokens(session, account_id, now=now))
