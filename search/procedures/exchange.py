"""The whole guide as a file and back: YAML for people, JSON for programs; a rehearsal says what would change, errors say where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import msgspec
import yaml

from library import clock
from library.db import Reading, Writing
from library.errors import N_, Invalid, Problem
from library.identity.viewer import Viewer
from library.places import store as places
from search.procedures import editing, store
from search.procedures.content import LANGUAGES, Content, wrong_key

LARGEST = 4_000_000  # bytes of a file
MOST_ENTRIES = 2_000


@dataclass(frozen=True)
class Told:
    """One entry of a file. `organisation` is a code; `place` says where in the file it stands."""

    place: str
    key: str
    organisation: str
    content: Content


@dataclass
class Outcome:
    """Keys by what becomes of them; `checked_on` is not carried over: whoever imports has not read it."""

    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def starting() -> bytes:
    """The entries that a new ward begins with."""
    return resources.files("search.procedures").joinpath("data/starting.yaml").read_bytes()


def read(data: bytes, *, organisation: str) -> tuple[Told, ...]:
    """The entries of a file; those without an organisation belong to the one given. Raises Invalid with the place of every problem."""
    if len(data) > LARGEST:
        raise Invalid("procedures_file_large", N_("ファイルが大きすぎます。"))
    rows = _parsed(data)
    if not isinstance(rows, list) or len(rows) > MOST_ENTRIES:
        raise Invalid("procedures_file_form", N_("ファイルは、利用案内の並び（リスト）にしてください。"))
    told: list[Told] = []
    wrong: list[Problem] = []
    for number, row in enumerate(rows, start=1):
        try:
            told.append(_told(row, f"[{number}]", organisation))
        except Invalid as exc:
            wrong += exc.problems
    seen: set[tuple[str, str]] = set()
    for one in told:
        if (one.organisation, one.key) in seen:
            wrong.append(Problem(one.place, "procedure_key_taken", N_("このキーはもう使われています。")))
        seen.add((one.organisation, one.key))
    if wrong:
        raise _invalid(wrong)
    return tuple(told)


def _parsed(data: bytes) -> Any:
    try:
        written = data.decode("utf-8-sig")
        return json.loads(written) if written.lstrip().startswith(("[", "{")) else yaml.safe_load(written)
    except (ValueError, yaml.YAMLError) as exc:
        mark = getattr(exc, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(exc, "lineno", 0)
        raise Invalid("procedures_file_unreadable", N_("ファイルを読めません（{line}行目）。"), line=line) from exc
    except RecursionError as exc:
        raise Invalid("procedures_file_form", N_("ファイルは、利用案内の並び（リスト）にしてください。")) from exc


def _told(row: Any, place: str, organisation: str) -> Told:
    if not isinstance(row, dict) or not isinstance(row.get("key"), str):
        raise _invalid(
            [Problem(f"{place}.key", "procedure_key_form", N_("キーは英小文字で始め、英小文字・数字・ハイフンで60字までにしてください。"))]
        )
    body = {name: value for name, value in row.items() if name not in {"key", "organisation"}}
    where = f"{place} {row['key'][:60]}"
    if problem := wrong_key(row["key"]):
        raise _invalid([Problem(f"{where}: key", problem.code, problem.sentence)])
    try:
        content = msgspec.convert(body, Content, str_keys=True)
    except msgspec.ValidationError as exc:
        raise _invalid([Problem(where, "procedure_form", N_("書き方が違います: {problem}"), problem=str(exc))]) from exc
    return Told(where, row["key"], str(row.get("organisation") or organisation), _tidied(content))


def _tidied(content: Content) -> Content:
    """Bodies without the line end that YAML leaves, languages in their order."""
    texts = {
        language: msgspec.structs.replace(text, title=text.title.strip(), body=text.body.strip(), since=1)
        for language, text in sorted(content.texts.items(), key=lambda pair: _place_of(pair[0]))
    }
    return msgspec.structs.replace(content, texts=texts)


def _place_of(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES)


async def bring(session: Writing, told: tuple[Told, ...], *, publish: bool, by: Viewer | None) -> Outcome:
    """Makes what is new, adds a version where a text differs, leaves the rest. Raises Invalid with every problem."""
    outcome = Outcome()
    await _refuse(session, told)
    for one in told:
        found = await editing.newest_number(session, one.organisation, one.key)
        if found is None:
            number = await editing.make(session, organisation=one.organisation, key=one.key, content=one.content, by=by)
            outcome.made.append(one.key)
        else:
            number, before = found
            after = await _saved(session, number, before, one.content, by)
            (outcome.changed if after != before else outcome.unchanged).append(one.key)
            if after == before:
                continue
        if publish:
            await editing.publish(session, number, by=by)
    return outcome


async def _saved(session: Writing, procedure_id: int, before: int, content: Content, by: Viewer | None) -> int:
    """What a file says of how old a translation is does not count; the words do."""
    return await editing.save(session, procedure_id, content=content, expected=before, by=by)


async def _refuse(session: Reading, told: tuple[Told, ...]) -> None:
    wrong: list[Problem] = []
    known = {one.code for one in await places.organisations(session, on=clock.now().date())}
    for one in told:
        if one.organisation not in known:
            sentence = N_("「{code}」という機関はありません。")
            wrong.append(Problem(one.place, "organisation_not_found", sentence, code=one.organisation[:60]))
        wrong += [
            Problem(f"{one.place}: {problem.where}", problem.code, problem.sentence, **problem.fields)
            for problem in await editing.problems(session, one.content)
        ]
    if wrong:
        raise _invalid(wrong)


def _invalid(wrong: list[Problem]) -> Invalid:
    return Invalid("procedures_file_wrong", N_("ファイルになおすところがあります。"), where=wrong[0].where, problems=tuple(wrong))


async def exported(session: Reading, *, as_json: bool) -> str:
    """Every entry with its newest texts, drafts too."""
    rows = [_row(one.key, one.organisation, one.content) for one in await store.kept(session)]
    if as_json:
        return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    return str(yaml.dump(rows, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=160))


def _row(key: str, organisation: str, content: Content) -> dict[str, Any]:
    stored = msgspec.to_builtins(content)
    for text in stored["texts"].values():
        del text["since"]
    return {"key": key, "organisation": organisation} | dict(_set(stored))


def _set(stored: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in stored.items():
        if value not in (None, [], {}, ()):
            yield name, value


class _Dumper(yaml.SafeDumper):
    """Bodies as blocks, as a person would write them."""


def _as_block(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _as_block)
