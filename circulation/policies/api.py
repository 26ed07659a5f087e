"""JSON of lending rules: what holds for a branch, a reader and a material, and which rows were weighed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from circulation.policies import ruling
from circulation.policies.ruling import Line, Reasons
from library.db import Database
from library.identity.guards import requires
from library.identity.roles import Permission


class PolicyRow(msgspec.Struct, frozen=True):
    """A rule's value at a scope: codes of a branch or a group, of a category, of a material; null means any."""

    id: str
    value: int | bool
    branch: str | None
    group: str | None
    category: str | None
    material: str | None
    note: str

    @classmethod
    def of(cls, line: Line) -> PolicyRow:
        return cls(str(line.id), line.value, line.at.branch, line.at.group, line.at.category, line.at.material, line.note)


class ExplainedRule(msgspec.Struct, frozen=True):
    """`decided_by` is the row that won, null where the default holds; `weighed` are all rows that speak, the winner first."""

    rule: str
    value: int | bool
    default: int | bool
    decided_by: str | None
    weighed: list[PolicyRow]


class Explanation(msgspec.Struct, frozen=True):
    """Every rule for one branch, category and material."""

    branch: str
    category: str | None
    material: str | None
    rules: list[ExplainedRule]

    @classmethod
    def of(cls, reasons: Reasons) -> Explanation:
        rules = [
            ExplainedRule(
                one.rule.value, one.value, one.default, str(one.rows[0].id) if one.rows else None, [PolicyRow.of(row) for row in one.rows]
            )
            for one in reasons.rules
        ]
        return cls(reasons.branch.code, reasons.category, reasons.material, rules)


@get("/api/v1/policies/explain", guards=[requires(Permission.LEND)], tags=["lending"])
async def explain(
    database: NamedDependency[Database],
    branch: Annotated[str, QueryParameter(max_length=40, description="Code of the branch where the act happens")],
    category: Annotated[str, QueryParameter(max_length=40, description="Kind of reader, like resident or pupil; any when absent")] = "",
    material: Annotated[str, QueryParameter(max_length=40, description="Kind of material, like book or video; any when absent")] = "",
) -> Explanation:
    """Which lending rules hold here, and which row decided each of them."""
    async with database.reading() as session:
        return Explanation.of(await ruling.explained(session, branch=branch, category=category or None, material=material or None))


handlers = (explain,)
