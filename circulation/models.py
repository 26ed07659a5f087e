"""Tables of lending: policies, loans, holds, transits, deposits, what a desk did, and statistics that know no reader."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models import Item, Record
from library.db import Base, Numbered, means
from library.errors import N_
from library.identity.models import Account, Patron
from library.places.models import Branch, Organisation, Translated

OPEN_LOAN = "returned_at IS NULL"
OPEN_HOLD = "closed_at IS NULL"
OPEN_TRANSIT = "arrived_at IS NULL AND cancelled_at IS NULL"
OPEN_DEPOSIT = "ended_at IS NULL"


class BranchGroup(Numbered, Base):
    """Branches that share lending rules: ward libraries, elementary schools."""

    __tablename__ = "branch_group"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Translated]


class BranchGroupMember(Base):
    """A branch belongs to at most one group, so that of two groups never both can win."""

    __tablename__ = "branch_group_member"

    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("branch_group.id"), index=True)


class LendingPolicy(Numbered, Base):
    """One rule at one scope; an empty scope column means any. Each rule is resolved on its own, the most specific row wins."""

    __tablename__ = "lending_policy"

    rule: Mapped[str]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("branch_group.id"))
    category: Mapped[str | None]
    material: Mapped[str | None]
    value: Mapped[Any] = mapped_column(JSONB)  # a number or true/false, as the rule wants it
    note: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))

    __table_args__ = (
        UniqueConstraint(
            *("rule", "branch_id", "group_id", "category", "material"), name="uq_lending_policy_scope", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("branch_id IS NULL OR group_id IS NULL", name="branch_or_group"),
    )


class Loan(Numbered, Base):
    """A copy lent to a reader. `cut_at` is set at return: from then on nobody knows who the reader was."""

    __tablename__ = "loan"

    item_id: Mapped[int] = mapped_column(ForeignKey(Item.id), index=True)
    patron_id: Mapped[int | None] = mapped_column(ForeignKey(Patron.id))
    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    lent_at: Mapped[datetime]
    due_at: Mapped[datetime]
    renewals: Mapped[int] = mapped_column(SmallInteger, default=0)
    renewed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    returned_branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    undone: Mapped[bool] = mapped_column(default=False)  # taken back within seconds: it never was a loan
    cut_at: Mapped[datetime | None]
    overrides: Mapped[list[Any]] = mapped_column(JSONB, default=list)  # [{"code", "reason"}] of refusals overridden

    __table_args__ = (
        Index("uq_loan_open_item", "item_id", unique=True, postgresql_where=text(OPEN_LOAN)),
        Index("ix_loan_open_patron", "patron_id", "due_at", postgresql_where=text(OPEN_LOAN)),
        Index("ix_loan_open_due", "due_at", postgresql_where=text(OPEN_LOAN)),
        Index("ix_loan_patron_id", "patron_id", postgresql_where=text("patron_id IS NOT NULL")),
        Index("ix_loan_cut_at", "cut_at", postgresql_where=text("patron_id IS NOT NULL AND cut_at IS NOT NULL")),
        CheckConstraint("patron_id IS NOT NULL OR returned_at IS NOT NULL", name="open_loans_have_a_reader"),
        CheckConstraint("(returned_at IS NULL) = (cut_at IS NULL)", name="a_return_sets_the_cut"),
        CheckConstraint("lent_at <= due_at", name="due_after_lent"),
    )


class Hold(Numbered, Base):
    """A reader waits for a title, or for one copy of it. Captured: a copy is set aside; waiting: it stands on the hold shelf."""

    __tablename__ = "hold"

    patron_id: Mapped[int | None] = mapped_column(ForeignKey(Patron.id))
    record_id: Mapped[int] = mapped_column(ForeignKey(Record.id))
    item_id: Mapped[int | None] = mapped_column(ForeignKey(Item.id))  # only this copy will do
    pickup_branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    requested_at: Mapped[datetime]
    captured_item_id: Mapped[int | None] = mapped_column(ForeignKey(Item.id))
    captured_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    pickup_until: Mapped[date | None]  # 取置期限, the last day
    closed_at: Mapped[datetime | None]
    closing: Mapped[str | None]
    cut_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_hold_open_target",
            *("patron_id", "record_id", text("coalesce(item_id, 0)")),
            unique=True,
            postgresql_where=text(OPEN_HOLD),
        ),
        Index(
            "uq_hold_captured_item",
            "captured_item_id",
            unique=True,
            postgresql_where=text(f"{OPEN_HOLD} AND captured_item_id IS NOT NULL"),
        ),
        Index("ix_hold_item_id", "item_id", postgresql_where=text("item_id IS NOT NULL")),
        Index("ix_hold_queue", "record_id", "requested_at", "id", postgresql_where=text(OPEN_HOLD)),
        Index("ix_hold_patron_id", "patron_id", postgresql_where=text("patron_id IS NOT NULL")),
        Index("ix_hold_pickup", "pickup_branch_id", "pickup_until", postgresql_where=text(f"{OPEN_HOLD} AND waiting_since IS NOT NULL")),
        Index("ix_hold_cut_at", "cut_at", postgresql_where=text("patron_id IS NOT NULL AND cut_at IS NOT NULL")),
        CheckConstraint("closing IN ('filled', 'cancelled', 'expired', 'merged')", name="closing"),
        CheckConstraint("(closed_at IS NULL) = (closing IS NULL) AND (closed_at IS NULL) = (cut_at IS NULL)", name="closed_says_how"),
        CheckConstraint("patron_id IS NOT NULL OR closed_at IS NOT NULL", name="open_holds_have_a_reader"),
        CheckConstraint("waiting_since IS NULL OR captured_item_id IS NOT NULL", name="waits_with_a_copy"),
    )


class Transit(Numbered, Base):
    """A copy on its way between two branches: to a reader's hold, or home."""

    __tablename__ = "transit"

    item_id: Mapped[int] = mapped_column(ForeignKey(Item.id), index=True)
    from_branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    to_branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("hold.id"), index=True)
    sent_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index("uq_transit_open_item", "item_id", unique=True, postgresql_where=text(OPEN_TRANSIT)),
        Index("ix_transit_open_to", "to_branch_id", "sent_at", postgresql_where=text(OPEN_TRANSIT)),
        CheckConstraint("from_branch_id <> to_branch_id", name="goes_somewhere"),
        CheckConstraint("arrived_at IS NULL OR cancelled_at IS NULL", name="one_end"),
    )


