"""Lending rules as rows at scopes: each rule is resolved on its own, the most specific row wins, and anyone can ask why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from library.errors import N_, Invalid

Value = int | bool
LARGEST = 10_000


class Rule(StrEnum):
    """What can be ruled. Numbers are days, copies or times; flags are yes or no."""

    LENDABLE = "lendable"
    LOAN_DAYS = "loan_days"
    LOAN_HOURS = "loan_hours"
    LOANS_LIMIT = "loans_limit"
    MATERIAL_LIMIT = "material_limit"
    RENEWALS = "renewals"
    RENEWAL_DAYS = "renewal_days"
    RENEW_WHEN_ENDED = "renew_when_ended"
    OVERDUE_BLOCK_DAYS = "overdue_block_days"
    HOLDABLE = "holdable"
    HOLDS_LIMIT = "holds_limit"
    PICKUP_DAYS = "pickup_days"
    RETENTION_DAYS = "retention_days"


@dataclass(frozen=True)
class Meaning:
    """`default` holds where no row speaks. `by_material`: whether a row may name a material."""

    default: Value
    words: str
    by_material: bool = True

    @property
    def is_flag(self) -> bool:
        return isinstance(self.default, bool)


# Thirty copies for two weeks: 渋谷区立図書館館則 第4条. The others are first figures after neighbouring wards, to be set as rows.
RULES: dict[Rule, Meaning] = {
    Rule.LENDABLE: Meaning(True, N_("貸し出す")),
    Rule.LOAN_DAYS: Meaning(14, N_("貸出日数")),
    Rule.LOAN_HOURS: Meaning(0, N_("貸出時間（0は日で数える）")),
    Rule.LOANS_LIMIT: Meaning(30, N_("貸出点数の上限"), by_material=False),
    Rule.MATERIAL_LIMIT: Meaning(LARGEST, N_("この種類の貸出点数の上限")),
    Rule.RENEWALS: Meaning(1, N_("延長できる回数")),
    Rule.RENEWAL_DAYS: Meaning(14, N_("延長の日数")),
    Rule.RENEW_WHEN_ENDED: Meaning(False, N_("有効期限が切れていても延長できる")),
    Rule.OVERDUE_BLOCK_DAYS: Meaning(30, N_("何日遅れたら貸出・予約を止めるか（0は止めない）"), by_material=False),
    Rule.HOLDABLE: Meaning(True, N_("予約できる")),
    Rule.HOLDS_LIMIT: Meaning(20, N_("予約点数の上限"), by_material=False),
    Rule.PICKUP_DAYS: Meaning(7, N_("取り置く開館日の数"), by_material=False),
    Rule.RETENTION_DAYS: Meaning(1, N_("返却後保持（開館日の数、0はすぐ切る）"), by_material=False),
}


@dataclass(frozen=True)
class Scope:
    """What a decision is about; None is unknown or any. A branch belongs to at most one group."""

    branch_id: int | None = None
    group_id: int | None = None
    category: str | None = None
    material: str | None = None


@dataclass(frozen=True)
class Row:
    """A rule's value at a scope."""

    id: int
    rule: str
    scope: Scope
    value: Value
    note: str = ""

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """Lexicographic: branch before group before any, then category, then material."""
        at = 2 if self.scope.branch_id is not None else 1 if self.scope.group_id is not None else 0
        return (at, self.scope.category is not None, self.scope.material is not None)


def applies(row: Row, to: Scope) -> bool:
    """A row speaks where each of its set columns is that of the scope."""
    pairs = (
        (row.scope.branch_id, to.branch_id),
        (row.scope.group_id, to.group_id),
        (row.scope.category, to.category),
        (row.scope.material, to.material),
    )
    return all(own is None or own == other for own, other in pairs)


@dataclass(frozen=True)
class Explained:
    """What holds for a rule, and which rows were weighed, the winner first; no rows means the default."""

    rule: Rule
    value: Value
    rows: tuple[Row, ...]

    @property
    def won(self) -> Row | None:
        return self.rows[0] if self.rows else None


def explain(rows: Iterable[Row], to: Scope) -> dict[Rule, Explained]:
    """Every rule at a scope, with its reasons."""
    speaking: dict[str, list[Row]] = {}
    for row in rows:
        if applies(row, to):
            speaking.setdefault(row.rule, []).append(row)
    explained = {}
    for rule, meaning in RULES.items():
        weighed = tuple(sorted(speaking.get(rule.value, ()), key=lambda row: row.rank, reverse=True))
        explained[rule] = Explained(rule, weighed[0].value if weighed else meaning.default, weighed)
    return explained


@dataclass(frozen=True)
class Terms:
    """The rules that hold for one reader, copy and branch."""

    lendable: bool = True
    loan_days: int = 14
    loan_hours: int = 0
    loans_limit: int = 30
    material_limit: int = LARGEST
    renewals: int = 1
    renewal_days: int = 14
    renew_when_ended: bool = False
    overdue_block_days: int = 30
    holdable: bool = True
    holds_limit: int = 20
    pickup_days: int = 7
    retention_days: int = 1


def terms(rows: Iterable[Row], to: Scope) -> Terms:
    """What holds at a scope."""
    return Terms(**{rule.value: found.value for rule, found in explain(rows, to).items()})  # type: ignore[arg-type]


def checked(rule: str, value: object, *, material: str | None) -> tuple[Rule, Value]:
    """A rule's value as it may be stored. Raises Invalid for an unknown rule, a wrong kind of value, or a material it cannot have."""
    try:
        known = Rule(rule)
    except ValueError as exc:
        raise Invalid("rule_unknown", N_("「{rule}」という規則はありません。"), where="rule", rule=rule) from exc
    meaning = RULES[known]
    if material is not None and not meaning.by_material:
        raise Invalid("rule_not_by_material", N_("この規則は資料の種類では分けられません。"), where="material")
    if meaning.is_flag:
        if not isinstance(value, bool):
            raise Invalid("rule_wants_yes_or_no", N_("この規則は「はい」か「いいえ」で決めます。"), where="value")
        return known, value
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise Invalid("rule_wants_a_number", N_("この規則は0から{largest}までの数で決めます。"), where="value", largest=LARGEST)
    if known is Rule.LOAN_DAYS and value == 0:
        raise Invalid("loan_days_zero", N_("貸出日数は1日からです。その日のうちに返す資料は貸出時間で決めます。"), where="value")
    return known, value
