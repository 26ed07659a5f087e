"""The pages of lending."""

from typing import Any

from circulation.web import policies

handlers: list[Any] = [*policies.handlers]

MENU = (*policies.MENU,)
