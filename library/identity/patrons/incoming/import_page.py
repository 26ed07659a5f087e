"""The page that takes in patrons from a file: choose, look at what it would do, do it."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from library import clock
from library.db import Database, Reading
from library.errors import N_, Invalid, LibraryError, NotFound
from library.http import forms, uploads
from library.http.pages import page
from library.http.problems import said
from library.http.requests import texts
from library.identity.guards import requires
from library.identity.patrons.incoming import intake as patrons
from library.identity.patrons.incoming.file import COLUMNS, Finding
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer
from library.places import store
from library.settings import Settings

SHOWN = 200  # findings on the page; the rest is counted


@get("/staff/import/patrons", guards=[requires(Permission.IMPORT_PATRONS)], include_in_schema=False)
async def choose(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    return await _choose(request, database, settings, viewer)


async def _choose(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, *, status_code: int = 200, **more: Any
) -> Response[str]:
    async with database.reading() as session:
        places = await _places(session, settings, viewer)
    return page(request, "identity/import_patrons.html", status_code=status_code, places=places, columns=COLUMNS, **more)


async def _places(session: Reading, settings: Settings, viewer: Viewer) -> list[tuple[str, dict[str, str]]]:
    """The organisations somebody may import into: code and names."""
    return [
        (one.code, one.name)
        for one in await store.organisations(session, on=clock.today(settings.zone))
        if viewer.can(Permission.IMPORT_PATRONS, Place(frozenset({one.id})))
    ]


@post("/staff/import/patrons", guards=[requires(Permission.IMPORT_PATRONS)], status_code=200, include_in_schema=False, takes_files=True)
async def look(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    """Reads the file and says what it would do; nothing is changed yet."""
    form = await forms.read(request)
    file, code = form.file("file"), form.text("organisation")
    if file is None:
        missing = Invalid("file_missing", N_("ファイルを選んでください。"), where="file")
        return await _wrong(request, database, settings, viewer, missing, chosen=code)
    try:
        async with database.reading() as session:
            into = await patrons.target(session, code)
        account_id = viewer.must(Permission.IMPORT_PATRONS, Place(frozenset({into.id})))
        content = await asyncio.to_thread(patrons.content_of, file.file, school=into.school)
    except (Invalid, NotFound) as exc:
        return await _wrong(request, database, settings, viewer, exc, chosen=code)
    async with database.reading() as session:
        report = await patrons.rehearse(session, content, into, today=clock.today(settings.zone))
    key = await asyncio.to_thread(uploads.keep, settings, account_id, file.file, now=clock.now()) if report.new or report.changed else None
    return _shown(request, report, into=into, key=key, file_name=file.filename)


async def _wrong(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, viewer: Viewer, exc: LibraryError, *, chosen: str
) -> Response[str]:
    wrong = {exc.where or "file": said(exc, texts(request)).detail}
    return await _choose(request, database, settings, viewer, status_code=422, wrong=wrong, chosen=chosen)


@post("/staff/import/patrons/apply", guards=[requires(Permission.IMPORT_PATRONS)], status_code=200, include_in_schema=False)
async def apply(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    """Does what was looked at, in one transaction."""
    form = await forms.read(request)
    key, code = form.text("key"), form.text("organisation")
    try:
        async with database.reading() as session:
            into = await patrons.target(session, code)
        account_id = viewer.must(Permission.IMPORT_PATRONS, Place(frozenset({into.id})))
        path = uploads.kept(settings, account_id, key, now=clock.now())
        content = await asyncio.to_thread(patrons.content_of, path, school=into.school)
        async with database.transaction() as writing:
            report = await patrons.apply(writing, content, into, by=viewer, today=clock.today(settings.zone))
    except (Invalid, NotFound) as exc:
        return await _wrong(request, database, settings, viewer, exc, chosen=code)
    uploads.discard(settings, account_id, key)
    return _shown(request, report, into=into, key=None, file_name=form.text("file_name"), applied=True)


def _shown(request: Request[Viewer, Any, Any], report: patrons.Report, **more: Any) -> Response[str]:
    spoken = texts(request)

    def sentence(finding: Finding) -> str:
        return spoken.gettext(finding.sentence).format(**finding.fields)

    findings = [(one, report.content.mapping.recognised.get(one.column, one.column), sentence(one)) for one in report.findings[:SHOWN]]
    return page(
        request,
        "identity/import_patrons_report.html",
        headers={"Cache-Control": "no-store"},
        report=report,
        findings=findings,
        unsaid=max(0, len(report.findings) - SHOWN),
        columns=COLUMNS,
        **more,
    )


handlers = (choose, look, apply)
