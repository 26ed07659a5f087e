"""Tables of the catalogue: sources and what they sent, union records, works, items, electronic access, and news of change."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text, UserDefinedType

from library.db import Base, Numbered, means
from library.errors import N_
from library.identity.models import Account
from library.places.models import Branch, Organisation, ShelfArea

OPEN = "withdrawn_on IS NULL"


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class Reach(StrEnum):
    """How far an owner lets its items be seen or borrowed."""

    NOBODY = "nobody"
    OWN = "own"  # the organisation's own members
    SCHOOLS = "schools"  # members of any school
    ALL = "all"


class Phase(StrEnum):
    """Where a licence stands in its term."""

    COMING = "coming"
    RUNNING = "running"
    OVER = "over"


class Source(Numbered, Base):
    """A sender of bibliographic records. A lower `rank` wins when sources differ."""

    __tablename__ = "source"

    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(default="")
    rank: Mapped[int] = mapped_column(SmallInteger, default=50)
    licence: Mapped[str] = mapped_column(default="")
    licence_url: Mapped[str] = mapped_column(default="")
    withheld: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # groups of fields that may not be shown
    unshared: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # groups that may not be passed on
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id))

    __table_args__ = (CheckConstraint("name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'", name="name_form"),)


class Work(Numbered, Base):
    """What editions have in common; `key` comes from title and first author."""

    __tablename__ = "work"

    key: Mapped[str] = mapped_column(unique=True)


class Record(Numbered, Base):
    """A union record: one publication, composed from its source records. Columns repeat what is sorted and filtered by."""

    __tablename__ = "record"

    work_id: Mapped[int | None] = mapped_column(ForeignKey("work.id"), index=True)
    title: Mapped[str]
    title_sort: Mapped[str] = mapped_column(default="")  # normalised kana, C collation
    volume: Mapped[str] = mapped_column(default="")
    author: Mapped[str] = mapped_column(default="")
    publisher: Mapped[str] = mapped_column(default="")
    year: Mapped[int | None] = mapped_column(SmallInteger)
    material: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    audience: Mapped[str] = mapped_column(default="")
    ndc: Mapped[str] = mapped_column(default="")  # the newest edition's number
    description: Mapped[dict[str, Any]] = mapped_column(JSONB)
    popularity: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("ix_record_shelf", "ndc", "title_sort"),
        Index("ix_record_created_at", "created_at"),
        Index("ix_record_kana", "title_sort", postgresql_ops={"title_sort": "text_pattern_ops"}),  # what begins with a kana
    )


class RecordRedirect(Base):
    """After a merge: where a permanent link leads now. Always one step, never a chain."""

    __tablename__ = "record_redirect"

    from_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class SourceRecord(Numbered, Base):
    """What one sender says of one publication, raw and read, and why it belongs to its union record.

    `identity` is "003 001" or, without a control number, "#" and the digest of the raw record.
    """

    __tablename__ = "source_record"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    identity: Mapped[str]
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    format: Mapped[str]  # marc21 | marcxml | table | hand
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    description: Mapped[dict[str, Any]] = mapped_column(JSONB)
    warnings: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    match_rule: Mapped[str]  # new | nbn | isbn | score | hand
    match_score: Mapped[int | None] = mapped_column(SmallInteger)
    match_reasons: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("source_id", "identity"),)


class SourceRecordVersion(Numbered, Base):
    """What a source record was before it changed."""

    __tablename__ = "source_record_version"

    source_record_id: Mapped[int] = mapped_column(ForeignKey("source_record.id", ondelete="CASCADE"), index=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    format: Mapped[str]
    description: Mapped[dict[str, Any]] = mapped_column(JSONB)
    replaced_at: Mapped[datetime] = mapped_column(server_default=func.now())
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))


class MatchKey(Base):
    """What finds candidates for a match: `nbn:…`, `isbn:…`, `title:…` of one source record."""

    __tablename__ = "match_key"

    key: Mapped[str] = mapped_column(primary_key=True)
    source_record_id: Mapped[int] = mapped_column(ForeignKey("source_record.id", ondelete="CASCADE"), primary_key=True, index=True)


class MatchReview(Numbered, Base):
    """A match too weak to make and too strong to ignore; a cataloguer decides."""

    __tablename__ = "match_review"

    source_record_id: Mapped[int] = mapped_column(ForeignKey("source_record.id", ondelete="CASCADE"), index=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    score: Mapped[int] = mapped_column(SmallInteger)
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    decision: Mapped[str | None]  # same | different

    __table_args__ = (
        UniqueConstraint("source_record_id", "candidate_id"),
        Index("ix_match_review_open", "score", postgresql_where=text("decided_at IS NULL")),
    )


class RecordEvent(Numbered, Base):
    """The history of a union record: created, matched, edited, merged, split."""

    __tablename__ = "record_event"

    record_id: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    act: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class OwnerPolicy(Base):
    """Who may see and who may borrow what an organisation owns."""

    __tablename__ = "owner_policy"

    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id), primary_key=True)
    seen_by: Mapped[str] = mapped_column(default=Reach.ALL.value)
    lent_to: Mapped[str] = mapped_column(default=Reach.OWN.value)

    __table_args__ = (
        CheckConstraint("seen_by IN ('nobody', 'own', 'schools', 'all')", name="seen_by"),
        CheckConstraint("lent_to IN ('nobody', 'own', 'schools', 'all')", name="lent_to"),
    )


class Item(Numbered, Base):
    """One physical copy. Where it is now and whether it is lent is derived elsewhere; these are its few own flags."""

    __tablename__ = "item"

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    branch_id: Mapped[int] = mapped_column(ForeignKey(Branch.id), index=True)
    shelf_area_id: Mapped[int | None] = mapped_column(ForeignKey(ShelfArea.id))
    barcode: Mapped[str]
    location_mark: Mapped[str] = mapped_column(default="")  # 別置記号
    class_mark: Mapped[str] = mapped_column(default="")  # 分類記号
    author_mark: Mapped[str] = mapped_column(default="")  # 図書記号
    volume_mark: Mapped[str] = mapped_column(default="")  # 巻冊記号
    in_library_only: Mapped[bool] = mapped_column(default=False)
    missing_since: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    damage: Mapped[str] = mapped_column(default="")
    parts: Mapped[str] = mapped_column(default="")  # 付属資料: 「CD 1」
    price: Mapped[int | None]  # yen
    acquired_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("organisation_id", "barcode"),
        CheckConstraint("barcode <> ''", name="has_a_barcode"),
        Index("ix_item_barcode", "barcode"),
        Index("ix_item_newest", text("acquired_on DESC NULLS LAST"), text("id DESC"), postgresql_where=text(OPEN)),
        Index("ix_item_arrivals", "branch_id", text("acquired_on DESC NULLS LAST"), text("id DESC"), postgresql_where=text(OPEN)),
        Index("ix_item_shelf", "branch_id", "class_mark", "author_mark", postgresql_where=text(OPEN)),
    )


class ElectronicAccess(Numbered, Base):
    """An organisation's licence for an electronic title: a link instead of an item.

    `phase` follows from the days of the term. It is kept because the index must hear of a change that no one makes: whatever
    readers see goes by it, so that pages and index say the same at every moment.
    """

    __tablename__ = "electronic_access"

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    url: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    seats: Mapped[int | None]  # readers at once; null = any number
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    phase: Mapped[str] = mapped_column(default=Phase.RUNNING.value, server_default=Phase.RUNNING.value)

    __table_args__ = (
        UniqueConstraint("record_id", "organisation_id", "url", name="uq_electronic_access_link"),
        CheckConstraint("phase IN ('coming', 'running', 'over')", name="phase"),
        CheckConstraint("url ~ '^https?://'", name="web_address"),
    )


class ImportRun(Numbered, Base):
    """One file coming in: how far it is, what came of it. A killed run goes on from `position`."""

    __tablename__ = "import_run"

    kind: Mapped[str]  # marc | items | patrons
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id))
    file_name: Mapped[str]
    file_digest: Mapped[bytes] = mapped_column(LargeBinary)
    file_size: Mapped[int]
    stored_at: Mapped[str] = mapped_column(default="")  # below the data folder, while the run needs it
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    status: Mapped[str] = mapped_column(default="waiting")  # waiting | running | finished | failed | cancelled
    position: Mapped[int] = mapped_column(default=0)
    offset: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    message: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (CheckConstraint("status IN ('waiting', 'running', 'finished', 'failed', 'cancelled')", name="status"),)


class ImportReject(Numbered, Base):
    """One record or row that did not come in, and why; `raw` is what was sent.

    `message` is the whole sentence in Japanese. `fields`: what varies in the sentence of its code; null for sentences that were
    kept whole.
    """

    __tablename__ = "import_reject"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    position: Mapped[int]
    offset: Mapped[int | None]
    tag: Mapped[str] = mapped_column(default="")  # MARC tag or column name
    code: Mapped[str]
    message: Mapped[str]
    fields: Mapped[dict[str, Any] | None]
    raw: Mapped[bytes] = mapped_column(LargeBinary, default=b"")

    __table_args__ = (Index("ix_import_reject_run_id_position", "run_id", "position"),)


class IndexChange(Base):
    """News for every copy of the index: which record changed. Read behind the horizon of unfinished transactions.

    A sequence alone would skip rows that commit late; `xid` below `pg_snapshot_xmin` is complete.
    """

    __tablename__ = "index_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    record_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(default="record")  # record | availability | gone
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index("ix_index_change_order", "xid", "id"),)


class IndexHorizon(Base):
    """One row: news before this transaction number has been deleted; a copy that is further behind begins again."""

    __tablename__ = "index_horizon"

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    value: Mapped[int] = mapped_column(Xid8)

    __table_args__ = (CheckConstraint("one", name="one_row"),)


means("uq_item_organisation_id_barcode", "barcode_taken", N_("このバーコードは同じ所蔵者の別の資料で使われています。"))
means("uq_source_name", "source_name_taken", N_("この書誌の送り手はすでに登録されています。"))
means("uq_electronic_access_link", "link_taken", N_("このリンクはすでに登録されています。"))
