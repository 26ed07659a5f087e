"""The pages of lending."""

from typing import Any

from circulation.web import desk, desk_lists, holding, policies, reader
from library.errors import N_
from library.http.menu import Entry
from library.identity.roles import Permission

handlers: list[Any] = [*desk.handlers, *desk_lists.handlers, *policies.handlers, *reader.handlers, *holding.handlers]

MENU = (
    Entry(Permission.LEND, "/desk", N_("カウンター"), N_("貸出と返却、予約棚、取り出し、移送")),
    *policies.MENU,
)
