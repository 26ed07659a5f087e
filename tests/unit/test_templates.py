"""The base page, the macros and the error pages, drawn without a server; the colours, measured."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined

from library import i18n
from library.http.pages import environment, rendering

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "library/static/src"
TOKENS = json.loads((SOURCE / "css/tokens.json").read_text(encoding="utf-8"))
PUBLISHED = ROOT / "node_modules/@digital-go-jp/design-tokens/dist/tokens.css"
MANIFEST = ROOT / "library/static/dist/manifest.json"


@dataclass(frozen=True)
class Viewer:
    name: str = "田中 はるか"
    is_staff: bool = False
    language: str = "ja"
    show_ruby: bool = False

    def can(self, permission: str) -> bool:
        return self.is_staff and bool(permission)


@pytest.fixture(scope="module")
def pages() -> Environment:
    """The environment of the service, made strict: a name that nobody gave is an error here."""
    made = environment().overlay(undefined=StrictUndefined)
    made.globals["asset"] = lambda name: f"/static/{name}"
    return made


def common(**context: Any) -> dict[str, Any]:
    given = {
        "texts": i18n.texts("ja"),
        "language": "ja",
        "languages": (("ja", "日本語"), ("en", "English"), ("ja-easy", "やさしい日本語")),
        "viewer": None,
        "csrf_token": "t",
        "library_name": "こもれび図書館",
        "year": 2027,
        "demo": False,
    }
    return given | context


@pytest.fixture(autouse=True)
def in_japanese() -> Iterator[None]:
    with rendering(common()):
        yield


class Outline(HTMLParser):
    """Collects what a strict content policy would refuse, and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or "style" in names or (tag == "script" and "src" not in names):
            self.refused.append(str(self.get_starttag_text()))
        self.refused += [name for name in names if name.startswith(("on", "hx-on"))]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)


def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    return parsed


def macro(pages: Environment, module: str, name: str, *args: Any, **kwargs: Any) -> str:
    module_ = pages.get_template(f"library/macros/{module}.html").make_module(common())
    return str(getattr(module_, name)(*args, **kwargs))


def drawn() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "library/gallery.html", {"viewer": Viewer()}
    yield "library/gallery.html", {"viewer": None, "language": "en", "theme": "dark", "service_message": "12月6日は休館です"}
    yield "library/base.html", {"viewer": Viewer(is_staff=True), "area": "staff"}
    yield "library/api_docs.html", {"viewer": None}
    for status in (400, 403, 404, 405, 409, 418, 422, 429, 500, 502, 503):
        yield "library/errors/problem.html", {"status": status, "request_id": "r-1"}


@pytest.mark.parametrize(("name", "context"), list(drawn()))
def test_a_page_holds_nothing_that_a_strict_content_policy_refuses(pages: Environment, name: str, context: dict[str, Any]) -> None:
    parsed = outline(pages.get_template(name).render(common(**context)))
    assert parsed.refused == []
    assert sorted(set(parsed.ids)) == sorted(parsed.ids), "an id stands twice"
    assert parsed.headings.count("h1") <= 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422, 429, 500, 503])
def test_an_error_says_what_to_do_next_and_keeps_the_search_box(pages: Environment, status: int) -> None:
    page = pages.get_template("library/errors/problem.html").render(common(status=status, request_id="r-77"))
    assert 'role="search"' in page
    assert "r-77" in page
    assert "ください" in page or "お試し" in page or "さがせます" in page or "開けることがあります" in page


def test_an_error_speaks_its_own_sentence_where_it_has_one(pages: Environment) -> None:
    page = pages.get_template("library/errors/problem.html").render(
        common(status=409, message="<予約>が先にあります", problems=["予約 2人"])
    )
    assert "&lt;予約&gt;が先にあります" in page
    assert "予約 2人" in page


def test_the_last_page_needs_no_template_engine() -> None:
    page = (SOURCE / "500.html").read_text(encoding="utf-8")
    assert "{{" not in page
    assert "{%" not in page
    assert outline(page).refused == []


def test_a_reader_sees_no_staff_bar_and_the_staff_always_does(pages: Environment) -> None:
    base = pages.get_template("library/base.html")
    assert "職員用" not in base.render(common(viewer=Viewer()))
    assert "職員用" in base.render(common(viewer=Viewer(is_staff=True), area="staff"))


def test_easy_japanese_is_japanese_to_a_screen_reader(pages: Environment) -> None:
    assert '<html lang="ja"' in pages.get_template("library/base.html").render(common(viewer=None, language="ja-easy"))


