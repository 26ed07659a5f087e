"""The table of saved searches: the words stay with the account that keeps them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from library.db import Base, Numbered, means
from library.errors import N_
from library.identity.models import Account


class SavedSearch(Numbered, Base):
    """`seen_up_to`: the newest number of the catalogue when its owner last looked; what they opened is not kept.

    After a year without use `dropped_on` is set and the words are emptied: what is left tells the owner that one went.
    """

    __tablename__ = "saved_search"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    name: Mapped[str]
    asked: Mapped[dict[str, Any]]  # the parameters of the search's address, each with its values
    tells: Mapped[bool] = mapped_column(default=False)
    seen_up_to: Mapped[int] = mapped_column(default=0)
    seen_on: Mapped[date]
    arrived: Mapped[int] = mapped_column(default=0)  # as counted last
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    dropped_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("dropped_on IS NULL OR name = ''", name="dropped_without_words"),
        Index("uq_saved_search_asked", "account_id", "asked", unique=True, postgresql_where=text("dropped_on IS NULL")),
        Index("ix_saved_search_tells", "id", postgresql_where=text("tells AND dropped_on IS NULL")),
    )


means("uq_saved_search_asked", "search_saved_already", N_("この検索は、もうほぞんしてあります。"))
