"""Errors as answers: the only place where meanings become HTTP status; RFC 9457 JSON or a page, by what the client accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import structlog
from babel.dates import format_date
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from library import errors, i18n
from library.errors import N_, LibraryError
from library.http import requests
from library.i18n import Texts

log = structlog.get_logger(__name__)

STATUS: tuple[tuple[type[LibraryError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.NotSignedIn, 401),
    (errors.NotAllowed, 403),
    (errors.KeyReused, 422),
    (errors.Invalid, 400),
    (errors.TooMany, 429),
    (errors.Busy, 503),
    (errors.Unavailable, 503),
)

TITLES: dict[int, str] = {
    400: N_("入力に誤りがあります"),
    401: N_("ログインが必要です"),
    403: N_("この操作はできません"),
    404: N_("見つかりません"),
    405: N_("この方法では使えません"),
    409: N_("ほかの情報と重なっています"),
    413: N_("ファイルが大きすぎます"),
    415: N_("この形式は受け取れません"),
    422: N_("入力に誤りがあります"),
    429: N_("しばらくお待ちください"),
    500: N_("申し訳ありません。問題が起きました"),
    503: N_("いまは混み合っています"),
}

SENTENCES: dict[int, str] = {
    400: N_("送られた内容を読み取れませんでした。"),
    401: N_("ログインしてから、もう一度お試しください。"),
    403: N_("この操作をする権限がありません。"),
    404: N_("お探しのページはありません。移動したか、アドレスが違うかもしれません。"),
    405: N_("このアドレスでは、その操作は受け付けていません。"),
    413: N_("送れる大きさを超えています。"),
    415: N_("この形式のデータは受け取れません。"),
    429: N_("短い時間に多くの要求がありました。少し待ってからお試しください。"),
    500: N_("記録を残しました。時間をおいてもう一度お試しください。"),
    503: N_("少し待ってから、もう一度お試しください。"),
}


# Codes whose page has a general sentence of its own.
GENERAL = frozenset({"not_found", "not_allowed", "internal_error", "invalid_input", "method_not_allowed", "too_many", "database_away"})


@dataclass(frozen=True)
class Said:
    """An error in words, ready to be shown."""

    status: int
    code: str
    title: str
    detail: str
    where: str | None = None
    problems: tuple[dict[str, Any], ...] = ()
    reasons: tuple[dict[str, Any], ...] = ()
    fields: dict[str, Any] | None = None
    retry_after: int | None = None
    allow: str | None = None

    def as_problem(self, request_id: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"/about/errors#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        if self.where:
            body["where"] = self.where
        if self.fields:
            body["fields"] = self.fields
        if self.problems:
            body["errors"] = list(self.problems)
        if self.reasons:
            body["reasons"] = list(self.reasons)
        return body


def said(exc: Exception, texts: Texts) -> Said:
    """Any exception in the reader's language. Unknown ones are a 500 that shows nothing of the inside."""
    if isinstance(exc, LibraryError):
        return _domain(exc, texts)
    if isinstance(exc, ValidationException):
        return _validation(exc, texts)
    if isinstance(exc, HTTPException):
        return _http(exc, texts)
    if isinstance(exc, DataError):  # a number out of range, a NUL: the columns take what people can mean
        return _plain(400, "invalid_input", texts)
    if isinstance(exc, OperationalError | PoolTimeout):
        return _plain(503, "database_away", texts, retry_after=5)
    return _plain(500, "internal_error", texts)


def _plain(status: int, code: str, texts: Texts, *, retry_after: int | None = None, allow: str | None = None) -> Said:
    known = status if status in TITLES else (400 if status < 500 else 500)
    sentence = SENTENCES.get(known, SENTENCES[500])
    return Said(status, code, texts.gettext(TITLES[known]), texts.gettext(sentence), retry_after=retry_after, allow=allow)


