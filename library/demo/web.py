"""The demo's own page: the tour, which is not there anywhere else."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from library.db import Database
from library.demo import load, tour
from library.demo.readers import PASSWORD
from library.errors import N_, NotFound
from library.http import requests
from library.http.pages import page
from library.identity.viewer import Viewer
from library.settings import Settings


@get("/tour", include_in_schema=False)
async def tour_page(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    if not settings.demo:
        raise NotFound("not_found", N_("お探しのページはありません。移動したか、アドレスが違うかもしれません。"))
    async with database.reading() as session:
        examples = await tour.examples(session, load.SEED)
        login = await tour.login_of(session, viewer.account_id)
    texts = requests.texts(request)
    stops = [
        {
            "key": one.stop.key.replace(" ", "-"),
            "role": texts.gettext(one.stop.role),
            "lead": texts.gettext(one.stop.lead),
            "login": one.login,
            "name": one.name,
            "is_me": one.login == login,
            "steps": [
                (step.path.format(**examples), texts.gettext(step.title).format(**examples), texts.gettext(step.words).format(**examples))
                for step in one.stop.steps
            ],
        }
        for one in tour.visitors(load.SEED)
    ]
    return page(request, "demo/tour.html", stops=stops, password=PASSWORD, headers={"Cache-Control": "no-store"})


handlers = (tour_page,)
