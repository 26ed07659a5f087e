"""The pages and the API of patrons: all their routes in one list."""

from __future__ import annotations

from library.identity.patrons import find_page, first_sign_in
from library.identity.patrons.incoming import import_page
from library.identity.patrons.membership import patron_page
from library.identity.patrons.registration import api, register_page

handlers = (
    *import_page.handlers,
    *find_page.handlers,
    *register_page.handlers,
    *patron_page.handlers,
    *first_sign_in.handlers,
    *api.handlers,
)
