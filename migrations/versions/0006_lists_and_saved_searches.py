"""book lists and saved searches"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _book_list()
    _book_list_line()
    _saved_search()


def _book_list() -> None:
    op.create_table(
        "book_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("words", JSONB(), nullable=False),
        sa.Column("place", JSONB(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("shown_from", sa.Date(), nullable=True),
        sa.Column("shown_to", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('display', 'grade', 'theme', 'new')", name=op.f("ck_book_list_kind")),
        sa.CheckConstraint("audience IN ('everyone', 'own')", name=op.f("ck_book_list_audience")),
        sa.CheckConstraint("grade IN ('lower', 'middle', 'upper', 'junior_high')", name=op.f("ck_book_list_grade")),
        sa.CheckConstraint("state IN ('draft', 'published', 'ended')", name=op.f("ck_book_list_state")),
        sa.CheckConstraint("title ->> 'ja' <> ''", name=op.f("ck_book_list_named_in_japanese")),
        sa.CheckConstraint("state = 'draft' OR shown_from IS NOT NULL", name=op.f("ck_book_list_shown_from_a_day")),
        sa.CheckConstraint("shown_from <= shown_to", name=op.f("ck_book_list_days_in_order")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_book_list_organisation_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_book_list_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_list")),
    )
    op.create_index(op.f("ix_book_list_organisation_id"), "book_list", ["organisation_id"])
    op.create_index("ix_book_list_current", "book_list", ["shown_from"], postgresql_where=sa.text("state = 'published'"))


def _book_list_line() -> None:
    op.create_table(
        "book_list_line",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("note", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["book_list.id"], name=op.f("fk_book_list_line_list_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_book_list_line_record_id")),
        sa.PrimaryKeyConstraint("list_id", "record_id", name=op.f("pk_book_list_line")),
    )
    op.create_index(op.f("ix_book_list_line_record_id"), "book_list_line", ["record_id"])


def _saved_search() -> None:
    op.create_table(
        "saved_search",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("tells", sa.Boolean(), nullable=False),
        sa.Column("seen_up_to", sa.BigInteger(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_on", sa.Date(), nullable=True),
        sa.CheckConstraint("dropped_on IS NULL OR name = ''", name=op.f("ck_saved_search_dropped_without_words")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_saved_search_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    kept = sa.text("dropped_on IS NULL")
    op.create_index("uq_saved_search_asked", "saved_search", ["account_id", "asked"], unique=True, postgresql_where=kept)
    op.create_index("ix_saved_search_tells", "saved_search", ["id"], postgresql_where=sa.text("tells AND dropped_on IS NULL"))


def downgrade() -> None:
    for table in ("saved_search", "book_list_line", "book_list"):
        op.drop_table(table)
