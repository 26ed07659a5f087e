"""which view of the pages an account chose, and titles by their first kana"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("view", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_account_view"), "account", "view IN ('pupils', 'full')")
    op.create_index("ix_record_kana", "record", ["title_sort"], postgresql_ops={"title_sort": "text_pattern_ops"})


def downgrade() -> None:
    op.drop_index("ix_record_kana", table_name="record")
    op.drop_constraint(op.f("ck_account_view"), "account")
    op.drop_column("account", "view")
