"""Pages of imports: every run with its progress and what did not come in, and files of records to be sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream

from catalog.holdings import runs
from catalog.holdings.columns import NAMES
from catalog.incoming import dossier as import_dossier
from catalog.incoming import files as import_files
from catalog.incoming import imports, rejects
from catalog.incoming.dossier import RunLine
from catalog.incoming.jobs import is_abandoned, set_going
from catalog.records import labels
from catalog.web.words import in_words, status_of
from library.db import Database
from library.errors import N_, Conflict, Invalid, LibraryError, NotFound
from library.http import forms, requests
from library.http.pages import page
from library.identity import audit
from library.identity.guards import requires, staff_only
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings

SHOWN = 100  # rejects on a page
UNDER_WAY = ("waiting", "running")
WORDS: dict[str, Any] = {
    "kinds": labels.IMPORT_KINDS,
    "statuses": labels.IMPORT_STATUSES,
    "count_names": labels.IMPORT_COUNTS,
    "reject_codes": labels.REJECT_CODES,
    "column_names": NAMES,
}


@get("/staff/imports", include_in_schema=False, guards=[staff_only])
async def all_runs(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    _must_import(viewer)
    async with database.reading() as session:
        lines = await import_dossier.latest(session, viewer)
    return page(request, "catalog/imports/runs.html", lines=lines, is_waiting_for_yes=is_waiting_for_yes, **WORDS)


def _must_import(viewer: Viewer) -> None:
    if not viewer.can(Permission.IMPORT_RECORDS):
        viewer.must(Permission.IMPORT_ITEMS)


@get("/staff/imports/new", include_in_schema=False, guards=[requires(Permission.IMPORT_RECORDS)])
async def choose(
    request: Request[Viewer, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _choose(request, database, settings)


async def _choose(
    request: Request[Viewer, Any, Any], database: Database, settings: Settings, wrong: dict[str, str] | None = None, **more: Any
) -> Response[Any]:
    async with database.reading() as session:
        senders = await import_dossier.senders(session)
    return page(
        request,
        "catalog/imports/new.html",
        status_code=422 if wrong else 200,
        senders=senders,
        most=settings.upload_limit_mb,
        wrong=wrong or {},
        **more,
    )


@post("/staff/imports/new", include_in_schema=False, guards=[requires(Permission.IMPORT_RECORDS)], takes_files=True)
async def send(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    form = await forms.read(request)
    chosen, named = form.text("source"), form.text("new_source")
    try:
        run_id = await begin(database, settings, file_of(form), source=named or chosen, viewer=viewer)
    except Invalid as exc:
        at = "new_source" if exc.where == "source" and named else exc.where
        return await _choose(request, database, settings, {at or "file": in_words(request, exc)}, chosen=chosen, named=named)
    return Redirect(f"/staff/imports/{run_id}", status_code=303)


def file_of(form: forms.Form) -> UploadFile:
    """The file somebody sent. Raises Invalid when there is none."""
    file = form.file("file")
    if file is None:
        raise Invalid("file_missing", N_("ファイルを選んでください。"), where="file")
    return file


async def begin(database: Database, settings: Settings, file: UploadFile, *, source: str, viewer: Viewer) -> int:
    """Lays a file of records down, begins its run and sets it going; the same file sent twice is one run."""
    if not source:
        raise Invalid("source_missing", N_("送り手を選ぶか、名前を付けてください。"), where="source")
    account_id = viewer.must(Permission.IMPORT_RECORDS)
    stored = await asyncio.to_thread(import_files.keep, settings, file.file)
    path = import_files.path_of(settings, stored)
    try:
        run_id = await imports.begin(
            database, path=path, file_name=file.filename[:200], source=source, account_id=account_id, stored_at=stored
        )
        async with database.transaction() as session:
            run = await imports.locked(session, run_id)
            if run.stored_at != stored and not import_files.path_of(settings, run.stored_at).is_file():
                run.stored_at = stored  # sent again, since the first one is gone
            is_kept = run.stored_at == stored
            if await set_going(session, run_id):
                audit.record(session, viewer, "import.begun", subject_kind="import", subject_id=run_id)
    except BaseException:
        await asyncio.to_thread(import_files.discard, settings, stored)
        raise
    if not is_kept:
        await asyncio.to_thread(import_files.discard, settings, stored)
    return run_id


def is_waiting_for_yes(line: RunLine) -> bool:
    run = line.run
    return run.kind == "items" and run.status == "waiting" and run.options.get("step") == runs.SEEN


@get("/staff/imports/{run_id:int}", include_in_schema=False, guards=[staff_only])
async def one_run(
    request: Request[Viewer, Any, Any],
    run_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    after: FromQuery[int] = 0,
) -> Response[Any]:
    return await _run(request, database, viewer, run_id, after=after)


async def _run(
    request: Request[Viewer, Any, Any],
    database: Database,
    viewer: Viewer,
    run_id: int,
    *,
    after: int = 0,
    refused: LibraryError | None = None,
) -> Response[Any]:
    async with database.reading() as session:
        line = await import_dossier.line(session, run_id, viewer)
        found = await imports.rejects_of(session, run_id, after=after, limit=SHOWN + 1)
        number = await import_dossier.reject_count(session, run_id)
        abandoned = await is_abandoned(session, line.run)
    waits, gettext = is_waiting_for_yes(line), requests.texts(request).gettext
    goes_on = line.run.status in UNDER_WAY and not waits and not abandoned
    headers = {"Cache-Control": "no-store"}
    if not goes_on and "hx-request" in request.headers:
        headers["HX-Refresh"] = "true"  # the bar asks for its own part only; what stayed out stands below it
    return page(
        request,
        "catalog/imports/items_run.html" if line.run.kind == "items" else "catalog/imports/run.html",
        status_code=status_of(refused) if refused else 200,
        headers=headers,
        line=line,
        run=line.run,
        is_under_way=goes_on,
        is_abandoned=abandoned,
        is_waiting_for_yes=waits,
        rejects=[(one, rejects.told(one, gettext)) for one in found[:SHOWN]],
        reject_count=number,
        next_after=found[SHOWN - 1].id if len(found) > SHOWN else None,
        after=after,
        refused=in_words(request, refused) if refused else None,
        **WORDS,
    )


@post("/staff/imports/{run_id:int}/cancel", include_in_schema=False, guards=[staff_only])
async def cancel(
    request: Request[Viewer, Any, Any],
    run_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    try:
        async with database.transaction() as session:
            await import_dossier.line(session, run_id, viewer)
            run = await imports.cancel(session, run_id)
            stored = run.stored_at
            audit.record(session, viewer, "import.cancelled", subject_kind="import", subject_id=run_id)
    except Conflict as exc:
        return await _run(request, database, viewer, run_id, refused=exc)
    await asyncio.to_thread(import_files.discard, settings, stored)
    return Redirect(f"/staff/imports/{run_id}", status_code=303)


@post("/staff/imports/{run_id:int}/go-on", include_in_schema=False, guards=[staff_only])
async def go_on(
    request: Request[Viewer, Any, Any],
    run_id: FromPath[int],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[Any]:
    """A run that stopped goes on where it stood."""
    try:
        async with database.transaction() as session:
            line = await import_dossier.line(session, run_id, viewer)
            import_files.kept(settings, line.run.stored_at)
            if await set_going(session, run_id):
                audit.record(session, viewer, "import.resumed", subject_kind="import", subject_id=run_id)
    except NotFound as exc:
        if exc.code != "upload_gone":
            raise
        return await _run(request, database, viewer, run_id, refused=exc)
    return Redirect(f"/staff/imports/{run_id}", status_code=303)


@get("/staff/imports/{run_id:int}/rejects.csv", include_in_schema=False, guards=[staff_only])
async def rejects_csv(
    request: Request[Viewer, Any, Any], run_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Stream:
    """Records: where and why. Lists: the rows under their own headers, to be mended and sent again."""
    async with database.reading() as session:
        line = await import_dossier.line(session, run_id, viewer)
    gettext = requests.texts(request).gettext
    if line.run.kind == "items":
        recognised = line.run.options.get("recognised", {})
        header = [gettext(word) for word in (N_("符号"), N_("理由"))]
        return _download(import_dossier.rows_as_csv(database, run_id, recognised, header), run_id, "csv")
    header = [gettext(word) for word in (N_("番目"), N_("タグ"), N_("符号"), N_("理由"))]
    return _download(import_dossier.reasons_as_csv(database, run_id, header), run_id, "csv")


@get("/staff/imports/{run_id:int}/rejects.mrc", include_in_schema=False, guards=[requires(Permission.IMPORT_RECORDS)])
async def rejects_marc(run_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Stream:
    await _must_be_records(database, run_id, viewer)
    return _download(import_dossier.transmitted(database, run_id), run_id, "mrc")


@get("/staff/imports/{run_id:int}/rejects.xml", include_in_schema=False, guards=[requires(Permission.IMPORT_RECORDS)])
async def rejects_xml(run_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Stream:
    await _must_be_records(database, run_id, viewer)
    return _download(import_dossier.as_xml(database, run_id), run_id, "xml")


async def _must_be_records(database: Database, run_id: int, viewer: Viewer) -> None:
    async with database.reading() as session:
        if (await import_dossier.line(session, run_id, viewer)).run.kind != "marc":
            raise NotFound("import_not_found", N_("この取り込みはありません。"))


MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "mrc": "application/marc", "xml": "application/marcxml+xml"}


def _download(content: AsyncIterator[bytes], run_id: int, form: str) -> Stream:
    headers = {"Content-Disposition": f'attachment; filename="import-{run_id}-rejects.{form}"', "Cache-Control": "no-store"}
    return Stream(content, media_type=MEDIA_TYPES[form], headers=headers)


handlers = [all_runs, choose, send, one_run, cancel, go_on, rejects_csv, rejects_marc, rejects_xml]
