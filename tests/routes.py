"""Every route for every role, by hand. A route that is not here fails the tests, and so does one that answers otherwise.

One letter a role, in the order of ROLES:
  +  goes through, wherever the thing is
  o  goes through at the own place (school, branch), refused at another
  .  refused: 401, 403, or sent to the sign-in page
Before the letters: the path's values; {own}, {own_run}, {own_patron} and {own_branch} stand for the thing at the own or, on the second
round, at another place.
"""

from __future__ import annotations

ROLES = (
    *("stranger", "reader", "pupil", "guardian"),
    *("teacher", "school_librarian", "desk", "cataloguer", "school_cataloguer", "courier", "kiosk", "ward_admin"),
)
#             srpg tlds cCKw   (t teacher, l school librarian, d desk, s cataloguer of the ward, c of a school, C courier, K kiosk)
PUBLIC = "++++ ++++ ++++"
SIGNED_IN = ".+++ ++++ ++++"
STAFF = ".... ++++ ++++"
ADMIN = ".... .... ...+"
RECORDS = ".... ...+ ...+"  # a record belongs to nobody: only who may edit all may edit one
SEE_ITEMS = ".... .+++ +..+"
SEE_AN_ITEM = ".... .oo+ o..+"
EDIT_ITEMS = ".... .+.+ +..+"
EDIT_AN_ITEM = ".... .o.+ o..+"
SEE_PATRONS = ".... .++. ...+"
A_PATRON = ".... .o+. ...+"  # a desk of the ward reaches all of the ward's, a school its own
LEND = ".... .++. ...+"
A_DESK = ".... .oo. ...+"
IMPORT_PATRONS = ".... .+.. ...+"
EDIT_GUIDE = ".... .+.. ...+"
EDIT_LISTS = ".... ++++ +..+"
A_LIST = ".... ooo+ o..+"  # teachers and librarians of a school its own, a desk those of its branch

Row = tuple[str, dict[str, str]]