class TransitScan(Numbered, Base):
    """A copy on its way was seen at a branch that is not where it goes."""

    __tablename__ = "transit_scan"

    transit_id: Mapped[int] = mapped_column(ForeignKey("transit.id", ondelete="CASCADE"), index=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    at: Mapped[datetime]


class Deposit(Numbered, Base):
    """An institutional loan: a copy stays with an organisation until a day, and is lent on to its members meanwhile."""

    __tablename__ = "deposit"

    item_id: Mapped[int] = mapped_column(ForeignKey(Item.id), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id), index=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    began_at: Mapped[datetime]
    until: Mapped[date]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_deposit_open_item", "item_id", unique=True, postgresql_where=text(OPEN_DEPOSIT)),)


class DeskAct(Numbered, Base):
    """One scan at a desk and what it changed, so that it can be undone at once and read back on the day. Never a reader."""

    __tablename__ = "desk_act"

    at: Mapped[datetime]
    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    act: Mapped[str]  # check_out | check_in | renew
    item_id: Mapped[int] = mapped_column(ForeignKey(Item.id), index=True)
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loan.id"), index=True)
    outcome: Mapped[str] = mapped_column(default="")  # the next step of a check-in
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_desk_act_branch", "branch_id", "at"),
        CheckConstraint("act IN ('check_out', 'check_in', 'renew')", name="act"),
    )


class LoanStatistic(Base):
    """What is known of lending for good: when, where, what kind of book, what kind of reader. No copy, no title, no person.

    An act that is undone adds a row with count -1; sums stay true without any link back to a loan.
    """

    __tablename__ = "loan_statistic"

    id: Mapped[uuid.UUID] = mapped_column(UUID, primary_key=True, server_default=text("gen_random_uuid()"))  # its order tells nothing
    day: Mapped[date] = mapped_column(index=True)
    act: Mapped[str]  # loan | renewal | hold
    count: Mapped[int] = mapped_column(SmallInteger, default=1)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id))
    owner_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    category: Mapped[str]
    age_band: Mapped[str]
    grade: Mapped[str] = mapped_column(default="")
    material: Mapped[str]
    ndc: Mapped[str] = mapped_column(default="")  # three digits


means("uq_loan_open_item", "item_on_loan", N_("この資料は貸出中です。"))
means("uq_hold_open_target", "already_on_hold", N_("この資料はもう予約しています。"))
means("uq_hold_captured_item", "item_captured", N_("この資料は別の予約のために確保されています。"))
means("uq_transit_open_item", "item_in_transit", N_("この資料は移送中です。"))
means("uq_deposit_open_item", "item_on_deposit", N_("この資料は団体貸出中です。"))
means("uq_lending_policy_scope", "policy_exists", N_("この範囲の規則はすでにあります。"))
