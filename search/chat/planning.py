"""Which planner understands: our own rules, or an endpoint named in the settings with our own beside it."""

from __future__ import annotations

from circulation.store import family
from library.db import Database
from library.identity.viewer import Viewer
from library.settings import Settings
from search.chat.elsewhere.endpoint import Endpoint
from search.chat.elsewhere.planner import Elsewhere
from search.chat.plan import Planner
from search.chat.rules import Rules
from search.index.engine import Engine


def endpoint_of(settings: Settings) -> Endpoint | None:
    if not settings.chat_url:
        return None
    return Endpoint(settings.chat_url, settings.chat_model or "", settings.chat_key or "")


async def planner_of(database: Database, engine: Engine, settings: Settings, viewer: Viewer) -> Planner:
    endpoint = endpoint_of(settings)
    if endpoint is None:
        return Rules()
    return Elsewhere(endpoint, database, engine, settings, names=await names_of(database, viewer))


async def names_of(database: Database, viewer: Viewer) -> tuple[str, ...]:
    """Of the account and of everybody it acts for: what must not leave."""
    if viewer.account_id is None:
        return ()
    async with database.reading() as session:
        members = await family.of_account(session, viewer.account_id)
    return tuple(name for name in (viewer.name, *(one.name for one in members)) if name)
