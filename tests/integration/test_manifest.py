"""What a phone reads to keep the service on its home screen."""

from __future__ import annotations

import struct

import pytest

from library.http.pages import DIST
from tests.world import Client, World

PNG = b"\x89PNG\r\n\x1a\n"


async def test_the_manifest_names_the_library_and_every_page_leads_to_it(client: Client, world: World) -> None:
    answer = await client.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    said = answer.json()
    assert (said["name"], said["short_name"], said["start_url"], said["display"]) == ("こもれび図書館", "こもれび図書館", "/", "standalone")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in (await client.get("/sign-in")).text


async def test_every_icon_is_a_picture_of_the_size_it_says(client: Client, world: World) -> None:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: run the build first")
    icons = (await client.get("/manifest.webmanifest")).json()["icons"]
    assert {(one["sizes"], one["purpose"]) for one in icons} == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for icon in icons:
        answer = await client.get(icon["src"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content.startswith(PNG)
        assert "{}x{}".format(*struct.unpack(">II", answer.content[16:24])) == icon["sizes"]
