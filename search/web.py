"""Every page and every answer of this room, for the application to serve."""

from __future__ import annotations

from search import api
from search.assistants import web as assistants
from search.browse import web as browse
from search.chat import api as chat_api
from search.chat import web as chat
from search.lists import web as lists
from search.pages import about, home, record, results, service, work
from search.procedures import api as procedures_api
from search.procedures import guide
from search.procedures import web as procedures
from search.pupils import api as pupils_api
from search.pupils import lists as pupils_lists
from search.pupils import record as pupils_record
from search.pupils import web as pupils
from search.questions import web as questions
from search.saved import web as saved
from search.sharing import web as sharing
from search.suggest import api as suggest

MENU = (*questions.MENU, *procedures.MENU, *lists.MENU, *service.MENU)

handlers = [
    *api.handlers,
    *suggest.handlers,
    home.home_page,
    *browse.handlers,
    results.results_page,
    record.record_page,
    work.work_page,
    service.index_page,
    *sharing.handlers,
    *lists.handlers,
    *saved.handlers,
    *pupils.pages,
    pupils_record.book_page,
    pupils_lists.list_for_pupils,
    *pupils_api.handlers,
    *guide.handlers,
    *procedures.handlers,
    *procedures_api.handlers,
    *questions.handlers,
    *chat.handlers,
    *chat_api.handlers,
    *assistants.handlers,
    *about.handlers,
]
