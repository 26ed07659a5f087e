"""The table of questions to the staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from library.db import Base, Numbered
from library.identity.models import Account
from library.places.models import Branch


class Question(Numbered, Base):
    """What somebody asked. `account_id` only where they wished their account to be seen; `name` and `contact` only what they typed.

    Deleted with all that was said thirty days after it is closed, at the latest 180 after it was asked (search.questions.worklist.forget).
    """

    __tablename__ = "question"

    asked_at: Mapped[datetime]
    said: Mapped[str]
    language: Mapped[str]
    translation: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(default="open")
    taken_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id, ondelete="SET NULL"))
    answer: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state IN ('open', 'taken', 'answered', 'closed')", name="state"),
        Index("ix_question_open", "asked_at", postgresql_where=text("state <> 'closed'")),
        Index("ix_question_closed", "changed_at", postgresql_where=text("state = 'closed'")),
    )
