"""registration at the desk"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ADDED = (("affiliation", ""), ("guardian_name", ""), ("contact_by", "none"), ("proof", ""))


def upgrade() -> None:
    for name, default in ADDED:
        op.add_column("patron", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    op.create_check_constraint(op.f("ck_patron_contact_by"), "patron", "contact_by IN ('mail', 'line', 'phone', 'none')")
    op.create_index("ix_patron_person_id", "patron", ["person_id"])
    op.create_index("ix_person_name", "person", ["family_name", "given_name"])
    ending = sa.text("reverse(regexp_replace(phone, '[^0-9]', '', 'g')) text_pattern_ops")
    op.create_index("ix_person_phone_end", "person", [ending])
    op.create_table(
        "set_up_code",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_set_up_code_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_set_up_code")),
    )
    op.execute("CREATE SEQUENCE card_serial")


def downgrade() -> None:
    op.execute("DROP SEQUENCE card_serial")
    op.drop_table("set_up_code")
    op.drop_index("ix_person_phone_end", table_name="person")
    op.drop_index("ix_person_name", table_name="person")
    op.drop_index("ix_patron_person_id", table_name="patron")
    op.drop_constraint(op.f("ck_patron_contact_by"), "patron", type_="check")
    for name, _ in reversed(ADDED):
        op.drop_column("patron", name)