ROUTES: dict[tuple[str, str], Row] = {
    # alive, ready, programs
    ("GET", "/healthz"): (PUBLIC, {}),
    ("GET", "/readyz"): (PUBLIC, {}),
    ("GET", "/metrics"): (PUBLIC, {}),  # from known networks only; to others there is no such page
    ("GET", "/manifest.webmanifest"): (PUBLIC, {}),
    ("GET", "/static/{file_path}"): (PUBLIC, {"file_path": "nothing.css"}),
    ("HEAD", "/static/{file_path}"): (PUBLIC, {"file_path": "nothing.css"}),
    ("GET", "/api/docs"): (PUBLIC, {}),
    ("GET", "/api/docs/{path}"): (PUBLIC, {"path": "nothing"}),
    ("GET", "/api/docs/openapi.json"): (PUBLIC, {}),
    # readers
    ("GET", "/"): (PUBLIC, {}),
    ("GET", "/search"): (PUBLIC, {}),
    ("GET", "/records/{record_id}"): (PUBLIC, {"record_id": "{record}"}),
    ("GET", "/works/{work_id}"): (PUBLIC, {"work_id": "1"}),
    ("GET", "/search.rss"): (PUBLIC, {}),
    ("GET", "/sitemap.xml"): (PUBLIC, {}),
    ("GET", "/sitemap/{part}"): (PUBLIC, {"part": "0.xml"}),
    ("GET", "/robots.txt"): (PUBLIC, {}),
    ("GET", "/api/v1/citations"): (PUBLIC, {}),
    ("GET", "/browse/ndc"): (PUBLIC, {}),
    ("GET", "/browse/index"): (PUBLIC, {}),
    ("GET", "/browse/new"): (PUBLIC, {}),
    ("GET", "/browse/new.rss"): (PUBLIC, {}),
    ("GET", "/browse/authors"): (PUBLIC, {}),
    ("GET", "/browse/authors/{words}"): (PUBLIC, {"words": "nobody"}),
    ("GET", "/browse/subjects"): (PUBLIC, {}),
    ("GET", "/browse/subjects/{words}"): (PUBLIC, {"words": "nothing"}),
    ("GET", "/browse/series"): (PUBLIC, {}),
    ("GET", "/browse/series/{words}"): (PUBLIC, {"words": "nothing"}),
    ("GET", "/browse/ndc/{number}"): (PUBLIC, {"number": "913"}),
    ("GET", "/kids"): (PUBLIC, {}),
    ("GET", "/kids/shelves/{key}"): (PUBLIC, {"key": "animals"}),
    ("GET", "/kids/grades/{grade}"): (PUBLIC, {"grade": "lower"}),
    ("GET", "/kids/kana"): (PUBLIC, {}),
    ("GET", "/kids/kana/{letters}"): (PUBLIC, {"letters": "いぬ"}),
    ("GET", "/kids/writers"): (PUBLIC, {}),
    ("GET", "/kids/find"): (PUBLIC, {}),
    ("GET", "/kids/dice"): (PUBLIC, {}),
    ("GET", "/kids/books/{record_id}"): (PUBLIC, {"record_id": "{record}"}),
    ("GET", "/kids/lists/{list_id}"): (PUBLIC, {"list_id": "{list}"}),
    ("POST", "/kids/view"): (PUBLIC, {}),
    ("GET", "/api/v1/kids/shelves"): (PUBLIC, {}),
    ("GET", "/places"): (PUBLIC, {}),
    ("GET", "/places/{code}"): (PUBLIC, {"code": "chuo"}),
    ("GET", "/api/v1/search"): (PUBLIC, {}),
    ("GET", "/api/v1/suggest"): (PUBLIC, {}),
    ("GET", "/api/v1/records/{record_id}"): (PUBLIC, {"record_id": "{record}"}),
    ("GET", "/api/v1/works/{work_id}"): (PUBLIC, {"work_id": "1"}),
    ("GET", "/api/v1/branches"): (PUBLIC, {}),
    ("GET", "/api/v1/branches/{code}/calendar"): (PUBLIC, {"code": "chuo"}),
    ("GET", "/saved"): (SIGNED_IN, {}),
    ("POST", "/saved"): (SIGNED_IN, {}),
    ("GET", "/saved/{number}"): (SIGNED_IN, {"number": "1"}),  # of others there is none
    ("POST", "/saved/{number}"): (SIGNED_IN, {"number": "1"}),
    ("POST", "/saved/understood"): (SIGNED_IN, {}),
    ("GET", "/api/v1/saved-searches"): (SIGNED_IN, {}),
    ("POST", "/api/v1/saved-searches"): (SIGNED_IN, {}),
    ("DELETE", "/api/v1/saved-searches/{number}"): (SIGNED_IN, {"number": "1"}),
    ("GET", "/lists"): (PUBLIC, {}),
    ("GET", "/lists.rss"): (PUBLIC, {}),
    ("GET", "/lists/{list_id}"): (PUBLIC, {"list_id": "{list}"}),
    ("GET", "/lists/{list_id}/print"): (PUBLIC, {"list_id": "{list}"}),
    ("GET", "/api/v1/lists"): (PUBLIC, {}),
    ("GET", "/api/v1/lists/{list_id}"): (PUBLIC, {"list_id": "{list}"}),
    ("POST", "/api/v1/lists"): (EDIT_LISTS, {}),
    ("PUT", "/api/v1/lists/{list_id}"): (EDIT_LISTS, {"list_id": "{list}"}),  # an empty body says nothing of a list
    ("DELETE", "/api/v1/lists/{list_id}"): (A_LIST, {"list_id": "{own_list}"}),
    ("GET", "/staff/lists"): (EDIT_LISTS, {}),
    ("GET", "/staff/lists/new"): (EDIT_LISTS, {}),
    ("POST", "/staff/lists"): (EDIT_LISTS, {}),
    ("GET", "/staff/lists/{list_id}"): (A_LIST, {"list_id": "{own_list}"}),
    ("POST", "/staff/lists/{list_id}"): (A_LIST, {"list_id": "{own_list}"}),
    ("POST", "/staff/lists/{list_id}/state"): (A_LIST, {"list_id": "{own_list}"}),
    ("POST", "/staff/lists/{list_id}/lines"): (A_LIST, {"list_id": "{own_list}"}),
    ("POST", "/staff/lists/{list_id}/import"): (A_LIST, {"list_id": "{own_list}"}),
    ("GET", "/staff/lists/{list_id}/export"): (A_LIST, {"list_id": "{own_list}"}),
    ("POST", "/staff/lists/{list_id}/lines/{record_id}"): (A_LIST, {"list_id": "{own_list}", "record_id": "{record}"}),
    ("GET", "/guide"): (PUBLIC, {}),
    ("GET", "/guide/{key}"): (PUBLIC, {"key": "nothing"}),
    ("GET", "/api/v1/procedures"): (PUBLIC, {}),
    ("GET", "/api/v1/procedures/{key}"): (PUBLIC, {"key": "nothing"}),
    ("GET", "/staff/procedures"): (EDIT_GUIDE, {}),
    ("GET", "/staff/procedures/try"): (EDIT_GUIDE, {}),
    ("GET", "/staff/procedures/new"): (EDIT_GUIDE, {}),
    ("POST", "/staff/procedures/new"): (EDIT_GUIDE, {}),
    ("GET", "/staff/procedures/{procedure}"): (EDIT_GUIDE, {"procedure": "999999"}),  # whose it must be is tested with the guide
    ("POST", "/staff/procedures/{procedure}"): (EDIT_GUIDE, {"procedure": "999999"}),
    ("POST", "/staff/procedures/{procedure}/publish"): (EDIT_GUIDE, {"procedure": "999999"}),
    ("POST", "/staff/procedures/{procedure}/withdraw"): (EDIT_GUIDE, {"procedure": "999999"}),
    ("POST", "/staff/procedures/{procedure}/check"): (EDIT_GUIDE, {"procedure": "999999"}),
    ("GET", "/staff/procedures/{procedure}/versions"): (EDIT_GUIDE, {"procedure": "999999"}),
    ("GET", "/staff/questions"): (LEND, {}),
    ("GET", "/staff/questions/{number}"): (LEND, {"number": "999999"}),
    ("POST", "/staff/questions/{number}"): (LEND, {"number": "999999"}),
    ("POST", "/staff/questions/{number}/take"): (LEND, {"number": "999999"}),
    ("GET", "/chat"): (PUBLIC, {}),
    ("POST", "/chat"): (PUBLIC, {}),
    ("POST", "/chat/staff"): (PUBLIC, {}),
    ("POST", "/api/v1/chat"): (PUBLIC, {}),
    ("GET", "/about"): (PUBLIC, {}),
    ("GET", "/about/accessibility"): (PUBLIC, {}),
    ("GET", "/about/privacy"): (PUBLIC, {}),
    ("GET", "/about/open-data"): (PUBLIC, {}),
    ("GET", "/about/errors"): (PUBLIC, {}),
    ("GET", "/about/look"): (PUBLIC, {}),  # in the demo only
    ("GET", "/tour"): (PUBLIC, {}),  # in the demo only
    # one's own account
    ("GET", "/sign-in"): (PUBLIC, {}),
    ("POST", "/sign-in"): (PUBLIC, {}),
    ("POST", "/sign-out"): (PUBLIC, {}),
    ("GET", "/card"): (SIGNED_IN, {}),
    ("GET", "/api/v1/card"): (SIGNED_IN, {}),
    ("GET", "/service-worker.js"): (PUBLIC, {}),
    ("GET", "/account"): (SIGNED_IN, {}),
    ("POST", "/account/password"): (SIGNED_IN, {}),
    ("POST", "/account/preferences"): (SIGNED_IN, {}),
    ("POST", "/account/sessions"): (SIGNED_IN, {}),
    ("POST", "/account/tokens"): (SIGNED_IN, {}),
    ("POST", "/account/tokens/{token}/revoke"): (SIGNED_IN, {"token": "999999"}),
    ("GET", "/api/v1/me"): (SIGNED_IN, {}),
    ("GET", "/api/v1/tokens"): (SIGNED_IN, {}),
    ("POST", "/api/v1/tokens"): (SIGNED_IN, {}),
    ("DELETE", "/api/v1/tokens/{token}"): (SIGNED_IN, {"token": "999999"}),
    # staff
    ("GET", "/staff"): (STAFF, {}),
    ("GET", "/staff/audit"): (ADMIN, {}),
    ("GET", "/staff/index"): (ADMIN, {}),
    ("GET", "/staff/people"): (ADMIN, {}),
    ("POST", "/staff/people"): (ADMIN, {}),
    ("GET", "/staff/people/{account}"): (ADMIN, {"account": "{staff}"}),
    ("POST", "/staff/people/{account}"): (ADMIN, {"account": "{staff}"}),
    ("GET", "/api/v1/patrons"): (SEE_PATRONS, {}),
    # lending
    ("POST", "/api/v1/loans"): (LEND, {}),
    ("POST", "/api/v1/returns"): (LEND, {}),
    ("POST", "/api/v1/renewals"): (SIGNED_IN, {}),
    ("POST", "/api/v1/holds"): (SIGNED_IN, {}),
    ("DELETE", "/api/v1/holds/{hold}"): (SIGNED_IN, {"hold": "999999"}),  # whose it must be is tested with the holds
    ("POST", "/api/v1/acts/{act}/undo"): (LEND, {"act": "999999"}),
    ("GET", "/api/v1/patrons/{card}"): (SIGNED_IN, {"card": "9999999999"}),  # a card that is none of theirs is not there
    ("GET", "/api/v1/pickups"): (SIGNED_IN, {}),
    ("GET", "/loans"): (SIGNED_IN, {}),
    ("POST", "/loans/renew"): (SIGNED_IN, {}),
    ("GET", "/holds/new"): (SIGNED_IN, {}),
    ("POST", "/holds"): (SIGNED_IN, {}),
    ("GET", "/holds/{hold}/cancel"): (SIGNED_IN, {"hold": "999999"}),  # whose it must be is tested with the reader's pages
    ("POST", "/holds/{hold}/cancel"): (SIGNED_IN, {"hold": "999999"}),
    ("GET", "/staff/import/patrons"): (IMPORT_PATRONS, {}),
    ("POST", "/staff/import/patrons"): (IMPORT_PATRONS, {}),
    ("POST", "/staff/import/patrons/apply"): (IMPORT_PATRONS, {}),
    ("GET", "/sign-in/first"): (PUBLIC, {}),
    ("POST", "/sign-in/first"): (PUBLIC, {}),
    ("GET", "/staff/patrons"): (SEE_PATRONS, {}),
    ("GET", "/staff/patrons/new"): (SEE_PATRONS, {}),
    ("POST", "/staff/patrons/new"): (SEE_PATRONS, {}),
    ("POST", "/staff/patrons/new/look"): (SEE_PATRONS, {}),
    ("GET", "/staff/patrons/{patron}"): (A_PATRON, {"patron": "{own_patron}"}),
    ("POST", "/staff/patrons/{patron}"): (A_PATRON, {"patron": "{own_patron}"}),
    ("GET", "/staff/patrons/{patron}/edit"): (A_PATRON, {"patron": "{own_patron}"}),
    ("POST", "/staff/patrons/{patron}/edit"): (A_PATRON, {"patron": "{own_patron}"}),
    ("POST", "/api/v1/patrons"): (SEE_PATRONS, {}),
    # lending rules: whoever lends may look, the ward changes
    ("GET", "/staff/policies"): (LEND, {}),
    ("POST", "/staff/policies"): (ADMIN, {}),
    ("GET", "/staff/policies/explain"): (LEND, {}),
    ("GET", "/staff/policies/groups"): (LEND, {}),
    ("POST", "/staff/policies/groups"): (ADMIN, {}),
    ("POST", "/staff/policies/groups/{code}"): (ADMIN, {"code": "nothing"}),
    ("GET", "/staff/policies/{policy}"): (ADMIN, {"policy": "999999"}),
    ("POST", "/staff/policies/{policy}"): (ADMIN, {"policy": "999999"}),
    ("POST", "/staff/policies/{policy}/remove"): (ADMIN, {"policy": "999999"}),
    ("GET", "/api/v1/policies/explain"): (LEND, {}),
    # the desk
    ("GET", "/desk"): (LEND, {}),
    ("GET", "/desk/{branch}"): (A_DESK, {"branch": "{own_branch}"}),
    ("POST", "/desk/{branch}/scan"): (A_DESK, {"branch": "{own_branch}"}),
    ("POST", "/desk/{branch}/undo"): (A_DESK, {"branch": "{own_branch}"}),
    ("POST", "/desk/{branch}/renew"): (A_DESK, {"branch": "{own_branch}"}),
    ("POST", "/desk/{branch}/parts"): (A_DESK, {"branch": "{own_branch}"}),
    ("POST", "/desk/{branch}/due-slip"): (A_DESK, {"branch": "{own_branch}"}),
    ("GET", "/desk/{branch}/today"): (A_DESK, {"branch": "{own_branch}"}),
    ("GET", "/desk/{branch}/hold-shelf"): (A_DESK, {"branch": "{own_branch}"}),
    ("GET", "/desk/{branch}/hold-slip/{hold}"): (A_DESK, {"branch": "{own_branch}", "hold": "999999"}),
    ("GET", "/desk/{branch}/pick"): (A_DESK, {"branch": "{own_branch}"}),
    ("GET", "/desk/{branch}/transits"): (A_DESK, {"branch": "{own_branch}"}),
    # records
    ("GET", "/staff/catalogue"): (SEE_ITEMS, {}),
    ("GET", "/staff/records/new"): (RECORDS, {}),
    ("POST", "/staff/records/new"): (RECORDS, {}),
    ("GET", "/staff/records/{record_id}"): (SEE_ITEMS, {"record_id": "{record}"}),
    ("GET", "/staff/records/{record_id}/edit"): (RECORDS, {"record_id": "{record}"}),
    ("POST", "/staff/records/{record_id}/edit"): (RECORDS, {"record_id": "{record}"}),
    ("POST", "/staff/records/{record_id}/take-back"): (RECORDS, {"record_id": "{record}"}),
    ("GET", "/staff/records/{record_id}/sources"): (RECORDS, {"record_id": "{record}"}),
    ("GET", "/staff/records/{record_id}/history"): (RECORDS, {"record_id": "{record}"}),
    ("GET", "/staff/records/{record_id}/merge"): (RECORDS, {"record_id": "{record}"}),
    ("POST", "/staff/records/{record_id}/merge"): (RECORDS, {"record_id": "{record}"}),
    ("POST", "/staff/records/{record_id}/split"): (RECORDS, {"record_id": "{record}"}),
    ("GET", "/staff/source-records/{source_record_id}"): (RECORDS, {"source_record_id": "{source_record}"}),
    ("GET", "/staff/source-records/{source_record_id}/marcxml"): (RECORDS, {"source_record_id": "{source_record}"}),
    ("GET", "/staff/reviews"): (RECORDS, {}),
    ("POST", "/staff/reviews/{review_id}"): (RECORDS, {"review_id": "999999"}),
    ("GET", "/staff/sources"): (RECORDS, {}),
    ("GET", "/staff/sources/{name}"): (RECORDS, {"name": "local"}),
    ("POST", "/staff/sources/{name}"): (RECORDS, {"name": "local"}),
    ("GET", "/api/v1/records/{record_id}/sources"): (RECORDS, {"record_id": "{record}"}),
    # items and licences
    ("GET", "/staff/records/{record_id}/items"): (EDIT_ITEMS, {"record_id": "{record}"}),
    ("POST", "/staff/records/{record_id}/items"): (EDIT_ITEMS, {"record_id": "{record}"}),
    ("GET", "/staff/items/{item_id}"): (EDIT_AN_ITEM, {"item_id": "{own}"}),
    ("POST", "/staff/items/{item_id}"): (EDIT_AN_ITEM, {"item_id": "{own}"}),
    ("POST", "/staff/records/{record_id}/access"): (EDIT_ITEMS, {"record_id": "{record}"}),
    ("POST", "/staff/access/{access_id}/remove"): (EDIT_ITEMS, {"access_id": "999999"}),
    ("GET", "/staff/owners"): (ADMIN, {}),
    ("POST", "/staff/owners/{organisation_id}"): (ADMIN, {"organisation_id": "{ward}"}),
    ("GET", "/staff/imports"): (EDIT_ITEMS, {}),
    ("GET", "/staff/imports/new"): (RECORDS, {}),
    ("POST", "/staff/imports/new"): (RECORDS, {}),
    ("GET", "/staff/imports/items"): (EDIT_ITEMS, {}),
    ("POST", "/staff/imports/items"): (EDIT_ITEMS, {}),
    ("GET", "/staff/imports/{run_id}"): (EDIT_AN_ITEM, {"run_id": "{own_run}"}),
    ("POST", "/staff/imports/{run_id}/cancel"): (EDIT_AN_ITEM, {"run_id": "{own_run}"}),
    ("POST", "/staff/imports/{run_id}/go-on"): (EDIT_AN_ITEM, {"run_id": "{own_run}"}),
    ("POST", "/staff/imports/{run_id}/apply"): (EDIT_AN_ITEM, {"run_id": "{own_run}"}),
    ("GET", "/staff/imports/{run_id}/rejects.csv"): (EDIT_AN_ITEM, {"run_id": "{own_run}"}),
    ("GET", "/staff/imports/{run_id}/rejects.mrc"): (RECORDS, {"run_id": "{records_run}"}),
    ("GET", "/staff/imports/{run_id}/rejects.xml"): (RECORDS, {"run_id": "{records_run}"}),
    ("POST", "/api/v1/imports/marc"): (RECORDS, {}),
    ("GET", "/api/v1/imports/{run_id}"): (EDIT_AN_ITEM, {"run_id": "{own_run}"}),
    ("GET", "/api/v1/items"): (SEE_ITEMS, {}),
    ("POST", "/api/v1/items"): (EDIT_ITEMS, {}),
    ("GET", "/api/v1/items/{item_id}"): (SEE_AN_ITEM, {"item_id": "{own}"}),
    ("PATCH", "/api/v1/items/{item_id}"): (EDIT_AN_ITEM, {"item_id": "{own}"}),
}


def letter(row: Row, role: str) -> str:
    return row[0].replace(" ", "")[ROLES.index(role)]
