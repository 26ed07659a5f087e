"""Signals that end a program: always the orderly way, since PostgreSQL must be stopped too."""

from __future__ import annotations

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def in_order() -> None:
    """SIGTERM and SIGHUP end the program as Ctrl-C does, from its first moment on."""

    def leave(number: int, _frame: object) -> None:
        go_on()
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored


def go_on() -> None:
    """Ignores further signals on the way out: terminals and supervisors send several, and half a stop leaves PostgreSQL behind."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
