"""Tables of procedures: an entry by its key, and every version of what it says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from library.db import Base, Numbered, means
from library.errors import N_
from library.identity.models import Account
from library.places.models import Organisation


class Procedure(Numbered, Base):
    """An entry of an organisation. `published`: the version readers see, none while it is a draft or withdrawn."""

    __tablename__ = "procedure"

    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    key: Mapped[str]
    published: Mapped[int | None]
    checked_on: Mapped[date | None]
    checked_by: Mapped[str] = mapped_column(default="")  # a staff role, not a name

    __table_args__ = (
        UniqueConstraint("organisation_id", "key"),
        CheckConstraint("key ~ '^[a-z][a-z0-9-]{1,59}$'", name="key_form"),
    )


class ProcedureVersion(Base):
    """What an entry said at one time; rows are added, never changed."""

    __tablename__ = "procedure_version"

    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedure.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))

    __table_args__ = (CheckConstraint("number > 0", name="counted_from_one"),)


means("uq_procedure_organisation_id_key", "procedure_key_taken", N_("このキーはもう使われています。"))
means("pk_procedure_version", "procedure_changed_meanwhile", N_("ほかの人が先に保存しました。開きなおしてください。"))