@pytest.mark.parametrize(
    ("ndc", "expected"),
    [("913.6", "ndc-9"), ("E", "ndc-e"), ("007", "ndc-0"), (486, "ndc-4"), ("", "cover in-list"), ("K913", "ndc-9 juvenile")],
)
def test_a_cover_takes_its_hue_from_the_class(pages: Environment, ndc: object, expected: str) -> None:
    cover = macro(pages, "book", "cover", "<夜>", "早瀬", ndc)
    assert expected in cover
    assert "&lt;夜&gt;" in cover
    assert ("ndc-" in cover) == expected.startswith("ndc-")


@pytest.mark.parametrize("kind", ["here", "near", "wait", "away", "none"])
def test_availability_has_a_shape_a_word_and_a_colour(pages: Environment, kind: str) -> None:
    pill = macro(pages, "book", "availability_pill", kind, "3館にあり")
    assert "<svg" in pill
    assert "3館にあり" in pill
    assert f'class="availability {kind}"' in pill


def test_ruby_and_marks_keep_every_letter_and_escape_them(pages: Environment) -> None:
    ruby = macro(pages, "book", "ruby", [("銀河", "ぎんが"), ("<の>", "")])
    assert ruby == "<ruby>銀河<rp>（</rp><rt>ぎんが</rt><rp>）</rp></ruby>&lt;の&gt;"
    assert macro(pages, "book", "marked", [("ぎんが", True), ("&", False)]) == "<mark>ぎんが</mark>&amp;"


def test_a_wrong_field_keeps_what_was_typed_and_points_at_its_error(pages: Environment) -> None:
    field = macro(pages, "form", "field", "mail", "メール", "a'b", hint="任意", error="@ がありません")
    assert 'value="a&#39;b"' in field
    assert 'aria-describedby="f-mail-hint f-mail-wrong" aria-invalid="true"' in field
    assert 'id="f-mail-wrong"' in field


def test_a_password_is_never_drawn_back(pages: Environment) -> None:
    assert "hunter2" not in macro(pages, "form", "field", "password", "パスワード", "hunter2", type="password")


def test_choices_hold_numbers_and_words_alike(pages: Environment) -> None:
    drawn_choices = macro(pages, "form", "choices", "branch", "館", [(1, "中央"), (2, "若葉"), (3, "緑")], [1, "3"], type="checkbox")
    assert drawn_choices.count(" checked") == 2


@pytest.mark.parametrize(
    ("page", "pages_", "shown"),
    [
        (1, 1, []),
        (1, 3, ["1", "2", "3"]),
        (6, 12, ["1", "4", "5", "6", "7", "8", "12"]),
        (12, 12, ["1", "10", "11", "12"]),
        (3, 5, list("12345")),
    ],
)
def test_pages_near_this_one_and_both_ends_are_linked(pages: Environment, page: int, pages_: int, shown: list[str]) -> None:
    bar = macro(pages, "nav", "pagination", page, pages_, lambda number: f"?page={number}")
    assert re.findall(r'aria-label="(\d+)ページ"', bar) == shown


def test_the_scripts_of_partial_updates_may_not_evaluate_code_or_keep_pages(pages: Environment) -> None:
    page = pages.get_template("library/base.html").render(common(viewer=None))
    config = json.loads(re.findall(r"name=\"htmx-config\" content='([^']+)'", page)[0])
    assert config["allowEval"] is False
    assert config["includeIndicatorStyles"] is False
    assert config["historyCacheSize"] == 0, "pages of one reader must not lie in the browser's store for the next"


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module")
def published() -> dict[str, str]:
    if not PUBLISHED.exists():
        pytest.skip("the front-end packages are not installed: run `npm ci`")
    return dict(re.findall(r"--color-([\w-]+):\s*(#[0-9a-f]{6});", PUBLISHED.read_text(encoding="utf-8")))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground_in_both_themes(published: dict[str, str], theme: str) -> None:
    def colour(name: str) -> str:
        token = str(TOKENS[theme][name])
        return token if token.startswith("#") else published[token]

    faint = {(ink, ground): round(contrast(colour(ink), colour(ground)), 2) for ink, ground in TOKENS["pairs"]}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}
    assert contrast(colour("edge"), colour("paper")) >= 3, "the edge of a field is seen"


def test_both_themes_name_the_same_colours() -> None:
    assert TOKENS["light"].keys() == TOKENS["dark"].keys()


def test_white_words_are_readable_on_every_drawn_cover() -> None:
    if not MANIFEST.exists():
        pytest.skip("the front end is not built: run the build first")
    sheet = (MANIFEST.parent / json.loads(MANIFEST.read_text(encoding="utf-8"))["look.css"]).read_text(encoding="utf-8")
    covers = dict(re.findall(r"(\.ndc-\w(?:\.juvenile)?)\{--cover: ?(#[0-9a-f]{6})\}", sheet))
    assert len(covers) == 2 * len(TOKENS["covers"])
    assert {mark: ratio for mark, colour in covers.items() if (ratio := contrast("#ffffff", colour)) < 4.5} == {}
