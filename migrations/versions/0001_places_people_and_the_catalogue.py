"""places, people and the catalogue"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branch",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("holds_stock", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z0-9-]+$'", name=op.f("ck_branch_code_form")),
        sa.CheckConstraint("name ? 'ja'", name=op.f("ck_branch_named_in_japanese")),
        sa.CheckConstraint("number BETWEEN 1 AND 9999", name=op.f("ck_branch_number_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
        sa.UniqueConstraint("code", name=op.f("uq_branch_code")),
        sa.UniqueConstraint("number", name=op.f("uq_branch_number")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("key", sa.UUID(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "index_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_change")),
    )
    op.create_index("ix_index_change_order", "index_change", ["xid", "id"], unique=False)
    op.create_table(
        "index_horizon",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("value", Xid8(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_index_horizon_one_row")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_index_horizon")),
    )
    op.create_table(
        "organisation",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("school_kind", sa.Text(), nullable=True),
        sa.Column("school_code", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("(kind = 'school') = (mode IS NOT NULL)", name=op.f("ck_organisation_schools_have_a_mode")),
        sa.CheckConstraint("kind IN ('ward', 'school', 'municipality')", name=op.f("ck_organisation_kind")),
        sa.CheckConstraint("name ? 'ja'", name=op.f("ck_organisation_named_in_japanese")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_index(
        "uq_organisation_ward", "organisation", ["kind"], unique=True, postgresql_where=sa.text("kind = 'ward' AND valid_to IS NULL")
    )
    op.create_table(
        "person",
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_reading", sa.Text(), nullable=False),
        sa.Column("given_reading", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_sort_key"), "person", ["sort_key"], unique=False)
    op.create_table(
        "sign_in_failure",
        sa.Column("login_digest", sa.LargeBinary(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("login_digest", "address_digest", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_address", "sign_in_failure", ["address_digest", "last_at"], unique=False)
    op.create_index(op.f("ix_sign_in_failure_last_at"), "sign_in_failure", ["last_at"], unique=False)
    op.create_table(
        "work",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("key", name=op.f("uq_work_key")),
    )
    op.create_table(
        "account",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("show_ruby", sa.Boolean(), nullable=False),
        sa.Column("home_branch_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["home_branch_id"], ["branch.id"], name=op.f("fk_account_home_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_table(
        "branch_organisation",
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('ward_library', 'school_library')", name=op.f("ck_branch_organisation_role")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_organisation_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_branch_organisation_organisation_id")),
        sa.PrimaryKeyConstraint("branch_id", "organisation_id", name=op.f("pk_branch_organisation")),
    )
    op.create_index(op.f("ix_branch_organisation_organisation_id"), "branch_organisation", ["organisation_id"], unique=False)
    op.create_table(
        "card",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_card_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("number", name=op.f("uq_card_number")),
    )
    op.create_index(op.f("ix_card_person_id"), "card", ["person_id"], unique=False)
    op.create_table(
        "closed_day",
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("yearly", sa.Boolean(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_closed_day_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_closed_day_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_day")),
    )
    op.create_index(op.f("ix_closed_day_branch_id"), "closed_day", ["branch_id"], unique=False)
    op.create_index("ix_closed_day_days", "closed_day", ["first_day", "last_day"], unique=False)
    op.create_table(
        "opening_hours",
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("opens < closes", name=op.f("ck_opening_hours_opens_before_it_closes")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_opening_hours_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    op.create_index(op.f("ix_opening_hours_branch_id"), "opening_hours", ["branch_id"], unique=False)
    op.create_table(
        "owner_policy",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("lent_to", sa.Text(), nullable=False),
        sa.CheckConstraint("lent_to IN ('nobody', 'own', 'schools', 'all')", name=op.f("ck_owner_policy_lent_to")),
        sa.CheckConstraint("seen_by IN ('nobody', 'own', 'schools', 'all')", name=op.f("ck_owner_policy_seen_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_owner_policy_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_owner_policy")),
    )
    op.create_table(
        "record",
        sa.Column("work_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_sort", sa.Text(), nullable=False),
        sa.Column("volume", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("ndc", sa.Text(), nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("popularity", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_record_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    op.create_index("ix_record_created_at", "record", ["created_at"], unique=False)
    op.create_index("ix_record_shelf", "record", ["ndc", "title_sort"], unique=False)
    op.create_index(op.f("ix_record_work_id"), "record", ["work_id"], unique=False)
    op.create_table(
        "school_class",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("grade ~ '^(P[1-6]|J[1-3]|H[1-3]|E[1-3])$'", name=op.f("ck_school_class_grade")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_school_class_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_class")),
        sa.UniqueConstraint("organisation_id", "school_year", "grade", "name", name="uq_school_class_name"),
    )
    op.create_table(
        "shelf_area",
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_shelf_area_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_area")),
        sa.UniqueConstraint("branch_id", "code", name=op.f("uq_shelf_area_branch_id_code")),
    )
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("licence_url", sa.Text(), nullable=False),
        sa.Column("withheld", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unshared", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'", name=op.f("ck_source_name_form")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_source_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "account_person",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('self', 'guardian')", name=op.f("ck_account_person_role")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_person_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_person_id")),
        sa.PrimaryKeyConstraint("account_id", "person_id", name=op.f("pk_account_person")),
    )
    op.create_index(op.f("ix_account_person_person_id"), "account_person", ["person_id"], unique=False)
    op.create_index("uq_account_person_self", "account_person", ["account_id"], unique=True, postgresql_where=sa.text("role = 'self'"))
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("num_nonnulls(organisation_id, branch_id, class_id) <= 1", name=op.f("ck_account_role_one_scope")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_account_role_branch_id")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_account_role_class_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_account_role_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
        sa.UniqueConstraint(
            "account_id",
            "role",
            "organisation_id",
            "branch_id",
            "class_id",
            name=op.f("uq_account_role_account_id_role_organisation_id_branch_id_class_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_account_role_account_id"), "account_role", ["account_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_table(
        "audit_event",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_audit_event_account_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_audit_event_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_account_id"), "audit_event", ["account_id"], unique=False)
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"], unique=False)
    op.create_index("ix_audit_event_subject", "audit_event", ["subject_kind", "subject_id"], unique=False)
    op.create_table(
        "electronic_access",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("url ~ '^https?://'", name=op.f("ck_electronic_access_web_address")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_electronic_access_organisation_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_electronic_access_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electronic_access")),
        sa.UniqueConstraint("record_id", "organisation_id", "url", name="uq_electronic_access_link"),
    )
    op.create_index(op.f("ix_electronic_access_record_id"), "electronic_access", ["record_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_digest", sa.LargeBinary(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'running', 'finished', 'failed', 'cancelled')", name=op.f("ck_import_run_status")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_import_run_account_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_import_run_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_import_run_organisation_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_import_run_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "item",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("shelf_area_id", sa.BigInteger(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("location_mark", sa.Text(), nullable=False),
        sa.Column("class_mark", sa.Text(), nullable=False),
        sa.Column("author_mark", sa.Text(), nullable=False),
        sa.Column("volume_mark", sa.Text(), nullable=False),
        sa.Column("in_library_only", sa.Boolean(), nullable=False),
        sa.Column("missing_since", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("damage", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("acquired_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("barcode <> ''", name=op.f("ck_item_has_a_barcode")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_item_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_item_organisation_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_item_record_id")),
        sa.ForeignKeyConstraint(["shelf_area_id"], ["shelf_area.id"], name=op.f("fk_item_shelf_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("organisation_id", "barcode", name=op.f("uq_item_organisation_id_barcode")),
    )
    op.create_index("ix_item_barcode", "item", ["barcode"], unique=False)
    op.create_index(op.f("ix_item_branch_id"), "item", ["branch_id"], unique=False)
    op.create_index(
        "ix_item_newest",
        "item",
        [sa.literal_column("acquired_on DESC NULLS LAST"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )
    op.create_index(op.f("ix_item_record_id"), "item", ["record_id"], unique=False)
    op.create_index(
        "ix_item_shelf", "item", ["branch_id", "class_mark", "author_mark"], unique=False, postgresql_where=sa.text("withdrawn_on IS NULL")
    )
    op.create_table(
        "patron",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("roll_number", sa.SmallInteger(), nullable=True),
        sa.Column("home_branch_id", sa.BigInteger(), nullable=True),
        sa.Column("sender_key", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "category IN ('resident', 'commuter', 'student', 'neighbour', 'child', 'group', 'school', 'pupil', 'teacher', 'accessibility', 'interlibrary', 'staff')",
            name=op.f("ck_patron_category"),
        ),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_patron_class_id")),
        sa.ForeignKeyConstraint(["home_branch_id"], ["branch.id"], name=op.f("fk_patron_home_branch_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_patron_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_patron_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron")),
    )
    op.create_index(op.f("ix_patron_class_id"), "patron", ["class_id"], unique=False)
    op.create_index(op.f("ix_patron_organisation_id"), "patron", ["organisation_id"], unique=False)
    op.create_index(
        "uq_patron_membership", "patron", ["person_id", "organisation_id"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_index(
        "uq_patron_sender_key", "patron", ["organisation_id", "sender_key"], unique=True, postgresql_where=sa.text("sender_key IS NOT NULL")
    )
    op.create_table(
        "record_event",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_record_event_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_event")),
    )
    op.create_index(op.f("ix_record_event_record_id"), "record_event", ["record_id"], unique=False)
    op.create_table(
        "record_redirect",
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["to_id"], ["record.id"], name=op.f("fk_record_redirect_to_id")),
        sa.PrimaryKeyConstraint("from_id", name=op.f("pk_record_redirect")),
    )
    op.create_index(op.f("ix_record_redirect_to_id"), "record_redirect", ["to_id"], unique=False)
    op.create_table(
        "signed_in",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_signed_in_account_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_signed_in")),
    )
    op.create_index(op.f("ix_signed_in_account_id"), "signed_in", ["account_id"], unique=False)
    op.create_index(op.f("ix_signed_in_expires_at"), "signed_in", ["expires_at"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("match_rule", sa.Text(), nullable=False),
        sa.Column("match_score", sa.SmallInteger(), nullable=True),
        sa.Column("match_reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_source_record_record_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_record_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
        sa.UniqueConstraint("source_id", "identity", name=op.f("uq_source_record_source_id_identity")),
    )
    op.create_index(op.f("ix_source_record_record_id"), "source_record", ["record_id"], unique=False)
    op.create_table(
        "import_reject",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_reject_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_reject")),
    )
    op.create_index("ix_import_reject_run_id_position", "import_reject", ["run_id", "position"], unique=False)
    op.create_table(
        "match_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source_record_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_record_id"], ["source_record.id"], name=op.f("fk_match_key_source_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "source_record_id", name=op.f("pk_match_key")),
    )
    op.create_index(op.f("ix_match_key_source_record_id"), "match_key", ["source_record_id"], unique=False)
    op.create_table(
        "match_review",
        sa.Column("source_record_id", sa.BigInteger(), nullable=False),
        sa.Column("candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["candidate_id"], ["record.id"], name=op.f("fk_match_review_candidate_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_match_review_decided_by")),
        sa.ForeignKeyConstraint(
            ["source_record_id"], ["source_record.id"], name=op.f("fk_match_review_source_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_review")),
        sa.UniqueConstraint("source_record_id", "candidate_id", name=op.f("uq_match_review_source_record_id_candidate_id")),
    )
    op.create_index(op.f("ix_match_review_candidate_id"), "match_review", ["candidate_id"], unique=False)
    op.create_index("ix_match_review_open", "match_review", ["score"], unique=False, postgresql_where=sa.text("decided_at IS NULL"))
    op.create_index(op.f("ix_match_review_source_record_id"), "match_review", ["source_record_id"], unique=False)
    op.create_table(
        "source_record_version",
        sa.Column("source_record_id", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["replaced_by"], ["account.id"], name=op.f("fk_source_record_version_replaced_by")),
        sa.ForeignKeyConstraint(
            ["source_record_id"], ["source_record.id"], name=op.f("fk_source_record_version_source_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record_version")),
    )
    op.create_index(op.f("ix_source_record_version_source_record_id"), "source_record_version", ["source_record_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_source_record_version_source_record_id"), table_name="source_record_version")
    op.drop_table("source_record_version")
    op.drop_index(op.f("ix_match_review_source_record_id"), table_name="match_review")
    op.drop_index("ix_match_review_open", table_name="match_review", postgresql_where=sa.text("decided_at IS NULL"))
    op.drop_index(op.f("ix_match_review_candidate_id"), table_name="match_review")
    op.drop_table("match_review")
    op.drop_index(op.f("ix_match_key_source_record_id"), table_name="match_key")
    op.drop_table("match_key")
    op.drop_index("ix_import_reject_run_id_position", table_name="import_reject")
    op.drop_table("import_reject")
    op.drop_index(op.f("ix_source_record_record_id"), table_name="source_record")
    op.drop_table("source_record")
    op.drop_index(op.f("ix_signed_in_expires_at"), table_name="signed_in")
    op.drop_index(op.f("ix_signed_in_account_id"), table_name="signed_in")
    op.drop_table("signed_in")
    op.drop_index(op.f("ix_record_redirect_to_id"), table_name="record_redirect")
    op.drop_table("record_redirect")
    op.drop_index(op.f("ix_record_event_record_id"), table_name="record_event")
    op.drop_table("record_event")
    op.drop_index("uq_patron_sender_key", table_name="patron", postgresql_where=sa.text("sender_key IS NOT NULL"))
    op.drop_index("uq_patron_membership", table_name="patron", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_index(op.f("ix_patron_organisation_id"), table_name="patron")
    op.drop_index(op.f("ix_patron_class_id"), table_name="patron")
    op.drop_table("patron")
    op.drop_index("ix_item_shelf", table_name="item", postgresql_where=sa.text("withdrawn_on IS NULL"))
    op.drop_index(op.f("ix_item_record_id"), table_name="item")
    op.drop_index("ix_item_newest", table_name="item", postgresql_where=sa.text("withdrawn_on IS NULL"))
    op.drop_index(op.f("ix_item_branch_id"), table_name="item")
    op.drop_index("ix_item_barcode", table_name="item")
    op.drop_table("item")
    op.drop_table("import_run")
    op.drop_index(op.f("ix_electronic_access_record_id"), table_name="electronic_access")
    op.drop_table("electronic_access")
    op.drop_index("ix_audit_event_subject", table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_at"), table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_account_id"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_index(op.f("ix_api_token_account_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_account_role_account_id"), table_name="account_role")
    op.drop_table("account_role")
    op.drop_index("uq_account_person_self", table_name="account_person", postgresql_where=sa.text("role = 'self'"))
    op.drop_index(op.f("ix_account_person_person_id"), table_name="account_person")
    op.drop_table("account_person")
    op.drop_table("source")
    op.drop_table("shelf_area")
    op.drop_table("school_class")
    op.drop_index(op.f("ix_record_work_id"), table_name="record")
    op.drop_index("ix_record_shelf", table_name="record")
    op.drop_index("ix_record_created_at", table_name="record")
    op.drop_table("record")
    op.drop_table("owner_policy")
    op.drop_index(op.f("ix_opening_hours_branch_id"), table_name="opening_hours")
    op.drop_table("opening_hours")
    op.drop_index("ix_closed_day_days", table_name="closed_day")
    op.drop_index(op.f("ix_closed_day_branch_id"), table_name="closed_day")
    op.drop_table("closed_day")
    op.drop_index(op.f("ix_card_person_id"), table_name="card")
    op.drop_table("card")
    op.drop_index(op.f("ix_branch_organisation_organisation_id"), table_name="branch_organisation")
    op.drop_table("branch_organisation")
    op.drop_table("account")
    op.drop_table("work")
    op.drop_index(op.f("ix_sign_in_failure_last_at"), table_name="sign_in_failure")
    op.drop_index("ix_sign_in_failure_address", table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    op.drop_index(op.f("ix_person_sort_key"), table_name="person")
    op.drop_table("person")
    op.drop_index("uq_organisation_ward", table_name="organisation", postgresql_where=sa.text("kind = 'ward' AND valid_to IS NULL"))
    op.drop_table("organisation")
    op.drop_table("index_horizon")
    op.drop_index("ix_index_change_order", table_name="index_change")
    op.drop_table("index_change")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("branch")
