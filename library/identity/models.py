"""Tables of people: a person has patrons (memberships) and cards; an account signs in and acts for persons or as staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from library.db import Base, Numbered, means
from library.errors import N_
from library.places.models import Branch, Organisation, SchoolClass


class Person(Numbered, Base):
    """A human. Never a national identification number: there is no column for one, here or anywhere."""

    __tablename__ = "person"

    family_name: Mapped[str]
    given_name: Mapped[str] = mapped_column(default="")
    family_reading: Mapped[str] = mapped_column(default="")  # katakana
    given_reading: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(default="", index=True)  # normalised kana of the whole reading
    birth_date: Mapped[date | None]
    phone: Mapped[str] = mapped_column(default="")
    mail: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_person_name", "family_name", "given_name"),)


# A phone's digits from the end: people are asked for the last ones, so the end is what an index has to begin with.
PHONE_FROM_ITS_END = func.reverse(func.regexp_replace(Person.phone, text("'[^0-9]'"), text("''"), text("'g'")))
Index("ix_person_phone_end", PHONE_FROM_ITS_END.label("from_its_end"), postgresql_ops={"from_its_end": "text_pattern_ops"})


class Patron(Numbered, Base):
    """A person's membership of one organisation; loans, holds and blocks hang here."""

    __tablename__ = "patron"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id), index=True)
    category: Mapped[str]
    class_id: Mapped[int | None] = mapped_column(ForeignKey(SchoolClass.id), index=True)
    roll_number: Mapped[int | None] = mapped_column(SmallInteger)
    home_branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    sender_key: Mapped[str | None]  # the number the sending system knows this membership by
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    affiliation: Mapped[str] = mapped_column(default="", server_default="")  # where somebody works or studies
    guardian_name: Mapped[str] = mapped_column(default="", server_default="")  # of a guardian who has no card
    contact_by: Mapped[str] = mapped_column(default="none", server_default="none")
    proof: Mapped[str] = mapped_column(default="", server_default="")  # the kind of paper that was shown, never its number
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint(
            "category IN ('resident', 'commuter', 'student', 'neighbour', 'child', 'group', 'school', 'pupil', 'teacher',"
            " 'accessibility', 'interlibrary', 'staff')",
            name="category",
        ),
        CheckConstraint("contact_by IN ('mail', 'line', 'phone', 'none')", name="contact_by"),
        Index("ix_patron_person_id", "person_id"),  # the next one knows memberships without an end only
        Index("uq_patron_membership", "person_id", "organisation_id", unique=True, postgresql_where=text("valid_to IS NULL")),
        Index("uq_patron_sender_key", "organisation_id", "sender_key", unique=True, postgresql_where=text("sender_key IS NOT NULL")),
    )


class Card(Numbered, Base):
    """A number a person shows. Digits as printed; scanners' start and stop letters are stripped before look-up."""

    __tablename__ = "card"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(default="")


class Account(Numbered, Base):
    """Who signs in. Readers sign in by card number (an account of a person), staff by `login`."""

    __tablename__ = "account"

    login: Mapped[str] = mapped_column(unique=True)  # case-folded
    display_name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]  # argon2id, PHC string
    language: Mapped[str] = mapped_column(default="ja")
    show_ruby: Mapped[bool] = mapped_column(default=False)
    view: Mapped[str | None]  # pupils, full; null while nobody chose
    home_branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("view IN ('pupils', 'full')", name="view"),)


class SetUpCode(Base):
    """A code from the desk with which somebody sets the first password of an account: one an account, used once."""

    __tablename__ = "set_up_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # keyed, so that a stolen table cannot be searched for codes
    expires_at: Mapped[datetime]


class AccountPerson(Base):
    """For which persons an account acts: itself (self) or its children (guardian)."""

    __tablename__ = "account_person"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[str]

    __table_args__ = (
        CheckConstraint("role IN ('self', 'guardian')", name="role"),
        Index("uq_account_person_self", "account_id", unique=True, postgresql_where=text("role = 'self'")),
    )


class AccountRole(Numbered, Base):
    """A staff role at a scope: everywhere (all scope columns null), one organisation, one branch or one class."""

    __tablename__ = "account_role"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    class_id: Mapped[int | None] = mapped_column(ForeignKey(SchoolClass.id))

    __table_args__ = (
        CheckConstraint("num_nonnulls(organisation_id, branch_id, class_id) <= 1", name="one_scope"),
        UniqueConstraint("account_id", "role", "organisation_id", "branch_id", "class_id", postgresql_nulls_not_distinct=True),
    )


class SignedIn(Base):
    """A server-side session. Only a digest of its secret is kept, so a stolen table opens no door."""

    __tablename__ = "signed_in"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    device: Mapped[str] = mapped_column(default="")  # "Chrome / Android", never the whole header


class ApiToken(Numbered, Base):
    __tablename__ = "api_token"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """Failures per (account, address): many lock that pair. Both are keyed digests, so the table names nobody."""

    __tablename__ = "sign_in_failure"

    login_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    address_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(SmallInteger)
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]

    __table_args__ = (Index("ix_sign_in_failure_address", "address_digest", "last_at"),)


class AuditEvent(Numbered, Base):
    """Who did or looked at what. Rows are only ever added; the subject is a reference, never a title beside a reader."""

    __tablename__ = "audit_event"

    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    act: Mapped[str]
    subject_kind: Mapped[str] = mapped_column(default="")
    subject_id: Mapped[int | None]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Branch.id))
    reason: Mapped[str] = mapped_column(default="")
    request_id: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    __table_args__ = (
        Index("ix_audit_event_subject", "subject_kind", "subject_id"),
        Index("ix_audit_event_about", text("(details ->> 'about')"), postgresql_where=text("details ? 'about'")),
    )


means("uq_card_number", "card_number_taken", N_("このカード番号はすでに使われています。"))
means("uq_account_login", "login_taken", N_("このログイン名はすでに使われています。"))
means("uq_patron_membership", "already_a_member", N_("この人はすでに登録されています。"))
means("uq_patron_sender_key", "sender_key_taken", N_("この利用者番号はすでに登録されています。"))
