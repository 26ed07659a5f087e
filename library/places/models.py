"""Tables of places: who runs a library, where it is, when it is open."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from library.db import Base, Numbered, means
from library.errors import N_

Translated = dict[str, str]  # {"ja": …, "en": …}; "ja" is always there


class OrganisationKind(StrEnum):
    WARD = "ward"
    SCHOOL = "school"
    MUNICIPALITY = "municipality"


class SchoolKind(StrEnum):
    ELEMENTARY = "elementary"
    JUNIOR_HIGH = "junior_high"
    COMBINED = "combined"


class SchoolMode(StrEnum):
    """How a school's library works: lends with this service, or keeps its own system beside it."""

    REPLACE = "replace"
    COEXIST = "coexist"


class BranchRole(StrEnum):
    """What an organisation is to a branch; a joint-use branch has a ward and a school."""

    WARD_LIBRARY = "ward_library"
    SCHOOL_LIBRARY = "school_library"


class Organisation(Numbered, Base):
    __tablename__ = "organisation"

    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[Translated]
    reading: Mapped[str] = mapped_column(default="")
    school_kind: Mapped[str | None]
    school_code: Mapped[str | None]  # 文科省学校コード, 13 characters
    mode: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("kind IN ('ward', 'school', 'municipality')", name="kind"),
        CheckConstraint("name ? 'ja'", name="named_in_japanese"),
        CheckConstraint("(kind = 'school') = (mode IS NOT NULL)", name="schools_have_a_mode"),
    )


class Branch(Numbered, Base):
    """A place that lends, or a counter without stock. `number` is what the index stores."""

    __tablename__ = "branch"

    code: Mapped[str] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(SmallInteger, unique=True)
    name: Mapped[Translated]
    reading: Mapped[str] = mapped_column(default="")
    holds_stock: Mapped[bool] = mapped_column(default=True)
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("code ~ '^[a-z0-9-]+$'", name="code_form"),
        CheckConstraint("number BETWEEN 1 AND 9999", name="number_range"),
        CheckConstraint("name ? 'ja'", name="named_in_japanese"),
    )


class BranchOrganisation(Base):
    __tablename__ = "branch_organisation"

    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    role: Mapped[str]

    __table_args__ = (CheckConstraint("role IN ('ward_library', 'school_library')", name="role"),)


class SchoolClass(Numbered, Base):
    __tablename__ = "school_class"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    school_year: Mapped[int] = mapped_column(SmallInteger)  # the calendar year of its April
    grade: Mapped[str]  # P1-P6, J1-J3
    name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("organisation_id", "school_year", "grade", "name", name="uq_school_class_name"),
        CheckConstraint("grade ~ '^(P[1-6]|J[1-3]|H[1-3]|E[1-3])$'", name="grade"),
    )


class ShelfArea(Numbered, Base):
    """配架場所: 一般, 児童, 閉架, 学級文庫 … of one branch."""

    __tablename__ = "shelf_area"

    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    code: Mapped[str]
    name: Mapped[Translated]

    __table_args__ = (UniqueConstraint("branch_id", "code"),)


class OpeningHours(Numbered, Base):
    """One opening on one weekday (0 Monday … 6 Sunday); several a day are allowed."""

    __tablename__ = "opening_hours"

    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    opens: Mapped[time]
    closes: Mapped[time]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens < closes", name="opens_before_it_closes"),
    )


class ClosedDay(Numbered, Base):
    """Days on which a branch, or every branch (branch_id null), is closed. `yearly` repeats month and day."""

    __tablename__ = "closed_day"

    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    yearly: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[Translated]

    __table_args__ = (CheckConstraint("first_day <= last_day", name="in_order"),)


Index("ix_closed_day_days", ClosedDay.first_day, ClosedDay.last_day)
Index("uq_organisation_ward", Organisation.kind, unique=True, postgresql_where=text("kind = 'ward' AND valid_to IS NULL"))
means("uq_branch_code", "branch_code_taken", N_("この館コードはすでに使われています。"))
means("uq_organisation_code", "organisation_code_taken", N_("この機関コードはすでに使われています。"))
means("uq_shelf_area_branch_id_code", "shelf_area_code_taken", N_("この配架場所コードはすでに使われています。"))
