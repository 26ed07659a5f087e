"""Holdings from tables: a row is a copy, its title or number leads to the record, and a list that comes again changes nothing."""

from catalog.holdings.bringing import Mode, Report, bring_in
from catalog.holdings.columns import COLUMNS, REQUIRED
from catalog.holdings.problems import RowProblem
from catalog.holdings.target import Target, target_of

__all__ = ["COLUMNS", "REQUIRED", "Mode", "Report", "RowProblem", "Target", "bring_in", "target_of"]
