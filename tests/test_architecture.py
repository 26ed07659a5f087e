"""Rules worth saying twice: what an import linter cannot see, read from the source itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from library import wiring

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("library", "catalog", "circulation", "school_sync", "search")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.lineno


def test_imports_point_one_way() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_the_database_module_commits() -> None:
    # An index's and a cache's commit is not a transaction's.
    allowed = {"library/db.py"}
    session_like = re.compile(r"\b(session|writing|connection)\.(commit|rollback)\(")
    offenders = [str(path) for path, _ in modules() if str(path) not in allowed and session_like.search((ROOT / path).read_text())]
    assert offenders == []


def test_nothing_asks_for_the_time_but_the_clock() -> None:
    offenders = [
        f"{path}:{line}"
        for path, tree in modules()
        if str(path) != "library/clock.py"
        for name, line in calls(tree)
        if name in {"utcnow", "today"}
        and re.search(r"\b(date|datetime)\.(today|utcnow)\(", (ROOT / path).read_text().splitlines()[line - 1])
    ]
    assert offenders == []


def test_relationships_are_never_loaded_behind_ones_back() -> None:
    lines = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "relationship"
        if not any(word.arg == "lazy" and isinstance(word.value, ast.Constant) and word.value.value == "raise" for word in node.keywords)
    ]
    assert lines == []


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "base", "misc", "common"])
def test_no_module_is_named_after_nothing(word: str) -> None:
    assert [path for path, _ in modules() if path.stem == word] == []


def test_every_module_says_in_a_sentence_what_lives_there() -> None:
    silent = [str(path) for path, tree in modules() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_table_has_room_for_a_my_number() -> None:
    suspicious = re.compile(r"my_?number|kojin_?bango|individual_number|national_id", re.IGNORECASE)
    columns = [f"{table.name}.{column.name}" for table in wiring.metadata().tables.values() for column in table.columns]
    assert [name for name in columns if suspicious.search(name)] == []


def test_every_foreign_key_to_a_growing_table_has_an_index() -> None:
    growing = {"record", "source_record", "item", "person", "account", "import_run"}
    missing = []
    for table in wiring.metadata().tables.values():
        leading = {next(iter(index.columns)).name for index in table.indexes if tuple(index.columns)}
        leading |= {
            next(iter(constraint.columns)).name
            for constraint in table.constraints
            if tuple(getattr(constraint, "columns", ())) and type(constraint).__name__ in {"PrimaryKeyConstraint", "UniqueConstraint"}
        }
        for key in table.foreign_keys:
            if key.column.table.name in growing - {"account"} and key.parent.name not in leading:
                missing.append(f"{table.name}.{key.parent.name}")
    assert missing == []


def test_the_project_speaks_of_itself_alone() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    machine = re.compile("/w" + "ork/|/f" + "arm/|/ro" + "ot/|/ho" + "me/[a-z]")
    offenders = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".gz", ".png", ".ico"} or not path.is_file():
            continue
        if machine.search(path.read_text(encoding="utf-8", errors="ignore")):
            offenders.append(name)
    assert offenders == []
