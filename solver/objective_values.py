"""Second objectives: what they are called, and what a schedule scores in each."""

from __future__ import annotations

from collections.abc import Callable

from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule


def used_groups(problem: SchedulingProblem, schedule: Schedule) -> int:
    """How many warp groups hold an operation, the producer included."""
    return len(schedule.used_groups)


def crossings(problem: SchedulingProblem, schedule: Schedule) -> int:
    """How many dependences that carry a value cross, loads of the producer left out."""
    return sum(
        schedule.crosses(d.source, d.target)
        for d in problem.dependences
        if d.value is not None and not problem.operation(d.source).variable_latency
    )


def staged_bytes(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Bytes of the staging memory taken by rings of values that cross."""
    depth = {ring.buffer: ring.depth for ring in schedule.rings}
    return sum(
        depth.get(f"staged({value.name})", 0)
        * max((d.staged_bytes for d in problem.readers(value.name)), default=0)
        for value in problem.values
    )


def registers(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Registers per thread, summed over the budgets of the warp groups."""
    return sum(budget.registers_per_thread for budget in schedule.budgets)


def length(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Cycles from the first issue of an iteration to the last result."""
    first = min(p.issue_cycle for p in schedule.placements)
    last = max(schedule.issue_cycle(o.name) + o.latency_cycles for o in problem.operations)
    return last - first


def stages(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Initiation intervals that the length takes, rounded up; at least 1."""
    return max(1, -(-length(problem, schedule) // schedule.initiation_interval))


OBJECTIVES: dict[str, Callable[[SchedulingProblem, Schedule], int]] = {
    "warp_groups": used_groups,
    "crossings": crossings,
    "staged_bytes": staged_bytes,
    "registers": registers,
    "length": length,
    "stages": stages,
}
