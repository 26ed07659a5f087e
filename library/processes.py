"""Running until told to stop: signals, ports, and one web process with a worker inside."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from library import stopping
from library.errors import Misconfigured
from library.settings import Settings

HEAD_LIMIT = 64 * 1024  # bytes


async def until_told(*tasks: Coroutine[Any, Any, None]) -> None:
    """Runs the tasks until one ends or a signal comes, then cancels the rest and waits for them."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in stopping.SIGNALS:
        loop.add_signal_handler(number, told.set)
    running = [asyncio.ensure_future(task) for task in tasks]
    waiting = asyncio.ensure_future(told.wait())
    try:
        await asyncio.wait([*running, waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*running, waiting):
            task.cancel()
        results = await asyncio.gather(*running, waiting, return_exceptions=True)
        for number in stopping.SIGNALS:
            loop.remove_signal_handler(number)
        stopping.go_on()
    for result in results:
        if isinstance(result, Exception):
            raise result


def claim_port(settings: Settings) -> socket.socket:
    """Binds the address; raises Misconfigured with one sentence when it is taken or not allowed."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, else asyncio leaves Nagle on: 40 ms an answer
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
        bound.listen(2048)
    except OSError as exc:
        bound.close()
        raise Misconfigured(
            f"port {settings.port} on {settings.host} cannot be used ({exc.strerror}); choose another with LIBRARY_PORT"
        ) from exc
    return bound


class Server(uvicorn.Server):
    """uvicorn without its own signal handling, so that one place decides when all of it stops."""

    def __init__(self, config: uvicorn.Config, *, started: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._tell = started

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self._tell:
            self._tell()


class BoundedHead(HttpToolsProtocol):
    """Request line and headers of a bounded size; the parser itself would take any amount into memory."""

    _in_head = False
    _head = 0

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > HEAD_LIMIT and not self.transport.is_closing():
                self.send_400_response("Request head too large.")


async def serve(app: Any, bound: socket.socket, *, started: Callable[[], None] | None = None) -> None:
    """Serves until cancelled, then lets open requests finish."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # X-Forwarded-For is read by our own rule about trusted proxies
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=10,
        http=BoundedHead,
        ws="none",
    )
    server = Server(config, started=started)
    serving = asyncio.ensure_future(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    if not server.started:
        raise Misconfigured("the web application did not start; the reason stands above")
