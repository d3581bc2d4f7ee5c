"""A schedule written out: which instance of which operation issues when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from ..models.errors import UsageError
from ..models.problem import Operation, SchedulingProblem
from ..models.rows import stage_count
from ..models.schedule import Schedule

MAXIMUM_INSTANCES = 20_000
STEADY_PERIODS = 2  # how many initiation intervals of the steady state are drawn

Phase = Literal["prologue", "steady state", "epilogue"]


@dataclass(frozen=True, slots=True)
class Instance:
    """One operation of one iteration; cycles count from the start of iteration 0."""

    operation: Operation
    iteration: int
    warp_group: int
    issue_cycle: int

    @property
    def completion(self) -> int:
        """The cycle at which its result is usable."""
        return self.issue_cycle + self.operation.latency_cycles

    @property
    def end(self) -> int:
        """The cycle at which neither its warp group nor its result is waited for."""
        return self.issue_cycle + max(self.operation.latency_cycles, self.operation.issue_cycles, 1)


@dataclass(frozen=True, slots=True)
class UnitBlock:
    """One reservation of a unit by an instance, in the cycles `start` .. `end` - 1."""

    instance: Instance
    unit: str
    quantity: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expansion:
    """A loop of few iterations, from its first issue to its last completion."""

    initiation_interval: int
    stages: int
    iterations: int
    instances: tuple[Instance, ...]  # by issue cycle

    @property
    def phases(self) -> tuple[tuple[Phase, int, int], ...]:
        """Each phase with its first cycle and the cycle after its last."""
        filled = (self.stages - 1) * self.initiation_interval
        drained = self.iterations * self.initiation_interval
        every: tuple[tuple[Phase, int, int], ...] = (
            ("prologue", 0, filled),
            ("steady state", filled, drained),
            ("epilogue", drained, self.end),
        )
        return tuple(phase for phase in every if phase[1] < phase[2])

    @property
    def end(self) -> int:
        """The cycle after the last one in which anything happens."""
        return max(instance.end for instance in self.instances)


def expand(
    problem: SchedulingProblem, schedule: Schedule, steady_periods: int = STEADY_PERIODS
) -> Expansion:
    """The expansion with the least iterations that show so many periods of the steady state.

    Raises UsageError for what is too large to be drawn.
    """
    stages = stage_count(schedule)
    iterations = stages - 1 + steady_periods
    count = iterations * len(problem.operations)
    if count > MAXIMUM_INSTANCES:
        raise UsageError(
            f"{count} operations to draw, {MAXIMUM_INSTANCES} at most",
            cure="look at it with --format json",
        )
    found = _instances(problem, schedule, range(iterations))
    return Expansion(
        schedule.initiation_interval, stages, iterations, tuple(sorted(found, key=_by_issue))
    )


def steady_window(
    problem: SchedulingProblem, schedule: Schedule, periods: int = 1
) -> tuple[Instance, ...]:
    """Everything in flight in the cycles 0 .. periods * II - 1 of an endless steady state.

    Iteration 0 begins at cycle 0, so that earlier iterations have negative numbers.
    """
    interval = schedule.initiation_interval
    span = periods * interval
    found = []
    for operation in problem.operations:
        first = schedule.issue_cycle(operation.name)
        longest = max(_longest_block(operation), 1)
        oldest = -((first + longest) // interval)
        one = _instances_of(operation, schedule, range(oldest, periods))
        found += [i for i in one if i.issue_cycle < span and i.issue_cycle + longest > 0]
    if len(found) > MAXIMUM_INSTANCES:
        raise UsageError(f"{len(found)} operations to draw, {MAXIMUM_INSTANCES} at most")
    return tuple(sorted(found, key=_by_issue))


def unit_blocks(instances: Iterable[Instance]) -> Iterator[UnitBlock]:
    """The reservations of the instances."""
    for instance in instances:
        for held in instance.operation.reservations:
            start = instance.issue_cycle + held.offset
            yield UnitBlock(instance, held.unit, held.quantity, start, start + held.cycles)


Span = TypeVar("Span")


def lanes(spans: Iterable[tuple[int, int, Span]]) -> list[list[tuple[int, int, Span]]]:
    """Half-open spans laid into the fewest lanes in which none overlap; earliest start first."""
    laid: list[list[tuple[int, int, Span]]] = []
    for span in sorted(spans, key=lambda s: (s[0], s[1])):
        for lane in laid:
            if lane[-1][1] <= span[0]:
                lane.append(span)
                break
        else:
            laid.append([span])
    return laid


def _longest_block(operation: Operation) -> int:
    held = max((r.offset + r.cycles for r in operation.reservations), default=0)
    return max(operation.latency_cycles, operation.issue_cycles, held)


def _instances(
    problem: SchedulingProblem, schedule: Schedule, iterations: range
) -> Iterator[Instance]:
    for operation in problem.operations:
        yield from _instances_of(operation, schedule, iterations)


def _instances_of(
    operation: Operation, schedule: Schedule, iterations: range
) -> Iterator[Instance]:
    for iteration in iterations:
        yield Instance(
            operation=operation,
            iteration=iteration,
            warp_group=schedule.warp_group(operation.name),
            issue_cycle=iteration * schedule.initiation_interval
            + schedule.issue_cycle(operation.name),
        )


def _by_issue(instance: Instance) -> tuple[int, str]:
    return instance.issue_cycle, instance.operation.name
