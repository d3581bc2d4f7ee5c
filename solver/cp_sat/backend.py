"""What the search asks of CP-SAT: a verdict, or the best schedule at one initiation interval."""

from __future__ import annotations

from collections.abc import Callable

from ...models.certificate import ObjectiveValue
from ...models.schedule import Partition, Schedule
from ..objective_values import OBJECTIVES
from ..question import Limit, Outcome, Question, Stop, Verdict
from .model import ANCHORED, build_model
from .objectives import EXPRESSIONS, issue_cycle_sum
from .partition_cuts import forbid_partitions
from .search import Deadline, Found, run
from .variables import Variables

TIDY_WORK = 2.0
"""Deterministic work for the last step, which only chooses among equally good schedules."""


def solve(question: Question, limit: Limit, stop: Stop) -> Outcome:
    """Whether a schedule exists at this initiation interval within these stages.

    Raises LimitReached if the problem is too large to be put to CP-SAT at all.
    """
    deadline = Deadline.of(limit)
    variables = build_model(question, implied=ANCHORED)
    found = Found(None, proved=True) if variables is None else run(variables, deadline, stop)
    if found.schedule is not None:
        return Outcome(Verdict.FEASIBLE, "cp-sat", found.schedule)
    return Outcome(Verdict.INFEASIBLE if found.proved else Verdict.UNKNOWN, "cp-sat")


def minimise(
    question: Question,
    objectives: tuple[str, ...],
    limit: Limit,
    stop: Stop,
    forbidden_partitions: tuple[Partition, ...] = (),
    on_incumbent: Callable[[Schedule], None] | None = None,
) -> tuple[Schedule | None, tuple[ObjectiveValue, ...]]:
    """The schedule that is best in the first objective, among those in the second, and so on.

    The work of the limit is granted to each objective, its seconds to all together. An objective
    whose limit is reached keeps the best value found, not proved. No schedule and no values: none
    exists, or none was found. Raises KeyError for an unknown objective.
    """
    deadline = Deadline.of(limit)
    variables = build_model(question)
    if variables is None:
        return None, ()
    forbid_partitions(variables, forbidden_partitions)
    expressions = {name: EXPRESSIONS[name](variables) for name in objectives}
    best = run(variables, deadline, stop, on_incumbent).schedule
    if best is None:
        return None, ()
    values = []
    for name, expression in expressions.items():
        variables.model.minimize(expression)
        found = run(variables, deadline, stop, on_incumbent)
        best = _better(question, name, best, found.schedule)
        value = OBJECTIVES[name](question.problem, best)
        values.append(ObjectiveValue(objective=name, value=value, proved=found.proved))
        variables.model.add(expression <= value)
    return _tidy(variables, deadline, stop, best), tuple(values)


def _better(question: Question, name: str, best: Schedule, found: Schedule | None) -> Schedule:
    score = OBJECTIVES[name]
    if found is None or score(question.problem, found) > score(question.problem, best):
        return best
    return found


def _tidy(variables: Variables, deadline: Deadline, stop: Stop, best: Schedule) -> Schedule:
    """Among equally good schedules, one in which operations issue as early as they can."""
    variables.model.minimize(issue_cycle_sum(variables))
    work = TIDY_WORK if deadline.work is None else min(TIDY_WORK, deadline.work)
    return run(variables, Deadline(work, deadline.end), stop).schedule or best
