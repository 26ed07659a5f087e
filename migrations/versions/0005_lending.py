"""lending: policies, loans, holds, transits, deposits, desk acts, statistics"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branch_group",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_group")),
        sa.UniqueConstraint("code", name=op.f("uq_branch_group_code")),
    )
    op.create_table(
        "branch_group_member",
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_group_member_branch_id")),
        sa.ForeignKeyConstraint(["group_id"], ["branch_group.id"], name=op.f("fk_branch_group_member_group_id")),
        sa.PrimaryKeyConstraint("branch_id", name=op.f("pk_branch_group_member")),
    )
    op.create_index(op.f("ix_branch_group_member_group_id"), "branch_group_member", ["group_id"], unique=False)
    op.create_table(
        "loan_statistic",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("count", sa.SmallInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("ndc", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_loan_statistic_branch_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisation.id"], name=op.f("fk_loan_statistic_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_statistic")),
    )
    op.create_index(op.f("ix_loan_statistic_day"), "loan_statistic", ["day"], unique=False)
    op.create_table(
        "lending_policy",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("material", sa.Text(), nullable=True),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("branch_id IS NULL OR group_id IS NULL", name=op.f("ck_lending_policy_branch_or_group")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_lending_policy_branch_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_lending_policy_changed_by")),
        sa.ForeignKeyConstraint(["group_id"], ["branch_group.id"], name=op.f("fk_lending_policy_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lending_policy")),
        sa.UniqueConstraint(
            "rule", "branch_id", "group_id", "category", "material", name="uq_lending_policy_scope", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "deposit",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_deposit_branch_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_deposit_item_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_deposit_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
    )
    op.create_index(op.f("ix_deposit_item_id"), "deposit", ["item_id"], unique=False)
    op.create_index(op.f("ix_deposit_organisation_id"), "deposit", ["organisation_id"], unique=False)
    op.create_index("uq_deposit_open_item", "deposit", ["item_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "hold",
        sa.Column("patron_id", sa.BigInteger(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("pickup_branch_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captured_item_id", sa.BigInteger(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pickup_until", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("closing IN ('filled', 'cancelled', 'expired', 'merged')", name=op.f("ck_hold_closing")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closing IS NULL) AND (closed_at IS NULL) = (cut_at IS NULL)", name=op.f("ck_hold_closed_says_how")
        ),
        sa.CheckConstraint("patron_id IS NOT NULL OR closed_at IS NOT NULL", name=op.f("ck_hold_open_holds_have_a_reader")),
        sa.CheckConstraint("waiting_since IS NULL OR captured_item_id IS NOT NULL", name=op.f("ck_hold_waits_with_a_copy")),
        sa.ForeignKeyConstraint(["captured_item_id"], ["item.id"], name=op.f("fk_hold_captured_item_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_hold_item_id")),
        sa.ForeignKeyConstraint(["patron_id"], ["patron.id"], name=op.f("fk_hold_patron_id")),
        sa.ForeignKeyConstraint(["pickup_branch_id"], ["branch.id"], name=op.f("fk_hold_pickup_branch_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_hold_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(
        "ix_hold_cut_at", "hold", ["cut_at"], unique=False, postgresql_where=sa.text("patron_id IS NOT NULL AND cut_at IS NOT NULL")
    )
    op.create_index("ix_hold_item_id", "hold", ["item_id"], unique=False, postgresql_where=sa.text("item_id IS NOT NULL"))
    op.create_index("ix_hold_patron_id", "hold", ["patron_id"], unique=False, postgresql_where=sa.text("patron_id IS NOT NULL"))
    op.create_index(
        "ix_hold_pickup",
        "hold",
        ["pickup_branch_id", "pickup_until"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND waiting_since IS NOT NULL"),
    )
    op.create_index(
        "ix_hold_queue", "hold", ["record_id", "requested_at", "id"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index(
        "uq_hold_captured_item",
        "hold",
        ["captured_item_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND captured_item_id IS NOT NULL"),
    )
    op.create_index(
        "uq_hold_open_target",
        "hold",
        ["patron_id", "record_id", sa.literal_column("coalesce(item_id, 0)")],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "loan",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("patron_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("lent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewals", sa.SmallInteger(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_branch_id", sa.BigInteger(), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overrides", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("(returned_at IS NULL) = (cut_at IS NULL)", name=op.f("ck_loan_a_return_sets_the_cut")),
        sa.CheckConstraint("lent_at <= due_at", name=op.f("ck_loan_due_after_lent")),
        sa.CheckConstraint("patron_id IS NOT NULL OR returned_at IS NOT NULL", name=op.f("ck_loan_open_loans_have_a_reader")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_loan_branch_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_loan_item_id")),
        sa.ForeignKeyConstraint(["patron_id"], ["patron.id"], name=op.f("fk_loan_patron_id")),
        sa.ForeignKeyConstraint(["returned_branch_id"], ["branch.id"], name=op.f("fk_loan_returned_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
    )
    op.create_index(
        "ix_loan_cut_at", "loan", ["cut_at"], unique=False, postgresql_where=sa.text("patron_id IS NOT NULL AND cut_at IS NOT NULL")
    )
    op.create_index(op.f("ix_loan_item_id"), "loan", ["item_id"], unique=False)
    op.create_index("ix_loan_open_due", "loan", ["due_at"], unique=False, postgresql_where=sa.text("returned_at IS NULL"))
    op.create_index("ix_loan_open_patron", "loan", ["patron_id", "due_at"], unique=False, postgresql_where=sa.text("returned_at IS NULL"))
    op.create_index("ix_loan_patron_id", "loan", ["patron_id"], unique=False, postgresql_where=sa.text("patron_id IS NOT NULL"))
    op.create_index("uq_loan_open_item", "loan", ["item_id"], unique=True, postgresql_where=sa.text("returned_at IS NULL"))
    op.create_table(
        "desk_act",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("act IN ('check_out', 'check_in', 'renew')", name=op.f("ck_desk_act_act")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_desk_act_account_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_desk_act_branch_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_desk_act_item_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_desk_act_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_act")),
    )
    op.create_index("ix_desk_act_branch", "desk_act", ["branch_id", "at"], unique=False)
    op.create_index(op.f("ix_desk_act_item_id"), "desk_act", ["item_id"], unique=False)
    op.create_index(op.f("ix_desk_act_loan_id"), "desk_act", ["loan_id"], unique=False)
    op.create_table(
        "transit",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("from_branch_id", sa.BigInteger(), nullable=False),
        sa.Column("to_branch_id", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("arrived_at IS NULL OR cancelled_at IS NULL", name=op.f("ck_transit_one_end")),
        sa.CheckConstraint("from_branch_id <> to_branch_id", name=op.f("ck_transit_goes_somewhere")),
        sa.ForeignKeyConstraint(["from_branch_id"], ["branch.id"], name=op.f("fk_transit_from_branch_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_transit_hold_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_transit_item_id")),
        sa.ForeignKeyConstraint(["to_branch_id"], ["branch.id"], name=op.f("fk_transit_to_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit")),
    )
    op.create_index(op.f("ix_transit_hold_id"), "transit", ["hold_id"], unique=False)
    op.create_index(op.f("ix_transit_item_id"), "transit", ["item_id"], unique=False)
    op.create_index(
        "ix_transit_open_to",
        "transit",
        ["to_branch_id", "sent_at"],
        unique=False,
        postgresql_where=sa.text("arrived_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_index(
        "uq_transit_open_item", "transit", ["item_id"], unique=True, postgresql_where=sa.text("arrived_at IS NULL AND cancelled_at IS NULL")
    )
    op.create_table(
        "transit_scan",
        sa.Column("transit_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_transit_scan_branch_id")),
        sa.ForeignKeyConstraint(["transit_id"], ["transit.id"], name=op.f("fk_transit_scan_transit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_scan")),
    )
    op.create_index(op.f("ix_transit_scan_transit_id"), "transit_scan", ["transit_id"], unique=False)
    op.create_index(
        "ix_audit_event_about", "audit_event", [sa.text("(details ->> 'about')")], postgresql_where=sa.text("details ? 'about'")
    )
    op.create_index("ix_idempotency_key_about", "idempotency_key", [sa.text("(result -> 'about')")], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_about", "idempotency_key")
    op.drop_index("ix_audit_event_about", "audit_event")
    op.drop_index(op.f("ix_transit_scan_transit_id"), table_name="transit_scan")
    op.drop_table("transit_scan")
    op.drop_index("uq_transit_open_item", table_name="transit", postgresql_where=sa.text("arrived_at IS NULL AND cancelled_at IS NULL"))
    op.drop_index("ix_transit_open_to", table_name="transit", postgresql_where=sa.text("arrived_at IS NULL AND cancelled_at IS NULL"))
    op.drop_index(op.f("ix_transit_item_id"), table_name="transit")
    op.drop_index(op.f("ix_transit_hold_id"), table_name="transit")
    op.drop_table("transit")
    op.drop_index(op.f("ix_desk_act_loan_id"), table_name="desk_act")
    op.drop_index(op.f("ix_desk_act_item_id"), table_name="desk_act")
    op.drop_index("ix_desk_act_branch", table_name="desk_act")
    op.drop_table("desk_act")
    op.drop_index("uq_loan_open_item", table_name="loan", postgresql_where=sa.text("returned_at IS NULL"))
    op.drop_index("ix_loan_patron_id", table_name="loan", postgresql_where=sa.text("patron_id IS NOT NULL"))
    op.drop_index("ix_loan_open_patron", table_name="loan", postgresql_where=sa.text("returned_at IS NULL"))
    op.drop_index("ix_loan_open_due", table_name="loan", postgresql_where=sa.text("returned_at IS NULL"))
    op.drop_index(op.f("ix_loan_item_id"), table_name="loan")
    op.drop_index("ix_loan_cut_at", table_name="loan", postgresql_where=sa.text("patron_id IS NOT NULL AND cut_at IS NOT NULL"))
    op.drop_table("loan")
    op.drop_index("uq_hold_open_target", table_name="hold", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index(
        "uq_hold_captured_item", table_name="hold", postgresql_where=sa.text("closed_at IS NULL AND captured_item_id IS NOT NULL")
    )
    op.drop_index("ix_hold_queue", table_name="hold", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_hold_pickup", table_name="hold", postgresql_where=sa.text("closed_at IS NULL AND waiting_since IS NOT NULL"))
    op.drop_index("ix_hold_item_id", table_name="hold", postgresql_where=sa.text("item_id IS NOT NULL"))
    op.drop_index("ix_hold_patron_id", table_name="hold", postgresql_where=sa.text("patron_id IS NOT NULL"))
    op.drop_index("ix_hold_cut_at", table_name="hold", postgresql_where=sa.text("patron_id IS NOT NULL AND cut_at IS NOT NULL"))
    op.drop_table("hold")
    op.drop_index("uq_deposit_open_item", table_name="deposit", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("ix_deposit_organisation_id"), table_name="deposit")
    op.drop_index(op.f("ix_deposit_item_id"), table_name="deposit")
    op.drop_table("deposit")
    op.drop_table("lending_policy")
    op.drop_index(op.f("ix_loan_statistic_day"), table_name="loan_statistic")
    op.drop_table("loan_statistic")
    op.drop_index(op.f("ix_branch_group_member_group_id"), table_name="branch_group_member")
    op.drop_table("branch_group_member")
    op.drop_table("branch_group")
