"""Whatever is typed, both engines are asked a bounded number of well-formed questions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.asking.query import parse
from search.index.embedded import fields
from search.index.embedded.plan import Plan
from search.index.engine import Filters
from search.index.meilisearch import plan as server

PLAN = Plan(fields.schema())
QUALITY = Path(__file__).resolve().parents[3] / "bench/quality"
BAD = [
    "a" * 10_000,
    "あ" * 10_000,
    "銀河鉄道の夜" * 2_000,
    " ".join("花" * 1_000),
    " ".join(["ka"] * 1_000),
    "\x00\x01\x02",
    "\ud800\udc00\udfff",
    "\ud83d猫",
    "👩‍👩‍👧🐈" * 300,
    "\"'「『（[{<",
    '"' * 999,
    "。、・！？",
    "' OR 1=1; DROP TABLE record; --",
    'title = "x" OR seen_by IN [50]',
    'seen_by EXISTS AND _geoRadius(0,0,1) "',
    "(a+)+$" * 200,
    "^.*(.*)*$",
    "%00%ff" * 100,
    "㍿" * 500,
    "\u0301" * 2_000,
    "ー" * 5_000,
    "々" * 5_000,
    "第巻" * 999,
    "9" * 5_000,
]


def held_to_limits(text: str) -> None:
    query = parse(text)
    PLAN.strict(query)
    PLAN.relaxed(query)
    strict = server.strict(query)
    asked = [*strict.parts, *strict.first, *server.relaxed(query)]
    assert len(strict.parts) <= server.MOST_PARTS + 3
    assert len(asked) <= server.MOST_PARTS + 3 + 3 + 12
    for part in asked:
        assert part.isascii()  # words are codes: nothing typed reaches the server as it is
        assert part.count('"') % 2 == 0


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_query_makes_few_and_well_formed_questions(text: str) -> None:
    held_to_limits(text)


@given(st.text(max_size=400))
def test_every_text_makes_few_and_well_formed_questions(text: str) -> None:
    held_to_limits(text)


@given(st.text(max_size=40))
def test_a_filter_value_stays_within_its_quotation_marks(text: str) -> None:
    found = server.clauses(Filters(seen_by=frozenset({0}), language=frozenset({text})))["language"]
    inner = found.removeprefix("language IN [").removesuffix("]")
    assert inner[1:-1].replace("\\\\", "").replace('\\"', "").count('"') == 0


def test_judged_queries_are_made_without_the_code_that_they_judge() -> None:
    for name in ("books", "spelling", "judged"):
        tree = ast.parse((QUALITY / f"{name}.py").read_text(encoding="utf-8"))
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not [module for module in imported if module.startswith(("search", "catalog"))], name
