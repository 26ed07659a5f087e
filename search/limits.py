"""How often one client may ask for something that costs: counted in the database, so that every process counts together."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from library.db import Base, Writing
from library.errors import N_, TooMany
from library.settings import Settings


class AskedOften(Base):
    """Requests of one client in one window. The client is a keyed digest that changes every day: no address, and none to be found again."""

    __tablename__ = "asked_often"

    act: Mapped[str] = mapped_column(primary_key=True)
    client: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    began_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    times: Mapped[int] = mapped_column(default=1)

    __table_args__ = ({"prefixes": ["UNLOGGED"]},)  # worth nothing after a crash


def client_digest(settings: Settings, address: str, now: datetime) -> bytes:
    """What a client is counted by: its address or session, keyed and for one day."""
    return hmac.new(settings.key, f"asked:{now:%Y-%m-%d}:{address}".encode(), hashlib.sha256).digest()[:16]


async def count(session: Writing, act: str, client: bytes, *, now: datetime, most: int, per: timedelta) -> None:
    """Counts one request; raises TooMany, which tells when to come back, once there were more than `most` in this window."""
    began = datetime.fromtimestamp(now.timestamp() // per.total_seconds() * per.total_seconds(), tz=now.tzinfo)
    row = insert(AskedOften).values(act=act, client=client, began_at=began, times=1)
    counted = row.on_conflict_do_update(
        index_elements=["act", "client", "began_at"], set_={"times": func.least(AskedOften.times + 1, 1_000_000)}
    )
    times = (await session.execute(counted.returning(AskedOften.times))).scalar_one()
    if times > most:
        left = max(1, int((began + per - now).total_seconds()))
        sentence = N_("短い間にたくさん送られました。{seconds}秒ほど待ってから、もう一度お試しください。")
        raise TooMany("asked_too_often", sentence, retry_after=left, seconds=left)


async def forget(session: Writing, *, before: datetime) -> None:
    """Deletes windows that are over."""
    await session.execute(delete(AskedOften).where(AskedOften.began_at < before))
