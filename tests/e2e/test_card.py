"""The card on a phone: read from the screen by a bar code reader, opened without a network, gone with the sign-in."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from library.demo.load import SEED
from library.demo.readers import sign_ins
from tests.e2e.conftest import Demo, sign_in
from tests.pictures import photographed, read

pytestmark = pytest.mark.browser

CARDS = {one.kind: one.login for one in sign_ins(SEED)}
KEPT = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
  return requests.map(({ url }) => new URL(url).pathname);
}"""


@pytest.fixture
def phone(browser: Browser, demo: Demo) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=demo.address, locale="ja-JP", viewport={"width": 320, "height": 640}, device_scale_factor=2)
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


def open_card(page: Page, kind: str) -> None:
    """Signed in, on the card's page, and told that it is kept."""
    sign_in(page, CARDS[kind])
    page.goto("/card")
    expect(page.locator("[data-kept-here]")).to_be_visible()


def seen(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("L")


def kept(page: Page) -> list[str]:
    return list(page.evaluate(KEPT))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_both_codes_are_read_from_a_screen_of_320_pixels(browser: Browser, demo: Demo, scale: int, scheme: str) -> None:
    size = {"width": 320, "height": 640}
    context = browser.new_context(base_url=demo.address, locale="ja-JP", viewport=size, device_scale_factor=scale, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, CARDS["resident"])
    page.goto("/card")
    shown = seen(page)
    assert shown.width == 320 * scale
    assert read(shown, "QRCode") == [CARDS["resident"]]
    assert read(shown, "Codabar") == [f"A{CARDS['resident']}A"]
    if scale == 2:
        assert read(photographed(shown, degrees=5, blur=2), "QRCode") == [CARDS["resident"]]
    context.close()


def test_the_card_opens_without_a_network_after_its_first_load(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    expect(page.locator(".when-kept")).to_be_hidden()
    phone.set_offline(True)
    page.goto("/card")
    expect(page.locator(".when-kept")).to_contain_text("電波がないので")
    shown = seen(page)
    assert read(shown, "QRCode") == [CARDS["resident"]]
    assert read(shown, "Codabar") == [f"A{CARDS['resident']}A"]
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderTopLeftRadius") == "16px"  # its files are here too
    with pytest.raises(Error, match="net::ERR_"):
        page.goto("/places")


def test_a_childs_card_opens_without_a_network(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "guardian")
    phone.set_offline(True)
    page.goto("/card")
    own, child = page.locator("details.holder").all()
    assert own.get_attribute("open") is not None
    child.locator("summary").click()
    expect(child.locator(".number")).to_be_visible()
    expect(own.locator(".number")).to_be_hidden()
    child.locator(".bars").scroll_into_view_if_needed()
    number = "".join(part for part in child.locator(".number").inner_text().split() if part != "A")
    assert number != CARDS["guardian"]
    assert read(seen(page), "Codabar") == [f"A{number}A"]


def test_a_childs_card_opens_without_a_script(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address, java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    sign_in(page, CARDS["guardian"])
    page.goto("/card")
    page.locator("details.holder summary").last.press("Enter")
    expect(page.locator("details.holder .number").last).to_be_visible()
    context.close()


def test_forced_colours_leave_the_codes_black_on_white(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(
        base_url=demo.address, viewport={"width": 320, "height": 640}, color_scheme="dark", forced_colors="active"
    )
    page = context.new_page()
    sign_in(page, CARDS["resident"])
    page.goto("/card")
    assert read(seen(page), "QRCode") == [CARDS["resident"]]
    assert read(seen(page), "Codabar") == [f"A{CARDS['resident']}A"]
    context.close()


def test_the_first_view_of_the_card_is_small(page: Page) -> None:
    sign_in(page, CARDS["guardian"])
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(response.request.sizes()["responseBodySize"]))
    page.goto("/card")
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < 60_000


def test_only_the_card_and_its_files_are_kept(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    for path in ("/", "/account", "/search?q=銀河", "/api/v1/card", "/api/v1/me", "/card"):
        page.goto(path)
    assert {path for path in kept(page) if not path.startswith("/static/")} == {"/card"}


def test_signing_out_takes_the_card_from_the_device(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    page.locator("details[data-menu] summary").last.click()
    page.get_by_role("button", name="ログアウト").click()
    page.wait_for_url("**/")
    assert kept(page) == []
    phone.set_offline(True)
    with pytest.raises(Error, match="net::ERR_"):
        page.goto("/card")


def test_who_signs_in_next_never_sees_the_card_before(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    sign_in(page, CARDS["pupil"])  # without signing out, as on a shared tablet
    assert kept(page) == []
    page.goto("/card")
    expect(page.locator("[data-kept-here]")).to_be_visible()
    phone.set_offline(True)
    page.goto("/card")
    assert read(seen(page), "QRCode") == [CARDS["pupil"]]


def test_a_sign_in_that_ended_elsewhere_takes_the_card_with_it(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    phone.clear_cookies()
    page.goto("/card")
    page.wait_for_url("**/sign-in?next=**")
    assert kept(page) == []


def test_a_page_of_somebody_else_takes_the_card_even_where_no_worker_saw_it(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => Promise.all(all.map((one) => one.unregister())))")
    assert "/card" in kept(page)
    phone.clear_cookies()
    page.goto("/places")
    for _ in range(50):
        if not kept(page):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"still kept: {kept(page)}")


def test_a_card_kept_beyond_its_sign_in_is_not_shown(phone: BrowserContext) -> None:
    page = phone.new_page()
    open_card(page, "resident")
    page.evaluate(
        """async () => {
          const cache = await caches.open("card");
          const kept = await cache.match("/card");
          const headers = new Headers(kept.headers);
          headers.set("X-Keep-Until", String(Date.now() - 1));
          await cache.put("/card", new Response(await kept.text(), { headers }));
        }"""
    )
    phone.set_offline(True)
    with pytest.raises(Error, match="net::ERR_"):
        page.goto("/card")
    phone.set_offline(False)
    page.goto("/sign-in")
    assert "/card" not in kept(page)


def test_the_screen_is_asked_to_stay_on(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.add_init_script(
        "navigator.wakeLock.request = async (kind) => { document.documentElement.dataset.awake = kind; throw new Error('refused'); }"
    )
    open_card(page, "resident")
    expect(page.locator("html")).to_have_attribute("data-awake", "screen")


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("kind", ["resident", "guardian", "desk"])
def test_the_card_never_scrolls_sideways(page: Page, width: int, kind: str) -> None:
    sign_in(page, CARDS[kind])
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/card")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
