"""where a licence stands in its term, and the parts of a reject's sentence that vary"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every licence counts as running, as it did before; the first turn of the day puts right and tells what is not.
    op.add_column("electronic_access", sa.Column("phase", sa.Text(), nullable=False, server_default="running"))
    op.create_check_constraint(op.f("ck_electronic_access_phase"), "electronic_access", "phase IN ('coming', 'running', 'over')")
    op.add_column("import_reject", sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("import_reject", "fields")
    op.drop_constraint(op.f("ck_electronic_access_phase"), "electronic_access", type_="check")
    op.drop_column("electronic_access", "phase")
