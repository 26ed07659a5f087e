"""The door for assistants: streamable HTTP at /mcp, every request by itself, answered as JSON."""

from __future__ import annotations

import asyncio
import importlib
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.types import HTTPScope, Message, Receive, Scope, Send

from library.errors import N_, NotAllowed
from library.http.csrf import OPEN_TO_PROGRAMS

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
LARGEST = 64 * 1024  # bytes of a request


@asgi(PATH, opt={OPEN_TO_PROGRAMS: True}, copy_scope=True)
async def assistants(scope: Scope, receive: Receive, send: Send) -> None:
    """A manager for each request: nothing is kept between two of them, so any process of any host may answer the next."""
    if cast("HTTPScope", scope)["method"] != "POST":  # a stream would wait for news that this server never has
        raise MethodNotAllowedException(headers={"Allow": "POST"})
    _refuse_foreign_pages(scope)
    await asyncio.to_thread(_loaded)

    async def answered(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["status"] = int(message["status"])  # Starlette sends an enum, which the log would spell out
        await send(message)

    manager = _manager()
    async with manager.run():
        await manager.handle_request(cast("Any", scope), cast("Any", receive), cast("Any", answered))


@cache
def _loaded() -> None:
    """The SDK takes half a second and 33 MB: only processes that assistants call pay for it, and beside their other requests."""
    importlib.import_module("mcp.server.streamable_http_manager")
    importlib.import_module("search.assistants.server")


def _manager() -> StreamableHTTPSessionManager:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from search.assistants.server import server

    return StreamableHTTPSessionManager(server(), json_response=True, stateless=True, max_request_body_size=LARGEST)


def _refuse_foreign_pages(scope: Scope) -> None:
    """The protocol asks servers to look at Origin (MCP, Streamable HTTP, Security Warning): another site's page is none of our clients."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in {b"origin", b"host"}}
    origin = headers.get(b"origin")
    if origin is not None and urlsplit(origin).netloc != headers.get(b"host"):
        raise NotAllowed("origin_not_allowed", N_("ほかのサイトのページからは使えません。"))


handlers: tuple[Any, ...] = (assistants,)
