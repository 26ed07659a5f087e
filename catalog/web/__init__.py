"""The cataloguers' pages."""

from typing import Any

from catalog.web import editing, holdings, imports, items, merging, owners, records, senders
from library.errors import N_
from library.http.menu import Entry
from library.identity.roles import Permission

handlers: list[Any] = [
    *records.handlers,
    *editing.handlers,
    *items.handlers,
    *merging.handlers,
    *senders.handlers,
    *owners.handlers,
    *imports.handlers,
    *holdings.handlers,
]

MENU = (
    Entry(Permission.SEE_ITEMS, "/staff/catalogue", N_("目録"), N_("バーコード・ISBN・書名で書誌と資料を開きます")),
    Entry(Permission.EDIT_RECORDS, "/staff/records/new", N_("新しい書誌"), N_("手入力で書誌を作ります")),
    Entry(Permission.EDIT_RECORDS, "/staff/reviews", N_("同じ資料の確認"), N_("同じ資料かどうか、人が決めるものを見ます")),
    Entry(Permission.EDIT_RECORDS, "/staff/sources", N_("書誌の送り手"), N_("優先順位と、見せてよい項目を決めます")),
    Entry(Permission.IMPORT_ITEMS, "/staff/imports", N_("取り込み"), N_("書誌のファイルや所蔵一覧を取り込みます")),
    Entry(Permission.RUN_SERVICE, "/staff/owners", N_("所蔵者の方針"), N_("だれに見せ、だれに貸し出すかを決めます")),
)
