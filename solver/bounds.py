"""MinII: the least initiation interval that resources and recurrences allow, and by what."""

from __future__ import annotations

from collections.abc import Iterator

from ..models.certificate import Bounds, ResourceBound
from ..models.errors import InvalidGraph
from ..models.problem import Operation, SchedulingProblem
from .legality import build_legality
from .recurrence import find_recurrence
from .stage_bound import largest_interval

PRODUCER_STREAM = "issue[producer]"
CONSUMER_STREAMS = "issue[consumers]"
ONE_OPERATION = "issue[operation]"
MOST_CYCLES = 1_000_000_000


def compute_bounds(problem: SchedulingProblem) -> Bounds:
    """ResMII and RecMII of docs/constraints.md, in cycles.

    Raises InvalidGraph if the durations add up to more than MOST_CYCLES, and Infeasible if the
    rules of C5 contradict each other or a circuit of dependences holds at no initiation interval.
    """
    check_durations(problem)
    recurrence = find_recurrence(problem, build_legality(problem))
    units = tuple(sorted(_resource_bounds(problem), key=lambda unit: (-unit.bound, -_load(unit))))
    resource = max((unit.bound for unit in units), default=1)
    least = recurrence.bound if recurrence else 1
    return Bounds(
        resource=resource,
        resource_attained_by=tuple(u for u in units if u.bound == resource and u.work),
        units=units,
        recurrence=least,
        recurrence_attained_by=recurrence,
        minimum=max(resource, least),
    )


def unit_shares(problem: SchedulingProblem, unit: str) -> dict[str, int]:
    """What each operation takes of a unit or an issue stream of `compute_bounds`; none without."""
    issue = {o.name: o.issue_cycles for o in problem.operations}
    variable = {o.name for o in problem.operations if o.variable_latency}
    if unit == PRODUCER_STREAM:
        shares = {name: cycles for name, cycles in issue.items() if name in variable}
    elif unit == CONSUMER_STREAMS:
        shares = {name: cycles for name, cycles in issue.items() if name not in variable}
    elif unit == ONE_OPERATION:
        blocked = {d.target for d in problem.dependences if d.blocking}
        alone = {o.name: _alone(o, blocked) for o in problem.operations}
        shares = {name: cycles for name, cycles in alone.items() if cycles == max(alone.values())}
    else:
        shares = _reserved(problem, unit)
    return {name: work for name, work in shares.items() if work}


def check_durations(problem: SchedulingProblem) -> None:
    """Raise InvalidGraph if the durations of one iteration add up to more than MOST_CYCLES."""
    work = max(
        sum(r.quantity * r.cycles for o in problem.operations for r in o.reservations),
        largest_interval(problem),
    )
    if work > MOST_CYCLES:
        raise InvalidGraph(
            f"the durations of one iteration add up to {work} cycles",
            cure=f"count in larger units: at most {MOST_CYCLES} are handled",
        )


def _load(unit: ResourceBound) -> float:
    return unit.work / unit.capacity


def _resource_bounds(problem: SchedulingProblem) -> Iterator[ResourceBound]:
    for unit in problem.machine.units:
        used = _reserved(problem, unit.name)
        yield _bound(unit.name, {name: work for name, work in used.items() if work}, unit.capacity)
    yield from _issue_bounds(problem)


def _reserved(problem: SchedulingProblem, unit: str) -> dict[str, int]:
    """Quantity times cycles that each operation reserves of a unit."""
    return {
        operation.name: sum(r.quantity * r.cycles for r in operation.reservations if r.unit == unit)
        for operation in problem.operations
    }


def _issue_bounds(problem: SchedulingProblem) -> Iterator[ResourceBound]:
    """Issue streams as units: the producer has one, all other operations share the other groups."""
    loads = {o.name: o.issue_cycles for o in problem.operations if o.variable_latency}
    others = {o.name: o.issue_cycles for o in problem.operations if not o.variable_latency}
    if any(loads.values()):
        yield _bound(PRODUCER_STREAM, loads, 1)
    if any(others.values()):
        yield _bound(CONSUMER_STREAMS, others, max(1, problem.machine.warp_groups - 1))
    blocked = {d.target for d in problem.dependences if d.blocking}
    alone = {o.name: _alone(o, blocked) for o in problem.operations}
    longest = max(alone.values())
    if longest:
        holders = tuple(name for name, cycles in alone.items() if cycles == longest)
        yield ResourceBound(
            unit=ONE_OPERATION, work=longest, capacity=1, bound=longest, operations=holders
        )


def _alone(operation: Operation, blocked: set[str]) -> int:
    """Cycles for which one operation keeps its stream: issue, and the wait before it (C3, C4)."""
    return operation.issue_cycles + (operation.wait_cycles if operation.name in blocked else 0)


def _bound(unit: str, work: dict[str, int], capacity: int) -> ResourceBound:
    total = sum(work.values())
    return ResourceBound(
        unit=unit,
        work=total,
        capacity=capacity,
        bound=max(1, -(-total // capacity)),
        operations=tuple(name for name, cycles in work.items() if cycles),
    )
