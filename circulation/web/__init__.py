"""The pages of lending."""

from typing import Any

from circulation.web import holding, policies, reader

handlers: list[Any] = [*policies.handlers, *reader.handlers, *holding.handlers]

MENU = (*policies.MENU,)
