"""The JSON API of imports: a file of records sent by a program, and how far its run is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, QueryParameter

from catalog.incoming import dossier as import_dossier
from catalog.incoming import imports
from catalog.incoming.dossier import RunLine
from catalog.web.imports import begin, file_of
from library import clock, idempotency
from library.db import Database
from library.errors import N_, NotFound
from library.http import forms
from library.identity.guards import requires, staff_only
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings

ROUTE = "POST /api/v1/imports/marc"


class Begun(msgspec.Struct, kw_only=True):
    """The number of the run that takes the file in; ask for it at `/api/v1/imports/{run}`."""

    run: str


class RunView(msgspec.Struct, kw_only=True):
    """A run. `kind` is marc or items; `status` waiting, running, finished, failed or cancelled.

    `offset` of `size` bytes are read. `counts.read` is the sum of the other counts of a marc run. `rejects`: how many records
    or remarks on rows are kept with their reasons.
    """

    id: str
    kind: str
    status: str
    file: str
    source: str | None
    branch: str | None
    owner: str | None
    size: int
    offset: int
    position: int
    counts: dict[str, int]
    rejects: int
    message: str
    seconds: float
    created_at: datetime
    finished_at: datetime | None


@post(
    "/api/v1/imports/marc",
    tags=["imports"],
    guards=[requires(Permission.IMPORT_RECORDS)],
    summary="Send a file of records",
    description="Takes a file of MARC records (ISO 2709 in UTF-8 or MARC-8, MARCXML; also gz or zip) as the field `file` of a"
    " multipart body and begins a run: 202 with its number. `source` names the sender, the same name for all its files. The same"
    " file of the same sender, sent again before its run is over, is that run. For example:"
    " `curl -H 'Authorization: Bearer …' -F file=@records.mrc 'https://library.example/api/v1/imports/marc?source=ndl'`",
    status_code=202,
    takes_files=True,
    responses={413: ResponseSpec(data_container=None, description="The file is larger than the service takes.")},
)
async def send_marc(
    *,
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    source: Annotated[str, QueryParameter(description="Who sends these records", max_length=100)],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
) -> Response[Begun]:
    key = idempotency.parse(idempotency_key)
    client = f"account:{viewer.must(Permission.IMPORT_RECORDS)}"
    file = file_of(await forms.read(request))
    digest = idempotency.digest(settings.key, f"{source}\n{file.filename}".encode())
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route=ROUTE, body_digest=digest, now=clock.now())
        if before is None:
            run = str(await begin(database, settings, file, source=source, viewer=viewer))
            await idempotency.finish(session, client=client, key=key, status=202, result={"run": run})
        else:
            run = str(before.result["run"])
    return Response(Begun(run=run), status_code=202, headers={"Location": f"/api/v1/imports/{run}", "Cache-Control": "no-store"})


@get("/api/v1/imports/{run_id:str}", tags=["imports"], guards=[staff_only], summary="How far an import is")
async def one_import(run_id: FromPath[str], database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Response[RunView]:
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 20):
        raise NotFound("import_not_found", N_("この取り込みはありません。"))
    async with database.reading() as session:
        line = await import_dossier.line(session, int(run_id), viewer)
        number = await import_dossier.reject_count(session, line.run.id)
    return Response(_view(line, number), headers={"Cache-Control": "no-store"})


def _view(line: RunLine, rejects: int) -> RunView:
    run = line.run
    return RunView(
        id=str(run.id),
        kind=run.kind,
        status=run.status,
        file=run.file_name,
        source=line.source.name if line.source else None,
        branch=line.branch.code if line.branch else None,
        owner=line.owner.code if line.owner else None,
        size=run.file_size,
        offset=run.offset,
        position=run.position,
        counts=dict(imports.ZERO) | run.counts if run.kind == "marc" else dict(run.counts),
        rejects=rejects,
        message=run.message,
        seconds=round(run.seconds, 3),
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


handlers: Sequence[Any] = [send_marc, one_import]
