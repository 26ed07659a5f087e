"""The pages and the API of patrons: all their routes in one list."""

from __future__ import annotations

from library.identity.patrons import api, find_page, first_sign_in, import_page, patron_page, register_page

handlers = (
    *import_page.handlers,
    *find_page.handlers,
    *register_page.handlers,
    *patron_page.handlers,
    *first_sign_in.handlers,
    *api.handlers,
)
