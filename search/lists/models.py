"""Tables of book lists: the lists and the records in them, in their order."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models import Record
from library.db import Base, Numbered
from library.places.models import Branch, Organisation, Translated
from search.lists.rules import Circle, State


class BookList(Numbered, Base):
    """A list belongs to an organisation, and to one of its branches where it stands there. `version` rises with every change."""

    __tablename__ = "book_list"

    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id), index=True)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    kind: Mapped[str]
    title: Mapped[Translated]
    words: Mapped[Translated]
    place: Mapped[Translated]  # where a display stands: 「1階 入口」
    audience: Mapped[str] = mapped_column(default=Circle.EVERYONE.value)
    grade: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=State.DRAFT.value)
    shown_from: Mapped[date | None]
    shown_to: Mapped[date | None]
    published_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("kind IN ('display', 'grade', 'theme', 'new')", name="kind"),
        CheckConstraint("audience IN ('everyone', 'own')", name="audience"),
        CheckConstraint("grade IN ('lower', 'middle', 'upper', 'junior_high')", name="grade"),
        CheckConstraint("state IN ('draft', 'published', 'ended')", name="state"),
        CheckConstraint("title ->> 'ja' <> ''", name="named_in_japanese"),
        CheckConstraint("state = 'draft' OR shown_from IS NOT NULL", name="shown_from_a_day"),
        CheckConstraint("shown_from <= shown_to", name="days_in_order"),
        Index("ix_book_list_current", "shown_from", postgresql_where=text("state = 'published'")),
    )


class BookListLine(Base):
    """A record in a list. `note`: why to read it, by language."""

    __tablename__ = "book_list_line"

    list_id: Mapped[int] = mapped_column(ForeignKey(BookList.id, ondelete="CASCADE"), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey(Record.id), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[Translated]
