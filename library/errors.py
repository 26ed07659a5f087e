"""What can go wrong, said as meanings with a code, a sentence and typed fields; HTTP is elsewhere.

`sentence` is a gettext msgid with `{names}` of `fields`; whoever shows it translates first, then fills it in.
"""

from __future__ import annotations

from datetime import date

Field = str | int | float | bool | date | None


def N_(sentence: str) -> str:  # noqa: N802 - gettext's name for "translate later"
    """Marks a sentence for the catalogue of translations without translating it here."""
    return sentence


class Misconfigured(Exception):
    """An operator must set something; the message is for the terminal."""


class LibraryError(Exception):
    """Raised by the domain. `code` is stable and machine-readable, `where` names the input at fault, if any."""

    def __init__(self, code: str, sentence: str, /, *, where: str | None = None, **fields: Field) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.where = where
        self.fields = fields

    def __str__(self) -> str:
        return self.sentence.format(**self.fields)


class NotFound(LibraryError):
    """There is no such thing, or not for this viewer."""


class Conflict(LibraryError):
    """It contradicts what is already so."""


class Refused(Conflict):
    """A rule of the house speaks against it; `reasons` are all of them at once."""

    def __init__(self, code: str, sentence: str, /, *, reasons: tuple[Because, ...], where: str | None = None, **fields: Field) -> None:
        super().__init__(code, sentence, where=where, **fields)
        self.reasons = reasons


class NotAllowed(LibraryError):
    """This person may not do that, here."""


class NotSignedIn(LibraryError):
    """Someone must sign in first."""


class Invalid(LibraryError):
    """The input is wrong; `where` and `problems` say what and where."""

    def __init__(
        self, code: str, sentence: str, /, *, where: str | None = None, problems: tuple[Problem, ...] = (), **fields: Field
    ) -> None:
        super().__init__(code, sentence, where=where, **fields)
        self.problems = problems


class KeyReused(Invalid):
    """What claims to be the same request again is another one."""


class Busy(LibraryError):
    """Somebody else holds what this needs; trying again soon will do."""

    def __init__(self, code: str, sentence: str, /, *, retry_after: int = 1, where: str | None = None, **fields: Field) -> None:
        super().__init__(code, sentence, where=where, **fields)
        self.retry_after = retry_after


class TooMany(Busy):
    """Asked too often; `retry_after` seconds."""


class Unavailable(LibraryError):
    """Something this needs is away."""


class Problem:
    """One wrong input among several: `where` it is (a field name), its code, sentence and fields."""

    def __init__(self, where: str, code: str, sentence: str, /, **fields: Field) -> None:
        self.where = where
        self.code = code
        self.sentence = sentence
        self.fields = fields


class Because:
    """One reason of a refusal; `overridable`: whoever may can decide against it and say why."""

    def __init__(self, code: str, sentence: str, /, *, overridable: bool = False, **fields: Field) -> None:
        self.code = code
        self.sentence = sentence
        self.overridable = overridable
        self.fields = fields
