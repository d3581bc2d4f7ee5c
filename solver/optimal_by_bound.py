"""Whether a schedule is optimal without any search: it holds, and it reaches MinII."""

from __future__ import annotations

from ..models.errors import Infeasible, InvalidGraph
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule
from .bounds import compute_bounds
from .verifier import violations


def is_optimal_by_bound(problem: SchedulingProblem, schedule: Schedule | None) -> bool:
    """Whether the schedule keeps every constraint of the problem at its MinII."""
    if schedule is None:
        return False
    try:
        minimum = compute_bounds(problem).minimum
    except (Infeasible, InvalidGraph):
        return False
    return schedule.initiation_interval == minimum and not violations(problem, schedule)
