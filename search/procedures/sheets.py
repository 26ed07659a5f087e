"""The form of an entry, read as a content."""

from __future__ import annotations

from datetime import date

from library.errors import N_, Invalid, Problem
from library.http.forms import Form
from search.procedures.content import LANGUAGES, MOST_BUTTONS, Button, Content, Text, Topic


def read(form: Form) -> Content:
    """What was typed. Raises Invalid for a day that is none; everything else is looked at when it is saved."""
    topic = form.text("topic")
    return Content(
        topic=Topic(topic) if topic in set(Topic) else Topic.OTHER,
        texts=_texts(form),
        says={language: lines for language in LANGUAGES if (lines := _lines(form.text(f"says_{language}")))},
        buttons=tuple(_buttons(form)),
        branches=tuple(dict.fromkeys(form.texts("branch"))),
        valid_from=_day(form, "valid_from"),
        valid_to=_day(form, "valid_to"),
    )


def _texts(form: Form) -> dict[str, Text]:
    found = {}
    for language in LANGUAGES:
        title, body = form.text(f"title_{language}"), form.text(f"body_{language}")
        if title or body:
            found[language] = Text(title=title, body=body)
    return found


def _lines(typed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))


def _buttons(form: Form) -> list[Button]:
    found = []
    for number in range(1, MOST_BUTTONS + 1):
        label = {language: words for language in LANGUAGES if (words := form.text(f"button_{language}_{number}"))}
        path = form.text(f"button_path_{number}")
        if path or label:
            found.append(Button(path=path, label=label))
    return found


def _day(form: Form, name: str) -> date | None:
    typed = form.text(name)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as exc:
        problem = Problem(name, "procedure_day", N_("日付は 2026-11-24 のように入れてください。"))
        raise Invalid("procedure_wrong", N_("保存できません。なおすところを見てください。"), where=name, problems=(problem,)) from exc


def number(typed: str) -> int:
    """The version that was on the screen; 0, which no version is, for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0
