"""The same request sent twice gives the same answer once: keys, kept 30 days, unique per client."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, SmallInteger, Text, cast, delete, null, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID, insert
from sqlalchemy.orm import Mapped, mapped_column

from library.db import Base, Writing
from library.errors import N_, Conflict, Invalid, KeyReused

KEPT = timedelta(days=30)
FORGOTTEN = ""  # the digest of an answer that must not be known any more


class IdempotencyKey(Base):
    """What was answered to a key. The body is only a keyed digest; the result is ids, never names.

    `about` in a result lists what it is about ("loan:12"), so that it can be forgotten with it.
    """

    __tablename__ = "idempotency_key"

    client: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[uuid.UUID] = mapped_column(UUID, primary_key=True)
    route: Mapped[str]
    digest: Mapped[str]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_idempotency_key_about", text("(result -> 'about')"), postgresql_using="gin"),)


@dataclass(frozen=True)
class Answer:
    """A stored answer: HTTP status and the ids it consisted of."""

    status: int
    result: dict[str, Any]


def parse(key: str | None) -> uuid.UUID | None:
    """The Idempotency-Key header; None when absent, Invalid when it is not a UUID."""
    if key is None:
        return None
    try:
        return uuid.UUID(key)
    except ValueError as exc:
        raise Invalid("idempotency_key_form", N_("Idempotency-Key は UUID で送ってください。"), where="Idempotency-Key") from exc


def digest(secret: bytes, body: bytes) -> str:
    return hmac.new(secret, b"idempotency:" + body, hashlib.sha256).hexdigest()


async def begin(session: Writing, *, client: str, key: uuid.UUID | None, route: str, body_digest: str, now: datetime) -> Answer | None:
    """Claims the key for this transaction, or returns the answer given before.

    A second request with the same key waits on the first one's row (at most the lock time-out, then Busy). Another body or
    route under the same key is KeyReused; a key claimed by a request that failed is free again, since its row rolled back.
    """
    if key is None:
        return None
    claim = insert(IdempotencyKey).values(client=client, key=key, route=route, digest=body_digest, created_at=now)
    claimed = await session.execute(claim.on_conflict_do_nothing().returning(IdempotencyKey.key))
    if claimed.first() is not None:
        return None
    row = await session.get_one(IdempotencyKey, (client, key))
    if row.digest == FORGOTTEN:
        raise Conflict("idempotency_key_forgotten", N_("この操作はもう済んでいて、その答えは残っていません。"))
    if row.route != route or row.digest != body_digest:
        raise KeyReused("idempotency_key_reused", N_("同じ Idempotency-Key が別の内容で使われました。"), where="Idempotency-Key")
    if row.status is None or row.result is None:
        raise Conflict("idempotency_key_unfinished", N_("同じ操作がまだ終わっていません。"))
    return Answer(row.status, row.result)


async def finish(session: Writing, *, client: str, key: uuid.UUID | None, status: int, result: dict[str, Any]) -> None:
    """Stores the answer beside the key, in the same transaction as the act."""
    if key is None:
        return
    mine = (IdempotencyKey.client == client, IdempotencyKey.key == key)
    await session.execute(
        update(IdempotencyKey).where(*mine).values(status=status, result=result).execution_options(synchronize_session=False)
    )


async def forget_about(session: Writing, about: Collection[str]) -> None:
    """Empties the answers about some things ("loan:12"): the keys stay used, and say neither what was asked nor what was answered."""
    if about:
        mentions = IdempotencyKey.result["about"].op("?|")(cast(list(about), ARRAY(Text)))
        emptied = update(IdempotencyKey).where(mentions).values(digest=FORGOTTEN, result=null())
        await session.execute(emptied.execution_options(synchronize_session=False))


async def forget(session: Writing, *, before: datetime) -> int:
    """Deletes keys older than `before`; returns how many."""
    gone = await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before).returning(IdempotencyKey.key))
    return len(gone.all())
