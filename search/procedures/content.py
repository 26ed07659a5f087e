"""What an entry says: its texts by language, what people say when they mean it, its buttons, where and when it holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from library.errors import N_, Problem

LANGUAGES = ("ja", "en", "zh", "ko")  # zh: simplified; Japanese is always there, the others where somebody wrote them
LANGUAGE_NAMES = {"ja": "日本語", "en": "English", "zh": "中文", "ko": "한국어"}

LONGEST_TITLE = 80
LONGEST_BODY = 4_000
LONGEST_SAID = 100
MOST_SAID = 40
MOST_BUTTONS = 4

_KEY = re.compile(r"[a-z][a-z0-9-]{1,59}")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_PATH = re.compile(r"(?:/(?![/\\])[^\s\\]*|https://[^\s\\]+)")


class Topic(StrEnum):
    """Under which heading an entry stands in the guide."""

    CARD = "card"
    BORROWING = "borrowing"
    HOLDS = "holds"
    SCHOOLS = "schools"
    VISITING = "visiting"
    FINDING = "finding"
    OTHER = "other"


TOPICS: dict[Topic, str] = {
    Topic.CARD: N_("利用者カード"),
    Topic.BORROWING: N_("借りる・返す"),
    Topic.HOLDS: N_("予約する・受け取る"),
    Topic.SCHOOLS: N_("学校とあわせて使う"),
    Topic.VISITING: N_("館内で"),
    Topic.FINDING: N_("本が見つからないとき"),
    Topic.OTHER: N_("そのほか"),
}


class Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry in one language. `since`: the version in which these words were last written or found still true."""

    title: str = ""
    body: str = ""
    since: int = 1


class Button(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way on: where to, and what stands on it, by language."""

    path: str
    label: dict[str, str]


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of an entry. `branches`: codes of where it applies, none for everywhere; both ends of the validity included."""

    topic: Topic = Topic.OTHER
    texts: dict[str, Text] = {}
    says: dict[str, tuple[str, ...]] = {}
    buttons: tuple[Button, ...] = ()
    branches: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


def holds(content: Content, on: date) -> bool:
    """Whether the entry holds on a day."""
    return (content.valid_from is None or content.valid_from <= on) and (content.valid_to is None or on <= content.valid_to)


def missing(content: Content) -> tuple[str, ...]:
    """The languages that nobody has written yet."""
    return tuple(language for language in LANGUAGES if language not in content.texts)


def behind(content: Content) -> tuple[str, ...]:
    """The translations that were last looked at before the Japanese changed."""
    japanese = content.texts.get("ja")
    if japanese is None:
        return ()
    return tuple(language for language in LANGUAGES if language in content.texts and content.texts[language].since < japanese.since)


def written(content: Content, before: Content | None, number: int, *, still_true: frozenset[str] = frozenset()) -> Content:
    """The content as version `number`: each text says since when it stands. `still_true`: translations that need no change."""
    texts = {}
    for language, text in content.texts.items():
        old = before.texts.get(language) if before else None
        kept = old is not None and (old.title, old.body) == (text.title, text.body) and language not in still_true
        texts[language] = msgspec.structs.replace(text, since=old.since if kept and old else number)
    return msgspec.structs.replace(content, texts=texts)


def wrong_key(key: str) -> Problem | None:
    """A key is part of an address and never changes: small letters, figures and hyphens."""
    if _KEY.fullmatch(key):
        return None
    return Problem("key", "procedure_key_form", N_("キーは英小文字で始め、英小文字・数字・ハイフンで60字までにしてください。"))


def wrong_in(content: Content) -> tuple[Problem, ...]:
    """Everything that speaks against storing it, each with its place; facts and Markdown are looked at by `wording`."""
    return (
        *_unstorable(content),
        *_wrong_texts(content.texts),
        *_wrong_said(content.says),
        *_wrong_buttons(content.buttons),
        *_wrong_days(content),
    )


def _unstorable(content: Content) -> list[Problem]:
    """Control characters and halves of surrogate pairs: no database keeps them, no reader sees them."""
    said = [
        *(words for text in content.texts.values() for words in (text.title, text.body)),
        *(line for one in content.says.values() for line in one),
    ]
    said += [words for button in content.buttons for words in (button.path, *button.label, *button.label.values())]
    if any(_UNSEEN.search(words) for words in (*said, *content.branches, *content.texts, *content.says)):
        return [Problem("texts", "procedure_characters", N_("使えない文字（制御文字など）が入っています。"))]
    return []


def _wrong_texts(texts: Mapping[str, Text]) -> list[Problem]:
    found = []
    if "ja" not in texts:
        found.append(Problem("title_ja", "procedure_without_japanese", N_("日本語の題と本文はかならず入れてください。")))
    for language, text in texts.items():
        if language not in LANGUAGES:
            found.append(Problem("texts", "procedure_language", N_("「{language}」という言語では書けません。"), language=language[:20]))
            continue
        if not text.title:
            found.append(Problem(f"title_{language}", "procedure_title_missing", N_("題を入れてください。")))
        if not text.body:
            found.append(Problem(f"body_{language}", "procedure_body_missing", N_("本文を入れてください。")))
        if len(text.title) > LONGEST_TITLE:
            found.append(Problem(f"title_{language}", "procedure_title_long", N_("題は{most}字までです。"), most=LONGEST_TITLE))
        if len(text.body) > LONGEST_BODY:
            found.append(Problem(f"body_{language}", "procedure_body_long", N_("本文は{most}字までです。"), most=LONGEST_BODY))
    return found


def _wrong_said(says: Mapping[str, tuple[str, ...]]) -> list[Problem]:
    found = []
    for language, lines in says.items():
        if language not in LANGUAGES:
            found.append(Problem("says", "procedure_language", N_("「{language}」という言語では書けません。"), language=language[:20]))
        if len(lines) > MOST_SAID:
            found.append(Problem(f"says_{language}", "procedure_says_many", N_("言い方は{most}行までです。"), most=MOST_SAID))
        if any(not line.strip() or len(line) > LONGEST_SAID for line in lines):
            found.append(Problem(f"says_{language}", "procedure_says_long", N_("言い方は1行に1つ、{most}字までです。"), most=LONGEST_SAID))
    return found


def _wrong_buttons(buttons: tuple[Button, ...]) -> list[Problem]:
    found = []
    if len(buttons) > MOST_BUTTONS:
        found.append(Problem("buttons", "procedure_buttons_many", N_("ボタンは{most}個までです。"), most=MOST_BUTTONS))
    for number, button in enumerate(buttons, start=1):
        if not is_own_or_secure(button.path):
            where = f"button_path_{number}"
            found.append(
                Problem(where, "procedure_link", N_("リンクは / で始まるこのサービスのページか、https:// で始まるページだけです。"))
            )
        if not button.label.get("ja"):
            found.append(Problem(f"button_ja_{number}", "procedure_button_label", N_("ボタンの日本語のことばを入れてください。")))
        if any(language not in LANGUAGES or len(words) > 40 for language, words in button.label.items()):
            found.append(Problem(f"button_ja_{number}", "procedure_button_long", N_("ボタンのことばは40字までです。")))
    return found


def _wrong_days(content: Content) -> list[Problem]:
    if content.valid_from and content.valid_to and content.valid_to < content.valid_from:
        return [Problem("valid_to", "procedure_days", N_("終わりの日は、始まりの日より後にしてください。"))]
    return []


def is_own_or_secure(address: str) -> bool:
    """A page of this service, or one over HTTPS; `//elsewhere` is neither."""
    return _PATH.fullmatch(address) is not None
