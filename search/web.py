"""Every page and every answer of this room, for the application to serve."""

from __future__ import annotations

from search import api
from search.lists import web as lists
from search.pages import about, browse, home, record, results, service
from search.sharing import web as sharing
from search.suggest import api as suggest

MENU = (*lists.MENU, *service.MENU)

handlers = [
    *api.handlers,
    *suggest.handlers,
    home.home_page,
    browse.classes_page,
    browse.class_page,
    results.results_page,
    record.record_page,
    service.index_page,
    *sharing.handlers,
    *lists.handlers,
    *about.handlers,
]
