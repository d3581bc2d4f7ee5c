"""The class of problems in which feasibility is monotone in the initiation interval."""

from __future__ import annotations

from ..models.problem import SchedulingProblem


def is_monotone(problem: SchedulingProblem) -> bool:
    """Whether a schedule at II gives one at II + 1 of as many stages (docs/constraints.md)."""
    return not any(r.offset for operation in problem.operations for r in operation.reservations)


def monotone_relaxation(problem: SchedulingProblem) -> SchedulingProblem:
    """The problem without offset reservations: in the class; if infeasible, so is the problem."""
    operations = tuple(
        operation.model_copy(
            update={"reservations": tuple(r for r in operation.reservations if not r.offset)}
        )
        for operation in problem.operations
    )
    return problem.model_copy(update={"operations": operations})
