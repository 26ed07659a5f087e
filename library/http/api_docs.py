"""The page that shows the JSON API: Swagger UI from our own files, no CDN, no inline script."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.config.compression import CompressionConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from library.http.pages import Pages

COMPRESSION = CompressionConfig(backend="brotli", brotli_quality=4, minimum_size=700, gzip_fallback=True)


class ApiDocs(OpenAPIRenderPlugin):
    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        pages: Pages = request.app.state.pages
        return pages.render(request, "library/api_docs.html", {"schema_url": "/api/docs/openapi.json"}).encode()


def config(title: str, version: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=title,
        version=version,
        description="Errors are RFC 9457 problem details with a stable `code`. Sign in with `Authorization: Bearer TOKEN`.",
        path="/api/docs",
        render_plugins=[ApiDocs(), JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        use_handler_docstrings=True,
    )
