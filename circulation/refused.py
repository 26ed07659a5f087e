"""From reasons to a refusal, with the words of each; and what of them a librarian decided against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from circulation.rules.refusals import WORDS, Override, Reason, Refusal
from library.errors import Because, Refused


def because(reason: Reason) -> Because:
    """A reason in words, with its figures."""
    fields: dict[str, int | date] = {
        name: value for name, value in (("limit", reason.limit), ("days", reason.days), ("day", reason.day)) if value is not None
    }
    return Because(reason.refusal.value, WORDS[reason.refusal], overridable=reason.overridable, **fields)


def as_refused(sentence: str, reasons: Sequence[Reason], *, code: str = "loan_refused") -> Refused:
    return Refused(code, sentence, reasons=tuple(because(reason) for reason in reasons))


def must_hold(
    sentence: str, reasons: Sequence[Reason], overrides: Mapping[Refusal, Override], *, code: str = "loan_refused"
) -> dict[Refusal, Override]:
    """What was overridden, when that covers everything; raises Refused with all reasons otherwise.

    Only what somebody has seen and named is overridden: a reason that came up since refuses again.
    """
    left = [reason for reason in reasons if not (reason.overridable and reason.refusal in overrides)]
    if left:
        raise as_refused(sentence, reasons, code=code)
    return {reason.refusal: overrides[reason.refusal] for reason in reasons}