def filled(texts: Texts, sentence: str, fields: Mapping[str, errors.Field]) -> str:
    """A sentence in the reader's language with its fields put in; days as that language writes them."""
    locale = i18n.locale(texts.language)
    shown = {name: format_date(value, "long", locale=locale) if isinstance(value, date) else value for name, value in fields.items()}
    return texts.gettext(sentence).format(**shown)


def reasons_of(exc: errors.Refused, texts: Texts) -> tuple[dict[str, Any], ...]:
    """Every reason of a refusal in words."""
    return tuple(
        {"code": one.code, "detail": filled(texts, one.sentence, one.fields), "overridable": one.overridable} for one in exc.reasons
    )


def _domain(exc: LibraryError, texts: Texts) -> Said:
    status = next(status for kind, status in STATUS if isinstance(exc, kind))
    problems = exc.problems if isinstance(exc, errors.Invalid) else ()
    return Said(
        status,
        exc.code,
        texts.gettext(TITLES[status]),
        filled(texts, exc.sentence, exc.fields),
        where=exc.where,
        fields={name: value.isoformat() if isinstance(value, date) else value for name, value in exc.fields.items()} or None,
        reasons=reasons_of(exc, texts) if isinstance(exc, errors.Refused) else (),
        problems=tuple(
            {"where": problem.where, "code": problem.code, "detail": filled(texts, problem.sentence, problem.fields)}
            for problem in problems
        ),
        retry_after=exc.retry_after if isinstance(exc, errors.Busy) else None,
    )


def _validation(exc: ValidationException, texts: Texts) -> Said:
    base = _plain(400, "invalid_input", texts)
    extra = exc.extra if isinstance(exc.extra, list) else []
    problems = tuple(
        {"where": str(one.get("key", "")), "code": "invalid", "detail": str(one.get("message", ""))}
        for one in extra
        if isinstance(one, dict)
    )
    where = problems[0]["where"] if problems else None
    return Said(400, base.code, base.title, base.detail, where=where, problems=problems)


def _http(exc: HTTPException, texts: Texts) -> Said:
    codes = {401: "not_signed_in", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "too_many"}
    allow = (exc.headers or {}).get("Allow") if exc.status_code == 405 else None
    return _plain(
        exc.status_code, codes.get(exc.status_code, "invalid_input" if exc.status_code < 500 else "internal_error"), texts, allow=allow
    )


def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """Litestar's exception handler for everything."""
    outcome = said(exc, requests.texts(request))
    if outcome.status >= 500 and outcome.code == "internal_error":
        log.exception("request_failed", exc_info=exc, route=requests.route(request))
    elif isinstance(exc, DataError):
        log.warning("input_refused_by_database", exc_info=exc, route=requests.route(request))
    headers = {"Cache-Control": "no-store"}
    if outcome.retry_after is not None:
        headers["Retry-After"] = str(outcome.retry_after)
    if outcome.allow:
        headers["Allow"] = outcome.allow
    if outcome.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    request_id = requests.request_id(request)
    if requests.wants_page(request):
        if outcome.status == 401 and request.method == "GET":
            return Redirect(f"/sign-in?{urlencode({'next': requests.here(request)})}", status_code=303)
        return _page(request, outcome, request_id, headers)
    return Response(
        outcome.as_problem(request_id),
        status_code=outcome.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _page(request: Request[Any, Any, Any], outcome: Said, request_id: str, headers: dict[str, str]) -> Response[Any]:
    from library.http.pages import page

    try:
        general = outcome.code in GENERAL
        return page(
            request,
            "library/errors/problem.html",
            status_code=outcome.status,
            headers=headers,
            status=outcome.status,
            message=None if general else outcome.detail,
            problems=tuple(problem["detail"] for problem in (*outcome.reasons, *outcome.problems)),
        )
    except Exception:
        log.exception("error_page_failed", route=requests.route(request))
        body = f"<!doctype html><meta charset=utf-8><title>{outcome.status}</title><p>{outcome.title}<p>{request_id}"
        return Response(body, status_code=outcome.status, media_type=MediaType.HTML, headers=headers)
