"""what came in at a branch"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_item_arrivals",
        "item",
        ["branch_id", sa.text("acquired_on DESC NULLS LAST"), sa.text("id DESC")],
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_item_arrivals", table_name="item")
