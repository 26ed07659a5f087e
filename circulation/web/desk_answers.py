"""What the desk's page says to a scan: outcomes and errors as answers, each drawn by the template of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from circulation import desk, renewals
from circulation.counter import parts, scanned
from circulation.counter.station import CardWhileReturning, CountParts, NoReader, Opened, Outcome
from circulation.rules.refusals import Override, Refusal
from circulation.rules.scans import Kind
from circulation.rules.states import Next
from circulation.scans.undoing import WITHIN, Undone
from circulation.store import copies
from circulation.store.branches import Here
from circulation.store.copies import Copy
from library.db import Reading
from library.errors import N_, Because, LibraryError, Refused
from library.http.problems import filled, said
from library.i18n import Texts
from library.places.models import Branch

OVERRIDES: dict[Override, str] = {
    Override.READER_PRESENT: N_("予約者本人・家族と確かめた"),
    Override.RETURNED_UNSCANNED: N_("返却処理もれだった"),
    Override.RENEWED_AT_DESK: N_("その場で更新した"),
    Override.PROMISED: N_("返却の約束がある"),
    Override.CLASS_WORK: N_("授業・調べもののため"),
    Override.LIBRARIAN: N_("責任者の判断"),
}


@dataclass(frozen=True)
class Answer:
    """`shape` names the template, `kind` (ok, warn, err) colour, icon and sound; `told` is what the template says."""

    shape: str
    kind: str = "ok"
    status: int = 200
    told: Mapping[str, Any] = field(default_factory=dict)


def kept(outcome: Outcome, *, now: datetime) -> dict[str, Any] | None:
    """An act's ids and figures, for the same answer to the same scan; None for what changed nothing."""
    if isinstance(outcome, desk.Lent):
        return {
            "shape": "lent",
            "about": [f"loan:{outcome.loan_id}"],  # forgotten with it: the digest of a scan has the reader in it
            "at": now.isoformat(),
            "act": str(outcome.act_id),
            "item": str(outcome.copy.id),
            "loan": str(outcome.loan_id),
            "due_on": outcome.due_on.isoformat(),
            "moved_from": outcome.moved_from.isoformat() if outcome.moved_from else None,
            "hold_filled": outcome.hold_filled,
            "was_missing": outcome.was_missing,
            "overridden": [refusal.value for refusal in outcome.overridden],
        }
    if isinstance(outcome, desk.CheckedIn):
        return {
            "shape": "taken",
            "at": now.isoformat(),
            "act": str(outcome.act_id),
            "item": str(outcome.copy.id),
            "next": outcome.next.value,
            "to": outcome.to_branch_id,
            "sent_from": outcome.copy.from_branch_id,
            "hold": str(outcome.hold_id) if outcome.hold_id is not None else None,
            "pickup_until": outcome.pickup_until.isoformat() if outcome.pickup_until else None,
            "was_lent": outcome.loan_id is not None,
            "was_missing": outcome.was_missing,
        }
    return None


def renewed_kept(outcome: renewals.Outcome, texts: Texts) -> dict[str, Any]:
    """A renewal's ids, dates, and the reasons of what was not renewed, in the librarian's words."""
    return {
        "shape": "renewed",
        "about": [f"loan:{one.loan_id}" for one in outcome.renewed] + [f"loan:{one.loan_id}" for one in outcome.refused],
        "renewed": [{"item": str(one.copy.id), "due_on": one.due_on.isoformat()} for one in outcome.renewed],
        "refused": [{"item": str(one.copy.id), "reasons": in_words(one.reasons, texts)} for one in outcome.refused],
    }


def in_words(reasons: tuple[Because, ...], texts: Texts) -> list[str]:
    return [filled(texts, one.sentence, one.fields) for one in reasons]


async def of_kept(session: Reading, result: Mapping[str, Any], here: Here, *, now: datetime) -> Answer:
    """An act's answer, from this time or from the first."""
    if result["shape"] == "renewed":
        return await _renewed(session, result)
    copy = await copies.facts(session, int(result["item"]))
    left = int((datetime.fromisoformat(result["at"]) + WITHIN - now).total_seconds())
    told = {**result, "copy": copy, "undo_seconds": max(left, 0), "parts_missing": parts.known_missing(copy.damage)}
    for name in ("due_on", "moved_from", "pickup_until"):
        told[name] = date.fromisoformat(result[name]) if result.get(name) else None
    if result["shape"] == "lent":
        return Answer("lent", "ok", told=told)
    step = Next(result["next"])
    # What is already on its way from this very desk is still to be put into the tote.
    told["leaves_here"] = step is Next.KEEP_GOING and result["sent_from"] == here.id
    told["to_name"] = await _name_of(session, result["to"])
    kind = {Next.SHELF: "ok", Next.TO_STAFF: "err"}.get(step, "warn")
    return Answer("taken", kind, told=told)


async def _name_of(session: Reading, branch_id: int | None) -> Mapping[str, str] | None:
    if branch_id is None:
        return None
    return (await session.execute(select(Branch.name).where(Branch.id == branch_id))).scalar_one()


async def _renewed(session: Reading, result: Mapping[str, Any]) -> Answer:
    renewed = [(await copies.facts(session, int(one["item"])), date.fromisoformat(one["due_on"])) for one in result["renewed"]]
    refused = [(await copies.facts(session, int(one["item"])), one["reasons"]) for one in result["refused"]]
    kind = "ok" if renewed and not refused else "warn"
    return Answer("renewed", kind, told={"renewed": renewed, "refused": refused})


_PLAIN: dict[type[Any], tuple[str, str]] = {
    Opened: ("opened", "ok"),
    CardWhileReturning: ("card", "warn"),
    NoReader: ("no_reader", "warn"),
    CountParts: ("count", "warn"),
    scanned.Both: ("both", "warn"),
    scanned.ATitle: ("title", "warn"),
    scanned.People: ("people", "warn"),
}


def of_look(outcome: Outcome) -> Answer:
    """The answer to a scan that changed nothing."""
    if isinstance(outcome, scanned.Nobody):
        is_title = outcome.kind in (Kind.WORDS, Kind.ISBN)
        told = {"text": outcome.text, "is_jacket": outcome.kind in (Kind.JACKET, Kind.ISBN), "may_be_title": is_title}
        return Answer("nobody", "err", 404, told)
    shape, kind = _PLAIN[type(outcome)]
    return Answer(shape, kind, told={"found": outcome})


def of_refusal(exc: Refused, copy: Copy | None, texts: Texts, *, may_override: bool, counted: str) -> Answer:
    """Every reason, and the preset reasons to decide against them where that is possible. `counted`: what was said about parts."""
    codes = [one.code for one in exc.reasons]
    decidable = may_override and all(one.overridable for one in exc.reasons)
    told = {
        "reasons": [(filled(texts, one.sentence, one.fields), one.overridable) for one in exc.reasons],
        "codes": codes,
        "copy": copy,
        "counted": counted,
        "overrides": OVERRIDES if decidable else {},
        "own": Refusal.LENT_TO_THIS_READER.value in codes,
    }
    return Answer("refused", "err", 409, told)


def of_error(exc: LibraryError, texts: Texts, *, say: str = "") -> Answer:
    words = said(exc, texts)
    return Answer("failed", "err", words.status, {"say": say, "detail": words.detail})


def of_undone(undone: Undone) -> Answer:
    return Answer("undone", "warn", told={"act": undone.act, "copy": undone.copy})
