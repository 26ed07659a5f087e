"""How every command of `library` answers: for a person, or as JSON for a program; foreseen errors as one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from library.errors import LibraryError, Misconfigured

WRONG = 1
USAGE = 2
MISCONFIGURED = 3
INTERRUPTED = 130


@dataclass
class Terminal:
    """How to answer: for a person, or as JSON for a program."""

    as_json: bool = False

    def done(self, result: dict[str, Any], text: str | None = None) -> None:
        """The result of a command, once, at its end."""
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False, default=str))
        elif text is not None:
            click.echo(text)

    def failed(self, code: str, message: str, status: int) -> None:
        click.echo(f"library: {message}", err=True)
        if self.as_json:
            click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
        sys.exit(status)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--json, with every foreseen error as one sentence and an exit code instead of a traceback."""

    @click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on the last line.")
    @wraps(command)
    def wrapped(*arguments: Any, as_json: bool, **options: Any) -> Any:
        terminal = Terminal(as_json)
        try:
            return command(terminal, *arguments, **options)
        except Misconfigured as exc:
            return terminal.failed("misconfigured", str(exc), MISCONFIGURED)
        except LibraryError as exc:
            return terminal.failed(exc.code, str(exc), WRONG)
        except KeyboardInterrupt:
            return terminal.failed("interrupted", "interrupted; what was finished is kept", INTERRUPTED)
        except Exception as exc:
            foreseen = _foreseen(exc)
            if foreseen is None:
                raise
            return terminal.failed("database", foreseen, WRONG)

    return wrapped


def _foreseen(exc: Exception) -> str | None:
    import psycopg
    from sqlalchemy.exc import DBAPIError

    inner = exc.orig if isinstance(exc, DBAPIError) else exc
    if isinstance(inner, psycopg.OperationalError):
        return f"the database does not answer: {str(inner).strip().splitlines()[0]}"
    if isinstance(inner, psycopg.errors.UndefinedTable):
        return f"the tables are missing or old ({str(inner).splitlines()[0]}); run: library migrate"
    return None
