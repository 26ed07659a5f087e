"""The protocol: which tools there are, a call with its arguments checked, errors as words an assistant can pass on."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, cast

import mcp.types
import msgspec
import structlog
from litestar import Litestar
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from library import clock, i18n
from library.db import Database
from library.errors import Invalid, LibraryError
from library.http.requests import neighbourhood
from library.settings import Settings
from search import limits
from search.assistants.tools import TOOLS, Desk, Tool

MOST, PER = 60, timedelta(minutes=1)  # calls of one client
LANGUAGES = frozenset(code for code, _ in i18n.LANGUAGES)
INSTRUCTIONS = (
    "The union catalogue and the guide of a ward's public and school libraries in Japan: read-only, without an account."
    f" At most {MOST} calls a minute. Titles, availability, hours and rules come from these tools only; do not add any of your own."
    " Names are Japanese; queries may be in any script."
)
log = structlog.get_logger("assistants")

Context = ServerRequestContext[Any, Any]


@cache
def server() -> Server[Any]:
    """One for the process; it keeps nothing between calls."""
    return Server(
        "ward-library",
        title="Ward and school libraries",
        instructions=INSTRUCTIONS,
        on_list_tools=_list,
        on_call_tool=_call,
    )


async def _list(_context: Context, _params: mcp.types.PaginatedRequestParams | None) -> mcp.types.ListToolsResult:
    return mcp.types.ListToolsResult(tools=[_described(tool) for tool in TOOLS.values()])


def _described(tool: Tool) -> mcp.types.Tool:
    hints = mcp.types.ToolAnnotations(
        title=tool.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    return mcp.types.Tool(name=tool.name, title=tool.title, description=tool.description, input_schema=tool.schema(), annotations=hints)


async def _call(context: Context, params: mcp.types.CallToolRequestParams) -> mcp.types.CallToolResult:
    scope = context.request.scope if context.request is not None else {}
    app = cast("Litestar", scope["litestar_app"])
    language = i18n.negotiated(context.request.headers.get("accept-language")) if context.request is not None else i18n.SOURCE
    texts = i18n.texts(language if language in LANGUAGES else i18n.SOURCE)
    try:
        return await _answered(app, params, address=neighbourhood(str(scope.get("client_address", ""))), texts=texts)
    except msgspec.ValidationError as exc:
        return _refused("invalid_arguments", str(exc))
    except Invalid as exc:
        return _refused(exc.code, _said(exc, texts))
    except LibraryError as exc:
        return _refused(exc.code, _said(exc, texts))
    except Exception:
        log.exception("a tool failed", tool=params.name if params.name in TOOLS else "(unknown)")
        return _refused("internal_error", "The library's service could not answer. Please try again later.")


async def _answered(app: Litestar, params: mcp.types.CallToolRequestParams, *, address: str, texts: i18n.Texts) -> mcp.types.CallToolResult:
    database: Database = app.state.database
    settings: Settings = app.state.settings
    now = clock.now()
    async with database.transaction() as session:
        client = limits.client_digest(settings, address, now)
        await limits.count(session, "assistant", client, now=now, most=MOST, per=PER)
    tool = TOOLS.get(params.name)
    if tool is None:
        return _refused("no_such_tool", f"There is no tool of this name. There are: {', '.join(TOOLS)}.")
    arguments = msgspec.convert(params.arguments or {}, tool.arguments)
    async with database.reading() as session:
        desk = Desk(session, app.state.parts.searched, texts, now, clock.today(settings.zone))
        answer = await tool.answer(desk, arguments)
    told = msgspec.to_builtins(answer)
    content = mcp.types.TextContent(type="text", text=msgspec.json.encode(answer).decode())
    return mcp.types.CallToolResult(content=[content], structured_content=told)


def _said(exc: LibraryError, texts: i18n.Texts) -> str:
    where = f"{exc.where}: " if exc.where else ""
    return where + texts.gettext(exc.sentence).format(**exc.fields)


def _refused(code: str, words: str) -> mcp.types.CallToolResult:
    content = mcp.types.TextContent(type="text", text=f"{words} ({code})")
    return mcp.types.CallToolResult(content=[content], is_error=True)
