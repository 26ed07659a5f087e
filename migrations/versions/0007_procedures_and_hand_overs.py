"""procedures, answers and hand-overs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procedure",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("key ~ '^[a-z][a-z0-9-]{1,59}$'", name=op.f("ck_procedure_key_form")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_procedure_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_procedure_organisation_id_key")),
    )
    op.create_table(
        "procedure_version",
        sa.Column("procedure_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_procedure_version_counted_from_one")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_procedure_version_made_by")),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name=op.f("fk_procedure_version_procedure_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("procedure_id", "number", name=op.f("pk_procedure_version")),
    )
    op.create_table(
        "question",
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("translation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("state IN ('open', 'taken', 'answered', 'closed')", name=op.f("ck_question_state")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_question_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_question_branch_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name=op.f("fk_question_taken_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_account_id"), "question", ["account_id"], unique=False)
    op.create_index("ix_question_open", "question", ["asked_at"], unique=False, postgresql_where=sa.text("state <> 'closed'"))
    op.create_index("ix_question_closed", "question", ["changed_at"], unique=False, postgresql_where=sa.text("state = 'closed'"))
    op.create_table(
        "asked_often",
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("client", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("act", "client", "began_at", name=op.f("pk_asked_often")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_asked_often_began_at"), "asked_often", ["began_at"], unique=False)


def downgrade() -> None:
    for table in ("asked_often", "question", "procedure_version", "procedure"):
        op.drop_table(table)
