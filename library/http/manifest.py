"""What a phone wants to know to keep the service on its home screen: the web application manifest."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from library import i18n
from library.http.pages import DIST, Assets
from library.settings import Settings

GROUND = "#ffffff"  # behind the icon while the first page loads; a manifest knows no dark look
SHORT = 12  # characters that stand below an icon without being cut

_assets = Assets(DIST)


@get("/manifest.webmanifest", include_in_schema=False, media_type="application/manifest+json")
async def web_manifest(settings: NamedDependency[Settings]) -> Response[dict[str, Any]]:
    """The same for everyone: the page it opens knows its reader."""
    name = settings.library_name
    said = {
        "id": "/",
        "name": name,
        "lang": i18n.SOURCE,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": [
            _icon("icon-192.png", 192, "any"),
            _icon("icon-512.png", 512, "any"),
            _icon("icon-maskable-512.png", 512, "maskable"),
        ],
    }
    if len(name) <= SHORT:
        said["short_name"] = name
    return Response(said, headers={"Cache-Control": "public, max-age=3600"})


def _icon(name: str, side: int, purpose: str) -> dict[str, str]:
    return {"src": _assets.url(name), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
